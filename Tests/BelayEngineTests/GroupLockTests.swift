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
}
