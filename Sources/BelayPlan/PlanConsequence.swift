internal import BelayModel

/// What a failure of each node leads to, as the engine will draw it, in words.
///
/// Linear in the nodes: what stands before a node is counted once for all.
struct PlanConsequence {
  private let nodes: [PlanNode]
  private let onFailure: FailureRule
  /// By index: steps before it that a rollback undoes.
  private var undoable: [Int] = [0]
  /// By index: the last step before it that cannot be undone.
  private var barrier: [Int?] = [nil]
  /// By group of mode `rounds`: its attempts.
  private var rounds: [Int: [Int]] = [:]

  init(_ nodes: [PlanNode], onFailure: FailureRule) {
    self.nodes = nodes
    self.onFailure = onFailure
    for (index, node) in nodes.enumerated() {
      var (count, last) = (undoable[index], barrier[index])
      if case .step(let step) = node.detail, node.role == .main {
        if undone(step, index) { count += 1 }
        if step.irreversible != nil { last = index }
      }
      undoable.append(count)
      barrier.append(last)
      if let parent = node.parent, case .group(let group) = nodes[parent].detail, group.mode == .rounds {
        rounds[parent, default: []].append(index)
      }
    }
  }

  /// By itself, or with a group around it.
  private func undone(_ step: PlanStep, _ index: Int) -> Bool {
    if case .root = step.rollback { return true }
    var outer = nodes[index].parent
    while let group = outer, !step.temporary {
      if case .group(let detail) = nodes[group].detail, case .root = detail.rollback { return true }
      outer = nodes[group].parent
    }
    return false
  }

  func text(of index: Int) -> String {
    let node = nodes[index]
    switch node.role {
    case .rollback: return "the rollback is incomplete; what it depends on stays, the rest is undone"
    case .steadyState: return "the run has failed; after a rollback, the rollback is incomplete"
    case .main: break
    }
    var first = ""
    switch node.detail {
    case .step(let step) where step.retry.attempts > 1: first = "after \(step.retry.attempts) attempts: "
    // A group fails by what is in it, and is told of there.
    case .group: return ""
    case .step, .check, .gate: break
    }
    if let call = polledCall(around: index) {
      first += "all of \(nodes[call.index].id) is asked again, up to \(call.polling.within.source); then "
    }
    return first + consequence(of: index, under: node.failure, at: index)
  }

  /// From the node outwards, the first rule that stops it.
  private func consequence(of index: Int, under nearest: FailurePolicy, at start: Int) -> String {
    if nearest.rule == .continue { return "the run goes on, and counts it as a failure" }
    var policy = nearest
    var at: Int? = start
    while let scope = at {
      if scope != index, call(scope) != nil {
        if policy.rule == .rollback, policy.scope == scope { return undone(scope, before: index) }
        policy = nodes[scope].failure
        if let again = anotherAttempt(scope) { return again }
        if policy.rule == .continue { return "\(nodes[scope].id) has failed, and the run goes on" }
      }
      if policy.rule == .rollback, policy.scope == scope { return undone(scope, before: index) }
      if let again = anotherAttempt(scope) { return again }
      at = nodes[scope].parent
    }
    return policy.rule == .rollback
      ? rollback("the run", from: 0, before: index)
      : "the run stops as failed; what is done stays, and resume --retry goes on here"
  }

  private func undone(_ scope: Int, before index: Int) -> String {
    let outer = above(scope)
    let then = consequence(of: scope, under: outer, at: nodes[scope].parent ?? scope)
    let next = outer.rule == .continue ? "the run goes on" : then
    return rollback(nodes[scope].id, from: scope, before: index) + ", and has failed; then \(next)"
  }

  /// The rule for a scope that was undone: it has failed one level up.
  private func above(_ scope: Int) -> FailurePolicy {
    let own = nodes[scope].failure
    if call(scope) != nil, own.rule != .rollback || own.scope != scope { return own }
    guard let parent = nodes[scope].parent else { return FailurePolicy(rule: onFailure, scope: nil) }
    guard let call = call(parent) else { return nodes[parent].failure }
    return FailurePolicy(rule: call.onFailure, scope: parent)
  }

  private func rollback(_ what: String, from start: Int, before index: Int) -> String {
    let end = nodes[index].isStep ? index + 1 : index
    var unless = ""
    if what == "the run", let barrier = barrier[end] {
      let held = "held, because \(nodes[barrier].id) cannot be undone"
      guard let condition = condition(of: barrier) else { return "the run is \(held)" }
      unless = "; if \(condition.source), it is \(held)"
    }
    let count = undoable[end] - undoable[min(start, end)]
    if count == 0 { return "\(what) is rolled back, with nothing to undo\(unless)" }
    let steps = "up to \(count) step\(count == 1 ? "" : "s") undone, the last one first"
    return "\(what) is rolled back: \(steps)\(unless)"
  }

  /// Under which a step cannot be undone; nil: always.
  private func condition(of barrier: Int) -> Expression? {
    if case .step(let step) = nodes[barrier].detail { step.irreversible?.when } else { nil }
  }

  private func anotherAttempt(_ scope: Int) -> String? {
    guard let parent = nodes[scope].parent, let all = rounds[parent],
      let number = all.firstIndex(of: scope), number + 1 < all.count
    else { return nil }
    return "\(nodes[parent].id) is tried again: attempt \(number + 2) of \(all.count)"
  }

  /// The innermost one: what is around it is asked again after it.
  private func polledCall(around index: Int) -> (index: Int, polling: PlanPolling)? {
    if nodes[index].failure.rule == .continue { return nil }
    var outer = nodes[index].parent
    while let scope = outer {
      if let polling = call(scope)?.polling { return (index: scope, polling: polling) }
      outer = nodes[scope].parent
    }
    return nil
  }

  private func call(_ index: Int) -> PlanCall? {
    if case .group(let group) = nodes[index].detail { group.call } else { nil }
  }
}

extension PlanNode {
  fileprivate var isStep: Bool { if case .step = detail { true } else { false } }
}
