import BelayEngine
import BelayJournal
import BelayModel
import Testing

private let four = """
  belay: 1
  steps:
    - { step: a, exec: [a], rollback: { exec: [undo] } }
    - { step: b, exec: [b], rollback: { exec: [undo] } }
    - { step: c, exec: [c], rollback: { exec: [undo] } }
    - { step: d, exec: [d], rollback: { exec: [undo] } }
  """

private let lists = """
  belay: 1
  steps:
    - { step: a, exec: [a], rollback: { exec: [undo] } }
    - step: b
      exec: [b]
      rollback:
        - { step: undo_b, exec: [undo] }
        - { check: b_is_gone, exec: [look] }
  """

@Suite("A rollback") struct RollbackTests {
  @Test("to a node inside a group undoes what follows the group before the rest of it")
  func acrossTheEndOfAGroup() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          steps:
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
        - { step: c, exec: [c], rollback: { exec: [undo] } }
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(stage.story.suffix(4) == ["c~rollback", "c~rollback.", "b~rollback", "b~rollback."])
  }

  @Test("to a node: all that came after it is done again, also what had nothing to undo")
  func againAfterIt() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: a, exec: [a], rollback: nothing }
        - { step: b, exec: [b], rollback: { exec: [undo] } }
        - { step: c, exec: [c], rollback: nothing }
        - { check: d, exec: [d] }
        - { check: e, exec: [e] }
      """)
    stage.acts["e?"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["e"]) == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "b", "c", "d?", "e?", "b~rollback", "b", "c", "d?"])
    #expect(try stage.state()["e"].skipped == .person, "what a person has skipped stays so")
  }

  @Test("to a node: what a person had skipped after it took effect is undone, and done again")
  func skippedAndUndone() throws {
    let stage = try Stage(four)
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["b"]) == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(
      stage.started == ["a", "b", "c", "d", "d~rollback", "c~rollback", "b~rollback", "b", "c", "d"])
  }

  @Test("that is cancelled halfway rests: it undoes what is temporary in its turn, when it goes on")
  func cancelled() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - { step: work, exec: [work], rollback: { exec: [undo], idempotent: true } }
      """)
    stage.acts["work"] = [.fails()]
    stage.acts["work~rollback"] = [Act(takes: .seconds(10)), .ok]
    stage.stopAtSecond = [(5, .cancel)]
    #expect(try stage.drive() == .paused)
    #expect(stage.started == ["on", "work", "work~rollback"])
    #expect(try stage.state().cause == "cancelled by ana while it was rolled back")
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.suffix(2) == ["work~rollback", "on~rollback"])
  }

  @Test("that was begun is finished, whatever node a second one names")
  func secondWithAnotherNode() throws {
    let stage = try Stage(four)
    #expect(try stage.drive() == .succeeded)
    stage.stopAtSecond = [(4, .pause)]
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(stage.started.last == "d~rollback")
    #expect(try stage.drive(.rollback(.after("c"))) == .paused)
    #expect(try stage.state().cause == "rolled back to a")
    #expect(stage.started.suffix(2) == ["c~rollback", "b~rollback"])
  }

  @Test("to a node becomes one of the whole run when that is asked for, and stays so")
  func secondOfTheRun() throws {
    let stage = try Stage(four)
    #expect(try stage.drive() == .succeeded)
    stage.stopAtSecond = [(4, .pause)]
    #expect(try stage.drive(.rollback(.after("b"))) == .paused)
    stage.stopAtSecond = [(5, .pause)]
    #expect(try stage.drive(.rollback(.run)) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.suffix(4) == ["d~rollback", "c~rollback", "b~rollback", "a~rollback"])
  }

  @Test("does not count as done what a person has skipped of it")
  func skipped() throws {
    let stage = try Stage(four)
    #expect(try stage.drive() == .succeeded)
    stage.acts["c~rollback"] = [.fails()]
    #expect(try stage.drive(.rollback(.run)) == .rollbackIncomplete)
    #expect(try stage.drive(.resume(retry: false), skips: ["c~rollback"]) == .rollbackIncomplete)
    #expect(stage.started.suffix(3) == ["c~rollback", "b~rollback", "a~rollback"])
    #expect(try stage.state().left == ["c: its rollback was skipped"])
    #expect(try stage.state()["c"].status == .compensationFailed)
  }

  @Test("loses a whole list when a person skips a part of it: the rest would look undone")
  func skippedPart() throws {
    let stage = try Stage(lists)
    #expect(try stage.drive() == .succeeded)
    stage.acts["b_is_gone?"] = [.fails()]
    #expect(try stage.drive(.rollback(.run)) == .rollbackIncomplete)
    #expect(try stage.drive(.resume(retry: false), skips: ["b_is_gone"]) == .rollbackIncomplete)
    #expect(stage.started.suffix(3) == ["undo_b", "b_is_gone?", "a~rollback"])
    #expect(try stage.state().left == ["b: its rollback was skipped"])
  }

  @Test("is incomplete where a person calls a part of a list failed")
  func failedPart() throws {
    let stage = try Stage(lists)
    #expect(try stage.drive() == .succeeded)
    stage.acts["undo_b"] = [.timesOut]
    #expect(try stage.drive(.rollback(.run)) == .held)
    try stage.resolve("undo_b", .failed)
    #expect(try stage.drive(.resume(retry: false)) == .rollbackIncomplete)
    #expect(try stage.state().left == ["b: its rollback failed: looked"])
  }

  @Test("that is held tells what is in doubt, and what else it could not undo beside it")
  func ownReason() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] } }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
      """)
    #expect(try stage.drive() == .succeeded)
    stage.acts["a~rollback"] = [.timesOut]
    stage.acts["b~rollback"] = [.fails()]
    #expect(try stage.drive(.rollback(.run)) == .held)
    let state = try stage.state()
    #expect(state.cause.contains("whether a~rollback has taken effect"))
    #expect(!state.cause.contains("its rollback failed"))
    #expect(state.left.count == 2)
  }

  @Test("what is half undone when somebody tries again is undone to its end before it is done again")
  func halfUndone() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: on
          exec: [on]
          temporary: true
          rollback:
            - { step: one, exec: [one], rollback: nothing }
            - { check: two, exec: [two] }
        - { step: a, exec: [a], rollback: nothing }
      """)
    stage.acts["on"] = [.fails(), .ok]
    stage.acts["two?"] = [Act(takes: .seconds(60)), .ok]
    stage.diesAtSecond = 20
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["on", "one", "two?", "two?", "on", "a", "one", "two?"])
  }

  @Test("what is being undone when the run goes on over its failure is undone to its end, once")
  func goneOverWhileUndone() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] }, on_failure: continue }
        - { step: a, exec: [a], rollback: nothing }
      """)
    stage.acts["on"] = [.timesOut]
    stage.acts["on~rollback"] = [Act(takes: .seconds(60))]
    #expect(try stage.drive() == .held)
    try stage.resolve("on", .failed)
    stage.diesAtSecond = stage.now / 1_000_000_000 + 20
    #expect(try stage.drive(.close(note: "given up")) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["on", "on~rollback", "a"])
  }
}
