internal import BelayModel

// Scalars that shape the plan: what they are bound to is known when it is made.
extension PlaybookChecker {
  mutating func checkScalars(of playbook: Playbook) {
    let scope = Scope(moment: .run, title: "")
    checkBound("on_failure", playbook.onFailure, scope)
    checkBound("max_parallel", playbook.maxParallel, scope)
  }

  mutating func checkScalars(of node: Node, _ scope: Scope) {
    checkBound("on_failure", node.onFailure, scope)
    checkBound("sensitive", node.sensitive, scope)
    switch node.kind {
    case .step(let step):
      checkBound("temporary", step.temporary, scope)
      checkBound("interrupt", step.interrupt, scope)
    case .check(let check):
      checkBound("tolerate", check.tolerate, scope)
      checkBound("min_samples", check.minSamples, scope)
      checkBound("recheck", check.recheck, scope)
    case .group(let group):
      checkBound("mode", group.mode, scope)
      checkBound("max_parallel", group.maxParallel, scope)
    case .gate(let gate):
      guard case .approve(let approvals) = gate.wait else { return }
      for approval in approvals {
        checkBound("count", approval.count, scope)
        checkBound("assurance", approval.assurance, scope)
      }
    }
  }

  mutating func checkBound<Value>(_ key: String, _ scalar: Scalar<Value>?, _ scope: Scope) {
    checkBound(key, scalar?.template, scope)
  }

  /// A text that has to be known when the plan is made: a file's name, the name of a lock.
  mutating func checkBound(_ key: String, _ template: Template?, _ scope: Scope) {
    guard let template else { return }
    let planned = scope.with {
      $0.moment = .plan
      $0.title = "'\(key)'"
    }
    for expression in template.expressions { check(expression, planned) }
  }
}
