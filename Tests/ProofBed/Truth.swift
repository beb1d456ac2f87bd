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
  /// Effects of compensations since the step last had one of its own, by the step that is undone.
  private(set) var undone: [NodeID: [Effect]] = [:]

  init(_ plan: Plan) {
    self.plan = plan
    index = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.id, $0) })
  }

  func node(_ id: NodeID) -> PlanNode? { index[id].map { plan.nodes[$0] } }

  func step(_ id: NodeID) -> PlanStep? {
    if case .step(let step)? = node(id)?.detail { step } else { nil }
  }

  /// The step that a node of a rollback undoes; nil for any other node.
  func undone(by id: NodeID) -> NodeID? {
    if case .rollback(let of)? = node(id)?.role { plan.nodes[of].id } else { nil }
  }

  func stands(_ id: NodeID) -> Bool { !(standing[id] ?? []).isEmpty }

  /// It may have an effect again, and would be undone for that.
  mutating func begins(_ id: NodeID) { undone[id] = nil }

  mutating func took(_ process: SimulatedProcess) -> (before: [Effect], isCompensation: Bool) {
    let id = process.order.node
    let effect = Effect(
      attempt: process.attempt, failedByItself: process.act.exitCode == 1 && process.stoppedBecause == nil)
    if let step = undone(by: id) {
      let before = undone[step] ?? []
      undone[step, default: []].append(effect)
      standing[step] = nil
      return (before, true)
    }
    let before = standing[id] ?? []
    standing[id, default: []].append(effect)
    return (before, false)
  }

  /// A person has undone it by hand.
  mutating func undoByHand(_ id: NodeID) { standing[id] = nil }

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
