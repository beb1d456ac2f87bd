internal import BelayJournal
internal import BelayPlan

// A group's locks: claimed when it begins and while it lives, taken again by a rollback into it and before a temporary
// in it is applied again, and given back when the run goes on without it. What the run itself has claimed is never
// given back here.

extension Engine {
  /// Before anything of the group starts: its intents wait until this is durable, and another run's claim refuses it.
  mutating func takeClaims(of group: Int) {
    let missing = claims(of: group).filter { !run.claims.contains($0) }
    if !missing.isEmpty { record(.claimsTaken(missing)) }
  }

  /// Before anything inside of groups that have given theirs back is undone, or applied again.
  mutating func takeClaims(around nodes: Set<Int>) {
    var groups: Set<Int> = []
    for node in nodes {
      var outer = graph.parents[node]
      while let group = outer {
        groups.insert(group)
        outer = graph.parents[group]
      }
    }
    for group in groups.sorted() { takeClaims(of: group) }
  }

  /// What no group that lives needs any more, once one of them has ended or a rollback has.
  mutating func releaseClaims(after event: RunEvent) {
    switch event {
    case .nodeFinished, .rollbackFinished: break
    default: return
    }
    guard run.rollback == nil, run.claims.count > plan.claims.count else { return }
    var needed = Set(plan.claims)
    for group in plan.nodes.indices
    where !claims(of: group).isEmpty && (lives(group) || keepsInForce(group)) {
      needed.formUnion(claims(of: group))
    }
    let free = run.claims.filter { !needed.contains($0) }
    if !free.isEmpty { record(.claimsReleased(free)) }
  }

  private func claims(of node: Int) -> [String] { group(node)?.claims ?? [] }

  /// It has begun, and neither it nor what it stands in has ended in a way over which the run goes on. One that has
  /// failed keeps its claims: a resume goes on inside of it.
  private func lives(_ group: Int) -> Bool {
    if activities[group] != nil { return true }
    if [.pending, .ready, .skipped].contains(record(of: group).status) { return false }
    var at: Int? = group
    while let node = at {
      let record = record(of: node)
      if record.ending != nil, !record.hasFailed { return false }
      at = graph.parents[node]
    }
    return true
  }

  /// A temporary in it is still to be undone, also one that was applied again before the group has begun again.
  private func keepsInForce(_ group: Int) -> Bool {
    graph.subtree(group).contains { isInForce($0) && !isGivenUp($0) }
  }
}
