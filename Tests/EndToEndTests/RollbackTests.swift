import Glibc
import Testing

@Suite("Undoing") struct Undoing {
  /// Two steps that can be undone, the second slowly, and a third that fails.
  private static let failing = """
    belay: 1
    on_failure: rollback
    steps:
      - step: one
        run: echo one >> ran
        rollback: { run: echo undo one >> ran }
      - step: two
        run: echo two >> ran
        rollback:
          run: |
            echo undo two >> ran
            echo > started
            read -r < go
      - step: three
        run: exit 9
        rollback: nothing
    steady_state:
      - check: steady
        run: test ! -e broken
    """

  @Test("a failure brings back what was there, last first, and says so: exit 4")
  func rolledBack() throws {
    let sandbox = try Sandbox(["deploy": Undoing.failing], gates: ["started", "go"])
    try sandbox.open("go")
    let end = try sandbox.belay("run", "deploy")
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("ran") == ["one", "two", "undo two", "undo one"])
  }

  @Test("killed in a rollback, the resume finishes it, each compensation once")
  func killedInRollback() throws {
    let sandbox = try Sandbox(["deploy": Undoing.failing], gates: ["started", "go"])
    let engine = try sandbox.start("run", "deploy")
    try sandbox.heard("started")
    try engine.killed()
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("ran") == ["one", "two", "undo two", "undo one"])
  }

  @Test("to a node after which nothing can have come it is refused, and nothing is done")
  func toWhatDoesNotStand() throws {
    let sandbox = try Sandbox(["deploy": Undoing.failing], gates: ["started", "go"])
    try sandbox.open("go")
    try sandbox.belay("run", "deploy")
    let events = try sandbox.belay("audit", "export").output
    for (node, words) in [("two", "was undone itself"), ("three~", "has no node")] {
      let end = try sandbox.belay("rollback", "last", "--to", node)
      #expect(end.status == 2 && end.error.contains(words), "\(end)")
    }
    #expect(try sandbox.belay("audit", "export").output == events)
  }

  @Test("without the steady state it is not rolled back but incomplete: exit 5")
  func notSteady() throws {
    let sandbox = try Sandbox(["deploy": Undoing.failing], gates: ["started", "go"])
    try sandbox.open("go")
    sandbox.write("", to: "broken")
    let end = try sandbox.belay("run", "deploy")
    #expect(end.status == 5, "\(end)")
    #expect(end.output.contains("steady"))
  }

  @Test("a step that says nothing of its rollback leaves it incomplete, by name")
  func noRollback() throws {
    let playbook = """
      belay: 1
      on_failure: rollback
      steps:
        - step: written
          run: echo written >> ran
        - step: broken
          run: exit 1
          rollback: nothing
      """
    let sandbox = try Sandbox(["deploy": playbook])
    let end = try sandbox.belay("run", "deploy")
    #expect(end.status == 5, "\(end)")
    #expect(end.output.contains("written"))
  }

  @Test("a run that succeeded can be rolled back later")
  func later() throws {
    let playbook = """
      belay: 1
      params: { to: { type: string } }
      steps:
        - step: switch
          capture:
            before: { run: cat current, value: "lines[0]" }
          run: echo ${{ params.to }} > current
          rollback: { run: "echo ${{ steps.switch.before }} > current" }
      """
    let sandbox = try Sandbox(["switch": playbook])
    sandbox.write("old\n", to: "current")
    #expect(try sandbox.belay("run", "switch", "-p", "to=new").status == 0)
    #expect(sandbox.lines("current") == ["new"])
    let end = try sandbox.belay("rollback", "last")
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("current") == ["old"])
  }
}

@Suite("What is temporary") struct Temporary {
  private static func banner(_ rest: String) -> String {
    """
    belay: 1
    steps:
      - step: banner
        temporary: true
        run: echo on >> ran
        rollback: { run: echo off >> ran }
    """ + "\n" + rest + "\n"
  }

  private static let waiting = banner(
    """
      - step: work
        run: |
          echo > started
          read -r < go
        rollback: nothing
    """)

  @Test("is undone after success")
  func success() throws {
    let sandbox = try Sandbox([
      "p": Temporary.banner("  - { step: work, run: echo work >> ran, rollback: nothing }")
    ])
    #expect(try sandbox.belay("run", "p").status == 0)
    #expect(sandbox.lines("ran") == ["on", "work", "off"])
  }

  @Test("is undone after a failure")
  func failure() throws {
    let sandbox = try Sandbox(["p": Temporary.banner("  - { step: work, run: exit 1, rollback: nothing }")])
    #expect(try sandbox.belay("run", "p").status == 1)
    #expect(sandbox.lines("ran") == ["on", "off"])
  }

  @Test("is undone after a cancel, which ends what runs")
  func cancel() throws {
    let sandbox = try Sandbox(["p": Temporary.waiting], gates: ["started", "go"])
    let engine = try sandbox.start("run", "p")
    try sandbox.heard("started")
    let cancel = try sandbox.belay("cancel", "last")
    #expect(cancel.status == 0, "\(cancel)")
    let end = try engine.wait()
    #expect(end.status == 1, "\(end)")
    #expect(sandbox.lines("ran") == ["on", "off"])
  }

  @Test("is in force while the run goes on, and after its engine was killed, and the status says so")
  func told() throws {
    let sandbox = try Sandbox(["p": Temporary.waiting], gates: ["started", "go"])
    let engine = try sandbox.start("run", "p")
    try sandbox.heard("started")
    #expect(try sandbox.belay("status", "last").output.contains("  still in force: banner since 2"))
    try engine.killed()
    #expect(try sandbox.belay("status", "last").output.contains("  still in force: banner since 2"))
    try sandbox.open("go")
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(!(try sandbox.belay("status", "last").output.contains("still in force")))
  }

  @Test("is still in force in a paused run, which says so, and undone when that is closed")
  func close() throws {
    let sandbox = try Sandbox(["p": Temporary.waiting], gates: ["started", "go"])
    let engine = try sandbox.start("run", "p")
    try sandbox.heard("started")
    #expect(try sandbox.belay("pause", "last").status == 0)
    engine.signal(SIGTERM)
    let end = try engine.wait()
    #expect(end.output.contains("still in force: banner"), "\(end)")
    #expect(sandbox.lines("ran") == ["on"])
    let close = try sandbox.belay("close", "last", "--note", "given up")
    #expect(close.status == 0, "\(close)")
    #expect(sandbox.lines("ran") == ["on", "off"])
  }
}
