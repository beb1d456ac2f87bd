import BelayDigest
import Glibc
import Testing

@testable import BelayKeeper

@Suite("What the keeper keeps") struct KeptOutput {
  private let folder: RunFolder
  private let keeping: Keeping

  init() throws {
    folder = try RunFolder()
    keeping = try folder.launch()
  }

  /// The bytes of `seq 1 count`.
  private func sequence(_ count: Int) -> [UInt8] { (1...count).flatMap { Array("\($0)\n".utf8) } }

  @Test("up to 4 KiB stand in the record; one byte more makes a file of mode 0600")
  func small() throws {
    let inline = try keeping.sh("head -c 4096 /dev/zero | tr '\\0' x")
    let filed = try keeping.sh("head -c 4097 /dev/zero | tr '\\0' y >&2")
    let first = try keeping.end(of: inline).stdout
    #expect(first.inline == [UInt8](repeating: 0x78, count: 4096))
    #expect(first.digest == SHA256.digest(first.inline ?? []))
    let second = try keeping.end(of: filed).stderr
    let bytes = [UInt8](repeating: 0x79, count: 4097)
    #expect(second.place == .file("output/\(filed).stderr", bytes: 4097, digest: SHA256.digest(bytes)))
    #expect(second.durable)
    #expect(!second.truncated)
    #expect(try folder.text(of: "output/\(filed).stderr") == String(decoding: bytes, as: UTF8.self))
    var status = stat()
    #expect(stat(folder.path + "/output/\(filed).stderr", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(stat(folder.path + "/output", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test(
    "of a long stream head and tail are kept, the middle counted and digested",
    arguments: [(300, 0), (301, 0), (302, 1), (5000, 4), (100_000, 0)])
  func truncated(lines: Int, extra: Int) throws {
    let limits = OutputLimits(inline: 16, head: 400, tail: 700 + UInt32(extra))
    let id = try keeping.spawn(["seq", "1", "\(lines)"], limits: limits)
    let stream = try keeping.end(of: id).stdout
    let bytes = sequence(lines)
    #expect(stream.bytes == UInt64(bytes.count))
    #expect(stream.digest == SHA256.digest(bytes))
    let kept = Int(limits.head + limits.tail)
    #expect(stream.truncated == (bytes.count > kept))
    var expected = bytes
    if bytes.count > kept {
      expected = Array(bytes.prefix(400))
      if expected.last != 10 { expected.append(10) }
      expected += "… \(bytes.count - kept) bytes left out …\n".utf8 + bytes.suffix(Int(limits.tail))
    }
    #expect(try folder.text(of: "output/\(id).stdout") == String(decoding: expected, as: UTF8.self))
    #expect(
      stream.place
        == .file("output/\(id).stdout", bytes: UInt64(expected.count), digest: SHA256.digest(expected)))
  }

  @Test("a flood on both streams is counted to the last byte")
  func flood() throws {
    let id = try keeping.sh("seq 1 2000000 & seq 1 1000000 >&2; wait")
    let exit = try keeping.end(of: id)
    let bytes = sequence(2_000_000)
    #expect(exit.stdout.bytes == UInt64(bytes.count))
    #expect(exit.stdout.digest == SHA256.digest(bytes))
    #expect(exit.stderr.digest == SHA256.digest(sequence(1_000_000)))
    #expect(exit.stdout.truncated)
    let kept = try SmallRead.bytes(of: folder.path + "/output/\(id).stdout", limit: 2 << 20)
    #expect(kept.suffix(768 << 10) == bytes.suffix(768 << 10))
    #expect(kept.prefix(256 << 10) == bytes.prefix(256 << 10))
  }

  @Test("secrets are masked in records and files, in every form, also when written in two pieces")
  func masked() throws {
    let secret = "correct/horse+battery"
    try keeping.connection.send(.secrets([secret]))
    let variable = ["PATH=/usr/bin:/bin", "S=\(secret)"]
    let script = """
      printf 'raw %s, ' "$S"; printf 'correct/ho'; printf 'rse+battery, ' ; printf %s "$S" | base64 | tr -d '\\n'
      printf ', '; printf %s "$S" | od -An -tx1 | tr -d ' \\n'; printf ', correct%%2Fhorse%%2Bbattery'
      """
    let inline = try keeping.sh(script, environment: variable)
    let exit = try keeping.end(of: inline)
    #expect(exit.stdout.text == "raw •••, •••, •••, •••, •••")
    #expect(exit.stdout.digest == SHA256.digest(Array(exit.stdout.text.utf8)))
    let filed = try keeping.sh(
      "for i in $(seq 1 300); do echo \"line $i $S\" >&2; done", environment: variable)
    let stream = try keeping.end(of: filed).stderr
    let expected = (1...300).map { "line \($0) •••\n" }.joined()
    #expect(try folder.text(of: "output/\(filed).stderr") == expected)
    #expect(stream.bytes == UInt64(expected.utf8.count))
    #expect(stream.fileDigest == SHA256.digest(Array(expected.utf8)))
    let missing = try keeping.spawn([secret])
    #expect(try keeping.end(of: missing).ending == .notStarted(ENOENT, "•••: command not found"))
    let named = try keeping.sh("exec true", environment: variable)
    _ = try keeping.end(of: named)
    try keeping.connection.send(.leave)
    try folder.waitForLock()
    for name in ["keeper.log", "keeper.lock", "output/\(filed).stderr"] {
      #expect(!(try folder.text(of: name)).contains("horse"), "\(name)")
    }
  }

  @Test("sensitive output reaches the engine and nothing else")
  func sensitive() throws {
    let id = try keeping.sh("seq 1 2000; echo token-abc >&2", sensitive: true)
    let exit = try keeping.end(of: id)
    #expect(exit.stdout.inline == sequence(2000))
    #expect(exit.stderr.text == "token-abc\n")
    #expect(exit.stdout.digest == nil)
    #expect(exit.stdout.missing == .sensitive)
    try keeping.connection.send(.leave)
    let record = try #require(try folder.recordsAfterEnd().attempts[id]?.exited)
    #expect(record.stdout.place == .nowhere)
    #expect(record.stdout.digest == nil)
    #expect(record.stdout.missing == .sensitive)
    #expect(record.stdout.bytes == exit.stdout.bytes)
    #expect(folder.files() == ["keeper.lock", "keeper.log"])
    #expect(!(try folder.text(of: "keeper.log")).contains("token-abc"))
  }

  @Test("who keeps the pipes open hangs no step, is named, and can go on writing")
  func held() throws {
    let fifo = folder.path + "/fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    let id = try keeping.sh(
      "echo before; (read go < '\(fifo)'; seq 1 200000; echo wrote > '\(fifo)') & echo $!")
    let exit = try keeping.end(of: id)
    #expect(exit.ending == .exited(0))
    #expect(exit.stdout.heldOpen)
    let pid = try #require(exit.stdout.text.split(separator: "\n").last)
    #expect(exit.stdout.text == "before\n\(pid)\n")
    #expect(exit.leftRunning == ["\(pid) sh"])
    // More than a pipe holds: somebody must be reading.
    let gate = try Descriptor(opening: fifo, O_RDWR)
    #expect(write(gate.number, "go\n", 3) == 3)
    let leader = try #require(Int32(pid))
    waitForEnd(of: leader)
    var answer = [UInt8](repeating: 0, count: 16)
    #expect(read(gate.number, &answer, 16) == 6)
    try keeping.connection.send(.leave)
    try folder.waitForLock()
  }

  @Test("what a step leaves behind is named by its session or its mark, and lives on")
  func leftRunning() throws {
    let script = """
      sleep 1000 >/dev/null 2>&1 & echo $!
      setsid sleep 1001 >/dev/null 2>&1 & echo $!
      """
    let busy = try keeping.sh("sleep 1002")
    _ = try keeping.start(of: busy)
    let id = try keeping.sh(script)
    let exit = try keeping.end(of: id)
    let pids = exit.stdout.text.split(separator: "\n").compactMap { Int32($0) }
    try #require(pids.count == 2)
    let left = exit.leftRunning.map { String($0.split(separator: " ")[0]) }
    #expect(Set(left) == Set(pids.map(String.init)))
    #expect(pids.allSatisfy(isAlive))
    // Somebody else's remains are not this one's.
    #expect(try keeping.end(of: try keeping.spawn(["true"])).leftRunning == [])
    for pid in pids { kill(pid, SIGKILL) }
    try keeping.connection.send(.stop(busy, reason: "over"))
    #expect(try keeping.end(of: busy).leftRunning == [])
    for pid in pids { waitForEnd(of: pid) }
  }

  @Test("a daemon with a session and an environment of its own is named where nobody else can have left it")
  func cleanDaemon() throws {
    let id = try keeping.sh("env -i setsid /bin/sleep 1003 >/dev/null 2>&1 & echo $!; sleep 0.05")
    let exit = try keeping.end(of: id)
    let pid = try #require(Int32(exit.stdout.text.dropLast()))
    #expect(exit.leftRunning == ["\(pid) sleep"])
    kill(pid, SIGKILL)
    waitForEnd(of: pid)
  }
}

@Suite("The space for kept output") struct OutputSpace {
  @Test("a run's files have 256 MiB together; what is removed or smaller is given back")
  func budget() throws {
    let folder = try RunFolder()
    let space = OutputFolder(runFolder: folder.path)
    let limits = OutputLimits(inline: 1, head: 100 << 20, tail: 20 << 20)
    func open(_ sequence: UInt32) throws -> KeptFile {
      try space.open(.stdout, of: AttemptID(epoch: 1, sequence: sequence), limits: limits)
    }
    _ = try open(1)
    _ = try open(2)
    #expect(throws: StreamRecord.Missing.runLimit) { try open(3) }
    space.settle(limits, size: 5000)
    _ = try open(4)
    #expect(throws: StreamRecord.Missing.runLimit) { try open(5) }
  }

  @Test("files of keepers before count")
  func inherited() throws {
    let folder = try RunFolder()
    mkdir(folder.path + "/output", 0o700)
    let old = try Descriptor(opening: folder.path + "/output/1.1.stdout", O_RDWR | O_CREAT)
    #expect(ftruncate(old.number, 255 << 20) == 0)
    let space = OutputFolder(runFolder: folder.path)
    #expect(throws: StreamRecord.Missing.runLimit) {
      try space.open(.stdout, of: AttemptID(epoch: 2, sequence: 1), limits: OutputLimits())
    }
  }

  @Test("a stream whose file cannot be made is counted and digested, and says why nothing is kept")
  func unwritable() throws {
    let folder = try RunFolder()
    let file = try Descriptor(opening: folder.path + "/output", O_RDWR | O_CREAT)
    withExtendedLifetime(file) {}
    let stream = StreamKeeper(
      .stdout, of: AttemptID(epoch: 1, sequence: 1), limits: OutputLimits(), sensitive: false,
      patterns: MaskPatterns([]), folder: OutputFolder(runFolder: folder.path))
    let bytes = [UInt8](repeating: 1, count: 10_000)
    bytes.withUnsafeBytes { stream.take($0) }
    let record = stream.finish(heldOpen: false)
    #expect(record.bytes == 10_000)
    #expect(record.digest == SHA256.digest(bytes))
    #expect(record.place == .nowhere)
    #expect(record.truncated)
    #expect(record.missing == .writeFailed)
  }
}
