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

  @Test("one after the other, by the new answers to those before; the step goes by the first ones")
  func newerAnswers() throws {
    let playbook = """
      belay: 1
      steps:
        - check: counted
          exec: [ask]
          recheck: true
          outputs: { n: "int(lines[0])" }
        - check: enough
          recheck: true
          expect: steps.counted.n > 1
        - gate: g
          wait: 60s
        - step: a
          exec: [tell, "${{ steps.counted.n }}"]
          rollback: nothing
      """
    let stage = try Stage(playbook)
    stage.acts["counted?"] = [.says("2\n"), .says("3\n")]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.texts == ["2"])
    let again = try Stage(playbook)
    again.acts["counted?"] = [.says("2\n"), .says("1\n")]
    #expect(try again.drive() == .failed)
    #expect(try again.state()["a"].failure?.message.hasPrefix("enough does not hold any more: ") == true)
  }

  @Test("before the first step of a group that follows it, and not before the next one")
  func beforeAGroup() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { check: green, exec: [ask], recheck: true }
        - group: g
          steps:
            - { check: other, exec: [ask] }
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: nothing }
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["green?", "other?", "green?", "a", "b"])
  }
}
