internal import BelayModel

// The playbook file itself.
extension Reading {
  func playbook(_ node: YAMLNode, name: String) -> Playbook? {
    guard var fields = Fields(node, of: "a playbook", reading: self) else { return nil }
    var playbook = Playbook(name: name, path: source.path)
    version(&fields)
    about(&fields, &playbook)
    parameters(&fields, &playbook)
    rules(&fields, &playbook)
    if let entry = fields.required("steps", in: "a playbook") {
      playbook.steps = nodes(entry.value, of: "steps")
    }
    if let entry = fields.take("steady_state") {
      playbook.steadyState = nodes(entry.value, of: "steady_state")
      for node in playbook.steadyState {
        guard case .check = node.kind else {
          error("wrong-kind", "'steady_state' holds checks only", at: node.span, help: "write it as a check")
          continue
        }
        guard let each = node.each else { continue }
        error(
          "misplaced-key", "a check of the steady state stands there once", at: each.nameSpan,
          help: "write one check for each, or ask for all of them in one")
      }
    }
    fields.finish(known: Keys.playbook)
    return playbook
  }

  func version(_ fields: inout Fields) {
    guard let entry = fields.required("belay", in: "the file") else { return }
    guard entry.value.text == "1", entry.value.style == .plain else {
      return error(
        "wrong-version", "this version reads the language 'belay: 1'", at: entry.value.span,
        help: "write belay: 1")
    }
  }

  private func about(_ fields: inout Fields, _ playbook: inout Playbook) {
    playbook.title = fields.take("title").flatMap { template($0) }
    playbook.description = fields.take("description").flatMap { template($0) }
    playbook.owner = fields.take("owner").flatMap { text($0) }
    playbook.labels = fields.take("labels").map { texts($0).compactMap(\.text) } ?? []
    if let entry = fields.take("outputs") { playbook.outputs = namedExpressions(entry) }
  }

  private func parameters(_ fields: inout Fields, _ playbook: inout Playbook) {
    if let entry = fields.take("params") { playbook.params = parameters(entry) }
    guard let entry = fields.take("vars"), let vars = Fields(entry.value, of: "vars", reading: self) else {
      return
    }
    for variable in vars.entries where identifier(variable.key, "a variable") != nil {
      warnOfLostDigits(variable.value)
      playbook.vars.append(self.entry(variable))
    }
  }

  private func rules(_ fields: inout Fields, _ playbook: inout Playbook) {
    playbook.locks = fields.take("locks").map { texts($0).compactMap(template) } ?? []
    if let entry = fields.take("on_failure") {
      let refused = [
        "continue": "a playbook that goes on after every failure proves nothing: write it on nodes"
      ]
      playbook.onFailure = failureRule(entry, without: refused)
    }
    playbook.maxParallel = fields.take("max_parallel").flatMap {
      scalar($0) { integer($0, in: Limits.maxParallel) }
    }
    playbook.watches = fields.take("watch").map(watches) ?? []
    playbook.notices = fields.take("notify").map(notices) ?? []
    playbook.pass = fields.take("pass").map(variableNames) ?? []
    playbook.setting = setting(&fields)
  }

  func setting(_ fields: inout Fields) -> Setting {
    var setting = Setting()
    setting.env = fields.take("env").map(variables) ?? []
    setting.cwd = fields.take("cwd").flatMap { template($0) }
    setting.shell = fields.take("shell").flatMap { template($0) }
    return setting
  }
}
