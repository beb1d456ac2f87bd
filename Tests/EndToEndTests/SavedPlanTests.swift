import Glibc
import TestFiles
import Testing

@Suite("A plan in a file") struct SavedPlanTests {
  private static let playbook = """
    belay: 1
    params: { v: { type: string } }
    steps:
      - step: a
        run: echo ${{ params.v }} >> done
        rollback: nothing
      - step: b
        exec: [./tool]
        rollback: nothing
    """

  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox(["p": SavedPlanTests.playbook])
    sandbox.write("#!/bin/sh\n", to: "tool")
    chmod(sandbox.path("tool"), 0o755)
    return sandbox
  }

  @Test("is for its owner's eyes, runs exactly once, and is never written over another file")
  func once() throws {
    let sandbox = try sandbox()
    let plan = try sandbox.belay("plan", "p", "-p", "v=1 2", "-o", "p.plan")
    #expect(plan.status == 0 && plan.output.contains("param        v = 1 2"), "\(plan)")
    var facts = stat()
    #expect(stat(sandbox.path("p.plan"), &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    let again = try sandbox.belay("plan", "p", "-p", "v=1", "-o", "p.plan")
    #expect(again.status == 2 && again.error.contains("p.plan cannot be made: File exists"), "\(again)")
    #expect(try sandbox.belay("run", "p.plan").status == 0)
    #expect(sandbox.lines("done") == ["1 2"])
    let second = try sandbox.belay("run", "p.plan")
    #expect(second.status == 6 && second.error.contains("it was used: run "), "\(second)")
    #expect(sandbox.lines("done") == ["1 2"])
  }

  @Test(
    "is refused with the difference when something is otherwise",
    arguments: [
      ("playbooks/p.yaml", "playbooks/p.yaml has changed"), ("tool", "program "),
      ("p.plan", "step a: body: "),
    ])
  func changed(file: String, difference: String) throws {
    let sandbox = try sandbox()
    #expect(try sandbox.belay("plan", "p", "-p", "v=1", "-o", "p.plan").status == 0)
    let text = sandbox.text(file)
    let changed =
      file == "p.plan" ? text.replacing("\"run\": \"echo", with: "\"run\": \"printf") : text + "\n# \n"
    #expect(changed != text)
    sandbox.write(changed, to: file)
    let end = try sandbox.belay("run", "p.plan")
    #expect(end.status == 6 && end.error.contains("is otherwise now\n  \(difference)"), "\(end)")
    #expect(!sandbox.exists("done"))
    let diff = try sandbox.belay("diff", "p.plan")
    #expect(diff.status == 6 && diff.output.hasPrefix(difference), "\(diff)")
  }

  @Test("is refused with the difference when a file of it is no playbook any more")
  func broken() throws {
    let sandbox = try sandbox()
    #expect(try sandbox.belay("plan", "p", "-p", "v=1", "-o", "p.plan").status == 0)
    sandbox.write("belay: 1\nsteps: x\n", to: "playbooks/p.yaml")
    let end = try sandbox.belay("run", "p.plan")
    #expect(end.status == 6 && end.error.hasSuffix("now\n  playbooks/p.yaml has changed\n"), "\(end)")
  }

  @Test("is refused when it has expired, in another store, and with parameters of its own")
  func bound() throws {
    let sandbox = try sandbox()
    let plan = try sandbox.belay("plan", "p", "-p", "v=1", "-o", "p.plan")
    #expect(plan.status == 0)
    let other = try sandbox.belay("run", "p.plan", "--store", "elsewhere")
    #expect(other.status == 6 && other.error.contains("it is for the store "), "\(other)")
    #expect(try sandbox.belay("run", "p.plan", "-p", "v=2").status == 2)
    // The moment stands in the file, in UTC.
    let year = sandbox.text("p.plan").split(separator: "\"expires_at\": \"")[1].prefix(4)
    sandbox.write(
      sandbox.text("p.plan").replacing("\"expires_at\": \"\(year)", with: "\"expires_at\": \"2001"),
      to: "p.plan")
    let late = try sandbox.belay("run", "p.plan")
    #expect(late.status == 6 && late.error.contains("it has expired, at 2001-"), "\(late)")
    #expect(!sandbox.exists("done"))
  }

  @Test("two plans are told apart, node by node")
  func diff() throws {
    let sandbox = try sandbox()
    #expect(try sandbox.belay("plan", "p", "-p", "v=1", "-o", "one.plan").status == 0)
    #expect(try sandbox.belay("diff", "one.plan").status == 0)
    sandbox.write(
      SavedPlanTests.playbook + "\n  - check: c\n    exec: [./tool]\n", to: "playbooks/p.yaml")
    #expect(try sandbox.belay("plan", "p", "-p", "v=2", "-o", "two.plan").status == 0)
    let end = try sandbox.belay("diff", "one.plan", "two.plan")
    #expect(end.status == 6)
    #expect(end.lines == ["playbooks/p.yaml has changed", "param v: 1 → 2", "check c is new"])
  }
}

@Suite("A probe") struct ProbeTests {
  private static let playbook = """
    belay: 1
    steps:
      - check: up
        exec: [test, -e, up]
        within: 1h
      - step: change
        run: echo >> done
        rollback: nothing
      - check: changed
        exec: [test, -e, done]
    """

  @Test("asks once what can be asked now, says go or no-go, changes and leaves nothing")
  func goAndNoGo() throws {
    let sandbox = try Sandbox(["p": ProbeTests.playbook])
    let temporary = sandbox.path("tmp")
    mkdir(temporary, 0o700)
    let down = try sandbox.start(["plan", "p", "--probe"], variables: ["TMPDIR": temporary], in: nil).wait()
    #expect(down.status == 6, "\(down)")
    #expect(
      down.lines.suffix(3) == [
        "  fail  up  exit status 1", "  not asked  changed  after change",
        "no-go: 0 of 1 checks hold, 1 later",
      ], "\(down)")
    sandbox.write("", to: "up")
    let up = try sandbox.start(["plan", "p", "--probe"], variables: ["TMPDIR": temporary], in: nil).wait()
    #expect(up.status == 0 && up.lines.last == "go: 1 of 1 checks hold, 1 later", "\(up)")
    #expect(!sandbox.exists("done"))
    #expect(Files.names(in: temporary).isEmpty)
    #expect(access(sandbox.store, F_OK) != 0)
  }

  @Test("a check that nobody can answer is no go")
  func unknown() throws {
    let sandbox = try Sandbox(["p": "belay: 1\nsteps:\n  - check: a\n    exec: [no-such-program]\n"])
    let end = try sandbox.belay("plan", "p", "--probe")
    #expect(end.status == 6 && end.output.contains("  unknown  a  not started"), "\(end)")
  }
}
