import Glibc
import Testing

@testable import BelayKeeper

@Suite("Attempts whose keeper was killed") struct Adoption {
  private static let soon: UInt64 = 60_000_000

  /// A name of its own: by it a keeper finds what an earlier one has started.
  private let folder: RunFolder

  init() throws { folder = try RunFolder(run: "adoption-\(getpid())-\(UInt64.random(in: 0...UInt64.max))") }

  /// Starts a script, waits until it has told some pids, and kills its keeper.
  private func orphan(
    _ script: (String) -> String, timeout: UInt64? = nil, grace: UInt64 = Adoption.soon
  ) throws -> (id: AttemptID, start: StartRecord, pids: [Int32]) {
    let keeping = try folder.launch()
    let fifo = folder.path + "/ready"
    #expect(mkfifo(fifo, 0o600) == 0)
    let id = try keeping.sh(script(fifo), timeout: timeout, grace: grace)
    let start = try keeping.start(of: id)
    let file = try Descriptor(opening: fifo, O_RDONLY)
    var line = [UInt8](repeating: 0, count: 1000)
    let count = max(0, read(file.number, &line, line.count))
    kill(keeping.connection.keeperPid, SIGKILL)
    #expect(throws: KeeperError.gone) { _ = try keeping.end(of: id) }
    let text = String(decoding: line[..<count], as: UTF8.self)
    return (id, start, text.split { $0 == " " || $0 == "\n" }.compactMap { Int32($0) })
  }

  private func survivors() throws -> [Survivor] {
    try KeeperRecords(runFolder: folder.path).survivors(of: folder.run)
  }

  @Test(
    "all that ignores TERM is killed, also in a session of its own; the log says who did it and that none saw how"
  )
  func stops() throws {
    let (id, _, pids) = try orphan {
      """
      trap '' TERM; setsid sh -c 'sleep 1000; sleep 1001' & sleep 1002 & env -i sleep 1003 &
      echo $$ $! > '\($0)'; wait; sleep 1004
      """
    }
    #expect(try survivors().first?.stopBegun == false)
    let keeping = try folder.launch(epoch: 2)
    #expect(keeping.connection.adopted == [id])
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .unobserved)
    #expect(exit.stopped == .asked("cancel"))
    #expect(exit.notStopped == [])
    #expect(!pids.contains(where: isAlive))
    #expect(marked(id) == [])
    try keeping.connection.send(.leave)
    let records = try folder.recordsAfterEnd()
    #expect(records.attempts[id]?.signals.map(\.signal) == [SIGTERM, SIGKILL])
    #expect(records.fate(of: id) == .exited(exit))
    #expect(records.survivors(of: folder.run) == [])
  }

  /// Processes of this attempt, wherever they hang.
  private func marked(_ id: AttemptID) -> [Int32] {
    let mark = Array(Program.mark(run: folder.run, attempt: id).utf8)
    return ProcessTable.all().filter { process in
      let bytes = try? SmallRead.bytes(of: "/proc/\(process.pid)/environ", limit: 1 << 20)
      return process.isAlive && (bytes ?? []).split(separator: 0).contains { $0.elementsEqual(mark) }
    }.map(\.pid)
  }

  @Test("a stop that was begun is gone on with by the next keeper, without being asked")
  func goesOn() throws {
    let (id, _, pids) = try orphan(
      { "setsid sleep 1000 & trap '' TERM; echo $$ $! > '\($0)'; while :; do sleep 0.01; done" },
      grace: 3_600_000_000_000)
    let second = try folder.launch(epoch: 2)
    try second.connection.send(.stop(id, reason: "cancel"))
    // The sleep heeds TERM: the stop has begun when it is gone.
    waitForEnd(of: try #require(pids.last))
    kill(second.connection.keeperPid, SIGKILL)
    #expect(throws: KeeperError.gone) { _ = try second.end(of: id) }
    let left = try #require(try survivors().first)
    #expect(left.stopBegun)
    // What has made a session of its own and is marked counts now as well.
    kill(try #require(pids.first), SIGKILL)
    waitForEnd(of: try #require(pids.first))
    let third = try folder.launch(epoch: 3)
    try third.connection.send(.leave)
    _ = try folder.recordsAfterEnd()
    #expect(marked(id) == [])
  }

  @Test("a timeout counts from the start, whoever enforces it; without an engine too")
  func timeout() throws {
    let (id, _, pids) = try orphan(
      { "trap '' TERM; echo $$ > '\($0)'; exec sleep 1000" }, timeout: 1_000_000_000)
    let second = try folder.launch(epoch: 2)
    try second.connection.send(.leave)
    let exit = try #require(try folder.recordsAfterEnd().attempts[id]?.exited)
    #expect(exit.stopped == .timeout)
    #expect(exit.ending == .unobserved)
    #expect(!pids.contains(where: isAlive))
  }

  @Test("one that ends by itself is waited for; what it leaves in a session of its own is named and lives")
  func ends() throws {
    let gate = folder.path + "/gate"
    #expect(mkfifo(gate, 0o600) == 0)
    let hold = try Descriptor(opening: gate, O_RDWR)
    let (id, start, pids) = try orphan {
      "setsid sleep 1000 & echo $! > '\($0)'; read line < '\(folder.path)/gate'"
    }
    let keeping = try folder.launch(epoch: 2)
    // Nothing is asked; another engine finds the same keeper, and both the old and the new attempt in it.
    guard case .alive(let connection, let records) = try folder.attach(epoch: 3) else {
      Issue.record("the keeper was not found")
      return
    }
    #expect(connection.keeperPid == keeping.connection.keeperPid)
    #expect(records.fate(of: id) == .running(start))
    #expect(write(hold.number, "go\n", 3) == 3)
    let exit = try Keeping(connection).end(of: id)
    let pid = try #require(pids.first)
    #expect(exit.ending == .unobserved)
    #expect(exit.stopped == nil)
    #expect(exit.leftRunning == ["\(pid) sleep"])
    #expect(isAlive(pid))
    kill(pid, SIGKILL)
  }

  @Test("an attempt of a dead keeper is not told as running by the one that lives")
  func notOurs() throws {
    let (id, start, _) = try orphan { "echo $$ > '\($0)'; exec sleep 1000" }
    kill(start.pid, SIGKILL)
    waitForEnd(of: start)
    let second = try folder.launch(epoch: 2)
    _ = try? second.usedBefore(try second.sh("true"))
    let other = try second.sh("exec sleep 1000")
    let otherStart = try second.start(of: other)
    guard case .alive(let connection, let records) = try folder.attach(epoch: 3) else {
      Issue.record("the keeper was not found")
      return
    }
    #expect(connection.adopted == [])
    #expect(records.fate(of: id) == .endedUnobserved)
    kill(otherStart.pid, SIGKILL)
  }

  @Test("children in its session go on after the first process: they are still the attempt")
  func session() throws {
    let (id, start, pids) = try orphan { "sleep 1000 & echo $! > '\($0)'; wait" }
    kill(start.pid, SIGKILL)
    waitForEnd(of: start)
    let pid = try #require(pids.first)
    #expect(try survivors().first?.processes == ["\(pid) sleep"])
    let keeping = try folder.launch(epoch: 2)
    #expect(keeping.connection.adopted == [id])
    try keeping.connection.send(.stop(id, reason: "cancel"))
    #expect(try keeping.end(of: id).ending == .unobserved)
    #expect(!isAlive(pid))
  }

  @Test("what cannot be proven to be of the attempt is named and not signalled")
  func doubtful() throws {
    let (id, start, pids) = try orphan {
      "env -i sh -c 'echo $$ > \($0); exec sleep 1000'; true"
    }
    let pid = try #require(pids.first)
    kill(start.pid, SIGKILL)
    waitForEnd(of: start)
    let keeping = try folder.launch(epoch: 2)
    try keeping.connection.send(.stop(id, reason: "cancel"))
    let exit = try keeping.end(of: id)
    // Where nobody reaps, the dead first process proves that the session is still its own.
    if ProcessStatus(pid: start.pid) == nil {
      #expect(exit.ending == .stillRunning)
      #expect(exit.notStopped == ["\(pid) sleep"])
      #expect(isAlive(pid))
      #expect(try survivors().first?.isGivenUp == true)
      kill(pid, SIGKILL)
    } else {
      #expect(!isAlive(pid))
    }
  }

  @Test("what a step has left running is not taken for the step, though no start is on record")
  func unrecordedAndEnded() throws {
    let gate = folder.path + "/gate"
    #expect(mkfifo(gate, 0o600) == 0)
    let hold = try Descriptor(opening: gate, O_RDWR)
    let (id, start, pids) = try orphan {
      "setsid sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! > '\($0)'; read line < '\(gate)'"
    }
    try forget(.started, of: id)
    #expect(try survivors().map(\.start.pid) == [start.pid])
    #expect(write(hold.number, "go\n", 3) == 3)
    waitForEnd(of: start)
    #expect(try survivors() == [])
    #expect(try folder.launch(epoch: 2).connection.adopted == [])
    let pid = try #require(pids.first)
    #expect(isAlive(pid))
    kill(pid, SIGKILL)
  }

  @Test("a start that its keeper did not live to record is found by its mark")
  func unrecorded() throws {
    let (id, start, _) = try orphan { "echo $$ > '\($0)'; exec sleep 1000" }
    try forget(.started, of: id)
    #expect(try KeeperRecords(runFolder: folder.path).attempts[id]?.started == nil)
    let keeping = try folder.launch(epoch: 2)
    #expect(keeping.connection.adopted == [id])
    try keeping.connection.send(.stop(id, reason: "cancel"))
    #expect(try keeping.end(of: id).ending == .unobserved)
    #expect(!isAlive(start.pid))
  }

  /// As if the keeper had been killed before it could write that record.
  private func forget(_ kind: LogSlot.Kind, of id: AttemptID) throws {
    var place: UInt32?
    try LogReader.read(folder.path + "/keeper.log") { number, reading in
      if case .record(let slot) = reading, slot.kind == kind, slot.attempt == id { place = number }
    }
    let file = try Descriptor(opening: folder.path + "/keeper.log", O_RDWR)
    let zeros = [UInt8](repeating: 0, count: LogSlot.size)
    let offset = off_t(try #require(place)) * off_t(LogSlot.size)
    #expect(pwrite(file.number, zeros, zeros.count, offset) == zeros.count)
  }
}
