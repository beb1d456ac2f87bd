import BelayEngine
import BelayJournal
import BelayModel
import Testing

private let two = """
  belay: 1
  steps:
    - { step: a, exec: [a], rollback: { exec: [undo] } }
    - { step: b, exec: [b], rollback: { exec: [undo] } }
  """

private let maintenance = """
  belay: 1
  steps:
    - { step: a, exec: [a], rollback: nothing }
    - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
  """

@Suite("An intent that came to nothing") struct IntentTests {
  @Test("is not started by a rollback, and not compensated")
  func rolledBack() throws {
    let stage = try Stage(two)
    stage.diesOnce = RunEvent.intends("b")
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started == ["a", "a~rollback"])
  }

  @Test(
    "is not started by a cancel or a close, and nothing of it is undone",
    arguments: [Begin.Purpose.cancel, .close(note: "by hand")])
  func givenUp(_ purpose: Begin.Purpose) throws {
    let stage = try Stage(maintenance)
    stage.diesOnce = RunEvent.intends("on")
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(purpose) == (purpose == .cancel ? .failed : .closed))
    #expect(stage.started == ["a"])
    #expect(try stage.state()["on"].status == .pending)
  }

  @Test("because a stop came first is not started, and there is nothing to undo", arguments: [true, false])
  func stoppedBefore(cancel: Bool) throws {
    let stage = try Stage(maintenance)
    stage.stopBefore = (RunEvent.intends("on"), cancel ? .cancel : .kill)
    #expect(try stage.drive() == (cancel ? .failed : .paused))
    #expect(stage.started == ["a"])
    #expect(try stage.state()["on"].effects == 0)
    #expect(try stage.state().left == [])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "on", "on~rollback"])
    #expect(Set(try stage.state().attempts.values.filter { $0.node == "on" }.map(\.intent.key)) == ["r/on/1"])
  }
}

@Suite("What a person must settle") struct SettlingTests {
  @Test("a skip does not settle a doubt")
  func skip() throws {
    let stage = try Stage(two)
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: false), skips: ["a"]) == .held)
    #expect(try stage.state()["a"].skipped == nil)
    #expect(stage.started == ["a"])
  }

  @Test("a step whose process cannot be signalled holds the run, whatever verify says of it")
  func unstoppable() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: a, exec: [a], rollback: nothing, verify: { exec: [look] } }
        - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["a"] = [Act(stoppedBecause: "timeout", notStopped: ["4711 sudo"])]
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["a"])
    #expect(try stage.state().cause == "a still runs and cannot be signalled: 4711 sudo")
  }

  @Test("a cancel undoes nothing beside a process that cannot be signalled")
  func unstoppableCancel() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - { step: a, exec: [a], rollback: nothing }
      """)
    stage.acts["a"] = [Act(takes: .seconds(9), notStopped: ["4711 sudo"])]
    stage.stopAtSecond = [(5, .cancel)]
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["on", "a"])
    #expect(try stage.state().left.map { $0.prefix(18) } == ["still in force: on"])
  }

  @Test("when the keeper dies, a question is asked again and its old process ended; a step is waited for")
  func keeperLost() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - { check: a, exec: [a] }
            - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts = ["a?": [Act(takes: .seconds(9))], "b": [Act(takes: .seconds(9))]]
    stage.keeperDiesAtSecond = 5
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a?", "b", "a?"])
    #expect(stage.stopped == ["a?"])
  }
}
