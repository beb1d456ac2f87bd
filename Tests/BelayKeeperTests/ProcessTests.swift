import Glibc
import Testing

@testable import BelayKeeper

@Suite("What the keeper starts") struct StartedProcesses {
  private let folder: RunFolder
  private let keeping: Keeping

  init() throws {
    folder = try RunFolder()
    keeping = try folder.launch()
  }

  @Test("a process starts and ends, its log says so, and no file is made for it")
  func plain() throws {
    let id = try keeping.spawn(["true"])
    let start = try keeping.start(of: id)
    let exit = try keeping.end(of: id)
    #expect(start.session == start.pid)
    #expect(exit.ending == .exited(0))
    #expect(exit.stdout.bytes == 0)
    #expect(exit.stdout.place == .nowhere)
    #expect(exit.leftRunning == [])
    try keeping.connection.send(.leave)
    let records = try folder.recordsAfterEnd()
    #expect(records.attempts[id]?.exited == exit)
    #expect(records.attempts[id]?.started == start)
    #expect(records.damaged == 0)
    #expect(folder.files() == ["keeper.lock", "keeper.log"])
  }

  @Test("exit status, signal and output arrive")
  func ends() throws {
    let seven = try keeping.sh("echo out; echo err >&2; exit 7")
    let killed = try keeping.sh("kill -KILL $$")
    let exit = try keeping.end(of: seven)
    #expect(exit.ending == .exited(7))
    #expect(exit.stdout.text == "out\n")
    #expect(exit.stderr.text == "err\n")
    #expect(exit.stopped == nil)
    #expect(try keeping.end(of: killed).ending == .signalled(SIGKILL, core: false))
  }

  @Test("many at once all end, each told once")
  func many() throws {
    let ids = try (0..<40).map { try keeping.sh("echo \($0)") }
    for (number, id) in ids.enumerated() { #expect(try keeping.end(of: id).stdout.text == "\(number)\n") }
  }

  @Test("its environment is what was asked for and its own name, nothing else")
  func environment() throws {
    let id = try keeping.spawn(
      ["env"], environment: ["PATH=/usr/bin", "B=2", "A=1 'x' $y", "BELAY_ATTEMPT=forged"])
    let lines = try keeping.end(of: id).stdout.text.split(separator: "\n").map(String.init)
    #expect(lines == ["PATH=/usr/bin", "B=2", "A=1 'x' $y", "BELAY_ATTEMPT=\(RunFolder.run)/\(id)"])
  }

  @Test("arguments arrive as they are")
  func arguments() throws {
    let values = ["", " ", "$(touch x); 'a\" b", "é\n"]
    let id = try keeping.spawn(["printf", "<%s>"] + values)
    #expect(try keeping.end(of: id).stdout.text == values.map { "<\($0)>" }.joined())
  }

  @Test("session, folder, open files, signals, mask, core limit are those of a fresh process")
  func surroundings() throws {
    // Signals 32 and 33 are glibc's own: posix_spawn(3) leaves them ignored, and the next program sets them up.
    let script = """
      pwd; umask; ulimit -c; ls /proc/self/fd | tr '\\n' ' '; echo
      sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(........\\)$/\\1 \\2/p' /proc/self/status
      """
    let id = try keeping.spawn(["sh", "-c", script], folder: "/usr")
    let start = try keeping.start(of: id)
    let lines = try keeping.end(of: id).stdout.text.split(separator: "\n").map(String.init)
    // 3 is the folder that ls reads.
    #expect(Array(lines.prefix(5)) == ["/usr", "0022", "0", "0 1 2 3 ", "Blk 00000000"])
    #expect(lines.last == "Ign 80000000")
    #expect(start.session == start.pid)
  }

  // MARK: Standard input

  @Test("without input a process reads the end at once")
  func noInput() throws {
    #expect(try keeping.end(of: try keeping.spawn(["cat"])).ending == .exited(0))
  }

  @Test("a process reads its input, however large; one that does not read it blocks nobody")
  func input() throws {
    let bytes = [UInt8](repeating: 0x61, count: 3 << 20)
    let reads = try keeping.spawn(["wc", "-c"], input: bytes)
    let reader = try keeping.end(of: reads)
    #expect(reader.stdout.text == "\(3 << 20)\n")
    let ignores = try keeping.spawn(["true"], input: bytes)
    #expect(try keeping.end(of: ignores).ending == .exited(0))
    let script = try keeping.spawn(["sh"], input: Array("echo $0; exit 3".utf8))
    #expect(try keeping.end(of: script).ending == .exited(3))
  }

  // MARK: What cannot be started

  private func failure(
    _ arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"], folder: String = "/"
  ) throws -> (Int32, String) {
    let id = try keeping.spawn(arguments, environment: environment, folder: folder)
    guard case .notStarted(let code, let words) = try keeping.end(of: id).ending else {
      throw RunFolder.Missing(what: "failure of \(arguments)")
    }
    return (code, words)
  }

  private func file(_ name: String, _ text: String, mode: mode_t) throws -> String {
    let path = folder.path + "/" + name
    let file = try Descriptor(opening: path, O_WRONLY | O_CREAT)
    #expect(write(file.number, text, text.utf8.count) == text.utf8.count)
    chmod(path, mode)
    return path
  }

  @Test("a program that is not there is told by name, a folder that is not there apart from it")
  func missing() throws {
    #expect(
      try failure(["no-such-program", "x"]) == (
        ENOENT, "no-such-program: command not found in PATH=/usr/bin:/bin"
      ))
    #expect(try failure(["ls"], environment: []) == (ENOENT, "ls: command not found: PATH is not set"))
    #expect(try failure(["/no/such"]) == (ENOENT, "/no/such: command not found"))
    #expect(
      try failure(["ls"], folder: "/no/folder")
        == (ENOENT, "working directory /no/folder: No such file or directory"))
    #expect(
      try failure(["ls"], folder: "/etc/passwd") == (
        ENOTDIR, "working directory /etc/passwd: Not a directory"
      ))
    #expect(try failure([]).0 == EINVAL)
    #expect(try failure(["ls", "a\0b"]) == (EINVAL, "ls: an argument or a variable holds a NUL byte"))
  }

  @Test("what is no program is told as such")
  func unfit() throws {
    let plain = try file("plain", "#!/bin/sh\n", mode: 0o600)
    #expect(try failure([plain]) == (EACCES, "\(plain): Permission denied"))
    #expect(
      try failure(["plain"], environment: ["PATH=\(folder.path)"]) == (EACCES, "\(plain): not executable"))
    let orphan = try file("orphan", "#!/no/interpreter\n", mode: 0o700)
    #expect(try failure([orphan]) == (ENOENT, "\(orphan): the interpreter that it names does not exist"))
    let text = try file("text", "echo hello\n", mode: 0o700)
    #expect(try failure([text]) == (ENOEXEC, "\(text): Exec format error; a script begins with #!"))
  }

  @Test("a program is looked up in the process's own PATH, an empty part of it in its own folder")
  func lookup() throws {
    _ = try file("mine", "#!/bin/sh\necho found\n", mode: 0o700)
    let byPath = try keeping.spawn(["mine"], environment: ["PATH=/nowhere:\(folder.path):/bin"])
    #expect(try keeping.end(of: byPath).stdout.text == "found\n")
    let byFolder = try keeping.spawn(["mine"], environment: ["PATH=:/bin"], folder: folder.path)
    #expect(try keeping.end(of: byFolder).stdout.text == "found\n")
    let bySlash = try keeping.spawn(["./mine"], environment: [], folder: folder.path)
    #expect(try keeping.end(of: bySlash).stdout.text == "found\n")
  }

  @Test("a failed start is in the log, as proof that nothing ran")
  func failedStart() throws {
    let id = try keeping.spawn(["no-such-program"])
    let exit = try keeping.end(of: id)
    try keeping.connection.send(.leave)
    let records = try folder.recordsAfterEnd()
    #expect(records.attempts[id]?.exited == exit)
    #expect(records.attempts[id]?.started == nil)
    #expect(records.fate(of: id) == .exited(exit))
  }

  @Test("a name is used once")
  func once() throws {
    let id = try keeping.spawn(["true"])
    _ = try keeping.end(of: id)
    try keeping.connection.send(
      .spawn(SpawnRequest(attempt: id, arguments: ["true"], environment: [], workingDirectory: "/")))
    #expect(try keeping.usedBefore(id).contains("accepted before"))
  }
}
