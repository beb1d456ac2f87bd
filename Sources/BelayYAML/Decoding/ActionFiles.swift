internal import BelayModel

// `playbooks/actions/<name>.yaml`
extension Reading {
  func actionFile(_ node: YAMLNode, name: String) -> ActionFile? {
    guard var fields = Fields(node, of: "an action", reading: self) else { return nil }
    version(&fields)
    let description = fields.take("description").flatMap { text($0) }
    let effect = fields.required("effect", in: "an action").flatMap { choice($0, ActionFile.Effect.self) }
    let params = fields.take("params").map { parameters($0) } ?? []
    var body = Body()
    body.action = action(&fields)
    if let action = body.action, Keys.calls.contains(action.keyword) {
      error(
        "misplaced-key", "an action file holds one action of the engine's own", at: action.keywordSpan,
        help: "write " + keywords.joined(separator: ", "))
    } else if body.action == nil {
      error(
        "missing-action", "an action file needs an action", at: node.firstKeySpan,
        help: "write 'http: …', 'sql: …', 'exec: […]' or 'run: …'")
    }
    if let entry = fields.take("outputs") { body.outputs = namedExpressions(entry, areOfNode: false) }
    if let entry = fields.take("unknown_if") { body.unknownIf = conditions(entry) }
    if let entry = fields.take("fail_if") { body.failIf = conditions(entry) }
    if let entry = fields.take("expect") { body.expect = conditions(entry) }
    fields.finish(known: keywords + Keys.action, elsewhere: Keys.elsewhereOnAction)
    guard let effect else { return nil }
    var file = ActionFile(name: name, path: source.path, effect: effect, body: body)
    file.description = description
    file.params = params
    return file
  }
}
