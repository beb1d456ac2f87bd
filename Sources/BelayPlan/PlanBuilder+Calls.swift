internal import BelayModel

// A playbook inside a playbook: its nodes stand in the plan under the id of the node that calls it.
extension PlanBuilder {
  mutating func layOutCall(_ step: Step, _ node: Node, at index: Int, in outer: Surroundings) {
    layOutCall(step.body, isCheck: false, node, at: index, in: outer)
    let setting = outer.setting.joined(step.body.setting)
    if case .group(var group) = nodes[index].detail {
      group.captures = captures(step.captures, setting)
      group.call?.irreversible = step.irreversible.map { irreversible($0) }
      if step.retry != Retry() { group.call?.retry = retry(step.retry) }
      nodes[index].detail = .group(group)
    }
    setRollback(step.rollback, of: index, setting: setting)
  }

  mutating func layOutCall(_ check: Check, _ node: Node, at index: Int, in outer: Surroundings) {
    layOutCall(check.body, isCheck: true, node, at: index, in: outer)
    guard case .group(var group) = nodes[index].detail, check.body.polling != Polling() else { return }
    let polling = check.body.polling
    group.call?.polling = PlanPolling(
      within: polling.within.map(filled), every: polling.every.map(filled),
      staysFor: polling.staysFor.map(filled), tolerate: resolve(check.tolerate, in: Limits.tolerate) ?? 0,
      minSamples: resolve(check.minSamples, in: Limits.minSamples))
    nodes[index].detail = .group(group)
  }

  private mutating func layOutCall(
    _ body: Body, isCheck: Bool, _ node: Node, at index: Int, in outer: Surroundings
  ) {
    guard let source = body.action, let name = fileName(of: source) else { return }
    guard let playbook = request.files.playbooks[name] else {
      diagnostics.append(
        Diagnostic(
          code: "unknown-playbook", "there is no playbook '\(name)'", at: source.fields.span))
      return
    }
    guard !calls.contains(name) else {
      diagnostics.append(
        Diagnostic(
          code: "playbook-cycle",
          "these playbooks call each other: " + (calls + [name]).joined(separator: " → "),
          at: source.fields.span))
      return
    }
    guard calls.count < Limits.calls else {
      diagnostics.append(
        Diagnostic(
          code: "too-deep", "more than \(Limits.calls) playbooks inside each other", at: source.fields.span))
      return
    }
    calls.append(name)
    defer { calls.removeLast() }
    let scope = addScope(playbook, source, caller: index)
    let frame = addFrame(
      scope: scope.index, parent: nil, prefix: nodes[index].id + "/", suffix: "", scope.variables)
    layOut(playbook, frame: frame, scope: scope.index, isCheck: isCheck, at: index, in: outer)
  }

  private mutating func layOut(
    _ playbook: Playbook, frame: Int, scope: Int, isCheck: Bool, at index: Int, in outer: Surroundings
  ) {
    current = frame
    settle(playbook, scope: scope)
    for lock in playbook.locks { if let claim = text(of: lock) { claims.append(claim) } }
    pass += playbook.pass
    let rule = resolve(playbook.onFailure, without: [.continue]) ?? .stop
    nodes[index].detail = .group(
      PlanGroup(
        mode: .sequence, maxParallel: resolve(playbook.maxParallel, in: Limits.maxParallel),
        call: PlanCall(
          scope: scope, frame: frame, outputs: playbook.outputs, isCheck: isCheck, onFailure: rule)))
    let inner = Surroundings(
      parent: index, policy: FailurePolicy(rule: rule, scope: index), setting: playbook.setting,
      role: outer.role, frame: frame)
    layOut(playbook.watches, of: index, setting: playbook.setting, frame: frame)
    layOut(playbook.steps, mode: .sequence, in: inner)
    layOutSteadyState(of: playbook, at: index, in: inner)
    current = outer.frame
  }

  /// Its last checks.
  private mutating func layOutSteadyState(of playbook: Playbook, at index: Int, in inner: Surroundings) {
    guard !playbook.steadyState.isEmpty else { return }
    let before = nodes.indices.filter { nodes[$0].parent == index }
    let group = addGroup(
      "\(nodes[index].id)/~steady_state", title: "the steady state of \(playbook.name)",
      place: playbook.path, group: PlanGroup(mode: .sequence), in: inner)
    nodes[group].needs = before
    var around = inner
    around.parent = group
    layOut(playbook.steadyState, mode: .sequence, in: around)
  }

  // MARK: Values

  private mutating func addScope(
    _ playbook: Playbook, _ source: ActionSource, caller: Int
  ) -> (index: Int, variables: PlanVariables) {
    var scope = PlanScope(playbook: playbook.name, caller: caller, params: ValueMap(), vars: ValueMap())
    var reader = ParameterReader(
      environment: request.environment, origin: { "'with' of \(playbook.name): \($0)" })
    for parameter in playbook.params {
      guard let entry = source.with.first(where: { $0.key == parameter.name }) else {
        if parameter.required { missing(parameter, source) }
        scope.params[parameter.name] = reader.presetValue(of: parameter) ?? .null
        continue
      }
      if !variables.isKnown(entry.value) {
        scope.given.append(PlanScope.Given(parameter: parameter, value: entry.value))
      } else if let value = writtenValue(of: entry.value, as: parameter) {
        scope.params[parameter.name] = reader.value(value, of: parameter) ?? .null
      }
    }
    for entry in source.with where !playbook.params.contains(where: { $0.name == entry.key }) {
      diagnostics.append(
        Diagnostic(
          code: "unknown-parameter", "'\(playbook.name)' has no parameter '\(entry.key)'", at: entry.keySpan))
    }
    diagnostics += reader.diagnostics
    scopes.append(scope)
    var inner = variables
    inner.params = scope.params
    inner.vars = ValueMap()
    inner.items = ValueMap()
    inner.laterParams = [:]
    for given in scope.given { inner.laterParams[given.name] = variables.later(given.value) }
    inner.laterVars = [:]
    return (scopes.count - 1, inner)
  }

  /// A scalar of a text's type is its text: `1.10` stays what was written.
  private mutating func writtenValue(of tree: TemplateTree, as parameter: Parameter) -> Value? {
    if case .scalar(_, let text) = tree.content, parameter.kind == .string { return .string(text) }
    return value(of: tree)
  }

  /// The variables of a scope, in the order of the file: those that are known, and those that come later.
  mutating func settle(_ playbook: Playbook, scope: Int) {
    for entry in playbook.vars {
      if variables.isKnown(entry.value) {
        variables.vars[entry.key] = value(of: entry.value) ?? .null
      } else {
        variables.laterVars[entry.key] = variables.later(entry.value)
        scopes[scope].laterVars.append(entry)
      }
    }
    scopes[scope].vars = variables.vars
  }
}
