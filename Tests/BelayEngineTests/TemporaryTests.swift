import BelayEngine
import BelayJournal
import BelayModel
import Testing

private let maintenance = """
  belay: 1
  steps:
    - group: closed
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - { step: work, exec: [work], rollback: { exec: [undo] } }
    - { step: after, exec: [after], rollback: nothing }
  """

@Suite("What is temporary") struct TemporaryTests {
  // MARK: Cancelling

  @Test("a second cancel lets the undo finish")
  func cancelledTwice() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["work": [.fails()], "on~rollback": [Act(takes: .seconds(9))]]
    stage.stopAtSecond = [(1, .cancel), (5, .cancel)]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["on", "on~rollback"])
    #expect(stage.stopped == [])
    #expect(try stage.state()["on"].status == .compensated)
  }

  @Test("a cancel that an undo has held goes on as one when a person has settled it")
  func heldCancelSettled() throws {
    let stage = try Stage(maintenance)
    stage.acts["on~rollback"] = [.timesOut]
    stage.stopAtSecond = [(1, .cancel)]
    #expect(try stage.drive() == .held)
    try stage.resolve("on~rollback", .done)
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(try stage.state().cause == "cancelled by ana")
    #expect(stage.started == ["on", "on~rollback"])
  }

  @Test("a cancel whose undo has failed is held, and a retry tries the undo again")
  func heldCancelRetried() throws {
    let stage = try Stage(maintenance)
    stage.acts["on~rollback"] = [.fails(), .ok]
    stage.stopAtSecond = [(1, .cancel)]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: true)) == .failed)
    #expect(stage.started == ["on", "on~rollback", "on~rollback"])
    #expect(try stage.state().left == [])
  }

  // MARK: Applied

  @Test("what was undone before it was known to be applied does not count as done")
  func neverApplied() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off], idempotent: true } }
      """)
    stage.acts["on"] = [Act(takes: .seconds(9)), .ok]
    stage.stopAtSecond = [(5, .cancel)]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["on", "on~rollback"])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["on", "on~rollback", "on", "on~rollback"])
  }

  @Test("what could not be applied, and the run goes on over it, is not applied again while it is undone")
  func continued() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] }, on_failure: continue }
        - { step: work, exec: [work], rollback: nothing }
      """)
    stage.acts["on"] = [.fails(), .ok]
    stage.diesOnce = RunEvent.intends("on~rollback")
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["on", "work", "on~rollback"])
  }

  // MARK: Applied again

  @Test("what is in doubt waits until what it needs is applied again")
  func doubtWaits() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - { step: work, exec: [work], idempotent: true, rollback: nothing }
      """)
    stage.acts["work"] = [Act(takes: .seconds(9)), .ok]
    stage.stopAtSecond = [(5, .cancel)]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["on", "work", "on~rollback"])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.story.suffix(6) == ["on", "on.", "work", "work.", "on~rollback", "on~rollback."])
  }

  @Test("what was half applied again when the engine died is applied before the run goes on")
  func halfApplied() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
            - { step: work, exec: [work], rollback: nothing }
      """)
    stage.acts["work"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    stage.diesOnce = RunEvent.intends("on")
    #expect(try stage.drive(.resume(retry: true)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.story.suffix(6) == ["on", "on.", "work", "work.", "on~rollback", "on~rollback."])
  }

  @Test("one that waits for another, and that one for a step, is not applied before the step")
  func notEarly() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: a, exec: [a], rollback: nothing }
        - { step: b, exec: [b], rollback: nothing }
        - { step: one, exec: [one], temporary: true, rollback: { exec: [off] } }
        - { step: two, exec: [two], temporary: true, rollback: { exec: [off] } }
      """)
    let once = ["b", "one", "two", "two~rollback", "one~rollback"]
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    let before = stage.started.count
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(Array(stage.started.dropFirst(before)) == once)
  }

  @Test("a group that has begun waits until the one before it is applied again")
  func groupWaits() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: a, exec: [a], rollback: nothing, on_failure: continue }
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - group: g
          steps:
            - group: inner
              steps:
                - { step: work, exec: [work], rollback: nothing }
      """)
    stage.acts = ["a": [.fails(), .ok], "work": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["a", "on", "work", "on~rollback"])
    // So 'on' has to wait for 'a', and cannot be applied before anything else.
    try stage.resolve("a", .notDone)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started.dropFirst(4) == ["a", "on", "work", "on~rollback"])
  }

  @Test("one that cannot be applied again for a rollback ends it, once; to resume is to go on without it")
  func cannotBeAppliedAgain() throws {
    let stage = try Stage(maintenance)
    #expect(try stage.drive() == .succeeded)
    stage.acts["on"] = [.fails()]
    #expect(try stage.drive(.rollback(.run)) == .rollbackIncomplete)
    #expect(stage.started == ["on", "work", "on~rollback", "after", "on"])
    #expect(try stage.state().left.first?.hasPrefix("on, which the rollback needs, could not be") == true)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.suffix(3) == ["on", "work~rollback", "on~rollback"])
  }

  @Test("one that was applied again for a rollback beside it is undone when the run ends")
  func appliedForARollback() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          steps:
            - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: { exec: [unb] } }
        - { step: c, exec: [c], rollback: nothing }
      """)
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["b"]) == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.state().left.first?.hasPrefix("still in force: on") == true)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.prefix(5) == ["on", "a", "b", "on~rollback", "c"])
    #expect(stage.started.dropFirst(5) == ["on", "b~rollback", "b", "on~rollback", "c"])
  }

  @Test("what is undone by closing the run is in force no more, and what could not be undone is still left")
  func closed() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
        - { step: a, exec: [a], rollback: { exec: [una] } }
        - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["b"] = [.fails()]
    stage.acts["a~rollback"] = [.fails()]
    #expect(try stage.drive() == .rollbackIncomplete)
    let left = try stage.state().left
    #expect(left.count == 2 && left.last?.hasPrefix("still in force: on ") == true, "\(left)")
    #expect(try stage.drive(.close(note: "by hand")) == .closed)
    #expect(stage.started.last == "on~rollback")
    #expect(try stage.state().left == Array(left.prefix(1)))
  }

  @Test("one is not applied again for what has nothing to undo, and so keeps no rollback from beginning")
  func notNeeded() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - group: backup
          steps:
            - { step: scratch, exec: [scratch], temporary: true, rollback: { exec: [drop] } }
            - { step: load, exec: [load], rollback: nothing }
        - { step: close, exec: [close], rollback: { exec: [open] } }
        - { step: work, exec: [work], rollback: nothing }
      """)
    stage.acts["work"] = [.fails()]
    stage.acts["scratch"] = [.ok, .fails()]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started == ["scratch", "load", "scratch~rollback", "close", "work", "close~rollback"])
  }
}

@Suite("The undo of what is temporary") struct UndoTests {
  @Test("comes last first by when each was applied, also where the later one was overdue before")
  func overdueBefore() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: work, exec: [work], rollback: nothing }
        - { step: one, exec: [one], temporary: true, rollback: { exec: [off] } }
        - { step: two, exec: [two], temporary: true, rollback: { exec: [off] }, due: 4s }
      """)
    stage.acts["work"] = [Act(takes: .seconds(9))]
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.state()["two"].isOverdue)
    #expect(stage.started == ["work", "one", "two", "two~rollback", "one~rollback"])
  }

  @Test("that is at work when its engine dies is waited for, also by a retry, and then all is done again")
  func atWork() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["work": [.fails(), .ok], "on~rollback": [Act(takes: .seconds(9)), .ok]]
    stage.diesAtSecond = 5
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.story.prefix(7) == ["on", "on.", "work", "work.", "on~rollback", "on~rollback.", "on"])
    #expect(stage.started == ["on", "work", "on~rollback", "on", "work", "on~rollback", "after"])
  }

  @Test("of what has failed itself is not forgotten by a retry while it is at work")
  func atWorkOfWhatFailed() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["on": [.fails(), .ok], "on~rollback": [Act(takes: .seconds(9)), .ok]]
    stage.diesAtSecond = 5
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.story.prefix(5) == ["on", "on.", "on~rollback", "on~rollback.", "on"])
    #expect(stage.started == ["on", "on~rollback", "on", "work", "on~rollback", "after"])
  }

  @Test("that has ended with nobody to see it is known before the run goes on", arguments: [true, false])
  func endedUnseen(retry: Bool) throws {
    let stage = try Stage(maintenance)
    stage.acts["work"] = [.fails(), .ok]
    stage.acts["on~rollback"] = [Act(takes: .seconds(9)), .ok]
    stage.diesAtSecond = 5
    #expect(try stage.drive() == nil)
    stage.now = 60_000_000_000
    #expect(try stage.drive(.resume(retry: retry)) == (retry ? .succeeded : .failed))
    let again = ["on", "work", "on~rollback", "after"]
    #expect(stage.started == ["on", "work", "on~rollback"] + (retry ? again : []))
  }

  @Test("that was broken off halfway is finished before the run goes on")
  func halfUndone() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: on
          exec: [on]
          temporary: true
          rollback:
            - { step: off, exec: [off] }
            - { check: is_off, exec: [look] }
        - { step: work, exec: [work], rollback: nothing }
      """)
    stage.acts["work"] = [.fails(), .ok]
    stage.diesOnce = RunEvent.ends("off")
    #expect(try stage.drive() == nil)
    #expect(stage.started == ["on", "work", "off"])
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["on", "work", "off", "is_off?", "on", "work", "off", "is_off?"])
  }

  @Test("whose undo a resume finishes is applied again before what was in doubt beside it is repeated")
  func doubtBesideAnUndo() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - { step: on, exec: [on], temporary: true, rollback: { exec: [off], idempotent: true } }
            - { step: work, exec: [work], idempotent: true, verify: { exec: [look] }, rollback: nothing }
      """)
    let lookedFor = Act(exit: 1, takes: .seconds(5))
    stage.acts = ["work?": [lookedFor, lookedFor, .ok], "on~rollback": [Act(takes: .seconds(9))]]
    stage.stopAtSecond = [(3, .cancel), (5, .kill)]
    #expect(try stage.drive() == .paused)
    stage.stopAtSecond = []
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    let resumed = try #require(stage.started.lastIndex(of: "on"))
    #expect(stage.started[..<resumed].filter { $0 == "work" }.count == 1, "\(stage.started)")
    #expect(stage.started[resumed...].contains("work"))
  }

  @Test("that a person has settled is not asked for again where what has failed ends the run")
  func settled() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["work": [.fails()], "on~rollback": [.timesOut]]
    #expect(try stage.drive() == .held)
    try stage.resolve("on~rollback", .done)
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(stage.started == ["on", "work", "on~rollback"])
    #expect(try stage.state()["on"].status == .compensated)
    #expect(!stage.journal.contains { $0.event.type == "nodes_reset" })
  }

  @Test("that has failed is tried again by a retry before the run goes on")
  func failed() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["work": [.fails(), .ok], "on~rollback": [.fails(), .ok]]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(
      stage.started == ["on", "work", "on~rollback", "on~rollback", "on", "work", "on~rollback", "after"])
  }

  @Test("that a person has skipped keeps nothing from being tried again")
  func skippedBeforeRetry() throws {
    let stage = try Stage(maintenance)
    stage.acts = ["work": [.fails(), .ok], "on~rollback": [.fails()]]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: true), skips: ["on~rollback"]) == .succeeded)
    #expect(stage.started == ["on", "work", "on~rollback", "work", "after"])
    #expect(try stage.state().left.count == 1)
  }

  @Test("that a person has skipped leaves it in force, and the run's end says so")
  func skipped() throws {
    let stage = try Stage(maintenance)
    stage.acts["on~rollback"] = [.fails()]
    #expect(try stage.drive() == .held)
    #expect(try stage.drive(.resume(retry: false), skips: ["on~rollback"]) == .succeeded)
    #expect(stage.started == ["on", "work", "on~rollback", "after"])
    let left = try stage.state().left
    #expect(left.count == 1)
    #expect(left.first?.hasPrefix("still in force: on since") == true)
    #expect(left.first?.hasSuffix("its rollback was skipped") == true)
  }
}
