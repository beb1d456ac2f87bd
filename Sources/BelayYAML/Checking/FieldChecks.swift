internal import BelayExpressions
internal import BelayModel

// The fields of the playbook and its nodes, each in its scope.
extension PlaybookChecker {
  mutating func checkPlaybook() {
    let plan = Scope(moment: .plan, title: "this text")
    checkDefaults(playbook.params)
    for (position, variable) in playbook.vars.enumerated() {
      check(
        variable.value.templates,
        plan.with {
          $0.varsBefore = position; $0.title = "'vars'"
        })
    }
    check([playbook.title, playbook.description].compactMap { $0 }, plan)
    for lock in playbook.locks { checkBound("locks", lock, plan) }
    checkScalars(of: playbook)
    check(playbook.setting, Scope(moment: .run, title: "the playbook's settings"))
    for watch in playbook.watches { checkWatch(watch, Scope(moment: .run, title: "a watch")) }
    for notice in playbook.notices { checkNotice(notice) }
    for output in playbook.outputs {
      check(output.expression, Scope(moment: .end, title: "the playbook's outputs"))
    }
  }

  mutating func checkDefaults(_ params: [Parameter]) {
    let scope = Scope(moment: .plan, title: "a default").with { $0.isDefault = true }
    for parameter in params { check(parameter.defaultValue?.templates ?? [], scope) }
  }

  mutating func checkNode(_ number: Int) {
    let node = index[number].node
    let scope = Scope(moment: .run, title: "this node", node: number)
    checkScalars(of: node, scope)
    check([node.title, node.description].compactMap { $0 }, scope.with { $0.title = "a title" })
    if let when = node.when {
      checkCondition(
        [when],
        scope.with {
          $0.title = "'when'"; $0.isWhen = true
        })
    }
    if let each = node.each {
      check(
        each.items.templates,
        scope.with {
          $0.moment = .plan; $0.title = "'each'"
        })
    }
    check([node.due].compactMap { $0 } + (node.escalation ?? []).map(\.after), scope)
    for escalation in node.escalation ?? [] { checkPeople(escalation.to, scope) }
    switch node.kind {
    case .step(let step): checkStep(step, scope)
    case .check(let check): checkBody(check.body, scope.asking("a check"))
    case .gate(let gate): checkGate(gate, scope)
    case .group(let group): checkGroup(group, scope)
    }
  }

  private mutating func checkGate(_ gate: Gate, _ scope: Scope) {
    check([gate.message, gate.within].compactMap { $0 }, scope.with { $0.title = "a gate" })
    switch gate.wait {
    case .approve(let approvals):
      for approval in approvals {
        checkPeople(approval.by, scope)
        checkPeople(approval.exclude ?? [], scope, or: ["initiator"])
      }
    case .window(.named(let name)): checkWindow(name, scope)
    case .window(.written): break
    case .until(let moment): checkMoment(moment, scope.with { $0.title = "'until'" })
    case .wait(let wait): check([wait], scope)
    }
  }

  private mutating func checkGroup(_ group: Group, _ scope: Scope) {
    check(group.setting, scope)
    for lock in group.locks { checkBound("locks", lock, scope) }
    if let retry = group.retry { checkRetry(retry, scope) }
    for watch in group.watches { checkWatch(watch, scope) }
    checkCaptures(group.captures, scope)
    if case .body(let rollback) = group.rollback {
      checkRollback(rollback, scope.with { $0.own = group.captures.map(\.name) })
    }
  }

  private mutating func checkWatch(_ watch: Watch, _ scope: Scope) {
    let scope = scope.with {
      $0.title = "a watch"; $0.isWatch = true; $0.asks = true
    }
    check([watch.title, watch.tripsAfter].compactMap { $0 }, scope)
    checkBound("on_failure", watch.onFailure, scope)
    checkBound("on_unknown", watch.onUnknown, scope)
    checkBody(watch.body, scope)
  }

  private mutating func checkNotice(_ notice: Notice) {
    let scope = Scope(moment: .run, title: "'notify'").with {
      $0.allowsEvent = true; $0.isWatch = true
    }
    if case .every(let span) = notice.trigger { check([span], scope) }
    checkPeople(notice.to, scope)
    checkAction(notice.action, scope)
  }

  private mutating func checkCaptures(_ captures: [Step.Capture], _ scope: Scope) {
    let around = scope.node.map { [$0] + index.around($0) } ?? []
    if let first = captures.first, around.contains(where: { index[$0].node.sensitive == .value(true) }) {
      report(
        "sensitive-capture",
        "what is captured is kept, for it may be needed after a crash, and nothing of a sensitive node is",
        at: first.nameSpan, help: "capture it in a node of its own that is not sensitive")
    }
    for capture in captures {
      let answer = checkBody(capture.body, scope.asking("'capture'"))
      check(capture.value, answer)
    }
  }

  private mutating func checkRollback(_ rollback: Step, _ scope: Scope) {
    let undoing = scope.with { $0.isRollback = true }
    checkBound("idempotent", rollback.idempotent, undoing)
    checkBody(rollback.body, undoing)
    checkRetry(rollback.retry, undoing)
    if let verify = rollback.verify { checkBody(verify, undoing.asking("'verify'")) }
  }

  private mutating func checkStep(_ step: Step, _ scope: Scope) {
    checkBound("idempotent", step.idempotent, scope)
    if case .body(let body) = step.skipIf { checkBody(body, scope.asking("'skip_if'")) }
    checkCaptures(step.captures, scope)
    let captures = step.captures.map(\.name)
    let outputs = PlaybookChecker.offers(step.body, library)
    let inside = scope.with { $0.own = captures }
    checkBody(step.body, inside)
    checkRetry(step.retry, inside)
    let after = scope.with { $0.own = captures + outputs }
    if let verify = step.verify { checkBody(verify, after.asking("'verify'")) }
    if let irreversible = step.irreversible {
      check([irreversible.why, irreversible.recover], scope)
      checkPeople(irreversible.by, scope)
      if let when = irreversible.when { checkCondition([when], scope) }
    }
    if case .body(let rollback) = step.rollback { checkRollback(rollback, after) }
  }

  private mutating func checkRetry(_ retry: Retry, _ scope: Scope) {
    check([retry.delay, retry.maxDelay].compactMap { $0 }, scope)
    checkBound("attempts", retry.attempts, scope)
    checkBound("backoff", retry.backoff, scope)
    if let when = retry.when {
      checkCondition(
        [when],
        scope.with {
          $0.allowsError = true; $0.title = "'retry'"
        })
    }
  }

  /// Returns the scope in which the answer is read.
  @discardableResult
  mutating func checkBody(_ body: Body, _ scope: Scope) -> Scope {
    check(body.setting, scope)
    check(
      [body.timeout, body.polling.within, body.polling.every, body.polling.staysFor].compactMap { $0 }, scope)
    checkBound("max_output", body.maxOutput, scope)
    checkBound("keep", body.keep, scope)
    if let action = body.action {
      checkAction(action, scope)
      checkHeld(action, body.setting.env, scope)
    }
    var answer = scope
    answer.bare = results(of: body)
    answer.types = types.results(of: body)
    let outputs = types.outputs(of: body, answer.types)
    answer.title = "'outputs'"
    for output in body.outputs {
      checkOutputName(output, answer.bare)
      check(output.expression, answer)
      // Only what comes after it reads it in place of what it may hide.
      answer.types[output.name] = outputs[output.name]
      if case .names(let names) = answer.bare { answer.bare = .names(names + [output.name]) }
    }
    answer.own += body.outputs.map(\.name)
    let sized = sizedTexts(of: body.unknownIf + body.failIf + body.expect)
    answer.title = "a condition"
    checkCondition(body.unknownIf, answer, sized: sized)
    checkCondition(body.failIf, answer.with { $0.allowsError = true }, sized: sized)
    checkCondition(body.expect, answer, sized: sized)
    return answer
  }

  private mutating func checkOutputName(_ output: NamedExpression, _ known: Scope.Bare) {
    if case .names(let names) = known, names.contains(output.name), output.expression.source != output.name {
      report(
        Diagnostic(
          .warning, code: "hidden-result",
          "the output '\(output.name)' hides the '\(output.name)' of the answer from all that is read after it",
          at: output.nameSpan, help: "choose another name"))
    }
    guard Root.known.contains(output.name) else { return }
    report(
      "reserved-name", "'\(output.name)' is where expressions start, and no name of an output",
      at: output.nameSpan,
      help: "choose another name")
  }

  private mutating func check(_ setting: Setting, _ scope: Scope) {
    check(
      setting.env.map(\.template),
      scope.with {
        $0.allowsSecrets = true; $0.title = "'env'"
      })
    check([setting.cwd].compactMap { $0 }, scope.with { $0.title = "'cwd'" })
    checkFolder(setting)
    if let shell = setting.shell { checkShell(shell, scope.with { $0.title = "'shell'" }) }
  }

  /// Through a shell it is a folder of another place.
  private mutating func checkFolder(_ setting: Setting) {
    guard let cwd = setting.cwd, cwd.expressions.isEmpty, setting.shell == nil, !cwd.source.hasPrefix("/")
    else { return }
    var depth = 0
    for part in cwd.source.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      guard depth >= 0 else {
        return report(
          "outside-project", "'\(cwd.source)' leaves the project", at: cwd.span,
          help: "write where it is: an absolute path")
      }
    }
  }

  mutating func check(_ templates: [Template], _ scope: Scope) {
    for template in templates { for expression in template.expressions { check(expression, scope) } }
  }
}
