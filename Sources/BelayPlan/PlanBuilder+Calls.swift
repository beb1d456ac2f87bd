internal import BelayModel

// A playbook inside a playbook: its nodes stand in the plan under the id of the node that calls it.
extension PlanBuilder {
  mutating func layOutCall(_ step: Step, _ node: Node, at index: Int, in outer: Surroundings) {
    let most = resolve(step.retry.attempts, in: 1...Limits.rounds) ?? 1
    if most == 1 {
      layOutCall(step.body, isCheck: false, nodes[index].id, at: index, in: outer)
    } else {
      layOutAttempts(at: step, node, most, at: index, in: outer)
    }
    let setting = outer.setting.joined(step.body.setting)
    if case .group(var group) = nodes[index].detail {
      group.captures = captures(step.captures, setting)
      nodes[index].detail = .group(group)
    }
    setRollback(step.rollback, of: index, setting: setting)
  }

  /// Each stands in the plan, as those at a group do: `deploy/build`, then `deploy#2/build`.
  private mutating func layOutAttempts(
    at step: Step, _ node: Node, _ most: Int, at index: Int, in outer: Surroundings
  ) {
    let id = nodes[index].id
    let before = diagnostics.count
    nodes[index].detail = .group(PlanGroup(mode: .rounds, retry: retry(step.retry)))
    var rounds: [Int] = []
    var last: Int?
    // What is wrong with one is wrong with all, and said once.
    for round in 1...most where round == 1 || diagnostics.count == before {
      guard hasRoom(node.span) else { return }
      let frame = addFrame(
        scope: frames[outer.frame].frame.scope, parent: outer.frame, prefix: frames[outer.frame].prefix,
        suffix: frames[outer.frame].suffix, frames[outer.frame].variables)
      let around = Surroundings(
        parent: index, policy: nodes[index].failure, setting: outer.setting, role: outer.role, frame: frame)
      let root = addGroup(
        RoundName.round(round, of: id), title: "attempt \(round) of \(most)", place: nodes[index].place,
        group: PlanGroup(mode: .sequence), in: around)
      register(node.id, root, in: frame)
      if let last { nodes[root].needs = [last] }
      last = root
      current = frame
      layOutCall(step.body, isCheck: false, round == 1 ? id : nodes[root].id, at: root, in: around)
      rounds.append(frame)
    }
    current = outer.frame
    guard !isFull else { return }
    export(rounds, of: index, to: outer.frame) { .rounds(of: index, $0) }
  }

  mutating func layOutCall(_ check: Check, _ node: Node, at index: Int, in outer: Surroundings) {
    layOutCall(check.body, isCheck: true, nodes[index].id, at: index, in: outer)
    guard case .group(var group) = nodes[index].detail, let within = check.body.polling.within else { return }
    group.call?.polling = PlanPolling(within: filled(within), every: check.body.polling.every.map(filled))
    nodes[index].detail = .group(group)
  }

  /// - Parameter name: before the ids of what is in it.
  private mutating func layOutCall(
    _ body: Body, isCheck: Bool, _ name: String, at index: Int, in outer: Surroundings
  ) {
    guard let source = body.action, let file = fileName(of: source) else { return }
    guard let playbook = request.files.playbooks[file] else {
      diagnostics.append(
        Diagnostic(
          code: "unknown-playbook", "there is no playbook '\(file)'", at: source.fields.span))
      return
    }
    guard !calls.contains(file) else {
      diagnostics.append(
        Diagnostic(
          code: "playbook-cycle",
          "these playbooks call each other: " + (calls + [file]).joined(separator: " → "),
          at: source.fields.span))
      return
    }
    guard calls.count < Limits.calls else {
      diagnostics.append(
        Diagnostic(
          code: "too-deep", "more than \(Limits.calls) playbooks inside each other", at: source.fields.span))
      return
    }
    calls.append(file)
    defer { calls.removeLast() }
    let scope = addScope(playbook, source, caller: index)
    let frame = addFrame(
      scope: scope.index, parent: nil, prefix: name + "/", suffix: "", scope.variables)
    layOut(playbook, frame: frame, scope: scope.index, isCheck: isCheck, at: index, in: outer)
  }

  private mutating func layOut(
    _ playbook: Playbook, frame: Int, scope: Int, isCheck: Bool, at index: Int, in outer: Surroundings
  ) {
    current = frame
    settle(playbook, scope: scope)
    pass += playbook.pass
    let rule = resolve(playbook.onFailure, without: [.continue]) ?? .stop
    nodes[index].detail = .group(
      PlanGroup(
        mode: .sequence, maxParallel: resolve(playbook.maxParallel, in: Limits.maxParallel),
        claims: unique(playbook.locks.compactMap { text(of: $0) }),
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
      "\(frames[inner.frame].prefix)~steady_state", title: "the steady state of \(playbook.name)",
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
      environment: request.environment, roles: frames[0].variables.roles,
      origin: { "'with' of \(playbook.name): \($0)" })
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
