import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("A check that is asked again") struct RecheckTests {
  private static let playbook = """
    belay: 1
    steps:
      - check: green
        exec: [ask]
        recheck: true
      - gate: g
        wait: 60s
      - step: a
        exec: [a]
        rollback: nothing
      - step: b
        exec: [b]
        rollback: nothing
    """

  @Test("right before the step that needs it, and not before what follows that")
  func before() throws {
    let stage = try Stage(RecheckTests.playbook)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["green?", "green?", "a", "b"])
  }

  @Test("where it does not hold any more the step does not start, and has failed by that")
  func fails() throws {
    let stage = try Stage(RecheckTests.playbook)
    stage.acts["green?"] = [.ok, .fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["green?", "green?"])
    #expect(try stage.state()["a"].failure?.message.hasPrefix("green does not hold any more: ") == true)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
  }

  private static let irreversible = """
    belay: 1
    steps:
      - check: green
        exec: [ask]
        recheck: true
      - step: a
        exec: [a]
        rollback: nothing
        irreversible: { why: it is gone, recover: write it again }
    """

  @Test("again after somebody has approved what cannot be undone: that may have taken hours")
  func approved() throws {
    let stage = try Stage(RecheckTests.irreversible)
    stage.isAttended = true
    stage.words = [Stage.Word(second: 600, node: "a", uid: 1000)]
    stage.acts["green?"] = [.ok, .ok, .fails()]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["green?", "green?", "green?"])
    #expect(try stage.state()["a"].failure?.message.hasPrefix("green does not hold any more: ") == true)
  }

  @Test("and where it still holds, the step begins, also by an engine that finds the approval")
  func approvedAndHolds() throws {
    let stage = try Stage(RecheckTests.irreversible)
    #expect(try stage.drive() == .waiting)
    stage.isAttended = true
    stage.words = [Stage.Word(second: 600, node: "a", uid: 1000)]
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["green?", "green?", "green?", "a"])
  }
}
