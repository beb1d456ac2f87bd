import CSystem
import Glibc
import Testing

@testable import BelayKeeper

/// A run's folder, and what tests ask of the keepers that live in it.
final class RunFolder {
  let path: String
  static let run = "deploy-7"
  let run: String

  init(run: String = RunFolder.run) throws {
    self.run = run
    var template = Array("/tmp/belay-keeper-test.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { RunFolder.remove(path) }

  /// The program beside the tests.
  static func executable() throws -> String {
    let arguments = CommandLine.arguments
    let bundle =
      arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
    let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    // The bundle is a file in the build's folder; newer tools put it in a folder of its own.
    for count in [folder.count, folder.count - 1, folder.count - 2] {
      let place = folder.prefix(count).joined(separator: "/") + "/belay-keeper"
      if access(place, X_OK) == 0 { return place }
    }
    throw Missing(what: "belay-keeper near \(bundle)")
  }

  struct Missing: Error { var what: String }

  func launch(epoch: UInt32 = 1) throws -> Keeping {
    Keeping(
      try KeeperConnection.launch(
        runFolder: path, run: run, epoch: epoch, executable: try RunFolder.executable(),
        version: KeeperProgram.version))
  }

  func attach(epoch: UInt32 = 2) throws -> KeeperAttachment {
    try KeeperConnection.attach(
      runFolder: path, run: run, epoch: epoch, version: KeeperProgram.version)
  }

  /// Waits for the keeper's end, then reads what it has left.
  func recordsAfterEnd() throws -> KeeperRecords {
    try waitForLock()
    guard case .gone(let records) = try attach() else { throw Missing(what: "the keeper's end") }
    return records
  }

  /// Blocks until no keeper has the run.
  func waitForLock() throws {
    let lock = try Descriptor(opening: path + "/keeper.lock", O_RDWR)
    while flock(lock.number, LOCK_EX) != 0 { try #require(errno == EINTR) }
  }

  func text(of file: String) throws -> String {
    String(decoding: try SmallRead.bytes(of: path + "/" + file, limit: 4 << 20), as: UTF8.self)
  }

  func files() -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) { names.append(name(of: entry)) }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func remove(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = BelayKeeperTests.name(of: entry)
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
    }
    Glibc.remove(path)
  }
}

private func name(of entry: UnsafeMutablePointer<dirent>) -> String {
  withUnsafePointer(to: &entry.pointee.d_name) {
    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
  }
}

/// A connection, and waiting on it.
final class Keeping {
  /// Milliseconds; longer than anything here takes.
  private static let patience: Int32 = 120_000

  let connection: KeeperConnection
  private var heard: [KeeperEvent] = []
  private var sequence: UInt32

  /// - Parameter last: the last attempt that another connection has asked for.
  init(_ connection: KeeperConnection, after last: UInt32 = 0) {
    self.connection = connection
    sequence = last
  }

  /// Asks for a script's run by sh.
  func sh(
    _ script: String, environment: [String] = ["PATH=/usr/bin:/bin"], input: [UInt8]? = nil,
    timeout: UInt64? = nil, grace: UInt64 = 10_000_000_000, limits: OutputLimits = OutputLimits(),
    sensitive: Bool = false
  ) throws -> AttemptID {
    try spawn(
      ["sh", "-c", script], environment: environment, input: input, timeout: timeout, grace: grace,
      limits: limits, sensitive: sensitive)
  }

  func spawn(
    _ arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"], folder: String = "/",
    input: [UInt8]? = nil, timeout: UInt64? = nil, grace: UInt64 = 10_000_000_000,
    limits: OutputLimits = OutputLimits(), sensitive: Bool = false
  ) throws -> AttemptID {
    sequence += 1
    let id = AttemptID(epoch: 1, sequence: sequence)
    try connection.send(
      .spawn(
        SpawnRequest(
          attempt: id, arguments: arguments, environment: environment, workingDirectory: folder,
          input: input, timeout: timeout, grace: grace, limits: limits, sensitive: sensitive)))
    return id
  }

  /// The next event that a test wants; blocks on the socket.
  func event(where wanted: (KeeperEvent) -> Bool) throws -> KeeperEvent {
    while true {
      if let index = heard.firstIndex(where: wanted) { return heard.remove(at: index) }
      var waiting = pollfd(
        fd: connection.descriptor, events: Int16(POLLIN) | (connection.hasUnsent ? Int16(POLLOUT) : 0),
        revents: 0)
      guard poll(&waiting, 1, Keeping.patience) != 0 else { throw RunFolder.Missing(what: "any event") }
      heard += try connection.receive()
    }
  }

  func start(of id: AttemptID) throws -> StartRecord {
    let event = try event {
      if case .started(id, _) = $0 { true } else { false }
    }
    guard case .started(_, let start) = event else { throw RunFolder.Missing(what: "start of \(id)") }
    return start
  }

  func end(of id: AttemptID) throws -> ExitRecord {
    let event = try event {
      if case .finished(id, _) = $0 { true } else { false }
    }
    guard case .finished(_, let exit) = event else { throw RunFolder.Missing(what: "end of \(id)") }
    return exit
  }

  func noSpace(for id: AttemptID) throws -> String {
    let event = try event {
      if case .noSpace(id, _) = $0 { true } else { false }
    }
    guard case .noSpace(_, let reason) = event else { throw RunFolder.Missing(what: "refusal of \(id)") }
    return reason
  }

  func usedBefore(_ id: AttemptID) throws -> String {
    let event = try event {
      if case .usedBefore(id, _) = $0 { true } else { false }
    }
    guard case .usedBefore(_, let reason) = event else { throw RunFolder.Missing(what: "\(id)") }
    return reason
  }
}

extension StreamRecord {
  var text: String { String(decoding: inline ?? [], as: UTF8.self) }
}

/// Blocks until a process has ended; works for processes that are not ours.
func waitForEnd(of start: StartRecord) { waitForEnd(of: start.pid) }

func waitForEnd(of pid: Int32) {
  let process = Descriptor(owning: belay_process_descriptor(pid))
  if process.number < 0 { return }
  var waiting = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
  poll(&waiting, 1, -1)
}

/// Whether it runs: a zombie does not.
func isAlive(_ pid: Int32) -> Bool { ProcessStatus(pid: pid)?.isAlive ?? false }
