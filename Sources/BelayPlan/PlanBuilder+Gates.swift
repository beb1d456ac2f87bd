internal import BelayModel

// What waits for people or the clock, what is watched, and who is told.
extension PlanBuilder {
  mutating func gate(_ gate: Gate, at place: SourceSpan) -> PlanGate {
    switch gate.wait {
    case .approve(let written):
      var approvals: [PlanApproval] = []
      for approval in written { approvals.append(self.approval(approval)) }
      if approvals.count > 1 { approvals = approvals.map(PlanBuilder.signed) }
      for (approval, source) in zip(approvals, written) { checkAssurance(approval, at: source.span) }
      let day = Template(literal: PlanBuilder.approvalTime.text, at: .nowhere("default"))
      return PlanGate(
        wait: .approve(approvals), message: gate.message.map(filled),
        within: gate.within.map(filled) ?? day)
    case .window(let source):
      let wait = window(source, at: place).map { PlanGate.Wait.window($0) }
      return other(gate, wait ?? .wait(Template(literal: "0s", at: .nowhere("none"))))
    case .until(let moment): return other(gate, .until(moment))
    case .wait(let duration): return other(gate, .wait(filled(duration)))
    }
  }

  private func other(_ gate: Gate, _ wait: PlanGate.Wait) -> PlanGate {
    PlanGate(wait: wait, message: gate.message.map(filled), within: gate.within.map(filled))
  }

  /// How long a gate waits for people where nothing is said.
  private static let approvalTime = TimeSpan.seconds(86_400)

  private mutating func approval(_ written: Approval) -> PlanApproval {
    let count = resolve(written.count, in: Limits.approvers) ?? 1
    var approval = PlanApproval(
      by: people(written.by), count: count, exclude: excluded(written.exclude),
      assurance: resolve(written.assurance))
    // Who may change the store could be each of them, unless they sign.
    if count > 1 || !approval.exclude.isEmpty { approval = PlanBuilder.signed(approval) }
    checkEnough(approval, at: written.span)
    return approval
  }

  /// Unless the author says how sure it has to be.
  private static func signed(_ approval: PlanApproval) -> PlanApproval {
    var approval = approval
    approval.assurance = approval.assurance ?? .signature
    return approval
  }

  private mutating func excluded(_ written: [Template]?) -> [Template] {
    if let written { return people(written, or: [PlanApproval.initiator]) }
    guard request.environment?.protected == true else { return [] }
    return [Template(literal: PlanApproval.initiator, at: .nowhere("default"))]
  }

  /// Before a step that cannot be undone.
  mutating func approval(of irreversible: Step.Irreversible) -> PlanApproval {
    let approval = PlanApproval(by: people(irreversible.by), exclude: excluded(nil))
    return approval.exclude.isEmpty ? approval : PlanBuilder.signed(approval)
  }

  /// So many people who may say yes can never be found.
  private mutating func checkEnough(_ approval: PlanApproval, at span: SourceSpan) {
    guard let roster = request.files.roster, !approval.by.isEmpty,
      approval.by.allSatisfy({ $0.literal != nil })
    else { return }
    let excluded = Set(
      approval.exclude.flatMap { ids(called: $0.literal ?? "") })
    let people = Set(approval.by.flatMap { ids(called: $0.literal ?? "") })
    let rest = people.subtracting(excluded).count
    guard rest < approval.count else { return }
    diagnostics.append(
      Diagnostic(
        code: "too-few-people",
        "\(approval.count) must approve, and \(rest == 0 ? "nobody may" : "only \(rest) may")", at: span,
        help: "add people to the role in \(roster.path), or ask fewer"))
  }

  // MARK: People

  /// Names as they are written, or as what is bound gives them: each is a role or a person of the roster.
  mutating func people(_ written: [Template], or words: [String] = []) -> [Template] {
    var names: [Template] = []
    for template in written {
      guard template.literal == nil, template.expressions.allSatisfy({ variables.isKnown($0) }) else {
        names.append(template)
        continue
      }
      for name in PlanBuilder.names(in: boundValue(of: template)) {
        if !words.contains(name) { checkPerson(name, at: template.span) }
        names.append(Template(literal: name, at: template.span))
      }
    }
    return names
  }

  private mutating func boundValue(of template: Template) -> Value {
    if let whole = template.whole { return value(of: whole) ?? .null }
    return .string(text(of: template) ?? "")
  }

  /// Of a list each one; of a person, as `roles` has them, the id.
  private static func names(in value: Value) -> [String] {
    switch value {
    case .list(let items): items.flatMap(names)
    case .map(let map): map["id"].map { [$0.text] } ?? []
    default: [value.text]
    }
  }

  private mutating func checkPerson(_ name: String, at span: SourceSpan) {
    guard let roster = request.files.roster else {
      diagnostics.append(
        Diagnostic(
          code: "unknown-name", "'\(name)' is nobody here: the project has no roster", at: span,
          help: "write playbooks/roster.yaml with its people and roles"))
      return
    }
    guard ids(called: name).isEmpty, !roster.roles.contains(where: { $0.name == name })
    else { return }
    diagnostics.append(
      Diagnostic(
        code: "unknown-name",
        "there is no role or person '\(name)' in the roster, and nobody with such an account", at: span,
        help: "add it to \(roster.path)"))
  }

  // MARK: Windows

  private mutating func window(_ source: WindowSource, at place: SourceSpan) -> PlanWindow? {
    switch source {
    case .written(let window): return PlanWindow(name: nil, window: window)
    case .named(let written):
      for expression in written.expressions where knownValue(of: expression) == nil { return nil }
      guard let name = text(of: written) else { return nil }
      guard let named = request.environment?.windows.first(where: { $0.name == name }) else {
        let place =
          request.environment.map { "the environment '\($0.name)' has no" }
          ?? "no environment is given, which would have the"
        diagnostics.append(
          Diagnostic(
            code: "unknown-name", "\(place) window '\(name)'", at: written.span,
            help: "'windows' of the environment says when it is open"))
        return nil
      }
      return PlanWindow(name: name, window: named.window)
    }
  }

  // MARK: Deadlines

  /// Its own chain, or the roster's where it waits for a person.
  mutating func escalation(of node: Node) -> [PlanEscalation] {
    if let written = node.escalation {
      var chain: [PlanEscalation] = []
      for link in written { chain.append(PlanEscalation(after: filled(link.after), to: people(link.to))) }
      return chain
    }
    guard node.waitsForPeople else { return [] }
    return (request.files.roster?.escalation ?? []).map { link in
      PlanEscalation(
        after: Template(literal: link.after.text, at: .nowhere("roster")),
        to: link.to.map { Template(literal: $0.id, at: .nowhere("roster")) })
    }
  }

  // MARK: Watches and notices

  mutating func layOut(_ written: [Watch], of scope: Int?, setting: Setting, frame: Int) {
    let before = current
    current = frame
    defer { current = before }
    for watch in written {
      var body = self.body(watch.body, setting, inCheck: true)
      body.every = body.every ?? Template(literal: PlanBuilder.watchInterval.text, at: .nowhere("default"))
      watches.append(
        PlanWatch(
          id: planID(watch.id, in: frame), scope: scope, frame: frame,
          title: watch.title.map(variables.shown) ?? "", place: "\(watch.span.file):\(watch.span.line)",
          body: body,
          tripsAfter: watch.tripsAfter.map(filled) ?? Template(literal: "0s", at: .nowhere("default")),
          onFailure: resolve(watch.onFailure) ?? .stop, onUnknown: resolve(watch.onUnknown) ?? .stop,
          action: shown(body)?.text))
    }
  }

  /// Between two questions where nothing is said.
  private static let watchInterval = TimeSpan.seconds(10)

  mutating func layOut(_ written: [Notice]) {
    for notice in written {
      var ask = Body()
      ask.action = notice.action
      let body = self.body(ask, request.playbook.setting, inCheck: false)
      let trigger: PlanNotice.Trigger =
        switch notice.trigger {
        case .events(let events): .events(events)
        case .every(let span): .every(filled(span))
        }
      notices.append(
        PlanNotice(
          trigger: trigger, to: people(notice.to), place: "\(notice.span.file):\(notice.span.line)",
          body: body, action: shown(body)?.text))
    }
  }
}

extension Node {
  /// A person has to answer before it goes on.
  fileprivate var waitsForPeople: Bool {
    switch kind {
    case .gate(let gate): if case .approve = gate.wait { true } else { false }
    case .step(let step): step.body.action?.keyword == "manual" || step.irreversible != nil
    case .check(let check): check.body.action?.keyword == "manual"
    case .group: false
    }
  }
}
