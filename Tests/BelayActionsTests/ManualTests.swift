import BelayActions
import BelayModel
import Testing

@Suite("The action manual") struct ManualTests {
  @Test("asks a person, once, for as long as it takes")
  func asks() throws {
    let (action, diagnostics) = Actions.make(
      ManualAction.self,
      [
        "text": "Is ${{ host }} calm?\n", "by": ["oncall", "${{ who }}"],
        "record": [
          "calm": ["type": "boolean"], "since": ["type": "timestamp"], "load": ["type": "number"],
          "issues": ["type": "list", "of": "string"],
        ],
      ])
    #expect(diagnostics == [])
    let manual = try #require(action)
    #expect(
      Actions.preview(manual, ["host": "db"]) == """
        asks oncall, (known after who): Is db calm?
        records calm, since, load, issues
        """)
    #expect(
      manual.ownResults == [
        ResultField("calm", "bool"), ResultField("since", "google.protobuf.Timestamp"),
        ResultField("load", "double"), ResultField("issues", "list"),
      ])
    #expect(manual.effect == .read && ManualAction.defaultTimeout(inCheck: false) == nil)
    let short = Actions.make(ManualAction.self, "Look.")
    #expect(Actions.preview(short.action) == "asks anyone in the roster: Look." && short.diagnostics == [])
  }

  static let wrong: [(fields: Fields, code: String)] = [
    ("", "wrong-type"), ([], "wrong-type"), (["by": "oncall"], "missing-key"), (["text": " "], "empty"),
    (["text": "a", "by": []], "empty"), (["text": "a", "by": [["b"]]], "wrong-type"),
    (["text": "a", "record": "b"], "wrong-type"), (["text": "a", "who": "b"], "unknown-key"),
  ].map { (fields: $0.0, code: $0.1) }

  @Test("is refused", arguments: wrong)
  func mistakes(_ row: (fields: Fields, code: String)) {
    let (action, diagnostics) = Actions.make(ManualAction.self, row.fields)
    #expect(action == nil)
    #expect(diagnostics.map(\.code) == [row.code])
  }

  @Test("what a person is asked is bound, and what they have said is the answer")
  func answers() throws {
    let manual = try #require(
      Actions.make(
        ManualAction.self, ["text": "Look.\n", "by": "oncall", "record": ["calm": ["type": "boolean"]]]
      ).action)
    guard case .person(let person) = try manual.request(Values(values: [:])) else {
      Issue.record("no person is asked")
      return
    }
    #expect(person.text == "Look." && person.by == ["oncall"] && person.record.map(\.name) == ["calm"])
    let at = Timestamp(seconds: 1)
    func answer(_ ending: PersonResult.Ending) -> ActionAnswer {
      manual.answer(
        .person(
          PersonResult(
            ending: ending, by: "ana", at: at, note: "red", values: ["calm": .bool(false)], duration: .zero)),
        isRepeat: false)
    }
    #expect(answer(.done).fields["calm"] == .bool(false) && answer(.done).failure == nil)
    #expect(answer(.failed).failure?.message == "ana says that it failed: red" && answer(.failed).definite)
    let none = answer(.unanswered("nobody came"))
    #expect(!none.answered && !none.definite && none.failure?.kind == "timeout")
  }
}
