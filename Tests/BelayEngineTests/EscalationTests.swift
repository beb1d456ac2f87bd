import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Who is told when nobody answers") struct EscalationTests {
  private static let chain =
    "\nescalation: [{ to: ben }, { after: 5m, to: cleo }, { after: 10m, to: dora }]\n"

  private static let gate = """
    belay: 1
    steps:
      - gate: go
        approve: { by: [release] }
        message: Deploy?
    """

  private func stage(_ playbook: String) throws -> Stage {
    try Stage(playbook, roster: Stage.roster + Self.chain)
  }

  /// `go 1`: the node and the level, with the second.
  private func told(_ stage: Stage) -> [String] {
    stage.journal.compactMap { item in
      guard case .escalated(let node, let level, _) = item.event else { return nil }
      return "\(node) \(level) at \((item.at.seconds - 86_400) / 60)m"
    }
  }

  @Test("at a gate, from the moment at which it asks until somebody has answered")
  func gate() throws {
    let stage = try stage(Self.gate)
    stage.isAttended = true
    stage.words = [.init(second: 420, node: "go", uid: 1001)]
    #expect(try stage.drive() == .succeeded)
    #expect(told(stage) == ["go 1 at 0m", "go 2 at 5m"])
  }

  @Test("the first before a run rests; who answers while nobody drives it leaves nobody to be told")
  func resting() throws {
    let stage = try stage(Self.gate)
    #expect(try stage.drive() == .waiting)
    #expect(told(stage) == ["go 1 at 0m"])
    #expect(try stage.say(.init(node: "go", uid: 1001)) == nil)
    stage.now += 3_600_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(told(stage) == ["go 1 at 0m"])
  }

  @Test("who resumes a run that waits too long already tells the others at once")
  func resumed() throws {
    let stage = try stage(Self.gate)
    #expect(try stage.drive() == .waiting)
    stage.now += 420_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .waiting)
    #expect(told(stage) == ["go 1 at 0m", "go 2 at 7m"])
  }

  @Test("a step that may ask before it begins: only while it asks", arguments: [false, true])
  func irreversible(asks: Bool) throws {
    let stage = try stage(
      """
      belay: 1
      steps:
        - step: drop
          exec: [drop]
          irreversible: { why: it is gone then, recover: from the backup, by: [release], when: "\(asks)" }
      """)
    stage.acts["drop"] = [Act(takes: .seconds(550))]
    stage.isAttended = true
    stage.words = [.init(second: 60, node: "drop", uid: 1001)]
    #expect(try stage.drive() == .succeeded)
    #expect(told(stage) == (asks ? ["drop 1 at 0m"] : []))
  }
}
