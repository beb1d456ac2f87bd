import Glibc
import TestFiles
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

  @Test("names the run of a playbook also where that name is a part of other runs' ids")
  func playbookNames() throws {
    let sandbox = try Sandbox(["one": Arguments.playbook, "2": Arguments.playbook])
    for name in ["one", "2"] { try sandbox.belay("run", name) }
    let told = try sandbox.belay("status", "2")
    #expect(told.status == 0 && told.lines.first?.contains("  2  ") == true, "\(told)")
  }

  @Test("a list that is none is told once")
  func lists() throws {
    let sandbox = try Sandbox([
      "list": """
      belay: 1
      params: { l: { type: list, of: string } }
      steps:
        - check: a
          exec: ["true", "${{ params.l }}"]
      """
    ])
    for (text, mistake) in [
      ("{}", "'{}' is not a JSON list"), ("x", "'x' is not a JSON list"),
      (#"["a",1]"#, "'1' is not a string"),
    ] {
      let end = try sandbox.belay("run", "list", "-p", "l=\(text)")
      #expect(end.status == 2 && end.error.contains(": \(mistake)\nbelay: 1 error, nothing"), "\(end)")
    }
  }

  @Test("names that there are none of are not listed")
  func empty() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.belay("run", "one")
    #expect(run.status == 2 && run.error.hasSuffix("\n  playbooks/one.yaml would be its file\n"), "\(run)")
    let environment = try sandbox.belay("run", "one", "-e", "x")
    #expect(
      environment.error.hasSuffix("\n  playbooks/environments/x.yaml would be its file\n"), "\(environment)")
  }

  @Test(
    "a folder that cannot be read is not an empty one", .enabled(if: SecondUser.isThere, SecondUser.why),
    arguments: ["playbooks", "playbooks/environments"])
  func unreadable(folder: String) throws {
    let sandbox = try Sandbox(["one": Arguments.playbook])
    mkdir(sandbox.path("playbooks/environments"), 0o755)
    let copy = "chmod 755 .. . playbooks && chmod 0 \(folder) && cp \(Sandbox.belay) ../"
    try sandbox.execute(["/bin/sh", "-c", copy]).wait()
    for command in [["validate"], ["list"], ["run", "two"], ["run", "one", "-e", "x"]] {
      let user = ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "../belay"]
      let end = try sandbox.execute(user + command).wait()
      if folder == "playbooks/environments", command == ["list"] || command == ["run", "two"] { continue }
      #expect(
        end.status == 2 && end.error.hasPrefix("belay: \(sandbox.path(folder))")
          && end.error.hasSuffix(": Permission denied\n"), "\(command): \(end)")
    }
  }

  @Test("a number of runs is at least 1", arguments: ["0", "-3"])
  func limit(limit: String) throws {
    let sandbox = try Sandbox(["one": Arguments.playbook])
    let end = try sandbox.belay("runs", "--limit=\(limit)")
    #expect(end.status == 2 && end.error.contains("--limit takes a number from 1 on"), "\(end)")
  }

  @Test("a playbook may be named with its ending, where no such file lies here")
  func ending() throws {
    let sandbox = try Sandbox(["one": Arguments.playbook])
    #expect(try sandbox.belay("run", "one.yaml").status == 0)
    let end = try sandbox.belay("run", "two.yaml")
    #expect(end.status == 2 && end.error.contains("there is no playbook 'two'"), "\(end)")
    sandbox.write("belay: 1\npeople: {}\n", to: "playbooks/roster.yaml")
    let roster = try sandbox.belay("run", "roster")
    #expect(roster.status == 2 && roster.error.contains("there is no playbook 'roster'"), "\(roster)")
    let path = try sandbox.belay("run", "playbooks/roster.yaml")
    #expect(path.status == 2 && path.error.contains("playbooks/roster.yaml is no playbook"), "\(path)")
  }

  @Test("a list has no blanks at its lines' ends")
  func blanks() throws {
    let sandbox = try Sandbox(["one": Arguments.playbook, "second": "title: It\n" + Arguments.playbook])
    #expect(try sandbox.belay("list").output == "one\nsecond  It\n")
  }

  @Test("a list has the titles also of playbooks that can only be judged with the files that they use")
  func titles() throws {
    let root = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
    let sandbox = try Sandbox()
    let list = try sandbox.belay("list", in: root)
    #expect(list.output.contains("\nmaintenance            Maintenance window\n"), "\(list)")
    #expect(!list.output.contains("error)"), "\(list)")
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
      (
        ["greet", "-p", "name"],
        "belay: '-p name' has no '='\n  did you mean: -p name=…\n"
      ),
      (
        ["greet", "-p", "nmae"],
        "belay: '-p nmae' has no '='\n  a parameter is given as -p name=value; the playbook has: name, count\n"
      ),
      (
        ["none", "-p", "x"],
        "belay: '-p x' has no '='\n  a parameter is given as -p name=value; the playbook takes none\n"
      ),
      (
        ["greet", "-p", "=x"],
        "belay: '-p =x' names no parameter\n  a parameter is given as -p name=value; the playbook has: name, count\n"
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
    symlink("nowhere", folder + "lost.yaml")
    symlink("/dev/zero", folder + "zero.yaml")
    let listen = "import socket; socket.socket(socket.AF_UNIX).bind('playbooks/socket.yaml')"
    try sandbox.execute(["/usr/bin/python3", "-c", listen]).wait()
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
          "playbooks/lost.yaml: error: cannot be read: this is a link to 'nowhere', which is not there",
          "playbooks/socket.yaml: error: cannot be read: this is a socket, no file",
          "playbooks/zero.yaml: error: cannot be read: it leads out of the project, to /dev/zero",
        ], "\(end)")
    #expect(end.output == "8 files, 7 errors, 0 warnings\n")
    let list = try sandbox.belay("list")
    #expect(list.status == 0 && list.output.contains("fifo    (this is a FIFO, no file)\n"), "\(list)")
    for (name, reason) in [("fifo", "this is a FIFO"), ("lost", "this is a link to 'nowhere'")] {
      let run = try sandbox.belay("run", name)
      #expect(run.status == 2 && run.error.contains("playbooks/\(name).yaml: \(reason)"), "\(run)")
    }
    let params = try sandbox.execute(["/bin/bash", "-c", "belay run good --params <(echo '{}')"]).wait()
    #expect(params.status == 0, "\(params)")
  }
}
