internal import BelayModel

// What only steps have.
extension Reading {
  func step(_ fields: inout Fields, title: String) -> Step {
    var step = Step(body: body(&fields, polls: false))
    if !step.body.hasAction {
      error(
        "missing-action", "\(title) needs an action", at: fields.node.firstKeySpan,
        help: "write 'run: …' or 'exec: […]'")
    }
    if let entry = fields.take("verify") { step.verify = body(entry) }
    step.captures = fields.take("capture").map(captures) ?? []
    step.temporary = fields.take("temporary").flatMap { scalar($0, bool) }
    step.idempotent = fields.take("idempotent").flatMap { scalar($0, bool) }
    step.interrupt = fields.take("interrupt").flatMap { scalar($0, bool) }
    step.retry = fields.take("retry").map { retry($0, of: step.body) } ?? Retry()
    step.irreversible = fields.take("irreversible").flatMap(irreversible)
    let rollbackEntry = fields.take("rollback")
    if isInRollback, let rollbackEntry, rollbackEntry.value.text != "nothing" {
      error(
        "misplaced-key", "a step of a rollback is not rolled back itself", at: rollbackEntry.key.span,
        help: "leave 'rollback' out; a failing step of a rollback ends it incomplete, and says so")
    }
    step.rollback = rollbackEntry.flatMap(rollback)
    if let entry = fields.take("skip_if") { step.skipIf = skip(entry, step) }
    checkTogether(step, fields, hasRollback: rollbackEntry != nil)
    refuseKeys(ofPlaybook: step.body, fields)
    return step
  }

  /// Attempts at a called playbook all stand in the plan.
  private func retry(_ entry: YAMLEntry, of body: Body) -> Retry {
    let calls = body.action?.keyword == "playbook"
    if calls, isInRollback {
      error(
        "misplaced-key", "a playbook that a rollback calls is not tried again", at: entry.key.span,
        help: "write 'retry' on the steps of the called playbook")
    }
    return retry(entry, atMost: calls ? Limits.rounds : Limits.attempts)
  }

  private func checkTogether(_ step: Step, _ fields: Fields, hasRollback: Bool) {
    let isTemporary = step.temporary == .value(true) && step.body.action?.keyword != "playbook"
    if isTemporary, !hasRollback || step.rollback == .nothing {
      error(
        "temporary-without-rollback", "a temporary step needs the 'rollback' that undoes it",
        at: place(of: "temporary", in: fields), help: "write 'rollback:' with the command that undoes it")
    }
    if isTemporary, step.irreversible != nil {
      error(
        "temporary-irreversible", "a step is undone at the end or cannot be undone, not both",
        at: place(of: "irreversible", in: fields))
    }
    for capture in step.captures where step.body.outputs.contains(where: { $0.name == capture.name }) {
      error(
        "duplicate-name", "'\(capture.name)' is an output of this step as well", at: capture.nameSpan,
        help: "outputs and captures are both read as steps.<id>.<name>: choose another name")
    }
  }

  private func place(of key: String, in fields: Fields) -> SourceSpan {
    fields.entries.first { $0.name == key }?.key.span ?? fields.node.firstKeySpan
  }

  func captures(_ entry: YAMLEntry) -> [Step.Capture] {
    guard let fields = Fields(entry.value, of: "capture", reading: self), hasFewNames(fields, entry) else {
      return []
    }
    return fields.entries.compactMap { capture in
      guard let name = identifier(capture.key, "a capture"), checkReserved(name, capture.key) else {
        return nil
      }
      var value: Expression?
      let body = body(capture, known: ["value"]) { fields in
        value = fields.required("value", in: "a capture").flatMap { expression($0) }
      }
      guard let body, let value else { return nil }
      if !body.hasAction {
        error("missing-action", "a capture needs an action", at: capture.key.span, help: "write 'run: …'")
      }
      return Step.Capture(name: name, nameSpan: capture.key.span, body: body, value: value)
    }
  }

  private func skip(_ entry: YAMLEntry, _ step: Step) -> Step.Skip? {
    guard let text = entry.value.text else { return body(entry).map { .body($0) } }
    guard text == "verified" else {
      error(
        "bad-value", "'skip_if' takes a question or the word 'verified'", at: entry.value.span,
        help: "'when' takes a condition; 'skip_if: verified' asks 'verify' first")
      return nil
    }
    guard step.verify != nil else {
      error(
        "missing-key", "'skip_if: verified' asks 'verify', and this step has none", at: entry.value.span,
        help: "add 'verify:'")
      return nil
    }
    return .verified
  }

  func rollback(_ entry: YAMLEntry) -> Step.Rollback? {
    switch entry.value.content {
    case .sequence:
      let outer = isInRollback
      isInRollback = true
      defer { isInRollback = outer }
      return .nodes(nodes(entry.value, of: "rollback"))
    case .scalar(let text, _):
      if text == "nothing" { return .nothing }
      error(
        "bad-value", "'rollback' takes an action, a list of nodes or the word 'nothing'",
        at: entry.value.span,
        help: text.contains(" ") ? "write rollback: { run: … }" : nil)
      return nil
    case .mapping: return rollbackBody(entry).map { .body($0) }
    }
  }

  private func rollbackBody(_ entry: YAMLEntry) -> Step? {
    var step = Step(body: Body())
    guard var fields = Fields(entry.value, of: "rollback", reading: self) else { return nil }
    step.body = body(&fields, polls: false)
    if !step.body.hasAction {
      error(
        "missing-action", "'rollback' needs an action", at: entry.key.span,
        help: "write 'run: …', a list of nodes, or the word 'nothing'")
    }
    refusePlaybook(
      step.body, in: "this 'rollback'", help: "write a list: rollback: [{ step: name, playbook: … }]")
    if let entry = fields.take("verify") { step.verify = body(entry) }
    step.retry = fields.take("retry").map { retry($0) } ?? Retry()
    step.idempotent = fields.take("idempotent").flatMap { scalar($0, bool) }
    fields.finish(
      known: keywords + Keys.body + Keys.rollbackBody, elsewhere: Keys.elsewhereOnStep)
    return step
  }

  private func irreversible(_ entry: YAMLEntry) -> Step.Irreversible? {
    guard var fields = Fields(entry.value, of: "irreversible", help: "{ why: …, recover: … }", reading: self)
    else {
      return nil
    }
    let why = fields.required("why", in: "'irreversible'").flatMap { template($0) }
    let recover = fields.required("recover", in: "'irreversible'").flatMap { template($0) }
    let when = fields.take("when").flatMap { expression($0) }
    let by = fields.take("by").map { someTexts($0).compactMap(template) } ?? []
    fields.finish(known: Keys.irreversible)
    guard let why, let recover else { return nil }
    return Step.Irreversible(why: why, recover: recover, when: when, by: by)
  }
}
