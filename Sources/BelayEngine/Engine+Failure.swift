internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// What a failure leads to: from the node outwards, the first rule that stops it.

extension Engine {
  /// The rule nearest to the node holds. A round that fails may be followed by another; out of a playbook in the
  /// playbook a failure comes as one of the node that calls it, under the caller's rule.
  func consequence(
    of node: Int, _ end: NodeEnd, under nearest: FailurePolicy, _ reason: String
  ) -> Consequence {
    let rest = Consequence.rest(.failed, cause: reason, node: node)
    // What nobody knows is for a person to decide.
    if end.status == .unknown { return rest }
    let failed = NodeEnd(status: .failed, failure: end.failure, continued: true)
    var policy = nearest
    var at: Int? = node
    while let scope = at {
      if scope != node, group(scope)?.call != nil {
        if policy.rule == .rollback, policy.scope == scope { return undone(scope, reason) }
        policy = plan.nodes[scope].failure
        if isRound(scope), mayTryAgain(scope, end) { return .endScope(scope, failed) }
        if policy.rule == .continue { return .endScope(scope, failed) }
      }
      if policy.rule == .rollback, policy.scope == scope { return undone(scope, reason) }
      if isRound(scope), mayTryAgain(scope, end) { return .endScope(scope, failed) }
      at = graph.parents[scope]
    }
    return policy.rule == .rollback ? .rollBack(.run, cause: reason, by: nil) : rest
  }

  private func undone(_ scope: Int, _ reason: String) -> Consequence {
    .rollBack(.node(id(scope)), cause: reason, by: nil)
  }

  /// The rule for a scope that was undone: it has failed one level up.
  func policy(above node: Int) -> FailurePolicy {
    let own = plan.nodes[node].failure
    if group(node)?.call != nil, own.rule != .rollback || own.scope != node { return own }
    guard let parent = graph.parents[node] else { return FailurePolicy(rule: plan.onFailure, scope: nil) }
    guard let call = group(parent)?.call else { return plan.nodes[parent].failure }
    return FailurePolicy(rule: call.onFailure, scope: parent)
  }

  /// A node ends by a failure inside of it, and the run goes on.
  mutating func endScope(_ node: Int, _ end: NodeEnd) {
    stage = .forward
    if record(of: node).hasFailed {
      // It ended as a failure that stops the run, and ends once more as one that does not.
      reset([node], because: "it has failed, and the run goes on")
    }
    if record(of: node).ending == nil {
      endOpenGroups(in: node, end)
      record(.nodeFinished(id(node), end))
    }
    // Another may have failed meanwhile, where the run does not go on over it.
    if let other = failedNode() { fail(again: other) } else { goForward() }
  }

  /// The groups between a scope and the failure that ends it are over as well: nothing is asked or due in them any
  /// more while the run goes on beside them.
  private mutating func endOpenGroups(in scope: Int, _ end: NodeEnd) {
    let open = graph.subtree(scope).filter { $0 != scope && isGroup($0) && record(of: $0).status == .running }
    for group in open.reversed() {
      record(.nodeFinished(id(group), NodeEnd(status: .failed, failure: end.failure)))
    }
  }
}
