import BelayJournal
import BelayModel
import Glibc

@testable import BelayStore

/// Three runs side by side: commits, claims, checkpoints whole and partial, ends with their heads, a second connection.
/// Knows what it has asked for and what was reported.
final class StoreWorkload {
  let path: String
  let disk: WatchedDisk
  /// Every line that was handed to the store, by run.
  private(set) var lines: [String: [String]] = [:]
  /// Numbers of events at which a commit may have ended.
  private(set) var commits: [String: Set<Int>] = [:]
  private(set) var reported = WatchedDisk.Reported()
  private(set) var store: SQLiteStore?
  private var runs: [String: Journey] = [:]
  private var pending: (AppendBatch, Journey)?
  /// Stands for the driver: what happens when there is no room. False: it gives up.
  var makesRoom: (SQLiteStore) throws -> Bool = { _ in false }

  init(_ path: String, _ disk: WatchedDisk) {
    self.path = path
    self.disk = disk
  }

  func play() throws {
    try open()
    try begin("r1", claims: ["deploy/staging", "a"])
    try attempt("r1", "build")
    try begin("r2", claims: ["b"])
    try checkpoint()
    try attempt("r2", "migrate")
    try append("r1", [.claimsReleased(["a"])], .release(["a"]))
    try end("r1", .succeeded)
    try begin("r3", claims: ["a"])
    try checkpointBesideReader()
    try append("r2", [.nodeHeld("x", reason: String(repeating: "long ", count: 3000))])
    try checkpoint()
    try open()
    try attempt("r3", "check")
    try append("r2", [Journey.driver(2)])
    try end("r2", .rolledBack)
    try checkpoint()
    try end("r3", .failed)
    // The fourth line of heads.log lies in two sectors.
    try end("r3", .succeeded)
    try end("r3", .succeeded)
  }

  func open() throws {
    store = nil
    let store = try SQLiteStore.open(path)
    self.store = store
    for run in runs.keys.sorted() { runs[run] = runs[run]?.continued(in: store) }
    reported.store = store.id
    disk.report(reported)
  }

  private func opened() throws -> SQLiteStore {
    guard let store else { throw StoreError.unusable("not opened") }
    return store
  }

  func begin(_ run: String, claims: [String]) throws {
    let store = try opened()
    do throws(StoreError) { _ = try store.makeRunFolder(run) } catch {
      guard case .full = error, try makesRoom(store) else { throw error }
      _ = try store.makeRunFolder(run)
    }
    reported.folders.insert(run)
    disk.report(reported)
    runs[run] = Journey(store, run: run, at: 1000)
    try append(run, [.runCreated(Journey.created(claims)), Journey.driver(1)], .take(claims))
  }

  func attempt(_ run: String, _ node: NodeID) throws {
    let state = runs[run]?.state
    let name = "\(state?.epoch ?? 0).\(state?.events ?? 0)"
    try append(
      run,
      [
        .attemptIntended(
          node,
          Intent(
            attempt: name, number: 1, key: "\(run)/\(node)/1", actionDigest: "ab", rollback: nil,
            timeout: .seconds(30), rerun: 0))
      ])
    let end = AttemptEnd(outcome: .succeeded, exitCode: 0, duration: .milliseconds(12))
    try append(
      run, [.attemptFinished(node, name, end), .nodeFinished(node, NodeEnd(status: .succeeded))])
  }

  func end(_ run: String, _ status: RunStatus) throws {
    try append(run, [.rested(Rest(status: status, cause: "all done"))])
    guard status.hasLetGo else { return }
    let heads = try AnchorLog(path: path + "/heads.log").lines()
    if let last = heads.last { reported.anchor = max(reported.anchor, try LedgerHead(parsing: last).entry) }
    disk.report(reported)
  }

  func append(_ run: String, _ events: [RunEvent], _ claims: ClaimChange = .none) throws {
    guard var journey = runs[run] else { return }
    let batch = try journey.batch(events, claims: claims)
    lines[run, default: []] += batch.lines
    commits[run, default: []].insert(batch.row.events)
    let store = try opened()
    pending = (batch, journey)
    do throws(StoreError) { _ = try store.append(batch) } catch {
      guard case .full = error, try makesRoom(store) else { throw error }
      _ = try store.append(batch)
    }
    appended(batch, journey)
  }

  /// Hands the store once more what it has refused.
  func repeatAppend() throws {
    guard let (batch, journey) = pending else { return }
    _ = try opened().append(batch)
    appended(batch, journey)
  }

  private func appended(_ batch: AppendBatch, _ journey: Journey) {
    pending = nil
    runs[batch.run] = journey
    reported.events[batch.run] = batch.row.events
    disk.report(reported)
  }

  func checkpoint() throws {
    let store = try opened()
    try store.lock?.held { () throws(StoreError) in try store.checkpoint() }
  }

  /// A reader holds its snapshot: the log can be written into the database in part only, and not start anew.
  func checkpointBesideReader() throws {
    let reader = try SQLiteAudit.open(path)
    _ = try reader?.nextEvent()
    try attempt("r3", "beside")
    try checkpoint()
    withExtendedLifetime(reader) {}
  }
}
