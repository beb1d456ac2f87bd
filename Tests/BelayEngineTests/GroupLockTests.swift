import BelayEngine
import BelayJournal
import BelayModel
import Testing

/// - Parameter last: what stands last in a group with a lock and two temporaries.
private func locked(_ last: String) throws -> Stage {
  try Stage(
    """
    belay: 1
    steps:
      - group: g
        locks: [inner]
        steps:
          - { step: one, exec: [on], temporary: true, rollback: { exec: [off] } }
          - { step: two, exec: [on], temporary: true, rollback: { exec: [off] } }
          - { step: a, exec: [a], rollback: nothing }
          - \(last)
    """)
}

@Suite("A group's locks") struct GroupLockTests {
  /// Actions that were intended while nobody held the lock.
  private func unlocked(_ stage: Stage) throws -> [NodeID] {
    var state = RunState(run: "r")
    var found: [NodeID] = []
    for (event, at) in stage.journal {
      if case .attemptIntended(let node, _) = event, !state.claims.contains("inner") { found.append(node) }
      try state.apply(event, at: at)
    }
    return found
  }

  @Test("are held while what is temporary in it is applied again before it has begun again")
  func kept() throws {
    let stage = try locked("{ check: b, exec: [b] }")
    stage.acts["b?"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    let again = ["one", "two", "b?", "two~rollback", "one~rollback"]
    #expect(stage.started == ["one", "two", "a", "b?", "two~rollback", "one~rollback"] + again)
    #expect(try unlocked(stage) == [])
    #expect(try stage.state().claims == [])
  }

  @Test("are taken before what is temporary in it is applied again, where they had been given back")
  func taken() throws {
    let stage = try locked("{ step: b, exec: [b], rollback: { exec: [unb] } }")
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.cancel) == .failed)
    #expect(try stage.state().claims == [])
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started.suffix(5) == ["one", "two", "b", "two~rollback", "one~rollback"])
    #expect(try unlocked(stage) == [])
    #expect(try stage.state().claims == [])
  }

  @Test("that another run holds fail the group, after what happened before, and the rule is heeded")
  func refused() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: before, exec: [before], rollback: nothing }
        - group: g
          locks: [inner]
          on_failure: continue
          steps: [{ step: a, exec: [a], rollback: nothing }]
        - { step: after, exec: [after], rollback: nothing }
      """)
    stage.heldElsewhere = ["inner": 1]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["before", "after"])
    let record = try stage.state()["g"]
    #expect(record.status == .failed)
    #expect(record.failure?.kind == "lock")
    #expect(record.failure?.message == "inner is held by run other since 1970-01-02T00:00:01Z, by ben")
    #expect(try stage.state().claims == [])
  }

  @Test("that another run holds hold the run where no rule says what follows, and who resumes asks again")
  func refusedAndResumed() throws {
    let stage = try locked("{ check: b, exec: [b] }")
    stage.heldElsewhere = ["inner": 2]
    for _ in 0..<2 {
      #expect(try stage.drive(stage.journal.count == 1 ? .run : .resume(retry: false)) == .held)
      #expect(stage.started == [])
      #expect(try stage.state()["g"].status == .pending)
      #expect(try stage.state().cause.hasPrefix("g cannot begin: inner is held by run other since "))
    }
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(try unlocked(stage) == [])
  }

  @Test("that another run holds hold a run that applies a temporary again, until they are free")
  func refusedAgain() throws {
    let stage = try locked("{ step: b, exec: [b], rollback: { exec: [unb] } }")
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.cancel) == .failed)
    stage.heldElsewhere = ["inner": 1]
    let before = stage.started.count
    #expect(try stage.drive(.resume(retry: true)) == .held)
    #expect(stage.started.count == before)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.suffix(5) == ["one", "two", "b", "two~rollback", "one~rollback"])
    #expect(try unlocked(stage) == [])
  }

  @Test("of two groups that begin at once are asked for one after the other")
  func together() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          locks: [inner]
          steps: [{ step: a, exec: [a], rollback: nothing }]
        - group: h
          needs: []
          locks: [inner, outer]
          on_failure: continue
          steps: [{ step: b, exec: [b], rollback: nothing }]
        - group: i
          needs: []
          locks: [inner]
          steps: [{ step: c, exec: [c], rollback: nothing }]
      """)
    stage.heldElsewhere = ["outer": 1]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started.sorted() == ["a", "c"])
    #expect(try unlocked(stage) == [])
    #expect(try stage.state().claims == [])
  }

  @Test("of a called playbook are taken by each attempt, also after a wait")
  func rounds() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: call, playbook: other, retry: { attempts: 3, delay: 10s } }
      """,
      calling: [
        "other": """
        belay: 1
        locks: [inner]
        steps: [{ step: a, exec: [a], rollback: nothing }]
        """
      ])
    stage.heldElsewhere = ["inner": 1]
    stage.acts["call#2/a"] = [.fails()]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started.count == 2)
    var state = RunState(run: "r")
    for (event, at) in stage.journal {
      if case .attemptIntended = event { #expect(state.claims == ["inner"]) }
      try state.apply(event, at: at)
    }
    #expect(state.claims == [])
  }

  @Test("that another run holds hold a rollback until they are free, and nothing of it is begun")
  func rollbackRefused() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - group: g
          locks: [inner]
          steps: [{ step: a, exec: [a], rollback: { exec: [una] } }]
        - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["b"] = [.fails()]
    stage.heldOnceReleased = ["inner": 1]
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["a", "b"])
    let state = try stage.state()
    #expect(state.rollback == nil)
    #expect(state.cause.contains("it cannot be undone yet: inner is held by run other"))
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started == ["a", "b", "a~rollback"])
    #expect(try unlocked(stage) == ["b"])
    #expect(try stage.state().claims == [])
  }

  @Test("are given back when the group is set back by a rollback to what stands before it")
  func setBack() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: first, exec: [first], rollback: nothing }
        - group: g
          locks: [inner]
          steps:
            - { step: a, exec: [a], rollback: { exec: [una] } }
            - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts["b"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.state().claims == ["inner"])
    #expect(try stage.drive(.rollback(.after("first"))) == .paused)
    #expect(try stage.state().claims == [])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(try unlocked(stage) == ["first"])
  }

  @Test("are not taken when the disk is full, and the run goes on where it was")
  func noSpace() throws {
    let stage = try locked("{ check: b, exec: [b] }")
    stage.fullAfterEvents = 1
    #expect(try stage.drive() == .held)
    #expect(stage.started == [])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(try unlocked(stage) == [])
  }
}
