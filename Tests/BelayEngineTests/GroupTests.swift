import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("What stands in groups") struct GroupTests {
  /// How often a group has begun.
  private func begun(_ group: NodeID, _ stage: Stage) -> Int {
    stage.journal.count { if case .nodeStarted(group, _) = $0.event { true } else { false } }
  }

  @Test("what follows a group is started once when a person has settled the group's last step")
  func settledAtTheEnd() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: first
          steps:
            - { step: a, exec: [a], rollback: nothing }
        - group: second
          steps:
            - { step: b, exec: [b], rollback: nothing }
            - { step: c, exec: [c], rollback: nothing }
      """)
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    try stage.resolve("a", .done)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "b", "c"])
    #expect(begun("second", stage) == 1)
  }

  @Test("a node that is rolled back inside a group that goes on over failures: the run goes on")
  func rolledBackAndContinued() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: continue
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] }, on_failure: rollback }
        - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["a"] = [.fails()]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a~rollback", "b"])
    #expect(try stage.state().cause == "1 failure continued")
  }

  @Test("two failures at once are two: the run goes on over one and not over the other")
  func twoFailures() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - group: g
              on_failure: continue
              steps:
                - { step: a, exec: [a], rollback: { exec: [undo] }, on_failure: rollback }
            - { step: b, exec: [b], rollback: nothing }
        - { step: c, exec: [c], rollback: nothing }
      """)
    stage.acts = ["a": [.fails()], "b": [Act(exit: 1, takes: .seconds(3))]]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["b", "a", "a~rollback"])
    #expect(try stage.state().cause == "b failed: exit status 1")
    #expect(try stage.state()["a"].continued)
  }

  @Test("a group that is begun again only for what is temporary in it ends")
  func nothingLeftToDo() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: a, exec: [a], rollback: nothing }
        - group: g
          steps:
            - { step: on, exec: [on], temporary: true, rollback: { exec: [off] } }
            - { check: b, exec: [b] }
      """)
    stage.acts["b?"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["b"]) == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "on", "b?", "on~rollback", "on", "on~rollback"])
  }

  @Test("a group that is done again begins the groups in it again")
  func innerGroups() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: outer
          on_failure: rollback
          steps:
            - group: inner
              steps:
                - { step: a, exec: [a], rollback: { exec: [undo] } }
                - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.state()["inner"].status == .running)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["a", "b", "a~rollback", "a", "b"])
    #expect(begun("inner", stage) == 2)
  }

  @Test("a person who skips what has failed does without it, not without the group around it")
  func skippedInFailedGroup() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: rollback
          steps:
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: nothing }
        - { step: c, exec: [c], rollback: nothing }
      """)
    stage.acts["a"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(try stage.state()["g"].status == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["a"]) == .succeeded)
    #expect(stage.started == ["a", "b", "c"])
  }

  @Test("to skip one failure is not to try the other again")
  func skipIsNoRetry() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: nothing }
        - { step: c, exec: [c], rollback: nothing }
      """)
    stage.acts = ["a": [.fails()], "b": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false), skips: ["a"]) == .failed)
    #expect(stage.started == ["a", "b"])
    #expect(try stage.state().cause == "b failed: exit status 1")
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["a", "b", "b", "c"])
  }
}
