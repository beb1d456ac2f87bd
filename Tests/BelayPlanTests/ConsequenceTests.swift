import BelayPlan
import Testing

@Suite("What a plan says of failures") struct ConsequenceTests {
  private static let yaml = """
    belay: 1
    on_failure: rollback
    steps:
      - { step: a, exec: [x], rollback: { exec: [undo] } }
      - { check: b, exec: [x], on_failure: continue }
      - { step: c, exec: [x], on_failure: stop, retry: { attempts: 3 }, rollback: nothing }
      - group: g
        on_failure: rollback
        steps:
          - { step: d, exec: [x], rollback: { exec: [undo] } }
          - { step: e, exec: [x], rollback: { exec: [undo] } }
      - group: h
        retry: { attempts: 2 }
        steps:
          - { step: f, exec: [x], rollback: nothing }
      - { step: gone, exec: [x], irreversible: { why: It is gone, recover: Restore it } }
      - { step: last, exec: [x], rollback: nothing }
    steady_state:
      - { check: ok, exec: [x] }
    """

  @Test(
    "every step and check says what its failure leads to, from the nearest rule outwards",
    arguments: [
      ("a", "the run is rolled back: up to 1 step undone, the last one first"),
      ("b", "the run goes on, and counts it as a failure"),
      ("c", "after 3 attempts: the run stops as failed; what is done stays, and resume --retry goes on here"),
      (
        "e",
        "g is rolled back: up to 2 steps undone, the last one first, and has failed; then the run is rolled back: up to 1 step undone, the last one first"
      ),
      ("f", "h is tried again: attempt 2 of 2"),
      ("h#2/f", "the run is rolled back: up to 3 steps undone, the last one first"),
      ("last", "the run is held, because gone cannot be undone"),
      ("a~rollback", "the rollback is incomplete; what it depends on stays, the rest is undone"),
      ("ok", "the run has failed; after a rollback, the rollback is incomplete"), ("g", ""),
    ])
  func words(node: String, text: String) throws {
    let made = try plan(ConsequenceTests.yaml)
    #expect(made.nodes.first { $0.id == node }?.preview.ifItFails == text)
  }

  @Test("nothing of a playbook is markup in the Markdown of its plan")
  func markdown() throws {
    let made = try plan(
      """
      belay: 1
      title: "a | b `c` <d>"
      steps:
        - check: x
          title: "*up* | [link](x)"
          run: |
            a | b ``c``
            second
      """)
    let rows = made.markdown(digest: "d").split(separator: "\n").filter { $0.contains("check") }
    #expect(
      rows == [
        #"| check `x` \*up\* \| \[link\](x) | would ask | ``` a \| b ``c`` ```<br>`second`<br>on the author's word only a question | the run stops as failed; what is done stays, and resume --retry goes on here |"#
      ])
  }
}
