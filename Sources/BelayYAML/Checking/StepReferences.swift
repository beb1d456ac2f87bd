internal import BelayExpressions
internal import BelayModel

// `steps.<id>.<name>`: there is such a node, it has ended, it has such a value.
extension PlaybookChecker {
  mutating func checkSteps(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    if case .plan = scope.moment {
      return report(
        "not-in-plan", "no step has run yet: \(scope.title) is read when the plan is made", at: span)
    }
    guard reference.path.count > 1 else {
      return report("unknown-name", "'steps' is read by name", at: span, help: "write steps.<id>.<name>")
    }
    let id = reference.path[1]
    guard let target = index.byID[id] else {
      return report(
        "unknown-name", "there is no node '\(id)'", at: span,
        help: nearest(id, ids).map { "did you mean '\($0)'?" })
    }
    let name = isRepeated(target, for: scope) || reference.path.count < 3 ? nil : reference.path[2]
    if let name, !checkOffer(name, of: target, span) { return }
    if target == scope.node { return checkSelf(name, span, scope) }
    if let owner = scope.node.flatMap(index.owner), target == owner { return }
    checkOrder(reference, target, name, span, scope)
  }

  private mutating func checkOffer(_ name: String, of target: Int, _ span: SourceSpan) -> Bool {
    if offers[target].contains(name) || ReservedNames.ofNodes.dropLast().contains(name) { return true }
    let node = index[target].node
    let known = offers[target] + ReservedNames.ofNodes.dropLast()
    // What another file offers is not known here.
    if case .step(let step) = node.kind, isUnknown(step.body) { return true }
    if case .check(let check) = node.kind, isUnknown(check.body) { return true }
    let isResult = actions.kinds.contains { $0.results.contains { $0.name == name } }
    report(
      "unknown-name", "'\(node.id)' has no output '\(name)'", at: span,
      help: isResult
        ? "declare it on '\(node.id)': outputs: { \(name): \(name) }"
        : nearest(name, known).map { "did you mean '\($0)'?" })
    return false
  }

  private func isUnknown(_ body: Body) -> Bool {
    guard let action = body.action else { return false }
    return action.isCall ? library?.outputs(of: action) == nil : actions[action.keyword] == nil
  }

  private mutating func checkSelf(_ name: String?, _ span: SourceSpan, _ scope: Scope) {
    guard let name, scope.own.contains(name) else {
      let id = scope.node.map { index[$0].node.id } ?? ""
      return report(
        "not-before", "'\(id)' has not ended where it reads itself", at: span,
        help: "in conditions and outputs its own names are read bare")
    }
  }

  /// Before in the order, and certain to have a value; or guarded, in a rollback and at the end.
  private mutating func checkOrder(
    _ reference: Reference, _ target: Int, _ name: String?, _ span: SourceSpan, _ scope: Scope
  ) {
    let id = index[target].node.id
    let isState = name == "state" || name == "error"
    switch relation(of: target, to: scope) {
    case .before:
      guard let reason = absence(of: target, for: scope), !reference.guarded, name != nil, !isState else {
        return
      }
      report(
        "unguarded", "'\(id)' \(reason), then it has no '\(name ?? "")'", at: span,
        help: "write \(guardedForm(reference))")
    case .perhaps(let why):
      guard !reference.guarded else { return }
      report(
        "unguarded", "'\(id)' may not have run when \(why)", at: span, help: "write \(guardedForm(reference))"
      )
    case .no(let why): report("not-before", "'\(id)' \(why)", at: span, help: orderHelp(target, scope))
    }
  }

  private func guardedForm(_ reference: Reference) -> String {
    let path = reference.path.prefix(3)
    guard path.count == 3 else { return "has(\(path.joined(separator: "."))) && …" }
    return "steps.\(path[1]).?\(path[2]).orValue(…)"
  }

  /// Inside an `each` that the reader does not stand in: there is one for every item, read by its key.
  private func isRepeated(_ target: Int, for scope: Scope) -> Bool {
    let here = Set(scope.node.map { [$0] + index.around($0) } ?? [])
    return ([target] + index.around(target)).contains { index[$0].node.each != nil && !here.contains($0) }
  }

  private enum Relation {
    case before
    case perhaps(String)
    case no(String)
  }

  private mutating func relation(of target: Int, to scope: Scope) -> Relation {
    let region = index[target].region
    guard let node = scope.node else {
      if scope.isWatch { return .perhaps("it is read") }
      guard case .end = scope.moment else {
        return .no("has not ended when the playbook's settings are read")
      }
      return region == .main ? .before : .no("is not one of the playbook's steps")
    }
    if scope.isWatch { return .perhaps("the watch asks") }
    if order.isCertainlyBefore(target, node) { return .before }
    let isInRollback = index.owner(of: node) != nil || scope.isRollback
    if case .rollback = region, region != index[node].region {
      return .no("is of a rollback, which may never run")
    }
    if region == .main, isInRollback { return .perhaps("this rollback runs") }
    if region == .main, index[node].region == .steadyState { return .perhaps("the steady state is asked") }
    return .no("has not certainly ended before '\(index[node].node.id)' starts")
  }

  private func orderHelp(_ target: Int, _ scope: Scope) -> String? {
    guard let node = scope.node, index[target].region == index[node].region else { return nil }
    if index.around(node).contains(target) { return "a group ends after what it holds" }
    if index.around(target).contains(node) { return nil }
    return "add it to 'needs' of '\(index[node].node.id)', or move it up"
  }

  /// Why a node that has ended may have no outputs; nil when it has them.
  private func absence(of target: Int, for scope: Scope) -> String? {
    let node = index[target].node
    if node.when != nil { return "may be skipped" }
    if case .step(let step) = node.kind, step.skipIf != nil { return "may be skipped as already done" }
    let around = index.around(target)
    let here = Set(scope.node.map { [$0] + index.around($0) } ?? [])
    if let group = around.first(where: { !here.contains($0) && index[$0].node.when != nil }) {
      return "stands in '\(index[group].node.id)', which may be skipped"
    }
    let rule = ([node.onFailure] + around.map { index[$0].node.onFailure }).compactMap { $0 }.first
    return rule == .value(.continue) ? "may have failed" : nil
  }
}
