internal import BelayModel

/// The maps that hold an action, with the actions there are.
struct Tables {
  let definitions: [(name: String, shape: Shape)]
  let actionFile: KeyTable

  init(_ known: ActionTable) {
    let actions = known.kinds.map { Key($0.keyword, .named("action_\($0.keyword)"), $0.summary) }
    let asking = known.kinds.filter { $0.asksPerson }.map { $0.keyword }
    actionFile = KeyTable(actions + KeyTables.action, [.exactlyOne(actions.names)])
    let question = KeyTables.body.without("playbook") + KeyTables.polling
    let asked = Tables.rules(actions.names + ["uses"], asking)
    let called = Tables.callRules
    func table(_ keys: [Key], _ rules: [KeyTable.Rule]) -> Shape { .table(KeyTable(actions + keys, rules)) }
    func node(_ kind: String, _ text: String) -> Key { Key(kind, .named("id"), isRequired: true, text) }
    let all = actions.names + KeyTables.calls.names
    let within = KeyTables.polling.filter { $0.name == "within" }
    let onlyAsking: [KeyTable.Rule] = [.needs("within", oneOf: asking)]
    let checkKeys =
      [node("check", "A check asks and asserts. Its name, unique in the playbook.")] + KeyTables.body
      + KeyTables.polling + KeyTables.check + KeyTables.node
    let checkRules =
      Tables.rules(all, asking) + called + [.atLeastOne(all + ["expect", "outputs", "fail_if"])]
    let shapes = known.kinds.map { (name: "action_\($0.keyword)", shape: $0.shape) }
    definitions =
      shapes + [
        (
          "step",
          table(
            [node("step", "A step changes something. Its name, unique in the playbook.")] + KeyTables.body
              + within + KeyTables.step + KeyTables.node,
            Tables.rules(all, asking, needed: true) + called + onlyAsking + Tables.stepRules)
        ),
        ("check", table(checkKeys, checkRules)),
        ("steady_check", table(checkKeys.without("each"), checkRules)),
        (
          "gate",
          .table(
            KeyTable(
              [node("gate", "A gate waits for a person or the clock. Its name, unique in the playbook.")]
                + KeyTables.gate + KeyTables.node,
              [.exactlyOne(KeyTables.gateKinds.names), .needs("approve", oneOf: ["message"])]))
        ),
        (
          "group",
          .table(
            KeyTable(
              [node("group", "A group orders others. Its name, unique in the playbook.")] + KeyTables.group
                + KeyTables.node,
              [.needs("capture", oneOf: ["rollback"])]))
        ),
        (
          "watch",
          table(
            KeyTables.watch + question.without("within"),
            Tables.rules(actions.names + ["uses"], asking, needed: true))
        ),
        ("question", table(question, asked + [.atLeastOne(actions.names + ["uses", "expect"])])),
        (
          "capture",
          table(question + [KeyTables.captured], Tables.rules(actions.names + ["uses"], asking, needed: true))
        ),
        (
          "undoing",
          table(
            KeyTables.body.without("playbook") + within + KeyTables.rollbackBody,
            Tables.rules(actions.names + ["uses"], asking, needed: true) + onlyAsking)
        ),
      ]
  }

  private static func rules(
    _ actions: [String], _ asking: [String], needed: Bool = false
  ) -> [KeyTable.Rule] {
    [
      needed ? .exactlyOne(actions) : .atMostOne(actions),
      .needs("with", oneOf: KeyTables.calls.names.filter(actions.contains)),
    ] + asking.map { .excludes($0, ["timeout", "every", "stays_for"]) }
  }

  private static let callRules: [KeyTable.Rule] = [
    .excludes("playbook", Keys.elsewhereOnCall.keys.sorted())
  ]

  private static let stepRules: [KeyTable.Rule] = [
    .when("skip_if", is: [.string("verified")], .init(needs: ["verify"])),
    .when(
      "temporary", is: [.bool(true)],
      .init(
        needs: ["rollback"], excludes: ["irreversible"],
        shapes: [Key("rollback", .either([.named("nodes"), .named("undoing")]), "")], unless: "playbook")),
  ]
}
