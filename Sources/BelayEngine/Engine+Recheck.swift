internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// A check that is asked again right before the steps that need it: time has passed since, at a gate or in a soak, and
// while people thought about what cannot be undone.

extension Engine {
  /// Those that a step waits for with no other step in between, in the plan's order: what that one has changed, no
  /// check before it speaks of.
  func rechecks(before node: Int) -> [Int] {
    guard hasRechecks, plan.nodes[node].role == .main else { return [] }
    var found: Set<Int> = []
    var seen: Set<Int> = [node]
    var open = before(node)
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch plan.nodes[next].detail {
      case .step: continue
      case .check(let check):
        // Whoever has looked is not asked twice.
        let isByPerson = check.body.action.flatMap { actions[$0.keyword] }?.asksPerson ?? false
        if check.recheck, !isByPerson, record(of: next).status == .succeeded { found.insert(next) }
      case .gate: break
      case .group:
        let parts = graph.subtree(next)
        if parts.contains(where: isStep) { continue }
        open += parts.dropFirst()
      }
      open += before(next)
    }
    return found.sorted()
  }

  /// What a node waits for itself or, of those that come first in a group, what the group waits for.
  private func before(_ node: Int) -> [Int] {
    var at = node
    while graph.needs[at].isEmpty, let group = graph.parents[at] { at = group }
    return Array(graph.needs[at])
  }

  private func isStep(_ node: Int) -> Bool {
    if case .step = plan.nodes[node].detail { true } else { false }
  }

  /// Asks them one after the other, then lets the step begin.
  mutating func recheck(_ node: Int, _ step: PlanStep, from index: Int = 0) {
    let isApproved = isApproved(node)
    if index == 0 { answeredAnew[node] = nil }
    let checks = record(of: node).status == .pending || isApproved ? rechecks(before: node) : []
    guard index < checks.count, case .check(let check) = plan.nodes[checks[index]].detail else {
      answeredAnew[node] = nil
      return isApproved ? capture(node, from: 0) : goOn(node, step)
    }
    guard var question = question(.recheck(index), check.body, of: node, asking: checks[index]) else {
      return
    }
    question.staysFor = .zero
    ask(question, of: node)
  }

  /// What a question reads: one that is asked again before a step, the new answers to those before it. The step itself
  /// goes by the first ones, which are on the record, and were shown to who has approved it.
  func context(of question: Question, for node: Int) -> EvaluationContext {
    var context = context(question.subject)
    guard case .recheck = question.kind, let newer = answeredAnew[node] else { return context }
    context.unrecorded.merge(newer) { _, new in new }
    return context
  }

  /// Somebody has approved what cannot be undone, and nothing of it has begun.
  private func isApproved(_ node: Int) -> Bool {
    guard let asking = standing(node) else { return false }
    return asking.inquiry.subject == .irreversible && asking.state == .met
  }

  mutating func rechecked(_ node: Int, _ index: Int, _ check: Int, _ judgement: Judgement) {
    guard case .step(let step) = plan.nodes[node].detail else { return }
    guard judgement.verdict != .pass else {
      answeredAnew[node, default: [:]][id(check)] = judgement.outputs
      return recheck(node, step, from: index + 1)
    }
    let word = judgement.verdict == .fail ? "does not hold any more" : "has no answer any more"
    let failure = Failure(kind: "recheck", message: "\(id(check)) \(word): \(judgement.reason)")
    ended(node, NodeEnd(status: .failed, failure: failure))
  }
}
