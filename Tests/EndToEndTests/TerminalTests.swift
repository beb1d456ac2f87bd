import Testing

@Suite("A run on a terminal") struct TerminalTests {
  private static let gated = """
    belay: 1
    steps:
      - step: first
        run: "true"
        rollback: nothing
      - gate: go
        approve: { by: ana }
        message: Go on?
      - step: last
        run: echo done > world
        rollback: nothing
    """

  private static let twice = """
    belay: 1
    steps:
      - gate: one
        approve: { by: ana }
        message: First?
      - gate: two
        approve: { by: ana }
        message: Second?
      - step: last
        run: echo done > world
        rollback: nothing
    """

  /// A sandbox whose user is in the roster.
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox([
      "gated": TerminalTests.gated, "asked": TerminalTests.asked, "twice": TerminalTests.twice,
      "doubtful": TerminalTests.doubtful,
    ])
    let uid = try sandbox.execute(["/usr/bin/id", "-u"]).wait().lines.first ?? ""
    sandbox.write(
      "belay: 1\npeople: { ana: { name: Ana, accounts: { os: \"\(uid)\" } } }\n", to: "playbooks/roster.yaml")
    return sandbox
  }

  /// Types at a terminal of 80 columns: each time when it has sent a text since the last time. What begins with `!` is a
  /// command that is run elsewhere.
  ///
  /// - Returns: what it was sent; after it, whether it shows again what is typed.
  private func atTerminal(
    _ words: [String], _ typed: [(after: String, keys: String)], in sandbox: Sandbox,
    variables: [String: String] = ["TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"]
  ) throws -> Child {
    let program = """
      import fcntl, os, pty, struct, subprocess, sys, termios
      child, master = pty.fork()
      if child == 0:
          fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
          count = int(sys.argv[1])
          os.execvp("belay", ["belay"] + sys.argv[2:2 + count])
      sent, at, steps = b"", 0, sys.argv[2 + int(sys.argv[1]):]
      def more():
          global sent
          try:
              data = os.read(master, 65536)
          except OSError:
              data = b""
          sent += data
          return bool(data)
      for after, keys in zip(steps[::2], steps[1::2]):
          while after.encode() not in sent[at:] and more():
              pass
          at = len(sent)
          if keys.startswith("!"):
              subprocess.run(keys[1:].split(), stdout=subprocess.DEVNULL)
          else:
              os.write(master, keys.encode())
      while more():
          pass
      echoes = termios.tcgetattr(master)[3] & (termios.ECHO | termios.ICANON) == termios.ECHO | termios.ICANON
      print(sent.decode(errors="replace"))
      print("the terminal is as it was" if echoes else "the terminal is left without echo")
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """
    return try sandbox.execute(
      ["/usr/bin/python3", "-c", program, "\(words.count)"] + words + typed.flatMap { [$0.after, $0.keys] },
      variables: variables)
  }

  @Test("a question stands below the tree; what is typed is drawn, not echoed, and answers it")
  func answered() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(["run", "gated"], [("> ", "yex"), ("> yex", "\u{7F}s fine\r")], in: sandbox)
      .wait()
    #expect(end.status == 0, "\(end)")
    #expect(end.output.contains("> ye") && !end.output.contains("yes fine\r\n"), "\(end)")
    #expect(end.output.contains("the terminal is as it was"))
    #expect(sandbox.lines("world") == ["done"])
    let shown = try sandbox.belay("report", "last")
    #expect(shown.output.contains("fine"), "\(shown)")
  }

  @Test("what was typed to a question that was answered elsewhere is no answer to the next one")
  func early() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(
      ["run", "twice"],
      [
        ("> ", "yes"), ("> yes", "!belay approve last one"), ("Second?", ""), ("> ", "\r"), ("", "xyz\r"),
        ("is no answer", "no because\r"),
      ], in: sandbox
    ).wait()
    #expect(end.status == 1, "\(end)")
    #expect(end.output.contains("'xyz' is no answer: type yes or no"), "\(end)")
    #expect(!sandbox.exists("world"))
    #expect(end.output.contains("the terminal is as it was"))
  }

  @Test("Ctrl-C at a question pauses the run; the terminal is left as it was")
  func interrupted() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(["run", "gated"], [("> ", "ye\u{3}")], in: sandbox).wait()
    #expect(end.status == 130, "\(end)")
    #expect(end.output.contains("the terminal is as it was"), "\(end)")
  }

  private static let asked = """
    belay: 1
    steps:
      - step: look
        manual:
          text: Read the lag
          record: { lag: { type: integer }, words: { type: string, default: "" } }
        outputs: { lag: lag, words: words }
        rollback: nothing
      - step: last
        run: echo "${{ steps.look.lag }} ${{ steps.look.words }}" > world
        rollback: nothing
    """

  @Test("what is asked for with an answer is named, refused where it is wrong, and taken with its blanks")
  func recorded() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(
      ["run", "asked"],
      [
        ("done lag=… [words=…]", "done\r"), ("lag", "done lag=many\r"),
        ("'many'", "done lag=3 words=all is well\r"),
      ],
      in: sandbox
    ).wait()
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("world") == ["3 all is well"])
  }

  @Test("a terminal that can do nothing gets lines, and is asked by lines")
  func dumb() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(
      ["run", "gated"], [("says it from anywhere", "yes\n")], in: sandbox, variables: ["TERM": "dumb"]
    ).wait()
    #expect(end.status == 0, "\(end)")
    #expect(!end.output.contains("\u{1B}"), "\(end)")
    #expect(sandbox.lines("world") == ["done"])
  }

  private static let doubtful = """
    belay: 1
    steps:
      - step: gone
        run: echo tried >> world; sleep 60
        timeout: 1s
        rollback: { run: echo undone >> world }
      - step: last
        run: echo done >> world
        rollback: nothing
    """

  @Test("a run that is held asks at the terminal what nobody knows, and goes on by what is said")
  func doubt() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(
      ["run", "doubtful"],
      [
        ("gone> ", "perhaps\n"), ("is no answer", "done\n"),
        ("say what it rests on", "done saw it in the table\n"),
      ], in: sandbox
    ).wait()
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("world") == ["tried", "done"])
    #expect(end.output.contains("the terminal is as it was"), "\(end)")
    let report = try sandbox.belay("report", "last")
    #expect(report.output.contains("saw it in the table"), "\(report)")
  }

  @Test("an empty line leaves a doubt as it is; so does Ctrl-C; and others may be first")
  func doubtLeft() throws {
    let sandbox = try sandbox()
    let left = try atTerminal(["run", "doubtful"], [("gone> ", "\n")], in: sandbox).wait()
    #expect(left.status == 3, "\(left)")
    let again = try atTerminal(["resume", "last"], [("gone> ", "\u{3}")], in: sandbox).wait()
    #expect(again.status != 0, "\(again)")
    #expect(sandbox.lines("world") == ["tried"])
    let other = try atTerminal(
      ["resume", "last"], [("gone> ", "!belay resolve last gone --as not_done --note looked")], in: sandbox
    ).wait()
    #expect(other.status == 3 && other.output.contains("has gone on elsewhere"), "\(other)")
  }

  @Test("NO_COLOR: the tree is painted, without colours")
  func colourless() throws {
    let sandbox = try sandbox()
    let end = try atTerminal(
      ["run", "gated"], [("> ", "yes\r")], in: sandbox, variables: ["TERM": "xterm", "NO_COLOR": "1"]
    ).wait()
    #expect(end.status == 0, "\(end)")
    #expect(end.output.contains("\u{1B}[") && !end.output.contains(#/\x1B\[[0-9;]*m/#), "\(end)")
  }
}
