import BelayModel
import Glibc
import TestFiles
import Testing

@Suite("A run that goes on by another plan") struct AdoptionTests {
  private static let playbook = """
    belay: 1
    vars: { word: first }
    steps:
      - group: begun
        steps:
          - step: a
            run: echo a ${{ vars.word }} >> did
            rollback: nothing
      - step: b
        run: test -e ready && echo b >> did
        rollback: nothing
      - step: c
        run: echo c >> did
        rollback: nothing
    """

  /// A run of it that has failed in the middle.
  private func failed(gates: [String] = []) throws -> Sandbox {
    let sandbox = try Sandbox(["p": AdoptionTests.playbook], gates: gates)
    #expect(try sandbox.belay("run", "p").status == 1)
    #expect(sandbox.lines("did") == ["a first"])
    return sandbox
  }

  private func change(_ old: String, _ new: String, in sandbox: Sandbox) {
    let text = sandbox.text("playbooks/p.yaml")
    #expect(text.contains(old))
    sandbox.write(text.replacing(old, with: new), to: "playbooks/p.yaml")
  }

  private func adoptions(in sandbox: Sandbox) throws -> [JSON] {
    try sandbox.belay("audit", "export").lines.compactMap { row in
      try JSON(parsing: Array(row.utf8))["line"]?.string.map { try JSON(parsing: Array($0.utf8)) }
    }.filter { $0["type"]?.string == "plan_adopted" }
  }

  @Test("does what is new in it, keeps what was done, and has both plans in its record")
  func adopted() throws {
    let sandbox = try failed()
    change("echo c >> did", "echo d >> did", in: sandbox)
    let more = "\n  - step: e\n    run: echo e >> did\n    rollback: nothing\n"
    sandbox.write(sandbox.text("playbooks/p.yaml") + more, to: "playbooks/p.yaml")
    sandbox.write("", to: "ready")
    let end = try sandbox.belay("resume", "last", "--retry", "--adopt")
    #expect(end.status == 0, "\(end)")
    #expect(end.error.contains("playbooks/p.yaml has changed\n") && end.error.contains("step e is new\n"))
    #expect(sandbox.lines("did") == ["a first", "b", "d", "e"])
    let event = try #require(try adoptions(in: sandbox).first)
    let status = try sandbox.belay("runs", "--format", "json")
    #expect(status.output.contains(event["plan"]?.string ?? "none"), "\(status)")
    #expect(event["before"]?.string != event["plan"]?.string)
    let verified = try sandbox.belay("audit", "verify")
    #expect(verified.status == 0, "\(verified)")
  }

  @Test(
    "is refused with the difference where what has happened is otherwise, and stays as it was",
    arguments: [
      ("echo a ${{", "echo z ${{", "step a: body: "),
      ("word: first", "word: second", "step a: vars.word: first → second"),
      ("- step: a\n", "- step: z\n", "step a is gone, and has happened"),
      ("vars:", "locks: [x]\nvars:", "claims:  → x"),
      ("- step: b", "- step: y\n    run: 'true'\n  - step: b", "step b: needs: "),
      (
        "  - step: b\n", "      - step: y\n        run: 'true'\n  - step: b\n",
        "step y is new in begun, which has ended"
      ),
    ])
  func refused(_ old: String, _ new: String, _ difference: String) throws {
    let sandbox = try failed()
    let before = try sandbox.belay("audit", "export").output
    change(old, new, in: sandbox)
    let end = try sandbox.belay("resume", "last", "--retry", "--adopt")
    #expect(end.status == 6 && end.error.contains("is otherwise now\n"), "\(end)")
    #expect(end.error.contains("  \(difference)"), "\(end)")
    #expect(try sandbox.belay("audit", "export").output == before)
    change(new, old, in: sandbox)
    sandbox.write("", to: "ready")
    #expect(try sandbox.belay("resume", "last", "--retry").status == 0)
    #expect(sandbox.lines("did") == ["a first", "b", "c"])
  }

  @Test("killed after it, goes on by the new plan without being told again")
  func killed() throws {
    let sandbox = try failed(gates: ["started", "go"])
    change("echo c >> did", "echo > started; read -r < go; echo d >> did", in: sandbox)
    sandbox.write("", to: "ready")
    let engine = try sandbox.start("resume", "last", "--retry", "--adopt")
    try sandbox.heard("started")
    try engine.killed()
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("did") == ["a first", "b", "d"])
    #expect(try adoptions(in: sandbox).count == 1)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("cannot be run by a plan that was put in its place, nor lose the one before unseen")
  func altered() throws {
    let sandbox = try failed()
    change("echo c >> did", "echo d >> did", in: sandbox)
    sandbox.write("", to: "ready")
    #expect(try sandbox.belay("resume", "last", "--retry", "--adopt").status == 0)
    let run = try #require(Files.names(in: sandbox.store + "/runs").first)
    let file = try #require(try adoptions(in: sandbox).first?["file"]?.string)
    let path = "\(sandbox.store)/runs/\(run)/\(file)"
    let text = try #require(Files.text(path))
    sandbox.write(text.replacing("echo c", with: "echo x"), to: path)
    let broken = try sandbox.belay("audit", "verify")
    #expect(broken.status == 8 && broken.output.contains(file), "\(broken)")
  }

  @Test("is not for one that has ended, or has never come to rest")
  func notResting() throws {
    let sandbox = try failed(gates: ["started", "go"])
    change("echo c >> did", "echo > started; read -r < go; echo c >> did", in: sandbox)
    sandbox.write("", to: "ready")
    let engine = try sandbox.start("resume", "last", "--retry", "--adopt")
    try sandbox.heard("started")
    #expect(try sandbox.belay("resume", "last", "--adopt").status == 7)
    try engine.killed()
    let interrupted = try sandbox.belay("resume", "last", "--adopt")
    #expect(interrupted.status == 2 && interrupted.error.contains("come to rest"), "\(interrupted)")
    try sandbox.open("go")
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(try sandbox.belay("resume", "last", "--adopt").status == 2)
  }

  private static let gated = """
    belay: 1
    steps:
      - gate: go
        approve: { by: [release], assurance: os }
        message: Go on?
      - step: b
        run: test -e ready && echo b >> did
        rollback: nothing
      - step: c
        run: echo c >> did
        rollback: nothing
    """

  @Test(
    "people are asked again: what they had approved was another plan, and their word for that counts no more")
  func voidedGate() throws {
    let sandbox = try Sandbox(["p": AdoptionTests.gated])
    sandbox.write(
      """
      belay: 1
      people: { ana: { name: Ana, accounts: { os: "\(getuid())" } } }
      roles: { release: { people: [ana] } }
      """, to: "playbooks/roster.yaml")
    #expect(try sandbox.belay("run", "p").status == 3)
    #expect(try sandbox.belay("approve", "last", "go").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 1)
    change("echo c >> did", "echo d >> did", in: sandbox)
    sandbox.write("", to: "ready")
    let asked = try sandbox.belay("resume", "last", "--retry", "--adopt")
    #expect(asked.status == 3 && asked.output.contains("go waits for release"), "\(asked)")
    #expect(try adoptions(in: sandbox).first?["voided"] == .array([.string("go")]))
    #expect(!sandbox.exists("did"))
    // Killed or not: who resumes is told the same.
    #expect(try sandbox.belay("resume", "last").status == 3)
    #expect(!sandbox.exists("did"))
    #expect(try sandbox.belay("approve", "last", "go").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(sandbox.lines("did") == ["b", "d"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }
}
