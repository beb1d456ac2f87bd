import BelayEngine
import BelayJournal
import BelayModel
import Testing

private let deployment = """
  belay: 1
  on_failure: rollback
  steps:
    - step: a
      exec: [a]
      rollback: { exec: [undo_a] }
    - step: b
      exec: [b]
      rollback:
        - step: undo_b
          exec: [undo_b]
          rollback: nothing
        - check: b_is_gone
          exec: [look]
    - step: c
      exec: [c]
      rollback: { exec: [undo_c] }
  steady_state:
    - check: serving
      exec: [serving]
  """

private let maintenance = """
  belay: 1
  steps:
    - group: closed
      steps:
        - step: on
          exec: [turn_on]
          temporary: true
          rollback: { exec: [turn_off] }
        - step: work
          exec: [work]
          rollback: { exec: [undo_work] }
    - step: after
      exec: [after]
      rollback: nothing
  """

@Suite("Undoing what was done") struct UndoingTests {
  @Test("a failure rolls back in reverse order, the failed step too, and the steady state is asked")
  func rollsBack() throws {
    let stage = try Stage(deployment)
    stage.acts["c"] = [.fails()]
    #expect(try stage.drive() == .rolledBack)
    #expect(
      stage.started == ["a", "b", "c", "c~rollback", "undo_b", "b_is_gone?", "a~rollback", "serving?"])
    #expect(try stage.state()["a"].status == .compensated)
  }

  @Test("a rollback that was paused ends for the reason it began for")
  func cause() throws {
    let stage = try Stage(deployment)
    stage.acts["c"] = [.fails()]
    stage.stopAtSecond = [(4, .pause)]
    #expect(try stage.drive() == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(try stage.state().cause == "c failed: exit status 1")
  }

  @Test("what was never started is not undone")
  func onlyWhatWasStarted() throws {
    let stage = try Stage(deployment)
    stage.acts["b"] = [.fails()]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started.contains("c~rollback") == false)
  }

  @Test("a compensation that fails stops its ancestors, and the rest is named")
  func incomplete() throws {
    let stage = try Stage(deployment)
    stage.acts["c"] = [.fails()]
    stage.acts["b_is_gone?"] = [.fails(), .ok]
    #expect(try stage.drive() == .rollbackIncomplete)
    #expect(stage.started.contains("a~rollback") == false)
    #expect(try stage.state().left.first?.contains("b: its rollback failed") == true)
    #expect(try stage.drive(.resume(retry: true)) == .rolledBack)
    #expect(stage.started.suffix(3) == ["b_is_gone?", "a~rollback", "serving?"], "undo_b has succeeded")
  }

  @Test("a step in doubt inside the list of a rollback holds it again, until a person has settled it")
  func heldInList() throws {
    let stage = try Stage(deployment)
    stage.acts["c"] = [.fails()]
    stage.acts["undo_b"] = [.timesOut]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: false)) == .held)
    #expect(try stage.state().left.first?.contains("whether undo_b has taken effect") == true)
    #expect(stage.started.last == "undo_b")
    try stage.resolve("undo_b", .done)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.suffix(3) == ["b_is_gone?", "a~rollback", "serving?"])
  }

  @Test("the last step of a rollback's list that a person settles ends the list")
  func settledAtTheEndOfList() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          exec: [a]
          rollback: { exec: [undo_a] }
        - step: b
          exec: [b]
          rollback:
            - step: undo_b
              exec: [undo_b]
      """)
    #expect(try stage.drive() == .succeeded)
    stage.acts["undo_b"] = [.timesOut]
    #expect(try stage.drive(.rollback(.run)) == .held)
    try stage.resolve("undo_b", .done)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started == ["a", "b", "undo_b", "a~rollback"])
  }

  @Test("a step in doubt inside the list that undoes what is temporary holds whatever is asked for")
  func heldInTemporaryList() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: on
          exec: [turn_on]
          temporary: true
          rollback:
            - step: turn_off
              exec: [turn_off]
        - step: work
          exec: [work]
          rollback: nothing
      """)
    stage.acts["turn_off"] = [.timesOut]
    #expect(try stage.drive() == .held)
    for purpose in [Begin.Purpose.resume(retry: false), .cancel, .close(note: "by hand")] {
      #expect(try stage.drive(purpose) == .held, "\(purpose)")
    }
    #expect(try stage.state().cause.contains("whether turn_off has taken effect"))
    #expect(stage.started == ["on", "work", "turn_off"])
  }

  @Test("a steady state that does not hold leaves the rollback incomplete")
  func unsteady() throws {
    let stage = try Stage(deployment)
    stage.acts["c"] = [.fails()]
    stage.acts["serving?"] = [.fails()]
    #expect(try stage.drive() == .rollbackIncomplete)
    #expect(try stage.state().left.first?.contains("serving") == true)
  }

  @Test("a step without a rollback leaves it incomplete, by name")
  func absent() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - step: a
          exec: [a]
          rollback: { exec: [undo_a] }
        - step: b
          exec: [b]
        - step: c
          exec: [c]
          rollback: nothing
      """)
    stage.acts["c"] = [.fails()]
    #expect(try stage.drive() == .rollbackIncomplete)
    #expect(stage.started.last == "a~rollback")
    #expect(try stage.state().left == ["b has no rollback"])
  }

  @Test("what cannot be undone turns an automatic rollback into a hold")
  func barrier() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - step: a
          exec: [a]
          rollback: { exec: [undo_a] }
        - step: b
          exec: [b]
          irreversible: { why: The data is gone, recover: Restore the backup }
        - step: c
          exec: [c]
          rollback: { exec: [undo_c] }
        - step: d
          exec: [d]
          rollback: nothing
      """)
    stage.acts["d"] = [.fails()]
    #expect(try stage.drive() == .waiting)
    #expect(try stage.say(.init(node: "b", uid: 1000)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .held)
    #expect(try stage.state().cause.contains("Restore the backup") == true)
    #expect(stage.started == ["a", "b", "c", "d"])
    #expect(try stage.drive(.rollback(.run)) == .rollbackIncomplete)
    #expect(stage.started.last == "c~rollback")
  }

  @Test("a temporary step is undone when its list ends well")
  func temporaryAfterSuccess() throws {
    let stage = try Stage(maintenance)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["on", "work", "on~rollback", "after"])
  }

  @Test("a temporary step is undone after a failure, and applied again by a retry")
  func temporaryAfterFailure() throws {
    let stage = try Stage(maintenance)
    stage.acts["work"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["on", "work", "on~rollback"])
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["on", "work", "on~rollback", "on", "work", "on~rollback", "after"])
  }

  @Test("a pause keeps it in force and says so; cancel and close undo it", arguments: [true, false])
  func temporaryAfterCancel(close: Bool) throws {
    let stage = try Stage(maintenance)
    stage.acts["work"] = [Act(takes: .seconds(10))]
    stage.stopAtSecond = [(5, .pause)]
    #expect(try stage.drive() == .paused)
    #expect(try stage.state().left.first?.hasPrefix("still in force: on") == true)
    #expect(stage.started == ["on", "work"])
    #expect(try stage.drive(close ? .close(note: "by hand") : .cancel) == (close ? .closed : .failed))
    #expect(stage.started == ["on", "work", "on~rollback"])
  }

  @Test("an undo that fails holds the run and tells")
  func temporaryThatStays() throws {
    let stage = try Stage(maintenance)
    stage.acts["on~rollback"] = [.fails()]
    #expect(try stage.drive() == .held)
    #expect(try stage.state().cause.contains("on is still in force") == true)
    #expect(try stage.drive(.resume(retry: false)) == .held, "asked again, it says so again")
    stage.acts["on~rollback"] = [.ok]
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
  }

  @Test("a rollback that reaches into an ended list applies its temporaries again first")
  func reachesBack() throws {
    let stage = try Stage(maintenance)
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started.suffix(3) == ["on", "work~rollback", "on~rollback"])
  }

  @Test(
    "a temporary that is in doubt when it is applied again holds the rollback, until a person has settled it")
  func heldWhenReapplied() throws {
    let stage = try Stage(maintenance)
    #expect(try stage.drive() == .succeeded)
    stage.acts["on"] = [.timesOut]
    #expect(try stage.drive(.rollback(.run)) == .held)
    #expect(try stage.drive(.resume(retry: false)) == .held)
    #expect(try stage.state().cause.contains("whether on has taken effect"))
    try stage.resolve("on", .done)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.suffix(3) == ["on", "work~rollback", "on~rollback"])
  }

  @Test("a group that rolls back has failed one level up")
  func group() throws {
    let yaml = """
      belay: 1
      steps:
        - step: a
          exec: [a]
          rollback: { exec: [undo_a] }
        - group: g
          on_failure: rollback
          steps:
            - step: b
              exec: [b]
              rollback: { exec: [undo_b] }
            - step: c
              exec: [c]
              rollback: { exec: [undo_c] }
        - step: d
          exec: [d]
          rollback: nothing
      """
    let stage = try Stage(yaml)
    stage.acts["c"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["a", "b", "c", "c~rollback", "b~rollback"])
    #expect(try stage.state()["g"].status == .failed)
  }

  @Test("rollback to a node undoes what came after it, and the run can go on from there")
  func toNode() throws {
    let stage = try Stage(deployment)
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(stage.started.suffix(3) == ["c~rollback", "undo_b", "b_is_gone?"])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }
}
