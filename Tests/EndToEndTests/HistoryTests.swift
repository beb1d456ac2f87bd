import BelayModel
import BelayPlan
import Testing

@Suite("What a plan expects") struct HistoryTests {
  private static let playbook = """
    belay: 1
    steps:
      - step: a
        run: echo a >> did
        rollback: nothing
      - step: b
        run: test ! -e broken
        rollback: nothing
    """

  private func plan(in sandbox: Sandbox, _ arguments: String...) throws -> Plan {
    let end = try sandbox.start(
      ["plan", "p", "--format", "json"] + arguments, variables: [:], in: nil
    ).wait()
    return try Plan(decoding: Array(end.output.utf8))
  }

  @Test("is what its last runs took, of each node and in all; where there is no store none is made")
  func expected() throws {
    let sandbox = try Sandbox(["p": HistoryTests.playbook])
    let first = try plan(in: sandbox)
    #expect(first.expected == nil && first.nodes.allSatisfy { $0.preview.expected == nil })
    #expect(!sandbox.exists(sandbox.store))
    sandbox.write("", to: "broken")
    #expect(try sandbox.belay("run", "p").status == 1)
    #expect(try plan(in: sandbox).expected == nil)
    #expect(try sandbox.belay("resume", "last", "--skip", "b", "--note", "x").status == 0)
    let skipped = try plan(in: sandbox)
    #expect(skipped.expected != nil && skipped.nodes[0].preview.expected != nil)
    #expect(skipped.nodes[1].preview.expected == nil)
    let text = try sandbox.belay("plan", "p").output
    #expect(text.contains("  takes        about ") && text.contains("step a  [would run, about "), "\(text)")
    let markdown = try sandbox.belay("plan", "p", "--format", "markdown").output
    #expect(markdown.contains("| takes | about "), "\(markdown)")
    #expect(try plan(in: sandbox, "--store", "none").expected == nil)
    #expect(!sandbox.exists("none"))
  }
}
