internal import BelayModel

// What can be planned, and cannot be run by this version: refused by name where a run is wanted, never ignored.
extension PlanBuilder {
  /// Actions that are other files.
  private static let calls = ["uses", "playbook"]

  mutating func refuseWhatIsLater() {
    refuseWhatIsLater(in: request.playbook)
    for name in request.files.playbooks.keys.sorted() {
      if let playbook = request.files.playbooks[name] { refuseWhatIsLater(in: playbook) }
    }
  }

  private mutating func refuseWhatIsLater(in playbook: Playbook) {
    for watch in playbook.watches { refuse(watch.body) }
    refuse(playbook.steps + playbook.steadyState)
  }

  mutating func later(_ what: String, at span: SourceSpan) {
    diagnostics.append(
      Diagnostic(code: "not-supported-yet", "\(what) is not supported yet by this version", at: span))
  }

  private mutating func refuse(_ found: (what: String, span: SourceSpan)?) {
    if let found { later(found.what, at: found.span) }
  }

  private mutating func refuse(_ nodes: [Node]) {
    for node in nodes {
      switch node.kind {
      case .step(let step): refuse(step)
      case .check(let check): refuse(check.body)
      case .gate: break
      case .group(let group): refuse(group)
      }
    }
  }

  private mutating func refuse(_ step: Step) {
    for capture in step.captures { refuse(capture.body) }
    if case .body(let body) = step.skipIf { refuse(body) }
    if let verify = step.verify { refuse(verify) }
    refuse(step.body)
    refuse(step.rollback)
  }

  private mutating func refuse(_ rollback: Step.Rollback?) {
    switch rollback {
    case .body(let step): refuse(step)
    case .nodes(let nodes): refuse(nodes)
    case .nothing, nil: break
    }
  }

  private mutating func refuse(_ group: Group) {
    refuse(group.rollback)
    for capture in group.captures { refuse(capture.body) }
    for watch in group.watches { refuse(watch.body) }
    refuse(group.steps)
  }

  private mutating func refuse(_ body: Body) {
    if let action = body.action, !PlanBuilder.calls.contains(action.keyword) {
      let kind = actions[action.keyword]
      if kind?.isRunnable != true {
        later("'\(action.keyword)'", at: action.keywordSpan)
      }
    }
    if let keep = body.keep, keep.literal == nil { later("a binding in 'keep'", at: keep.span) }
  }
}
