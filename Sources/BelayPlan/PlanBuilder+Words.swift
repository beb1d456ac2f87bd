internal import BelayModel

// What a static plan can say of each node.
extension PlanBuilder {
  mutating func setPreviews(_ onFailure: FailureRule) {
    let consequences = PlanConsequence(nodes, onFailure: onFailure)
    for index in nodes.indices {
      current = nodes[index].frame
      let (word, reason) = self.word(index)
      let action = action(nodes[index])
      nodes[index].preview = Preview(
        word: word, reason: reason, action: action?.text,
        isRead: nodes[index].kindName == "check" && action?.effect == .read)
      nodes[index].preview.also = also(nodes[index])
      nodes[index].preview.ifItFails = consequences.text(of: index)
      nodes[index].preview.expected = request.history[nodes[index].id]
    }
  }

  private func word(_ index: Int) -> (Preview.Word, String?) {
    let node = nodes[index]
    if let parent = node.parent {
      let outer = nodes[parent].preview
      if outer.word == .wouldSkip { return (.wouldSkip, "\(nodes[parent].id) is skipped") }
      if outer.word == .undetermined { return (.undetermined, outer.reason) }
      if let among = wordAmong(index, parent) { return among }
    }
    if let when = node.when {
      switch variables.evaluate(when) {
      case .known(.bool(true)): break
      case .known(.bool(false)): return (.wouldSkip, "\(when.source) is false")
      case .known: return (.undetermined, "\(when.source) is no bool")
      case .later(let node): return (.undetermined, node.map { "until \($0)" } ?? "until it runs")
      case .failed(let message): return (.undetermined, message)
      }
    }
    switch node.detail {
    case .step, .group: return (.wouldRun, nil)
    case .check: return (.wouldAsk, nil)
    case .gate(let gate):
      if case .approve = gate.wait { return (.wouldAsk, nil) }
      return (.wouldWait, nil)
    }
  }

  /// In a choice and among rounds it depends on those before it.
  private func wordAmong(_ index: Int, _ parent: Int) -> (Preview.Word, String?)? {
    guard case .group(let group) = nodes[parent].detail else { return nil }
    let before = (parent + 1..<max(parent + 1, index)).filter { nodes[$0].parent == parent }
    switch group.mode {
    case .rounds:
      return before.last.map { (.undetermined, "only if \(nodes[$0].id) fails") }
    case .choice:
      if let chosen = before.first(where: {
        [.wouldRun, .wouldAsk, .wouldWait].contains(nodes[$0].preview.word)
      }) {
        return (.wouldSkip, "\(nodes[chosen].id) is chosen")
      }
      if let open = before.first(where: { nodes[$0].preview.word == .undetermined }) {
        return (.undetermined, nodes[open].preview.reason)
      }
      return nil
    case .sequence, .parallel: return nil
    }
  }

  private func action(_ node: PlanNode) -> (text: String, effect: ActionEffect)? {
    let body: PlanBody? =
      switch node.detail {
      case .step(let step): step.body
      case .check(let check): check.body
      case .gate, .group: nil
      }
    return body.flatMap(shown)
  }

  /// What else it asks: before, to prove it, to leave it out.
  private func also(_ node: PlanNode) -> [String] {
    var lines: [String] = []
    switch node.detail {
    case .step(let step):
      if case .body(let body)? = step.skip { lines.append("left out if already so: \(asked(body))") }
      if step.skip == .verified, let verify = step.verify {
        lines.append("left out if already so: \(asked(verify))")
      }
      lines += step.captures.map { "first reads \($0.name): \(asked($0.body))" }
      if let verify = step.verify { lines.append("then proves it: \(asked(verify))") }
    case .group(let group): lines += group.captures.map { "first reads \($0.name): \(asked($0.body))" }
    case .check, .gate: break
    }
    return lines
  }

  /// A question in one line.
  private func asked(_ body: PlanBody) -> String {
    let action = shown(body).map { $0.text.split(separator: "\n").joined(separator: " · ") }
    return ([action].compactMap { $0 } + body.meaning).joined(separator: " · ")
  }

  /// A body's action as it will be done, as far as it is known in the current frame.
  func shown(_ body: PlanBody) -> (text: String, effect: ActionEffect)? {
    guard let source = body.action else { return nil }
    var ignored: [Diagnostic] = []
    guard let action = actions[source.keyword]?.init(source, diagnostics: &ignored) else { return nil }
    let shown = action.preview(variables(of: body).shown)
    return (body.shell.map { "through \($0.name):\n\(shown)" } ?? shown, action.effect)
  }

  /// As the action of the body reads them: an action file has parameters of its own.
  func variables(of body: PlanBody) -> PlanVariables {
    guard let use = body.use else { return variables }
    var inner = variables
    inner.params = ValueMap()
    inner.vars = ValueMap()
    inner.items = ValueMap()
    inner.laterParams = [:]
    for given in use.params {
      if variables.isKnown(given.value), let value = plainValue(of: given.value) {
        inner.params[given.name] = value
      } else {
        inner.laterParams[given.name] = variables.later(given.value)
      }
    }
    return inner
  }

  private func plainValue(of tree: TemplateTree) -> Value? {
    var copy = self
    copy.diagnostics = []
    return copy.value(of: tree)
  }
}
