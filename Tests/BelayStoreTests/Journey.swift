import BelayDigest
import BelayJournal
import BelayModel
import Glibc

@testable import BelayStore

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
  let path: String

  /// - Parameter parent: `/dev/shm` where many stores are made and none has to outlive the machine.
  init(in parent: String = "/tmp") throws {
    var template = Array("\(parent)/belay-store-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileError(call: "mkdtemp", path: parent, code: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { TemporaryFolder.remove(path) }

  var store: String { path + "/state/belay" }

  private static func remove(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
    }
    Glibc.remove(path)
  }
}

/// Writes a run as an engine would: events folded, rows derived, lines encoded.
struct Journey {
  let store: SQLiteStore
  private(set) var state: RunState
  private var clock: Timestamp
  static let plan = Array(#"{"plan":"of the run"}"#.utf8)
  static let actor = Actor(name: "ada", assurance: .os, uid: 1000, loginUid: 1000)

  init(_ store: SQLiteStore, run: String, at seconds: Int64 = 1_700_000_000) {
    self.store = store
    state = RunState(run: run)
    clock = Timestamp(seconds: seconds)
  }

  /// The same run in another connection.
  func continued(in store: SQLiteStore) -> Journey {
    var copy = Journey(store, run: state.run)
    copy.state = state
    copy.clock = clock
    return copy
  }

  /// Goes on with a run from what the store says of it.
  init(_ store: SQLiteStore, resuming run: String) throws {
    self.init(store, run: run)
    for stored in try store.events(of: run, from: 1, limit: .max) {
      let line = try EventLine(parsing: stored.line)
      try state.apply(line.event, at: line.at)
      clock = line.at
    }
  }

  /// Folds the events and makes the batch that stores them.
  mutating func batch(
    _ events: [RunEvent], epoch: Int? = nil, claims: ClaimChange = .none
  ) throws(FoldError) -> AppendBatch {
    let first = state.events + 1
    var lines: [String] = []
    for event in events {
      clock = Timestamp(seconds: clock.seconds + 1, nanoseconds: 250_000_000)
      try state.apply(event, at: clock)
      lines.append(
        EventLine.encode(event, run: state.run, number: state.events, epoch: state.epoch, at: clock))
    }
    guard let row = state.row else { throw FoldError("no row") }
    return AppendBatch(
      run: state.run, epoch: epoch ?? state.epoch, firstNumber: first, lines: lines, row: row, claims: claims,
      plan: first == 1 ? Journey.plan : nil)
  }

  @discardableResult
  mutating func append(_ events: [RunEvent], claims: ClaimChange = .none) throws -> [StoredEvent] {
    try store.append(batch(events, claims: claims))
  }

  /// Creation and the first driver, in one commit.
  mutating func begin(claims: [String] = []) throws {
    _ = try store.makeRunFolder(state.run)
    try append(
      [.runCreated(Journey.created(claims)), Journey.driver(1)],
      claims: claims.isEmpty ? .none : .take(claims))
  }

  mutating func step(_ node: NodeID, file: String? = nil) throws {
    let attempt = "\(state.epoch).\(state.events)"
    try append([
      .attemptIntended(
        node,
        Intent(
          attempt: attempt, number: 1, key: "\(state.run)/\(node)/1", actionDigest: "ab", rollback: nil,
          timeout: .seconds(30), rerun: 0))
    ])
    var stdout = KeptStream(bytes: 3, digest: SHA256.digest(Array("ok\n".utf8)).description, text: "ok\n")
    if let file {
      let path = store.runFolder(state.run) + "/" + file
      let content = Array("kept output of \(node)\n".utf8)
      try OpenFile(path, O_RDWR | O_CREAT).write(content, at: 0)
      stdout = KeptStream(bytes: 900_000, file: file, fileDigest: SHA256.digest(content).description)
    }
    try append([
      .attemptStarted(node, attempt, process: ProcessIdentity(pid: 99, startTicks: 1234)),
      .attemptFinished(
        node, attempt,
        AttemptEnd(outcome: .succeeded, exitCode: 0, duration: .milliseconds(12), stdout: stdout)),
      .nodeFinished(node, NodeEnd(status: .succeeded)),
    ])
  }

  mutating func end(_ status: RunStatus = .succeeded) throws {
    try append([.rested(Rest(status: status, cause: "all done"))])
  }

  static func created(_ claims: [String] = []) -> RunCreated {
    RunCreated(
      planDigest: SHA256.digest(plan).description, playbook: "playbooks/deploy.yaml", title: "Deploy café",
      environment: "staging", initiator: actor, host: "build-1", version: "0.1.0", project: "/srv/app",
      commit: "abc123", dirty: false, claims: claims)
  }

  static func driver(_ epoch: Int) -> RunEvent {
    .driverStarted(
      DriverStarted(epoch: epoch, pid: 1, host: "build-1", bootID: "b", purpose: "run", actor: actor))
  }
}

/// SQL on a store behind its back.
func tamper(_ folder: String, _ statements: String...) throws {
  let database = try SQLiteDatabase(path: folder + "/store.db", .readWrite)
  for statement in statements { try database.execute(statement) }
}

func verified(_ folder: String) throws -> AuditReport {
  guard let audit = try SQLiteAudit.open(folder) else { throw StoreError.unusable("no store") }
  return try AuditReport.verifying(audit, by: RunRefold.self)
}
