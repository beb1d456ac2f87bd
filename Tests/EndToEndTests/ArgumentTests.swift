import Glibc
import Testing

@Suite("What is given to a command") struct Arguments {
  private static let playbook = """
    belay: 1
    steps:
      - step: a
        run: touch a
        rollback: { run: touch undone }
    """
  private static let greeting = """
    belay: 1
    params: { name: { type: string, default: x }, count: { type: integer, default: 1 } }
    steps:
      - step: greet
        run: touch begun; printf %s "${{ params.name }}" > greeting
        rollback: nothing
    """

  @Test("changes the run that it names, not one that it happens to be a part of")
  func runNames() throws {
    let sandbox = try Sandbox(["one": Arguments.playbook])
    try sandbox.belay("run", "one")
    let run = try #require(
      try sandbox.belay("runs").lines.first?.split(separator: " ").first.map(String.init))
    for name in ["", "2", "-", String(run.prefix(7)), String(run.suffix(3)), "LAST", "on"] {
      for command in [
        ["rollback", name], ["close", name, "--note", "x"], ["resume", name], ["cancel", name],
        ["pause", name],
        ["resolve", name, "a", "--as", "done", "--note", "x"],
      ] {
        let end = try sandbox.start(command, variables: [:], in: nil).wait()
        #expect(
          end.status == 2 && end.error.contains(name.isEmpty ? "is empty" : "'\(name)'"), "\(command): \(end)"
        )
      }
    }
    #expect(!sandbox.exists("undone"))
    #expect(try sandbox.belay("status", "").status == 2)
    for name in [run, String(run.prefix(8)), String(run.suffix(4)), "2", "one", "last"] {
      #expect(try sandbox.belay("status", name).status == 0, "\(name)")
    }
    #expect(try sandbox.belay("rollback", String(run.suffix(4))).status == 4)
    #expect(sandbox.exists("undone"))
  }

  @Test("a part that several runs have names none of them, and each by its own end")
  func ambiguous() throws {
    let sandbox = try Sandbox(["one": Arguments.playbook])
    try sandbox.belay("run", "one")
    try sandbox.belay("run", "one")
    let runs = try sandbox.belay("runs").lines.compactMap { $0.split(separator: " ").first.map(String.init) }
    for name in ["one", String(runs[0].prefix(8))] {
      let end = try sandbox.belay("rollback", name)
      #expect(end.status == 2 && runs.allSatisfy(end.error.contains), "\(end)")
    }
  }

  @Test("is text: bytes that are no UTF-8 are refused, not replaced")
  func bytes() throws {
    let sandbox = try Sandbox(["greet": Arguments.greeting])
    let end = try sandbox.execute(["/bin/bash", "-c", "belay run greet -p name=$'a\\xffb'"]).wait()
    #expect(end.status == 2 && end.error.contains("argument 4 is not UTF-8: 'name=a"), "\(end)")
    try sandbox.execute(["/bin/bash", "-c", "printf '{\"name\": \"a\\xffb\"}' > p.json"]).wait()
    let file = try sandbox.belay("run", "greet", "--params", "p.json")
    #expect(file.status == 2 && file.error.contains("p.json: "), "\(file)")
    #expect(!sandbox.exists("begun"))
  }

  @Test("a mistake in a parameter is told of it by its name, with what there is")
  func parameters() throws {
    let sandbox = try Sandbox(["greet": Arguments.greeting, "none": Arguments.playbook])
    sandbox.write(#"{"count": "many", "name": "a\u0000b"}"#, to: "p.json")
    let expected = [
      (
        ["greet", "-p", "count=many"],
        "-p count: error: parameter 'count': 'many' is not an integer such as 42\n"
      ),
      (
        ["greet", "-p", "nmae=x"],
        "-p nmae: error: the playbook has no parameter 'nmae'\n  help: it has: name, count\n"
      ),
      (["none", "-p", "x=1"], "-p x: error: the playbook has no parameter 'x'\n  help: it takes none\n"),
      (["greet", "--params", "p.json"], "p.json: count: error: parameter 'count': 'many' is not an integer"),
      (["greet", "--params", "p.json"], "holds a NUL character, which no command can be given"),
    ]
    for (arguments, text) in expected {
      let end = try sandbox.start(["run"] + arguments, variables: [:], in: nil).wait()
      #expect(end.status == 2 && end.error.contains(text), "\(end)")
    }
    #expect(!sandbox.exists("begun"))
  }

  @Test("what Linux cannot carry is found before the start where it is known, at its place")
  func limits() throws {
    let sandbox = try Sandbox([
      "greet": Arguments.greeting,
      "space": """
      belay: 1
      params: { v: { type: list, of: string } }
      steps:
        - step: a
          exec: [touch, begun, "${{ params.v }}"]
          rollback: nothing
      """,
      "variable": """
      belay: 1
      params: { v: { type: string } }
      steps:
        - step: a
          env: { V: "${{ params.v }}" }
          run: touch begun
          rollback: nothing
      """,
    ])
    let long = String(repeating: "x", count: 131_072)
    let list = "[" + Array(repeating: "\"\(long.dropLast(10))\"", count: 16).joined(separator: ",") + "]"
    sandbox.write("{\"name\": \"\(long)\"}", to: "name.json")
    sandbox.write("{\"v\": \"\(long)\"}", to: "v.json")
    sandbox.write("{\"v\": \(list)}", to: "list.json")
    for (playbook, file, place) in [
      ("greet", "name.json", "playbooks/greet.yaml:5:38: error: the value of 'params.name' has 131"),
      ("variable", "v.json", "playbooks/variable.yaml:5:16: error: the variable 'V' has 131"),
      ("space", "list.json", "error: all arguments and variables have 209"),
    ] {
      for command in ["run", "plan"] {
        let end = try sandbox.belay(command, playbook, "--params", file)
        #expect(
          end.status == 2 && end.error.contains(place), "\(command) \(playbook): \(end.error.prefix(400))")
      }
    }
    #expect(!sandbox.exists("begun"))
  }

  @Test("what Linux cannot carry and is known only then fails that node, and starts nothing")
  func laterLimits() throws {
    let sandbox = try Sandbox([
      "later": """
      belay: 1
      steps:
        - step: make
          run: head -c 140000 /dev/zero | tr '\\0' x
          outputs: { text: stdout }
          rollback: nothing
        - step: take
          env: { V: "${{ steps.make.text }}" }
          run: touch begun
          rollback: nothing
      """
    ])
    let end = try sandbox.belay("run", "later")
    #expect(
      end.status == 1 && end.output.contains("take failed: the variable 'V' has 140002 bytes"), "\(end)")
    #expect(!sandbox.exists("begun"))
  }

  @Test("a NUL character in a playbook is told with its place")
  func nul() throws {
    let sandbox = try Sandbox([
      "nul": "belay: 1\nsteps:\n  - step: a\n    run: \"touch begun\\0x\"\n    rollback: nothing\n"
    ])
    let end = try sandbox.belay("validate")
    #expect(
      end.status == 2 && end.error.contains("playbooks/nul.yaml:4:10: error: this text holds a NUL"), "\(end)"
    )
  }
}

@Suite("Files that are none") struct StrangeFiles {
  @Test("are refused beside what can be read, and waited for by nobody")
  func refused() throws {
    let sandbox = try Sandbox(["good": "belay: 1\nsteps:\n  - check: a\n    run: \"true\"\n"])
    let folder = sandbox.project + "/playbooks/"
    mkfifo(folder + "fifo.yaml", 0o600)
    mkdir(folder + "folder.yaml", 0o700)
    symlink("loop.yaml", folder + "loop.yaml")
    symlink("/dev/zero", folder + "zero.yaml")
    let huge = open(folder + "huge.yaml", O_WRONLY | O_CREAT, 0o600)
    ftruncate(huge, 1 << 40)
    close(huge)
    let end = try sandbox.belay("validate")
    #expect(
      end.status == 2
        && end.error.split(separator: "\n").map(String.init) == [
          "playbooks/fifo.yaml: error: cannot be read: this is a FIFO, no file",
          "playbooks/folder.yaml: error: cannot be read: this is a folder, no file",
          "playbooks/huge.yaml: error: cannot be read: a file of more than 33 MiB is not read",
          "playbooks/loop.yaml: error: cannot be read: Too many levels of symbolic links",
          "playbooks/zero.yaml: error: cannot be read: it leads out of the project, to /dev/zero",
        ], "\(end)")
    #expect(end.output == "6 files, 5 errors, 0 warnings\n")
    let list = try sandbox.belay("list")
    #expect(list.status == 0 && list.output.contains("fifo    (this is a FIFO, no file)\n"), "\(list)")
    #expect(try sandbox.belay("run", "fifo").status == 2)
    let params = try sandbox.execute(["/bin/bash", "-c", "belay run good --params <(echo '{}')"]).wait()
    #expect(params.status == 0, "\(params)")
  }
}

@Suite("What a command prints") struct Printing {
  private static let playbook = """
    belay: 1
    steps:
      - step: a
        run: echo a; touch ran
        rollback: nothing
    """

  @Test("is all that some commands are for: what cannot be written is said, exit 9")
  func full() throws {
    let sandbox = try Sandbox(["one": Printing.playbook])
    try sandbox.belay("run", "one")
    for redirection in [">/dev/full", ">&-"] {
      for command in [
        "list", "show one", "plan one", "run one --dry-run", "runs", "status last", "logs last",
        "audit verify",
        "audit show last", "audit export", "validate", "doctor", "--help", "status last --format json",
      ] {
        let end = try sandbox.execute(["/bin/bash", "-c", "belay \(command) \(redirection)"]).wait()
        #expect(
          end.status == 9 && end.error.hasPrefix("belay: stdout cannot be written: "), "\(command): \(end)")
      }
    }
  }

  @Test("stops no run, whoever reads it or cannot")
  func unread() throws {
    let sandbox = try Sandbox(["one": Printing.playbook])
    for redirection in [">/dev/full", ">&-", "2>&- >&-", "| :"] {
      unlink(sandbox.path("ran"))
      let end = try sandbox.execute(
        ["/bin/bash", "-c", "set -o pipefail; belay run one \(redirection)"]
      ).wait()
      #expect(end.status == 0 && sandbox.exists("ran"), "\(redirection): \(end)")
    }
    let end = try sandbox.belay("audit", "verify")
    #expect(end.status == 0, "\(end)")
  }
}
