import Glibc
import TestFiles
import Testing

@Suite("What is watched meanwhile") struct WatchTests {
  /// A metric in a file; a step, whatever stands in between, and another step.
  private static func playbook(_ between: String, watch: String = "", first: String = "echo a >> ran")
    -> String
  {
    """
    belay: 1
    watch:
      - check: rate
        run: cat metric
        expect: lines[0] == "good"
        unknown_if: lines[0] == "blind"
        every: 50ms
        on_failure: rollback
    \(watch)
    steps:
      - step: a
        run: \(first)
        rollback: { run: echo undo_a >> ran }
    \(between)
      - step: b
        run: echo b >> ran
        rollback: { run: echo undo_b >> ran }
    """
  }

  private static let gate = "  - gate: settle\n    wait: 1h"

  /// Never half written.
  private func show(_ metric: String, in sandbox: Sandbox) {
    sandbox.write(metric + "\n", to: "metric.new")
    rename(sandbox.path("metric.new"), sandbox.path("metric"))
  }

  private func sandbox(_ playbook: String, gates: [String] = []) throws -> Sandbox {
    let sandbox = try Sandbox(["watched": playbook], gates: gates)
    show("good", in: sandbox)
    return sandbox
  }

  /// Started, and as far as that it prints this.
  private func started(_ sandbox: Sandbox, until text: String) throws -> Child {
    let engine = try sandbox.start("run", "watched")
    try sandbox.repeated(text) { engine.outputSoFar.contains(text) }
    return engine
  }

  @Test("a run that rests at a gate, as nobody can answer here, says that nothing is watched meanwhile")
  func restsUnwatched() throws {
    let gate = "  - { gate: go, approve: { by: ana }, message: Go on? }"
    let sandbox = try sandbox(WatchTests.playbook(gate))
    sandbox.write("belay: 1\npeople: { ana: { name: Ana } }\n", to: "playbooks/roster.yaml")
    let end = try sandbox.belay("run", "watched")
    #expect(end.status == 3 && end.output.contains("not watched: rate, until the run goes on"), "\(end)")
  }

  @Test("it trips during a gate: the gate is left and what was done is undone")
  func duringAGate() throws {
    let sandbox = try sandbox(WatchTests.playbook(WatchTests.gate))
    let engine = try started(sandbox, until: "settle: waits until")
    show("bad", in: sandbox)
    let end = try engine.wait()
    #expect(end.status == 4, "\(end)")
    #expect(end.output.contains("rate: tripped: "))
    #expect(sandbox.lines("ran") == ["a", "undo_a"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("the engine is killed at the gate, and the metric gets bad while none lives")
  func duringAGateAcrossAKill() throws {
    let sandbox = try sandbox(WatchTests.playbook(WatchTests.gate))
    try started(sandbox, until: "settle: waits until").killed()
    show("bad", in: sandbox)
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("ran") == ["a", "undo_a"])
  }

  private static let slow = "\"echo a >> ran; echo > started; read -r < go\""

  @Test("it trips during a step: that is said, the step ends by itself, and nothing follows it")
  func duringAStep() throws {
    let playbook = WatchTests.playbook("", first: WatchTests.slow)
    let sandbox = try sandbox(playbook, gates: ["started", "go"])
    let engine = try started(sandbox, until: "a: starts")
    try sandbox.heard("started")
    show("bad", in: sandbox)
    try sandbox.repeated("the trip") { engine.outputSoFar.contains("the run rolls back when a has ended") }
    try sandbox.open("go")
    let end = try engine.wait()
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("ran") == ["a", "undo_a"])
  }

  @Test("the engine is killed after the trip: it is not forgotten, though the metric is good again")
  func duringAStepAcrossAKill() throws {
    let playbook = WatchTests.playbook("", first: WatchTests.slow)
    let sandbox = try sandbox(playbook, gates: ["started", "go"])
    let engine = try started(sandbox, until: "a: starts")
    try sandbox.heard("started")
    show("bad", in: sandbox)
    try sandbox.repeated("the trip") { engine.outputSoFar.contains("rate: tripped") }
    try engine.killed()
    show("good", in: sandbox)
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("ran") == ["a", "undo_a"])
  }

  @Test("the metric goes blind: the run stops under that name, and nothing is undone")
  func blind() throws {
    let sandbox = try sandbox(WatchTests.playbook(WatchTests.gate, watch: "    trips_after: 200ms"))
    let engine = try started(sandbox, until: "settle: waits until")
    show("blind", in: sandbox)
    let end = try engine.wait()
    #expect(end.status == 1, "\(end)")
    #expect(end.output.contains("rate tripped: no answer: "))
    #expect(sandbox.lines("ran") == ["a"])
    // Whoever resumes has to see it pass first.
    #expect(try sandbox.belay("resume", "last").status == 1)
    #expect(sandbox.lines("ran") == ["a"])
  }

  @Test("it goes blind, and the engine is killed before it trips: the next one trips")
  func blindAcrossAKill() throws {
    let sandbox = try sandbox(WatchTests.playbook(WatchTests.gate, watch: "    trips_after: 1s"))
    let engine = try started(sandbox, until: "settle: waits until")
    show("blind", in: sandbox)
    try sandbox.repeated("blindness") { engine.outputSoFar.contains("rate: unknown") }
    try engine.killed()
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 1, "\(end)")
    #expect(sandbox.lines("ran") == ["a"])
  }

  @Test("a blind metric rolls back where its author says so")
  func blindRollback() throws {
    let sandbox = try sandbox(WatchTests.playbook(WatchTests.gate, watch: "    on_unknown: rollback"))
    let engine = try started(sandbox, until: "settle: waits until")
    show("blind", in: sandbox)
    #expect(try engine.wait().status == 4)
    #expect(sandbox.lines("ran") == ["a", "undo_a"])
  }

  @Test("nothing is changed before it has passed")
  func firstPass() throws {
    let sandbox = try sandbox(WatchTests.playbook(""))
    show("bad", in: sandbox)
    #expect(try sandbox.belay("run", "watched").status == 4)
    #expect(!sandbox.exists("ran"))
  }

  @Test("a soak that its engine has left goes on with the coverage that it had")
  func soak() throws {
    // Without what was seen before the kill it would have to wait a minute for the second sample.
    let sandbox = try Sandbox([
      "soak": """
      belay: 1
      steps:
        - check: calm
          run: echo asked >> samples
          every: 1m
          stays_for: 1ms
      """
    ])
    let engine = try sandbox.start("run", "soak")
    try sandbox.repeated("the first sample") {
      try sandbox.belay("audit", "show", "last").output.contains("sampled")
    }
    try engine.killed()
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("samples").count == 2)
  }

  @Test("a check that is asked again keeps the step from starting that needs it")
  func recheck() throws {
    let sandbox = try Sandbox([
      "again": """
      belay: 1
      steps:
        - check: green
          run: test -e green
          recheck: true
        - check: breaks
          run: rm -f green
        - step: a
          run: echo a >> ran
          rollback: nothing
      """
    ])
    sandbox.write("", to: "green")
    let end = try sandbox.belay("run", "again")
    #expect(end.status == 1, "\(end)")
    #expect(end.output.contains("green does not hold any more"))
    #expect(!sandbox.exists("ran"))
  }

  @Test("a saved plan is not begun where what is asked again does not hold any more")
  func recheckOfASavedPlan() throws {
    let sandbox = try Sandbox([
      "again": """
      belay: 1
      steps:
        - check: green
          run: test -e green
          recheck: true
        - step: a
          run: echo a >> ran
          rollback: nothing
      """
    ])
    sandbox.write("", to: "green")
    #expect(try sandbox.belay("plan", "again", "--probe", "-o", "saved").status == 0)
    unlink(sandbox.path("green"))
    let refused = try sandbox.belay("run", "saved")
    #expect(refused.status == 6, "\(refused)")
    #expect(refused.error.contains("green: fail"))
    sandbox.write("", to: "green")
    #expect(try sandbox.belay("run", "saved").status == 0)
  }
}
