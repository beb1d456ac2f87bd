internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// A group's rollback stands in place of its children's.

extension Engine {
  func rollback(of node: Int) -> PlanStep.Rollback {
    switch plan.nodes[node].detail {
    case .step(let step): step.rollback
    case .group(let group): group.rollback
    case .check, .gate: .absent
    }
  }

  /// What has to be undone: steps by themselves, or the outermost group around them that says how.
  ///
  /// - Parameter nodes: the rollback's scope; a group that is not all in it says nothing.
  func undoable(_ effects: Set<Int>, in nodes: Set<Int>) -> Set<Int> {
    Set(effects.map { replacement(of: $0, in: nodes) ?? $0 })
  }

  /// Those of them for which something will run: what stands around the others is not needed.
  func withWork(_ effects: Set<Int>, in nodes: Set<Int>) -> Set<Int> {
    effects.filter { effect in
      let node = replacement(of: effect, in: nodes) ?? effect
      guard case .root = rollback(of: node) else { return false }
      return !isGivenUp(node)
    }
  }

  private func replacement(of step: Int, in nodes: Set<Int>) -> Int? {
    // It is undone when its list ends, whatever the group says.
    if isTemporary(step) { return nil }
    var found: Int?
    var outer = graph.parents[step]
    while let group = outer, nodes.contains(group) {
      if rollback(of: group) != .absent { found = group }
      outer = graph.parents[group]
    }
    return found
  }

  /// The steps that the rollback of a node undoes: itself, or those of the group.
  func covered(by node: Int) -> [Int] {
    guard isGroup(node) else { return [node] }
    return graph.subtree(node).filter { part in
      !isGroup(part) && !isTemporary(part) && record(of: part).effects > 0
    }
  }

  /// A group's rollback may have ended while none was at work: a person has said so, or it was found to have. So are
  /// its steps undone.
  mutating func markUndoneGroups() {
    for node in plan.nodes.indices where isGroup(node) && record(of: node).status == .compensated {
      markUndone(with: node)
    }
  }

  mutating func markUndone(with node: Int) {
    let parts = covered(by: node).filter { $0 != node }
    if !parts.isEmpty { record(.nodesUndone(parts.map(id), with: id(node))) }
  }

  func isInDoubt(_ node: Int) -> Bool { [.inDoubt, .held].contains(record(of: node).status) }
}
