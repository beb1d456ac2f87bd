internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// A group's locks: claimed when it begins and while it lives, taken again by a rollback into it and before a temporary
// in it is applied again, and given back when the run goes on without it. What the run itself has claimed is never
// given back here.
//
// Another run may hold one, and only the store knows. So nothing of what needs it is done or written down before the
// store has answered, and a refusal comes after everything that had happened before it.

/// Locks that something waits for.
struct ClaimWish: Hashable {
  enum Claimant: Hashable {
    /// A group that begins, or a temporary that is applied again.
    case node(Int)
    case rollback
  }

  var claimant: Claimant
  /// Whose locks they are.
  var groups: [Int]
  /// As it was asked of the store.
  var order: ClaimOrder?
}

extension Engine {
  /// True when the run has the locks of the groups. Else they are asked for, and the claimant waits: goes on when it has
  /// them, and fails when it cannot.
  mutating func hasClaims(of groups: [Int], for claimant: ClaimWish.Claimant) -> Bool {
    let wish = ClaimWish(claimant: claimant, groups: groups)
    if missing(of: wish).isEmpty { return true }
    claimWishes.append(wish)
    if case .node(let node) = claimant { activities[node] = Activity(part: .awaitingClaims, hasPlace: false) }
    return false
  }

  /// The groups around nodes, from the outermost in.
  func groups(around nodes: Set<Int>) -> [Int] {
    var groups: Set<Int> = []
    for node in nodes {
      var outer = graph.parents[node]
      while let group = outer {
        groups.insert(group)
        outer = graph.parents[group]
      }
    }
    return groups.sorted()
  }

  private func missing(of wish: ClaimWish) -> [String] {
    var names: [String] = []
    for name in wish.groups.flatMap(claims) where !run.claims.contains(name) && !names.contains(name) {
      names.append(name)
    }
    return names
  }

  // MARK: The store's answers

  /// What to ask for next: one at a time, and by an event that follows everything that was appended.
  mutating func nextClaim() -> ClaimOrder? {
    guard claimWish == nil, !claimWishes.isEmpty else { return nil }
    let names = missing(of: claimWishes[0])
    var taken = run
    try? taken.apply(.claimsTaken(names), at: clock.wall)
    guard let row = taken.row else { return nil }
    let order = ClaimOrder(names: names, at: clock.wall, row: row)
    claimWish = claimWishes.removeFirst()
    claimWish?.order = order
    return order
  }

  /// They are the run's, and so is their event already.
  mutating func claimed() {
    guard let wish = claimWish, let order = wish.order else { return }
    claimWish = nil
    fold(.claimsTaken(order.names), at: order.at)
    mustBeDurable = run.events
    commitArrived(run.events)
    granted(wish)
    while let next = claimWishes.first, missing(of: next).isEmpty {
      claimWishes.removeFirst()
      granted(next)
    }
  }

  private mutating func granted(_ wish: ClaimWish) {
    switch wish.claimant {
    case .node(let node):
      leavePlace(node)
      if let group = group(node) { beginGroup(node, group) } else { startNextReapplication() }
    case .rollback: if case .claiming(let then) = stage { draw(then) }
    }
  }

  /// The run is held until the lock is free, unless somebody has said what follows when a group cannot begin.
  mutating func claimRefused(_ holder: ClaimRow) {
    guard let wish = claimWish else { return }
    claimWish = nil
    let since = holder.since.wholeSecond.text
    let why = "\(holder.name) is held by run \(holder.run) since \(since), by \(holder.by)"
    switch wish.claimant {
    case .node(let node):
      leavePlace(node)
      let end = NodeEnd(status: .failed, failure: Failure(kind: "lock", message: why))
      if mayEnd(node, end) { return ended(node, end) }
      refusedClaim = holder
      held(node, "\(id(node)) cannot begin: \(why)")
    case .rollback:
      guard case .claiming(.rollBack(_, let cause, _)) = stage else { return }
      refusedClaim = holder
      let group = wish.groups.first { claims(of: $0).contains(holder.name) }
      rest(.held, "\(cause); it cannot be undone yet: \(why)", group)
    }
  }

  /// It is tried again, gone on without, or there is something to undo: the run does not just stop there.
  private mutating func mayEnd(_ node: Int, _ end: NodeEnd) -> Bool {
    guard isGroup(node) else { return false }
    let rule = plan.nodes[node].failure
    let isMain = plan.nodes[node].role == .main
    guard isMain, rule.rule != .continue, callToAskAgain(after: node, end) == nil else { return true }
    switch consequence(of: node, end, under: rule, "") {
    case .rest: return false
    case .rollBack(let scope, _, _): return nodes(of: scope).contains { record(of: $0).effects > 0 }
    default: return true
    }
  }

  // MARK: Giving back

  /// What no group that lives needs any more.
  mutating func releaseClaims() {
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
