import BelayActions
import BelayModel
import BelayPlan
import BelayYAML
import Testing

@Suite("What a plan says of undoing") struct UndoingTextTests {
  /// Of the plan's text: ids, and the lines below them that speak of undoing.
  private static func lines(_ yaml: String) throws -> [String] {
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(yaml.utf8), path: "playbooks/p.yaml")
    let request = PlanRequest(
      playbook: try #require(playbook, "\(diagnostics)"), environment: nil, params: ValueMap(), run: "r",
      version: "test", createdAt: Timestamp(seconds: 0), project: "/project", searchPath: "/bin", sources: [])
    let plan = try #require(PlanBuilder.plan(request, actions: builtInActions).plan)
    return plan.text(digest: "d").split(separator: "\n").map { String($0.drop { $0 == " " }) }
      .prefix { !$0.hasPrefix("Rollback, in") }
      .filter { line in
        ["[would run]", "undone ", "nothing to undo", "has no rollback"].contains { line.contains($0) }
      }
      .filter { !$0.hasPrefix("if it fails: ") && !$0.contains("timeout") }
      .map { $0.replacing("  [would run]", with: "") }
  }

  @Test("a child of a group with a rollback is undone with it")
  func group() throws {
    let lines = try Self.lines(
      """
      belay: 1
      on_failure: rollback
      steps:
        - group: all
          rollback: { run: undo-all }
          steps:
            - { step: bare, run: a }
            - { step: own, run: b, rollback: { run: undo-b } }
            - { step: none, run: c, rollback: nothing }
            - { step: brief, run: d, temporary: true, rollback: { run: undo-d } }
        - group: harmless
          rollback: nothing
          steps:
            - { step: noted, run: e }
        - { step: alone, run: f }
      """)
    #expect(
      lines.joined(separator: "\n") == """
        group all
        undone as a whole by all~rollback
        step bare
        undone with all as a whole
        step own
        undone by own~rollback; undone with all as a whole
        step none
        nothing to undo
        step brief
        undone by brief~rollback
        group harmless
        nothing to undo
        step noted
        nothing to undo, as harmless says
        step alone
        has no rollback
        """)
  }
}
