import ArgumentParser
import BelayModel
import BelayPresentation
import BelayWorld
import BelayYAML

struct OnCall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oncall",
    abstract: "Show who has which role of the roster, until when, and who has it then.",
    discussion: """
      By playbooks/roster.yaml: turns change by the clocks of a rotation's zone, overrides hold first.

      Examples:
        belay oncall
        belay oncall oncall secondary
        belay oncall --at 2026-12-24T18:00:00Z
        belay oncall --at 2d --format json           in two days
      """)

  @Argument(help: ArgumentHelp("Only these roles.", valueName: "role")) var roles: [String] = []
  @Option(name: .long, help: "Then, instead of now: RFC 3339, or a span from now such as 2d.") var at: String?
  @Option(name: .long, help: "text or json.") var format = FormatOption.Format.text

  func run() throws {
    let roster = try Project.find().roster()
    let now = SystemClock.wall()
    let moment = try at.map { try OnCall.moment($0, from: now) } ?? now
    var zones: [String: ZoneRules] = [:]
    for name in roster.roles.compactMap(\.zone) { zones[name] = SystemZones.rules(name) }
    let duties = try chosen(from: roster).map { role in
      Duty(role: role, duty: roster.duty(of: role, at: moment, in: zones))
    }
    if format == .json { return Output.standard.json(.array(duties.map { $0.json(roster) })) }
    let width = duties.map(\.role.name.count).max() ?? 0
    for duty in duties {
      Output.standard.line(printable(padded(duty.role.name, width) + "  " + duty.words(roster, at: moment)))
    }
  }

  private func chosen(from roster: Roster) throws -> [Roster.Role] {
    guard !roles.isEmpty else { return roster.roles }
    return try roles.map { name in
      guard let role = roster.roles.first(where: { $0.name == name }) else {
        let all = roster.roles.map(\.name).joined(separator: ", ")
        throw Failure(
          .usage, "\(roster.path) has no role '\(name)'",
          hints: [all.isEmpty ? "it has none" : "there are: \(all)"])
      }
      return role
    }
  }

  private static func moment(_ text: String, from now: Timestamp) throws -> Timestamp {
    if let moment = Timestamp(text: text) ?? TimeSpan(text: text).flatMap({ now + $0 }) { return moment }
    throw Failure(.usage, "--at takes a time such as 2026-12-24T18:00:00Z or a span from now such as 2d")
  }
}

/// A role with who has it at a moment, and the next change.
private struct Duty {
  let role: Roster.Role
  let duty: Roster.Duty

  /// `Ana (ana: os ana, slack U0ANA), until 2026-03-02 09:00 UTC, in 3 d; then Ben (ben: os ben)`.
  func words(_ roster: Roster, at moment: Timestamp) -> String {
    let words = names(duty.people, roster) + (duty.isOverridden ? ", by an override" : "")
    guard let until = duty.until else { return words }
    let rest = until.since(moment).map { ", in \($0.rounded)" } ?? ""
    return words + ", until \(until.minuteText)\(rest); then \(names(duty.then, roster))"
  }

  private func names(_ ids: [String], _ roster: Roster) -> String {
    guard !ids.isEmpty else { return "nobody" }
    return ids.map { id in
      guard let person = roster.person(id) else { return id }
      let accounts = person.accounts.entries.map { "\($0.key.text) \($0.value.text)" }
      return "\(person.name) (\(([id] + accounts).joined(separator: ", ")))"
    }.joined(separator: "; ")
  }

  func json(_ roster: Roster) -> JSON {
    .object([
      "role": .string(role.name), "people": .array(duty.people.map { person($0, roster) }),
      "override": .bool(duty.isOverridden), "zone": role.zone.map(JSON.string),
      "until": duty.until.map { .string($0.text) },
      "then": duty.until == nil ? nil : .array(duty.then.map { person($0, roster) }),
    ])
  }

  private func person(_ id: String, _ roster: Roster) -> JSON {
    guard let person = roster.person(id) else { return .object(["id": .string(id)]) }
    return .object([
      "id": .string(id), "name": .string(person.name), "accounts": Value.map(person.accounts).plainJSON,
    ])
  }
}

extension Roster.Role {
  /// By whose clocks turns change.
  fileprivate var zone: String? {
    guard case .rotation(let rotation) = members else { return nil }
    return rotation.zone
  }
}

extension Project {
  /// - Throws: exit 2 when there is none, or when it has mistakes, which are printed.
  fileprivate func roster() throws -> Roster {
    let path = "playbooks/roster.yaml"
    guard exists("\(folder)/\(path)") else {
      throw Failure(
        .usage, "there is no \(folder)/\(path)", hints: ["belay schema roster says what stands in one"])
    }
    var reader = try reader(environment: nil)
    do throws(SystemError) {
      reader.add(path, try bytes("\(folder)/\(path)"))
    } catch { throw Failure(.usage, "\(path) cannot be read: \(error.why)") }
    let (files, read) = reader.finish()
    try Diagnostics.report(read)
    guard let roster = files.roster else { throw Failure(.usage, "\(path) cannot be read") }
    return roster
  }
}
