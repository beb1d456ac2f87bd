import BelayActions
import BelayDigest
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld
import Glibc

/// A plan in a file: exactly that is run, once, before it expires, in the store it was made for.
struct SavedPlan {
  let file: String
  let plan: Plan
  let bytes: [UInt8]

  /// Nil where the argument names no such file: it is a playbook's name then.
  init?(file: String) throws {
    let path = Project.absolute(file, in: Project.currentFolder())
    guard let bytes = try? SmallFile.bytes(path), bytes.starts(with: SavedPlan.beginning) else { return nil }
    do {
      plan = try Plan(decoding: bytes)
    } catch { throw Failure(.usage, "\(file): \(error.message)") }
    self.file = file
    self.bytes = bytes
  }

  private static let beginning = Array("{\n  \"belay_plan\":".utf8)

  /// Readable for its owner alone; never over another file.
  static func write(_ plan: Plan, to file: String) throws {
    let path = Project.absolute(file, in: Project.currentFolder())
    try NewFile.write(
      plan.encoded(), to: path, shown: file, mode: 0o600,
      hints: ["a plan is for one run: give each a file of its own"])
  }

  // MARK: Whether it may be run

  /// - Throws: exit 6, with what is otherwise than when it was made.
  func requireUsable(in store: StoreOptions) throws {
    guard let saved = plan.saved else { throw refused("it was not saved to be run: belay plan -o makes one") }
    guard saved.store == store.folder else {
      throw refused("it is for the store \(saved.store), and this is \(store.folder)")
    }
    if let row = try row(in: store) {
      throw refused(
        "it was used: run \(row.run) is \(row.status.words)", [typed("status \(row.run)")])
    }
    let now = SystemClock.wall()
    guard now < saved.expiresAt else { throw refused("it has expired, at \(saved.expiresAt.text)") }
    let differences = try differences()
    if !differences.isEmpty { throw refused("what it was made from is otherwise now", differences) }
    try recheck()
  }

  /// What held when it was made, and is marked to be asked again, has to hold now.
  private func recheck() throws {
    let report = try Probe(plan, rechecks: true).ask()
    guard !report.isGo else { return }
    let broken = report.answers.filter { $0.word != "pass" }
    throw refused(
      "a check does not hold any more",
      broken.map { "\($0.node): \($0.word)\($0.reason.isEmpty ? "" : ": \($0.reason)")" })
  }

  /// Of a file that cannot even be planned any more, that it has changed.
  private func differences() throws -> [String] {
    do {
      return plan.differences(to: try planned())
    } catch {
      let changed = plan.sources.filter { source in
        let bytes = try? SmallFile.bytes("\(plan.project)/\(source.path)")
        return bytes.map { SHA256.digest($0).description } != source.digest
      }
      if changed.isEmpty { throw error }
      return changed.map { "\($0.path) has changed" }
    }
  }

  private func row(in store: StoreOptions) throws -> RunRow? {
    do {
      return try store.openForReading()?.run(plan.run)
    } catch let error as StoreError { throw Failure(error) }
  }

  private func refused(_ why: String, _ hints: [String] = []) -> Failure {
    Failure(.planDiffers, "\(file) is not run: \(why)", hints: hints)
  }

  /// The same once more, from the files as they are now.
  func planned() throws -> Plan { try plan.again() }
}

extension Plan {
  /// From the files as they are now: with the same parameters, for the same run.
  ///
  /// - Parameter history: what the last runs took.
  func again(history: PlanHistory = .none) throws -> Plan {
    let project = try Project.find(for: "\(self.project)/\(path)")
    let sources = try project.read("\(self.project)/\(path)", environment: environment)
    var request = PlanRequest(
      playbook: sources.playbook, environment: sources.environment, files: sources.files,
      params: scopes.first?.params ?? ValueMap(), run: run, version: Version.text,
      createdAt: createdAt, project: project.folder, searchPath: searchPath,
      sources: sources.digests, willRun: true,
      zones: SystemZones.rules(of: sources.files.roster),
      findProgram: { [searchPath] in ProgramSearch(path: searchPath, folder: project.folder).find($0) })
    request.history = history
    let (again, diagnostics) = PlanBuilder.plan(request, actions: builtInActions)
    try Diagnostics.report(diagnostics, bytes: sources.bytes)
    guard let again else { throw Failure(.usage, "no plan can be made") }
    return again
  }
}
