internal import BelayModel

// Steps, checks and what they ask or do, settings joined in and defaults filled in.
extension PlanBuilder {
  mutating func step(_ step: Step, at index: Int, in outer: Surroundings) -> PlanStep {
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
    let deed = body(step.body, outer.setting, inCheck: false)
    return PlanStep(
      body: deed,
      verify: step.verify.map { body($0, inner, inCheck: true) }, skip: skip,
      captures: captures(step.captures, inner), rollback: step.rollback == .nothing ? .nothing : .absent,
      temporary: resolve(step.temporary),
      irreversible: step.irreversible.map { irreversible($0) },
      idempotent: step.idempotent.map { resolve($0) } ?? mayBeRepeated(deed),
      interrupt: resolve(step.interrupt), retry: retry(step.retry))
  }

  /// Where the author says nothing.
  private func mayBeRepeated(_ body: PlanBody) -> Bool {
    var ignored: [Diagnostic] = []
    guard let source = body.action,
      let action = actions[source.keyword]?.init(source, diagnostics: &ignored)
    else { return false }
    switch action.repetition {
    case .unknown: return false
    case .harmless: return true
    case .once(let secret):
      return request.environment?.secrets.contains { $0.name == secret && $0.receipts } ?? false
    }
  }

  mutating func check(_ check: Check, in outer: Surroundings) -> PlanCheck {
    PlanCheck(
      body: body(check.body, outer.setting, inCheck: true),
      tolerate: resolve(check.tolerate, in: Limits.tolerate) ?? 0,
      minSamples: resolve(check.minSamples, in: Limits.minSamples), recheck: resolve(check.recheck))
  }

  mutating func irreversible(_ written: Step.Irreversible) -> PlanStep.Irreversible {
    PlanStep.Irreversible(
      why: written.why, recover: written.recover, when: written.when, approval: approval(of: written))
  }

  mutating func captures(_ captures: [Step.Capture], _ setting: Setting) -> [PlanStep.Capture] {
    var read: [PlanStep.Capture] = []
    for capture in captures {
      let body = body(capture.body, setting, inCheck: true)
      read.append(PlanStep.Capture(name: capture.name, body: body, value: capture.value))
    }
    return read
  }

  mutating func retry(_ retry: Retry) -> PlanRetry {
    PlanRetry(
      attempts: resolve(retry.attempts, in: 1...Limits.attempts) ?? 1,
      delay: retry.delay.map(filled) ?? PlanRetry.once.delay,
      backoff: resolve(retry.backoff, in: Limits.backoff) ?? PlanRetry.once.backoff,
      maxDelay: retry.maxDelay.map(filled) ?? PlanRetry.once.maxDelay, when: retry.when)
  }

  mutating func body(_ body: Body, _ outer: Setting, inCheck: Bool) -> PlanBody {
    let setting = outer.joined(body.setting)
    let (action, use) = action(of: body)
    let kind = action.flatMap { actions[$0.keyword] }
    let preset = kind.map { $0.defaultTimeout(inCheck: inCheck) } ?? .seconds(60)
    return PlanBody(
      action: action, use: use,
      timeout: body.timeout.map(filled)
        ?? preset.map { Template(literal: $0.text, at: .nowhere("default")) },
      env: setting.env, cwd: setting.cwd, shell: shell(setting, for: action), outputs: body.outputs,
      unknownIf: body.unknownIf,
      failIf: body.failIf, expect: body.expect, within: body.polling.within.map(filled),
      every: body.polling.every.map(filled), staysFor: body.polling.staysFor.map(filled),
      maxOutput: resolve(body.maxOutput, in: 1...Limits.maxOutput), keep: body.keep.map(filled))
  }

  /// The environment's command of that name, for what is a command itself.
  private mutating func shell(_ setting: Setting, for action: ActionSource?) -> PlanShell? {
    guard let written = setting.shell, let action, PlanBuilder.commands.contains(action.keyword) else {
      return nil
    }
    for expression in written.expressions where knownValue(of: expression) == nil { return nil }
    guard let name = text(of: written) else { return nil }
    guard let shell = request.environment?.shells.first(where: { $0.name == name }) else {
      let place =
        request.environment.map { "the environment '\($0.name)' has" }
        ?? "no environment is given, which would have"
      diagnostics.append(
        Diagnostic(
          code: "unknown-name", "\(place) \(request.environment == nil ? "the" : "no") shell '\(name)'",
          at: written.span, help: "'shells' of the environment says how a script gets there"))
      return nil
    }
    return PlanShell(name: shell.name, command: shell.command, setup: shell.setup)
  }

  /// What a shell takes along; any other action happens where the engine is.
  private static let commands: Set<String> = ["run", "exec"]

  /// An action file's action in place of its name.
  private mutating func action(of body: Body) -> (ActionSource?, PlanUse?) {
    guard let source = body.action, source.keyword == "uses" else { return (body.action, nil) }
    guard let name = fileName(of: source) else { return (nil, nil) }
    guard let file = request.files.actions[name] else {
      diagnostics.append(
        Diagnostic(
          code: "unknown-action", "there is no action '\(name)' in playbooks/actions",
          at: source.fields.span))
      return (nil, nil)
    }
    let use = PlanUse(
      name: name, params: given(file.params, source), outputs: file.body.outputs,
      unknownIf: file.body.unknownIf, failIf: file.body.failIf, expect: file.body.expect)
    return (file.body.action, use)
  }

  /// What is written for each parameter, or its default.
  private mutating func given(_ declared: [Parameter], _ source: ActionSource) -> [PlanScope.Given] {
    declared.compactMap { parameter in
      let written = source.with.first { $0.key == parameter.name }?.value
      guard let tree = written ?? parameter.defaultValue else {
        if parameter.required { missing(parameter, source) }
        return nil
      }
      return PlanScope.Given(parameter: parameter, value: tree)
    }
  }

  mutating func missing(_ parameter: Parameter, _ source: ActionSource) {
    diagnostics.append(
      Diagnostic(
        code: "missing-parameter", "'with' does not give '\(parameter.name)', which has no default",
        at: source.fields.span))
  }

  /// The name of a file, which must be known now.
  mutating func fileName(of source: ActionSource) -> String? {
    guard case .text(let template) = source.fields.content else { return nil }
    for expression in template.expressions where knownValue(of: expression) == nil { return nil }
    return text(of: template)
  }

  /// With its value where that is known: a plan shows the seconds, not the parameter.
  func filled(_ template: Template) -> Template {
    guard template.literal == nil else { return template }
    for expression in template.expressions {
      guard case .known = variables.evaluate(expression) else { return template }
    }
    return Template(literal: variables.shown(template), at: template.span)
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
