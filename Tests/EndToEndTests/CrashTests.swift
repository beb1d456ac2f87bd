import Glibc
import Testing

@Suite("When the engine is killed") struct EngineKilled {
  /// A step that says when it runs and waits for a word before it ends; what follows shows that the run goes on.
  private static func slow(_ step: String = "", exit: Int = 0) -> String {
    """
    belay: 1
    steps:
      - step: slow
        run: |
          echo slow >> ran
          echo before
          echo > started
          read -r < go
          echo after
          exit \(exit)
    \(step.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
        rollback: nothing
      - step: next
        run: echo next >> ran
        rollback: nothing
    """
  }

  private func killedInStep(_ playbook: String) throws -> Sandbox {
    let sandbox = try Sandbox(["slow": playbook], gates: ["started", "go"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    try engine.killed()
    return sandbox
  }

  @Test("a step goes on, runs once, and its output and end are there after the resume")
  func stepGoesOn() throws {
    let sandbox = try killedInStep(EngineKilled.slow())
    #expect(try sandbox.belay("runs").output.contains("interrupted"))
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "next"])
    let log = try sandbox.belay("logs", "last", "slow")
    #expect(log.lines == ["== slow, attempt 1: exit status 0", "before", "after"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("a step that ends while no engine lives has its exit status and output after the resume")
  func endedMeanwhile() throws {
    let sandbox = try killedInStep(EngineKilled.slow(exit: 7))
    try sandbox.open("go")
    try sandbox.keepersGone()
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 1, "\(end)")
    #expect(sandbox.lines("ran") == ["slow"])
    let log = try sandbox.belay("logs", "last", "slow")
    #expect(log.lines == ["== slow, attempt 1: exit status 7", "before", "after"])
  }

  @Test("the keeper ends a step whose timeout passes meanwhile; the run holds until a person decides")
  func timeoutMeanwhile() throws {
    let sandbox = try killedInStep(EngineKilled.slow("timeout: 1s"))
    try sandbox.keepersGone()
    let held = try sandbox.belay("resume", "last")
    #expect(held.status == 3, "\(held)")
    #expect(sandbox.lines("ran") == ["slow"])
    #expect(try sandbox.belay("resolve", "last", "slow", "--as", "done", "--note", "seen").status == 0)
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "next"])
  }

  @Test("with the keeper killed too, nothing is guessed: the run holds, and a person decides")
  func keeperKilled() throws {
    let sandbox = try killedInStep(EngineKilled.slow())
    for keeper in sandbox.processes(named: "belay-keeper") { kill(keeper, SIGKILL) }
    try sandbox.open("go")
    let held = try sandbox.belay("resume", "last")
    #expect(held.status == 3, "\(held)")
    #expect(held.output.contains("belay resolve"))
    #expect(try sandbox.belay("resolve", "last", "slow", "--as", "not_done", "--note", "seen").status == 0)
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "slow", "next"])
  }

  @Test("with the keeper killed too, 'verify' settles what it can prove")
  func keeperKilledVerify() throws {
    let sandbox = try killedInStep(
      EngineKilled.slow("verify: { run: test -e ran, expect: exit_code == 0 }"))
    for keeper in sandbox.processes(named: "belay-keeper") { kill(keeper, SIGKILL) }
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "next"])
  }

  @Test("between the intent and the start of a step, it is started exactly once")
  func betweenIntentAndStart() throws {
    let playbook = """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - step: first
              run: |
                echo > started
                read -r < go
              rollback: nothing
            - group: later
              steps:
                - gate: pause
                  wait: 300ms
                - step: once
                  run: echo once >> ran
                  rollback: nothing
      """
    let sandbox = try Sandbox(["race": playbook], gates: ["started", "go"])
    let engine = try sandbox.start("run", "race")
    try sandbox.heard("started")
    let keepers = sandbox.processes(named: "belay-keeper")
    #expect(keepers.count == 1)
    for keeper in keepers { kill(keeper, SIGSTOP) }
    // The intent of 'once' is durable, and its request lies unread before the stopped keeper.
    try sandbox.repeated("the intent of 'once'") {
      try sandbox.belay("audit", "show", "last", "--format", "json").lines.contains {
        $0.contains(#""type":"attempt_intended","node":"once""#)
      }
    }
    try engine.killed()
    for keeper in keepers { kill(keeper, SIGCONT) }
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["once"])
  }

  @Test("after every step of a run, each step has still run once")
  func killedAfterEveryStep() throws {
    let steps = (1...6).map { number in
      """
        - step: s\(number)
          run: |
            echo \(number) >> ran
            echo > started
            read -r < go
          rollback: nothing
      """
    }
    let sandbox = try Sandbox(
      ["many": "belay: 1\nsteps:\n" + steps.joined(separator: "\n") + "\n"], gates: ["started", "go"])
    var engine = try sandbox.start("run", "many")
    for _ in 1...6 {
      try sandbox.heard("started")
      try engine.killed()
      try sandbox.open("go")
      engine = try sandbox.start("resume", "last")
    }
    let end = try engine.wait()
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == (1...6).map(String.init))
    #expect(try sandbox.belay("audit", "verify").status == 0)
    try sandbox.keepersGone()
    #expect(sandbox.processes() == [])
  }
}
