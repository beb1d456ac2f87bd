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

  @Test("none of the actions without a client says that it could be run")
  func notYet() throws {
    for kind in builtInActions.kinds {
      #expect(kind.isRunnable == ["run", "exec"].contains(kind.keyword), "\(kind.keyword)")
    }
    let manual = try #require(Actions.make(ManualAction.self, "Look.").action)
    #expect { try manual.request(Values(values: [:])) } throws: {
      ($0 as? StepFailure)?.kind == StepFailure.notStarted
    }
  }
}
