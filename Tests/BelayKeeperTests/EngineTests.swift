import Glibc
import Testing

@testable import BelayKeeper

@Suite("Engines and keepers that die") struct Survival {
  private let folder: RunFolder

  init() throws { folder = try RunFolder() }

  /// A fifo of the run's folder, open at both ends: what a step reads from and writes to.
  private func fifo(_ name: String) throws -> Descriptor {
    let path = folder.path + "/" + name
    #expect(mkfifo(path, 0o600) == 0)
    return try Descriptor(opening: path, O_RDWR)
  }

  private func letGo(_ gate: Descriptor) { #expect(write(gate.number, "go\n", 3) == 3) }

  @Test("without its engine a keeper lets what runs end, records it, and leaves")
  func engineDies() throws {
    let gate = try fifo("gate")
    let id: AttemptID
    do {
      let keeping = try folder.launch()
      id = try keeping.sh("read line < '\(folder.path)/gate'; echo heard $line; exit 7")
      _ = try keeping.start(of: id)
    }
    letGo(gate)
    let records = try folder.recordsAfterEnd()
    let exit = try #require(records.attempts[id]?.exited)
    #expect(exit.ending == .exited(7))
    #expect(exit.stdout.text == "heard go\n")
    #expect(records.fate(of: id) == .exited(exit))
    #expect(records.fate(of: AttemptID(epoch: 1, sequence: 99)) == .notStarted)
    #expect(folder.files() == ["gate", "keeper.lock", "keeper.log"])
  }

  @Test("without its engine a keeper enforces timeouts")
  func timeoutWithoutEngine() throws {
    let id: AttemptID
    do {
      let keeping = try folder.launch()
      id = try keeping.sh("trap '' TERM; exec sleep 1000", timeout: 50_000_000, grace: 50_000_000)
      _ = try keeping.start(of: id)
    }
    let exit = try #require(try folder.recordsAfterEnd().attempts[id]?.exited)
    #expect(exit.stopped == .timeout)
    #expect(exit.ending == .signalled(SIGKILL, core: false))
  }

  @Test("a new engine finds the keeper, drives on, and is told the end")
  func attaches() throws {
    let gate = try fifo("gate")
    let old = try folder.launch()
    let done = try old.spawn(["true"])
    let exit = try old.end(of: done)
    let running = try old.sh("read line < '\(folder.path)/gate'; exit 7")
    let start = try old.start(of: running)
    guard case .alive(let connection, let records) = try folder.attach() else {
      Issue.record("the keeper was not found")
      return
    }
    #expect(connection.keeperPid == old.connection.keeperPid)
    #expect(records.fate(of: done) == .exited(exit))
    #expect(records.fate(of: running) == .running(start))
    #expect(records.fate(of: AttemptID(epoch: 1, sequence: 3)) == .notStarted)
    #expect(throws: KeeperError.gone) { _ = try old.end(of: running) }
    letGo(gate)
    let new = Keeping(connection)
    #expect(try new.end(of: running).ending == .exited(7))
    // Proven not to have started: under its old name, by the new engine.
    try connection.send(
      .spawn(
        SpawnRequest(
          attempt: AttemptID(epoch: 1, sequence: 3), arguments: ["/bin/true"], environment: [],
          workingDirectory: "/")))
    #expect(try new.end(of: AttemptID(epoch: 1, sequence: 3)).ending == .exited(0))
  }

  @Test("what the old engine had asked for and nobody had read is never started")
  func queued() throws {
    let old = try folder.launch()
    let pid = old.connection.keeperPid
    // Stopped, the keeper reads nothing: the request and the new engine wait side by side.
    kill(pid, SIGSTOP)
    let id = try old.spawn(["sh", "-c", "echo started > '\(folder.path)/proof'"])
    let next = Continuation(pid)
    let attachment = try folder.attach()
    next.join()
    guard case .alive(let connection, let records) = attachment else {
      Issue.record("the keeper was not found")
      return
    }
    // Under another name than what the old one asked for, which may have been read first.
    let new = Keeping(connection, after: id.sequence)
    #expect(try new.end(of: try new.spawn(["true"])).ending == .exited(0))
    switch records.fate(of: id) {
    case .notStarted:
      #expect(try KeeperRecords(log: folder.path + "/keeper.log").attempts[id] == nil)
      #expect(!folder.files().contains("proof"))
    case .running, .exited: break  // It was read first: that is as good, and known.
    case let other: Issue.record("\(other)")
    }
  }

  @Test("a killed keeper leaves its records; what runs runs on unobserved and is known by pid and start")
  func keeperKilled() throws {
    let gate = try fifo("gate")
    let keeping = try folder.launch()
    let done = try keeping.sh("exit 3")
    let exit = try keeping.end(of: done)
    let running = try keeping.sh("read line < '\(folder.path)/gate'")
    let start = try keeping.start(of: running)
    kill(keeping.connection.keeperPid, SIGKILL)
    #expect(throws: KeeperError.gone) { _ = try keeping.end(of: running) }
    let records = try folder.recordsAfterEnd()
    #expect(records.fate(of: done) == .exited(exit))
    #expect(records.fate(of: running) == .runningUnobserved(start))
    #expect(records.fate(of: AttemptID(epoch: 1, sequence: 3)) == .notStarted)
    letGo(gate)
    waitForEnd(of: start)
    #expect(records.fate(of: running) == .endedUnobserved)
    // The next keeper goes on in the same log, and the proof still holds.
    let next = try folder.launch(epoch: 2)
    try next.connection.send(.leave)
    let later = try folder.recordsAfterEnd()
    #expect(later.fate(of: done) == .exited(exit))
    #expect(later.fate(of: running) == .endedUnobserved)
    #expect(later.fate(of: AttemptID(epoch: 1, sequence: 3)) == .notStarted)
    #expect(later.spaces.keys.sorted() == [1, 2])
  }

  @Test("a run has one keeper")
  func one() throws {
    let keeping = try folder.launch()
    #expect(throws: KeeperError.refused("another keeper has the run")) { _ = try folder.launch() }
    #expect(try keeping.end(of: try keeping.spawn(["true"])).ending == .exited(0))
  }

  @Test("a keeper that dies before it answers is known to be dead at once, not when patience ends")
  func diesAtStart() throws {
    #expect(throws: KeeperError.refused("/bin/false ended at its start")) {
      _ = try KeeperConnection.launch(
        runFolder: folder.path, run: RunFolder.run, epoch: 1, executable: "/bin/false",
        version: KeeperProgram.version)
    }
  }

  @Test("another build is refused, another run's keeper does not answer")
  func strangers() throws {
    #expect(throws: KeeperError.versions(ours: "0.0.0", theirs: KeeperProgram.version)) {
      _ = try KeeperConnection.launch(
        runFolder: folder.path, run: RunFolder.run, epoch: 1, executable: try RunFolder.executable(),
        version: "0.0.0")
    }
    try folder.waitForLock()
    let keeping = try folder.launch()
    #expect(throws: KeeperError.self) {
      _ = try KeeperConnection.attach(
        runFolder: folder.path, run: "another", epoch: 2, version: KeeperProgram.version)
    }
    #expect(try keeping.end(of: try keeping.spawn(["true"])).ending == .exited(0))
  }

  @Test("nonsense on the socket ends that connection and nothing else")
  func nonsense() throws {
    let keeping = try folder.launch()
    let place = folder.path + "/" + Keeper.socketName
    for bytes in [[UInt8](repeating: 0xFF, count: 64), [5, 0, 0, 0, 77, 1, 2, 3, 4], [1, 0, 0, 0, 1]] {
      let socket = try #require(try LocalSocket.connect(place))
      #expect(send(socket.number, bytes, bytes.count, 0) == bytes.count)
      var answer: UInt8 = 0
      var waiting = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, -1)
      #expect(recv(socket.number, &answer, 1, 0) <= 0)
    }
    #expect(try keeping.end(of: try keeping.spawn(["true"])).ending == .exited(0))
  }

  @Test("a run without a keeper's traces has none")
  func nothing() throws {
    guard case .gone(let records) = try folder.attach() else {
      Issue.record("a keeper out of nothing")
      return
    }
    guard case .unknown = records.fate(of: AttemptID(epoch: 1, sequence: 1)) else {
      Issue.record("no log proved something")
      return
    }
  }

  @Test("what could not be recorded to its end is not started; what runs is recorded on a full disk too")
  func full() throws {
    let gate = try fifo("gate")
    let keeping = try folder.launch()
    // No file of the keeper's can grow beyond the first MiB of its log.
    _ = try keeping.end(of: try keeping.sh("prlimit --pid $PPID --fsize=1048576"))
    let ids = try (0..<70).map { _ in try keeping.sh("read line < '\(folder.path)/gate'") }
    let last = try #require(ids.last)
    #expect(try keeping.noSpace(for: last) == "no room in keeper.log for how it ends")
    for _ in ids { letGo(gate) }
    #expect(try keeping.end(of: ids[0]).ending == .exited(0))
    try keeping.connection.send(.leave)
    let records = try folder.recordsAfterEnd()
    #expect(records.attempts[ids[0]]?.exited?.ending == .exited(0))
    #expect(records.fate(of: last) == .notStarted)
  }

  @Test("signals of a terminal do not reach a keeper")
  func deaf() throws {
    let keeping = try folder.launch()
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGTSTP, SIGQUIT, SIGXFSZ, SIGXCPU] {
      kill(keeping.connection.keeperPid, signal)
    }
    #expect(try keeping.end(of: try keeping.spawn(["true"])).ending == .exited(0))
  }
}

/// Lets a stopped process go on once somebody waits for it; on a thread of its own.
private final class Continuation: Sendable {
  nonisolated(unsafe) private var thread = pthread_t()

  init(_ pid: Int32) {
    let argument = UnsafeMutableRawPointer(bitPattern: Int(pid))
    pthread_create(
      &thread, nil,
      { argument in
        let pid = Int32(Int(bitPattern: argument))
        // The attaching engine has connected when its request is in the keeper's queue; either order is right, this
        // makes the interesting one likely.
        for _ in 0..<1000 { sched_yield() }
        kill(pid, SIGCONT)
        return nil
      }, argument)
  }

  func join() { pthread_join(thread, nil) }
}
