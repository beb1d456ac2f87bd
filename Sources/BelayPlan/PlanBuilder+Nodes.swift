internal import BelayModel

/// What a list of nodes inherits.
struct Surroundings {
  var parent: Int?
  var policy: FailurePolicy
  var setting: Setting
  var role: PlanNode.Role
}

extension PlanBuilder {
  /// Lays out a list: each node before its children, each after the one that it waits for.
  mutating func layOut(_ list: [Node], mode: Group.Mode, in outer: Surroundings) {
    var before: Int?
    for node in list {
      let index = layOut(node, in: outer)
      if let needs = node.needs {
        writtenNeeds.append((node: index, needs: needs))
      } else if mode == .sequence, let before {
        nodes[index].needs = [before]
      }
      before = index
    }
  }

  private mutating func layOut(_ node: Node, in outer: Surroundings) -> Int {
    let index = nodes.count
    let policy = resolve(node.onFailure).map { FailurePolicy(rule: $0, scope: index) } ?? outer.policy
    indexes[node.id] = index
    nodes.append(
      PlanNode(
        id: node.id, role: outer.role, parent: outer.parent, scope: 0, needs: [], when: node.when,
        failure: policy, sensitive: resolve(node.sensitive), title: node.title.map(variables.shown) ?? "",
        place: "\(node.span.file):\(node.span.line)",
        detail: .group(PlanGroup(mode: .sequence, maxParallel: nil)),
        preview: Preview(word: .wouldRun)))
    switch node.kind {
    case .step(let step): nodes[index].detail = .step(self.step(step, at: index, in: outer))
    case .check(let check):
      nodes[index].detail = .check(
        PlanCheck(
          body: body(check.body, outer.setting, inCheck: true),
          tolerate: resolve(check.tolerate, in: Limits.tolerate) ?? 0,
          minSamples: resolve(check.minSamples, in: Limits.minSamples)))
    case .gate(let gate):
      if case .wait(let duration) = gate.wait {
        nodes[index].detail = .wait(filled(duration))
      } else {
        later("this gate", at: node.span)
      }
    case .group(let group):
      let mode = resolve(group.mode) ?? .sequence
      nodes[index].detail = .group(
        PlanGroup(mode: mode, maxParallel: resolve(group.maxParallel, in: Limits.maxParallel)))
      let inner = Surroundings(
        parent: index, policy: policy, setting: outer.setting.joined(group.setting), role: outer.role)
      layOut(group.steps, mode: mode, in: inner)
    }
    return index
  }

  private mutating func step(_ step: Step, at index: Int, in outer: Surroundings) -> PlanStep {
    let inner = outer.setting.joined(step.body.setting)
    let skip: PlanStep.Skip? =
      switch step.skipIf {
      case nil: nil
      case .verified: .verified
      case .body(let body): .body(self.body(body, inner, inCheck: true))
      }
    if let rollback = step.rollback, rollback != .nothing {
      pendingRollbacks.append((of: index, rollback: rollback, setting: inner))
    }
    return PlanStep(
      body: body(step.body, outer.setting, inCheck: false),
      verify: step.verify.map { body($0, inner, inCheck: true) }, skip: skip,
      captures: step.captures.map { capture in
        PlanStep.Capture(
          name: capture.name, body: body(capture.body, inner, inCheck: true), value: capture.value)
      }, rollback: step.rollback == .nothing ? .nothing : .absent, temporary: resolve(step.temporary),
      irreversible: step.irreversible.map { irreversible in
        PlanStep.Irreversible(why: irreversible.why, recover: irreversible.recover, when: irreversible.when)
      }, idempotent: resolve(step.idempotent), interrupt: resolve(step.interrupt), retry: retry(step.retry))
  }

  private mutating func retry(_ retry: Retry) -> PlanRetry {
    PlanRetry(
      attempts: resolve(retry.attempts, in: 1...Limits.attempts) ?? 1,
      delay: retry.delay.map(filled) ?? PlanRetry.once.delay,
      backoff: resolve(retry.backoff, in: Limits.backoff) ?? PlanRetry.once.backoff,
      maxDelay: retry.maxDelay.map(filled) ?? PlanRetry.once.maxDelay, when: retry.when)
  }

  private func body(_ body: Body, _ outer: Setting, inCheck: Bool) -> PlanBody {
    let setting = outer.joined(body.setting)
    let kind = body.action.flatMap { actions[$0.keyword] }
    let preset = kind.map { $0.defaultTimeout(inCheck: inCheck) } ?? .seconds(60)
    return PlanBody(
      action: body.action,
      timeout: body.timeout.map(filled)
        ?? preset.map { Template(literal: $0.text, at: .nowhere("default")) },
      env: setting.env, cwd: setting.cwd, outputs: body.outputs, unknownIf: body.unknownIf,
      failIf: body.failIf,
      expect: body.expect, within: body.polling.within.map(filled), every: body.polling.every.map(filled),
      staysFor: body.polling.staysFor.map(filled))
  }

  /// With its value where that is known: a plan shows the seconds, not the parameter.
  private func filled(_ template: Template) -> Template {
    guard template.literal == nil else { return template }
    for expression in template.expressions {
      guard case .known = variables.evaluate(expression) else { return template }
    }
    return Template(literal: variables.shown(template), at: template.span)
  }

  // MARK: Steady state and rollbacks

  mutating func layOutSteadyState(_ outer: Surroundings) {
    guard !request.playbook.steadyState.isEmpty else { return }
    let root = addGroup("~steady_state", "the steady state", .steadyState, outer.policy)
    layOut(
      request.playbook.steadyState, mode: .sequence,
      in: Surroundings(parent: root, policy: outer.policy, setting: outer.setting, role: .steadyState))
  }

  /// The list grows while it is walked: nodes of a rollback may have rollbacks of their own only for temporaries.
  mutating func layOutRollbacks() {
    while !pendingRollbacks.isEmpty {
      let (of, rollback, setting) = pendingRollbacks.removeFirst()
      let root = layOut(rollback, of: of, setting)
      if case .step(var step) = nodes[of].detail {
        step.rollback = .root(root)
        nodes[of].detail = .step(step)
      }
    }
  }

  private mutating func layOut(_ rollback: Step.Rollback, of: Int, _ setting: Setting) -> Int {
    let id = "\(nodes[of].id)~rollback"
    let policy = FailurePolicy(rule: .stop, scope: nil)
    let outer = Surroundings(parent: nil, policy: policy, setting: setting, role: .rollback(of: of))
    switch rollback {
    case .body(let step):
      let span = SourceSpan.nowhere(nodes[of].place)
      let index = layOut(Node(id: id, span: span, kind: .step(step)), in: outer)
      nodes[index].place = nodes[of].place
      return index
    case .nodes(let list):
      let root = addGroup(id, "undo \(nodes[of].id)", .rollback(of: of), policy)
      layOut(
        list, mode: .sequence,
        in: Surroundings(parent: root, policy: policy, setting: setting, role: .rollback(of: of)))
      return root
    case .nothing: return of
    }
  }

  private mutating func addGroup(
    _ id: String, _ title: String, _ role: PlanNode.Role, _ policy: FailurePolicy
  ) -> Int {
    indexes[id] = nodes.count
    nodes.append(
      PlanNode(
        id: id, role: role, parent: nil, scope: 0, needs: [], when: nil, failure: policy, sensitive: false,
        title: title, place: request.playbook.path,
        detail: .group(PlanGroup(mode: .sequence, maxParallel: nil)), preview: Preview(word: .wouldRun)))
    return nodes.count - 1
  }

  mutating func resolveNeeds() {
    for (node, needs) in writtenNeeds {
      for need in needs {
        if let index = indexes[need.id] {
          nodes[node].needs.append(index)
        } else {
          diagnostics.append(Diagnostic(code: "unknown-node", "there is no node '\(need.id)'", at: need.span))
        }
      }
    }
  }

  // MARK: Words

  /// What a static plan can say of each node.
  mutating func setPreviews() {
    for index in nodes.indices {
      let (word, reason) = self.word(index)
      let action = action(nodes[index])
      nodes[index].preview = Preview(
        word: word, reason: reason, action: action?.preview(variables.shown),
        isRead: nodes[index].kindName == "check" && action?.effect == .read)
    }
  }

  private func word(_ index: Int) -> (Preview.Word, String?) {
    let node = nodes[index]
    if let parent = node.parent {
      let outer = nodes[parent].preview
      if outer.word == .wouldSkip { return (.wouldSkip, "\(nodes[parent].id) is skipped") }
      if outer.word == .undetermined { return (.undetermined, outer.reason) }
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
    case .wait: return (.wouldWait, nil)
    }
  }

  private func action(_ node: PlanNode) -> (any Action)? {
    let body: PlanBody? =
      switch node.detail {
      case .step(let step): step.body
      case .check(let check): check.body
      case .wait, .group: nil
      }
    guard let source = body?.action else { return nil }
    var ignored: [Diagnostic] = []
    return actions[source.keyword]?.init(source, diagnostics: &ignored)
  }
}

extension Setting {
  /// The inner one wins by name.
  func joined(_ inner: Setting) -> Setting {
    if inner.env.isEmpty, inner.cwd == nil, inner.shell == nil { return self }
    var joined = self
    let names = Set(inner.env.map(\.name))
    joined.env.removeAll { names.contains($0.name) }
    joined.env += inner.env
    joined.cwd = inner.cwd ?? cwd
    joined.shell = inner.shell ?? shell
    return joined
  }
}
