import Glibc
import Testing

@testable import BelayKeeper

@Suite("What the keeper stops") struct Stopping {
  private static let never: UInt64 = 3_600_000_000_000
  private static let soon: UInt64 = 60_000_000

  private let folder: RunFolder
  private let keeping: Keeping

  init() throws {
    folder = try RunFolder()
    keeping = try folder.launch()
  }

  /// The first line that a script writes to a fifo: it is ready then, and has its traps.
  private func ready(_ script: (String) -> String, timeout: UInt64? = nil, grace: UInt64) throws -> (
    AttemptID, [Int32]
  ) {
    let fifo = folder.path + "/ready"
    #expect(mkfifo(fifo, 0o600) == 0)
    let id = try keeping.sh(script(fifo), timeout: timeout, grace: grace)
    let gate = try Descriptor(opening: fifo, O_RDONLY)
    var line = [UInt8](repeating: 0, count: 200)
    let count = read(gate.number, &line, 200)
    try #require(count > 0)
    return (
      id,
      String(decoding: line[..<count], as: UTF8.self).split { $0 == " " || $0 == "\n" }.compactMap {
        Int32($0)
      }
    )
  }

  private func records(of id: AttemptID) throws -> KeeperRecords.Attempt {
    try keeping.connection.send(.leave)
    return try #require(try folder.recordsAfterEnd().attempts[id])
  }

  @Test("a timeout sends TERM, and the record says so before and after")
  func timeout() throws {
    let id = try keeping.spawn(["sleep", "1000"], timeout: Stopping.soon)
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .signalled(SIGTERM, core: false))
    #expect(exit.stopped == .timeout)
    #expect(exit.duration >= Stopping.soon)
    #expect(exit.notStopped == [])
    let records = try records(of: id)
    #expect(records.signals.map(\.signal) == [SIGTERM])
    #expect(records.signals.map(\.cause) == [.timeout])
    #expect(records.exited == exit)
  }

  @Test("what heeds TERM may end as it likes, and is stopped all the same")
  func heeds() throws {
    let (id, _) = try ready(
      { "trap 'echo bye; exit 5' TERM; echo $$ > '\($0)'; while :; do sleep 0.01; done" },
      grace: Stopping.never)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(5))
    #expect(exit.stopped == .asked("cancel"))
    #expect(exit.stdout.text == "bye\n")
  }

  @Test("what ignores TERM is killed after its grace, with its children")
  func ignores() throws {
    let (id, pids) = try ready(
      {
        """
        trap '' TERM; sh -c 'sleep 1000' & child=$!
        setsid sh -c 'sleep 1001' & echo $$ $child $! > '\($0)'; wait; wait; sleep 1000
        """
      }, grace: Stopping.soon)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    #expect(exit.stopped == .asked("cancel"))
    #expect(pids.count == 3)
    #expect(!pids.contains(where: isAlive))
    #expect(try records(of: id).signals.map(\.signal) == [SIGTERM, SIGKILL])
  }

  @Test("a stopped process gets TERM too")
  func stopped() throws {
    let (id, pids) = try ready(
      { "sleep 1000 & kill -STOP $!; echo $$ $! > '\($0)'; wait" }, grace: Stopping.never)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    #expect(try keeping.end(of: id).ending == .signalled(SIGTERM, core: false))
    #expect(!pids.contains(where: isAlive))
  }

  @Test("a daemon that made its own session and closed everything is found by its mark")
  func daemon() throws {
    let (id, pids) = try ready(
      { "(setsid sh -c 'echo $$ > \"'\($0)'\"; exec sleep 1000' </dev/null >/dev/null 2>&1 &); sleep 1001" },
      grace: Stopping.never)
    let daemon = try #require(pids.first)
    #expect(isAlive(daemon))
    try keeping.connection.send(.stop(id, reason: "cancel"))
    #expect(try keeping.end(of: id).stopped == .asked("cancel"))
    #expect(!isAlive(daemon))
  }

  @Test("what forks on and on is caught up with")
  func forking() throws {
    let (id, _) = try ready(
      {
        """
        trap '' TERM; export F='\($0)'
        cat > "$F.sh" <<'X'
        trap '' TERM
        n=$1; [ $n = 3 ] && echo up > "$F"
        sleep 0.02; setsid sh "$F.sh" $((n + 1)) & exit
        X
        sh "$F.sh" 1 & wait; sleep 1000
        """
      }, grace: Stopping.soon)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    #expect(exit.stopped == .asked("cancel"))
    #expect(exit.notStopped == [])
    let left = ProcessTable.all().filter { process in
      let command = try? SmallRead.bytes(of: "/proc/\(process.pid)/cmdline", limit: 1000)
      return process.isAlive && String(decoding: command ?? [], as: UTF8.self).contains(folder.path)
    }
    #expect(left == [])
  }

  @Test("what a stop cannot find, in a session of its own and without its mark, is named")
  func notFound() throws {
    let (id, pids) = try ready(
      { "env -i setsid sh -c 'echo $$ > \($0); exec sleep 1000' </dev/null >/dev/null 2>&1 & sleep 1001" },
      grace: Stopping.never)
    let pid = try #require(pids.first)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    #expect(exit.stopped == .asked("cancel"))
    #expect(exit.leftRunning == ["\(pid) sleep"])
    #expect(exit.notStopped == [])
    #expect(isAlive(pid))
    kill(pid, SIGKILL)
    waitForEnd(of: pid)
  }

  @Test("what has ended by itself is not stopped, nor what it left")
  func ended() throws {
    let id = try keeping.sh("sleep 1000 >/dev/null 2>&1 & echo $!")
    let exit = try keeping.end(of: id)
    let pid = try #require(Int32(exit.stdout.text.dropLast()))
    try keeping.connection.send(.stop(id, reason: "late"))
    try keeping.connection.send(.stop(AttemptID(epoch: 9, sequence: 9), reason: "unknown"))
    #expect(try keeping.end(of: try keeping.spawn(["true"])).ending == .exited(0))
    #expect(isAlive(pid))
    #expect(exit.stopped == nil)
    kill(pid, SIGKILL)
    waitForEnd(of: pid)
  }

  @Test("one attempt's stop leaves the others alone")
  func others() throws {
    let one = try keeping.sh("sleep 1000")
    let other = try keeping.sh("read line; exit 3", input: nil)
    let third = try keeping.sh("sleep 1000")
    let start = try keeping.start(of: third)
    try keeping.connection.send(.stop(one, reason: "cancel"))
    #expect(try keeping.end(of: one).stopped == .asked("cancel"))
    #expect(try keeping.end(of: other).ending == .exited(3))
    #expect(isAlive(start.pid))
    try keeping.connection.send(.stop(third, reason: "cancel"))
    _ = try keeping.end(of: third)
  }

  @Test("a timeout of nothing stops at once")
  func atOnce() throws {
    let id = try keeping.spawn(["sleep", "1000"], timeout: 0)
    #expect(try keeping.end(of: id).stopped == .timeout)
  }
}
