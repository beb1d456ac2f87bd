import ArgumentParser
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List runs, the newest first.",
    discussion: """
      Examples:
        belay runs
        belay runs --status held --status failed
        belay runs --since 2026-01-04T00:00:00Z --format json
      """)

  @Option(name: .long, help: "Only runs with this status; may be repeated.") var status: [String] = []
  @Option(name: .long, help: "Only runs planned since then: RFC 3339, or a span such as 2d.") var since:
    String?
  @Option(name: .long, help: "At most so many.") var limit = 50
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit takes a number from 1 on") }
  }

  func run() throws {
    let filter = try filter()
    guard let opened = try store.openForReading() else {
      return format.isJSON ? Output.standard.json(.array([])) : ()
    }
    do {
      let rows = try opened.runs(filter)
      if format.isJSON { return Output.standard.json(.array(rows.map { $0.json(in: opened) })) }
      for row in rows { Output.standard.line(row.line(in: opened)) }
    } catch { throw Failure(error) }
  }

  private func filter() throws -> RunFilter {
    var filter = RunFilter()
    filter.limit = limit
    filter.statuses = try status.map { text in
      guard let status = RunStatus(rawValue: text) else {
        let all = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(.usage, "'\(text)' is no status of a run", hints: ["there are: \(all)"])
      }
      return status
    }
    if let since { filter.since = try moment(since) }
    return filter
  }

  private func moment(_ text: String) throws -> Timestamp {
    if let moment = Timestamp(text: text) { return moment }
    guard let span = TimeSpan(text: text),
      let moment = SystemClock.wall() + TimeSpan(nanoseconds: -span.nanoseconds)
    else { throw Failure(.usage, "--since takes a time such as 2026-01-04T00:00:00Z or a span such as 2d") }
    return moment
  }
}

extension RunRow {
  /// Says so when it should be driven and nobody does.
  func words(in store: SQLiteStore) -> String {
    isInterrupted(in: store) ? "interrupted: \(typed("resume \(run)"))" : status.words
  }

  func isInterrupted(in store: SQLiteStore) -> Bool {
    (status == .running || status == .rollingBack || status == .planned)
      && DriverLock.driver(of: store.runFolder(run)) == nil
  }

  func line(in store: SQLiteStore) -> String {
    let place = environment.isEmpty ? playbook : "\(playbook) @ \(environment)"
    // What it last rested for is over where it was driven on and broken off.
    let why = cause.isEmpty || isInterrupted(in: store) ? "" : "  \(shortened(printable(cause)))"
    return "\(run)  \(padded(place, 24))  \(words(in: store))\(why)"
  }

  func json(in store: SQLiteStore) -> JSON {
    .object([
      "run": .string(run), "playbook": .string(playbook), "title": .string(title),
      "environment": .string(environment), "status": .string(status.rawValue), "cause": .string(cause),
      "interrupted": .bool(isInterrupted(in: store)), "initiator": .string(initiator),
      "plan_digest": .string(planDigest), "created_at": .string(createdAt.text),
      "changed_at": .string(changedAt.text), "events": .int(Int64(events)),
    ])
  }
}
