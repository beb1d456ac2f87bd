import BelayEngine
import BelayJournal
import BelayPlan
import BelaySimulation

/// What really stands in the simulated world, whatever the engine believes.
struct Truth {
  struct Effect {
    var attempt: AttemptName
    /// It ended by itself, and badly: trying again is the author's word.
    var failedByItself: Bool
  }

  private let index: [NodeID: Int]
  private let plan: Plan
  /// Effects that nobody has undone, by the step that had them.
  private(set) var standing: [NodeID: [Effect]] = [:]
  /// Effects of compensations since a step that they undo last began, by the node that is undone.
  private(set) var undone: [NodeID: [Effect]] = [:]

  init(_ plan: Plan) {
    self.plan = plan
    index = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.id, $0) })
  }

  func node(_ id: NodeID) -> PlanNode? { index[id].map { plan.nodes[$0] } }

  func step(_ id: NodeID) -> PlanStep? {
    if case .step(let step)? = node(id)?.detail { step } else { nil }
  }

  func group(_ id: NodeID) -> PlanGroup? {
    if case .group(let group)? = node(id)?.detail { group } else { nil }
  }

  /// The step or group that a node of a rollback undoes; nil for any other node.
  func undone(by id: NodeID) -> NodeID? {
    if case .rollback(let of)? = node(id)?.role { plan.nodes[of].id } else { nil }
  }

  /// Of a group: anything that its rollback undoes.
  func stands(_ id: NodeID) -> Bool { steps(undoneWith: id).contains { !(standing[$0] ?? []).isEmpty } }

  /// It may have an effect again, and would be undone for that.
  mutating func begins(_ id: NodeID) {
    undone[id] = nil
    for group in groups(around: id) { undone[group] = nil }
  }

  mutating func took(_ effect: Effect, of id: NodeID) -> (before: [Effect], isCompensation: Bool) {
    if let step = undone(by: id) {
      let before = undone[step] ?? []
      undone[step, default: []].append(effect)
      undoByHand(step)
      return (before, true)
    }
    let before = standing[id] ?? []
    standing[id, default: []].append(effect)
    return (before, false)
  }

  /// A person has undone it by hand.
  mutating func undoByHand(_ id: NodeID) {
    for step in steps(undoneWith: id) { standing[step] = nil }
  }

  /// Indexes of everything that must have ended before the node may start, without looking at time or state.
  func prerequisites(of id: NodeID) -> [Int] {
    guard var node = index[id] else { return [] }
    var found: [Int] = []
    while true {
      found += plan.nodes[node].needs
      guard let parent = plan.nodes[node].parent else { return found }
      node = parent
    }
  }

  /// Whether `later` waits, over any number of nodes, for `earlier`.
  func depends(_ later: NodeID, on earlier: NodeID) -> Bool {
    guard let target = index[earlier] else { return false }
    var open = prerequisites(of: later)
    var seen: Set<Int> = []
    while let next = open.popLast() {
      if next == target || contains(next, target) { return true }
      if !seen.insert(next).inserted { continue }
      open += prerequisites(of: plan.nodes[next].id)
      // A group that is waited for brings what its own nodes wait for.
      open += plan.nodes.indices.filter { contains(next, $0) }
    }
    return false
  }

  func contains(_ group: Int, _ node: Int) -> Bool {
    var outer = plan.nodes[node].parent
    while let next = outer {
      if next == group { return true }
      outer = plan.nodes[next].parent
    }
    return false
  }

  func isInList(_ first: NodeID, with second: NodeID) -> Bool {
    node(first)?.parent == node(second)?.parent
  }
}

// What a group says of the rollback of what stands in it.
extension Truth {
  /// From the inside outwards.
  func groups(around id: NodeID) -> [NodeID] {
    var found: [NodeID] = []
    var outer = node(id)?.parent
    while let group = outer {
      found.append(plan.nodes[group].id)
      outer = plan.nodes[group].parent
    }
    return found
  }

  /// In the plan's order, without what rolls them back.
  func children(of id: NodeID) -> [NodeID] {
    guard let group = index[id] else { return [] }
    return plan.nodes.filter { $0.parent == group }.map(\.id)
  }

  /// Itself, or all in a group but what is undone at the end of its list anyway.
  func steps(undoneWith id: NodeID) -> [NodeID] {
    guard let index = index[id], group(id) != nil else { return [id] }
    return plan.nodes.indices.filter { contains(index, $0) }.map { plan.nodes[$0].id }
      .filter { step($0).map { !$0.temporary } ?? false }
  }

  /// What a rollback of the whole run undoes in place of a step: the outermost group that says how, or the step.
  func undoneWith(_ id: NodeID) -> NodeID {
    if step(id)?.temporary == true { return id }
    return groups(around: id).last { group($0)?.rollback ?? .absent != .absent } ?? id
  }

  /// How a rollback of the whole run undoes a step.
  func rollback(of id: NodeID) -> PlanStep.Rollback {
    let undone = undoneWith(id)
    return group(undone)?.rollback ?? step(undone)?.rollback ?? .absent
  }
}
