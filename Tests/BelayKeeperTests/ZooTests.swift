import CSystem
import Glibc
import Testing

@testable import BelayKeeper

/// Everything that a process can do to who started it. After each: no zombie of the keeper's, no descriptor of it left
/// over, and nothing of the step alive but what is named.
@Suite("Processes of every kind") struct Zoo {
  private static let never: UInt64 = 3_600_000_000_000
  private static let soon: UInt64 = 60_000_000

  private let folder: RunFolder
  private let keeping: Keeping
  private let before: Set<String>

  init() throws {
    folder = try RunFolder(run: "zoo-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
    keeping = try folder.launch()
    // The first step opens nothing that the keeper keeps: what is open after it was open before.
    _ = try keeping.end(of: try keeping.spawn(["true"]))
    before = openFiles(of: keeping.connection.keeperPid)
  }

  /// Kills what is named and checks that nothing else is left.
  private func expectClean(
    after exit: ExitRecord, at place: SourceLocation = #_sourceLocation
  ) throws {
    for line in exit.leftRunning + exit.notStopped {
      let pid = try #require(Int32(line.split(separator: " ")[0]), sourceLocation: place)
      kill(pid, SIGKILL)
      waitForEnd(of: pid)
    }
    // Whoever has ended is waited for when the keeper is next awake, and its pipes are at their end by then.
    let keeper = keeping.connection.keeperPid
    try repeated("a keeper without children and leftovers") {
      _ = try keeping.end(of: try keeping.spawn(["true"]))
      return ProcessTable.all().allSatisfy { $0.parent != keeper } && openFiles(of: keeper) == before
    }
    let mark = Array("\(Program.markName)=\(folder.run)/".utf8)
    let left = ProcessTable.all().filter { process in
      let bytes = (try? SmallRead.bytes(of: "/proc/\(process.pid)/environ", limit: 4 << 20)) ?? []
      return process.isAlive && bytes.split(separator: 0).contains { $0.starts(with: mark) }
    }
    #expect(left == [], sourceLocation: place)
  }

  private func fifo(_ name: String) throws -> (path: String, file: Descriptor) {
    let path = folder.path + "/" + name
    #expect(mkfifo(path, 0o600) == 0)
    return (path, try Descriptor(opening: path, O_RDWR))
  }

  /// Starts a script and waits for the line of pids that it writes to `$F`.
  private func started(
    _ script: String, timeout: UInt64? = nil, grace: UInt64 = Zoo.never
  ) throws -> (AttemptID, [Int32]) {
    let (path, file) = try fifo("pids")
    let id = try keeping.sh(
      script, environment: ["PATH=/usr/bin:/bin", "F=\(path)"], timeout: timeout, grace: grace)
    var line = [UInt8](repeating: 0, count: 4000)
    let count = max(0, read(file.number, &line, line.count))
    let text = String(decoding: line[..<count], as: UTF8.self)
    return (id, text.split { $0 == " " || $0 == "\n" }.compactMap { Int32($0) })
  }

  private func stopped(_ id: AttemptID) throws -> ExitRecord {
    try keeping.connection.send(.stop(id, reason: "cancel"))
    return try keeping.end(of: id)
  }

  // MARK: Daemons

  @Test(
    "a daemon, forked twice, in a session of its own, marked or not, is named when its step ends",
    arguments: ["", "env -i"])
  func daemon(environment: String) throws {
    let (id, pids) = try started(
      "(\(environment) setsid sh -c 'echo $$ > '$F'; exec sleep 1000' </dev/null >/dev/null 2>&1 &) ; wait")
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(0))
    let pid = try #require(pids.first)
    // By whichever of its names it has come to by then.
    #expect(exit.leftRunning.map { $0.prefix { $0 != " " } } == ["\(pid)"])
    #expect(isAlive(pid))
    try expectClean(after: exit)
  }

  @Test("one that ignores TERM in a session of its own, below another one, is killed")
  func deep() throws {
    let (id, pids) = try started(
      """
      setsid sh -c 'setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > $F; while :; do sleep 0.01; done" & wait' & wait
      """, grace: Zoo.soon)
    let exit = try stopped(id)
    #expect(exit.notStopped == [])
    #expect(!isAlive(try #require(pids.first)))
    try expectClean(after: exit)
  }

  @Test("a deep tree of processes goes as a whole")
  func tree() throws {
    let (id, pids) = try started(
      """
      f() { if [ $1 = 0 ]; then sleep 1000; else ( f $(($1 - 1)) ) & ( f 0 ) & wait; fi; }
      f 20 & echo $! > $F; wait
      """)
    #expect(pids.count == 1)
    try expectClean(after: try stopped(id))
  }

  @Test("a hundred zombies that a step makes and leaves are waited for")
  func zombies() throws {
    let script = """
      import os, sys
      for _ in range(100):
          if os.fork() == 0: os._exit(0)
      """
    let exit = try keeping.end(of: try keeping.spawn(["python3", "-c", script]))
    #expect(exit.ending == .exited(0))
    #expect(exit.leftRunning == [])
    try expectClean(after: exit)
  }

  // MARK: Stopped ones

  @Test("a stopped step reaches its timeout, and is ended all the same")
  func stoppedStep() throws {
    let (id, pids) = try started("echo $$ > $F; kill -STOP $$", timeout: 300_000_000, grace: Zoo.never)
    #expect(pids.count == 1)
    let exit = try keeping.end(of: id)
    #expect(exit.stopped == .timeout)
    #expect(exit.ending == .signalled(SIGTERM, core: false))
    try expectClean(after: exit)
  }

  @Test("a stopped keeper loses nothing: what ended meanwhile is told when it goes on")
  func stoppedKeeper() throws {
    let (path, gate) = try fifo("gate")
    let id = try keeping.sh("read line < '\(path)'; echo heard; exit 3")
    let start = try keeping.start(of: id)
    kill(keeping.connection.keeperPid, SIGSTOP)
    #expect(write(gate.number, "go\n", 3) == 3)
    try repeated("its end") { !isAlive(start.pid) }
    kill(keeping.connection.keeperPid, SIGCONT)
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(3))
    #expect(exit.stdout.text == "heard\n")
    try expectClean(after: exit)
  }

  // MARK: Output

  @Test("floods on both streams at once arrive counted, and the step ends")
  func floods() throws {
    let id = try keeping.sh("head -c 30000000 /dev/zero & head -c 20000000 /dev/zero >&2 & wait")
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(0))
    #expect(exit.stdout.bytes == 30_000_000)
    #expect(exit.stderr.bytes == 20_000_000)
    try expectClean(after: exit)
  }

  @Test("an endless flood is stopped at its timeout")
  func endless() throws {
    let exit = try keeping.end(of: try keeping.sh("yes & yes >&2", timeout: Zoo.soon, grace: Zoo.never))
    #expect(exit.stopped == .timeout)
    #expect(exit.stdout.bytes > 0)
    try expectClean(after: exit)
  }

  @Test("bytes that are no text are kept as they are")
  func binary() throws {
    let bytes = (0..<2048).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let exit = try keeping.end(of: try keeping.spawn(["cat"], input: bytes))
    #expect(exit.stdout.inline == bytes)
    try expectClean(after: exit)
  }

  @Test(
    "a step may close its output, or all that it has open, and is still seen to its end",
    arguments: [
      "exec >&- 2>&-; read line < $F; exit 5",
      "exec python3 -c 'import os; os.closerange(0, 100000); open(os.environ[\"F\"]).readline(); os._exit(5)'",
    ])
  func closed(script: String) throws {
    let (path, gate) = try fifo("gate")
    let id = try keeping.sh(script, environment: ["PATH=/usr/bin:/bin", "F=\(path)"])
    _ = try keeping.start(of: id)
    #expect(write(gate.number, "go\n", 3) == 3)
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(5))
    #expect(exit.stdout.bytes == 0)
    try expectClean(after: exit)
  }

  @Test("one that writes into a pipe of its own that nobody reads is stopped like any other")
  func fullPipe() throws {
    let (id, _) = try started("echo $$ > $F; head -c 10000000 /dev/zero | sleep 1000")
    try expectClean(after: try stopped(id))
  }

  // MARK: What cannot be started

  @Test("a folder is no program")
  func directory() throws {
    let exit = try keeping.end(of: try keeping.spawn(["/usr"]))
    #expect(exit.ending == .notStarted(EACCES, "/usr: Permission denied"))
    try expectClean(after: exit)
  }

  @Test(
    "arguments and variables beyond what the kernel takes are a failure that says so, those within arrive")
  func huge() throws {
    let most = String(repeating: "x", count: 100_000)
    let fits = try keeping.spawn(
      ["sh", "-c", "echo ${#1} ${#V}", "sh", most], environment: ["PATH=/usr/bin:/bin", "V=\(most)"])
    #expect(try keeping.end(of: fits).stdout.text == "100000 100000\n")
    for (arguments, environment) in [
      ([String(repeating: "x", count: 200_000)], []), ([], ["V=" + String(repeating: "x", count: 200_000)]),
      ([String](repeating: most, count: 60), []),
    ] {
      let id = try keeping.spawn(["true"] + arguments, environment: ["PATH=/usr/bin:/bin"] + environment)
      let exit = try keeping.end(of: id)
      guard case .notStarted(E2BIG, let words) = exit.ending else {
        Issue.record("\(exit.ending)")
        continue
      }
      #expect(words.contains("Argument list too long"))
      try expectClean(after: exit)
    }
  }

  // MARK: Attacks

  @Test("one that kills its own session, itself first, has ended by a signal")
  func ownSession() throws {
    let exit = try keeping.end(of: try keeping.sh("sleep 1000 & sleep 1001 & kill -KILL 0"))
    #expect(exit.ending == .signalled(SIGKILL, core: false))
    #expect(exit.leftRunning == [])
    try expectClean(after: exit)
  }

  @Test("signals that can be ignored do nothing to the keeper when its step sends them")
  func polite() throws {
    let exit = try keeping.end(
      of: try keeping.sh("for s in TERM INT HUP QUIT USR1 ALRM; do kill -$s $PPID; done"))
    #expect(exit.ending == .exited(0))
    try expectClean(after: exit)
  }

  @Test("a step that kills its keeper is known to run on unobserved, by pid, and is adopted by the next")
  func keeperKiller() throws {
    // Not before its start is on record: without that it would be found by its mark alone.
    let (path, gate) = try fifo("gate")
    let id = try keeping.sh("read line < '\(path)'; kill -KILL $PPID; exec sleep 1000")
    let start = try keeping.start(of: id)
    #expect(write(gate.number, "go\n", 3) == 3)
    #expect(throws: KeeperError.gone) { _ = try keeping.end(of: id) }
    let records = try folder.recordsAfterEnd()
    #expect(records.fate(of: id) == .runningUnobserved(start))
    let next = try folder.launch(epoch: 2)
    #expect(next.connection.adopted == [id])
    try next.connection.send(.stop(id, reason: "cancel"))
    #expect(try next.end(of: id).ending == .unobserved)
    #expect(!isAlive(start.pid))
  }

  @Test("of thousands of files that the caller has open no step and no keeper gets one")
  func inherited() throws {
    let folder = try RunFolder(run: self.folder.run + "-inherited")
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let count = min(3000, Int(limit.rlim_cur) - 500)
    // Without close-on-exec, as a careless caller has them.
    let files = (0..<max(0, count)).map { _ in open("/dev/null", O_RDONLY) }
    defer { for file in files { close(file) } }
    let keeping = try folder.launch()
    #expect(openFiles(of: keeping.connection.keeperPid).count < 20)
    let exit = try keeping.end(of: try keeping.spawn(["ls", "/proc/self/fd"]))
    #expect(exit.stdout.text == "0\n1\n2\n3\n")
  }
}

/// What a process has open, as the kernel names it.
func openFiles(of pid: Int32) -> Set<String> {
  guard let folder = opendir("/proc/\(pid)/fd") else { return [] }
  defer { closedir(folder) }
  var files: Set<String> = []
  while let entry = readdir(folder) {
    let number = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    var buffer = [CChar](repeating: 0, count: 1000)
    let count = readlink("/proc/\(pid)/fd/\(number)", &buffer, buffer.count)
    guard count > 0 else { continue }
    files.insert(
      number + " " + String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
  return files
}

/// Asks until the answer is yes.
func repeated(_ what: String, _ question: () throws -> Bool) throws {
  let until = now(CLOCK_MONOTONIC) + 120_000_000_000
  while try !question() {
    if now(CLOCK_MONOTONIC) > until { throw RunFolder.Missing(what: what) }
    sched_yield()
  }
}
