internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Temporary steps are undone when the list they stand in ends, however it ends, last first; a run that waits
// inside keeps them in force and says so.

extension Engine {
  /// Temporary steps whose effect may be in the world, in the order in which they were applied.
  func inForce(among nodes: some Sequence<Int>) -> [Int] {
    // By the intent and not by what happened first to it: it may have been overdue before its turn came.
    nodes.filter(isInForce).sorted { record(of: $0).firstIntent ?? 0 < record(of: $1).firstIntent ?? 0 }
  }

  func isInForce(_ node: Int) -> Bool {
    isTemporary(node) && plan.nodes[node].role == .main && record(of: node).effects > 0
  }

  /// The nodes of a list have all ended.
  mutating func endList(_ list: [Int], then: Consequence) {
    // While the run stops nothing new starts: the next driver ends the list.
    if isStopping, !inForce(among: list).isEmpty || then == .endPlaybook { return }
    undoNext(of: list, then: then)
  }

  /// Undoes these before the consequence is drawn.
  mutating func undo(_ nodes: [Int], then: Consequence) {
    stage = .undoing(then: then)
    undoNext(of: nodes, then: then)
  }

  private mutating func undoNext(of list: [Int], then: Consequence) {
    guard let node = inForce(among: list).last(where: { !isGivenUp($0) }) else { return draw(then) }
    guard case .step(let step) = plan.nodes[node].detail, case .root(let root) = step.rollback else { return }
    let status = record(of: node).status
    if status == .inDoubt || status == .held, !isIdempotent(root) {
      return cannotUndo(node, "\(id(node)) is in doubt, and its rollback is not idempotent", then)
    }
    if let obstacle = obstacle(in: root) { return cannotUndo(node, obstacle.reason, then) }
    undos[root] = Undo(list: list, then: then)
    activate(root)
  }

  /// What keeps a rollback from going on: a part of it that has failed, or that a person has to decide about.
  func obstacle(in root: Int) -> (part: Int, isHeld: Bool, reason: String)? {
    for part in graph.subtree(root) where activities[part] == nil {
      let record = record(of: part)
      if record.status == .held { return (part, true, record.heldBecause ?? "\(id(part)) is held") }
      if record.hasFailed { return (part, false, "its rollback failed: \(record.failure?.message ?? "")") }
    }
    return nil
  }

  /// A person has skipped its rollback: what it did stays in the world.
  func isGivenUp(_ node: Int) -> Bool {
    guard case .root(let root) = rollback(of: node) else { return false }
    return record(of: root).skipped == .person
  }

  func isIdempotent(_ root: Int) -> Bool {
    if case .step(let step) = plan.nodes[root].detail { step.idempotent } else { false }
  }

  private mutating func cannotUndo(_ node: Int, _ reason: String, _ then: Consequence) {
    let why = "\(id(node)) is still in force: \(reason)"
    if case .undoing = stage {
      rest(.held, why, node)
    } else {
      stop(Stop(cause: .hold, node: node, reason: why, consequence: .rest(.held, cause: why, node: node)))
    }
  }

  /// Puts the nodes of a rollback to work, from where they stand.
  mutating func activate(_ root: Int) {
    for node in graph.subtree(root) {
      missing[node] = graph.needs[node].count { !isMet($0) }
      if let parent = graph.parents[node], record(of: parent).status != .running { missing[node] += 1 }
      openChildren[node] = graph.children[node].count { !isMet($0) }
    }
    let startable = graph.subtree(root).filter { missing[$0] == 0 }
    for node in startable { queue(node) }
  }

  mutating func rollbackRootEnded(_ root: Int, of node: Int) {
    if let undo = undos.removeValue(forKey: root) {
      undoNext(of: undo.list, then: undo.then)
    } else if case .rollingBack(var job) = stage {
      job.active.remove(root)
      undone(node, in: &job)
      if case .rollingBack = stage { stage = .rollingBack(job) }
    }
  }

  /// A node of a rollback has failed: so has its root, when the others of it have ended.
  mutating func compensationFailed(_ node: Int, _ end: NodeEnd) {
    let root = root(of: node)
    failedRoots[root] = failedRoots[root] ?? end
    closeFailedRoot(root)
  }

  func root(of node: Int) -> Int {
    var root = node
    while let parent = graph.parents[root] { root = parent }
    return root
  }

  mutating func closeFailedRoot(_ root: Int) {
    guard let end = failedRoots[root], !graph.subtree(root).contains(where: { activities[$0] != nil }),
      case .rollback(let node) = plan.nodes[root].role
    else { return }
    failedRoots[root] = nil
    if !record(of: root).status.hasEnded {
      record(.nodeFinished(id(root), NodeEnd(status: .failed, failure: end.failure)))
      leavePlace(root)
    }
    let reason = "its rollback failed: \(end.failure?.message ?? "")"
    if let undo = undos.removeValue(forKey: root) {
      cannotUndo(node, reason, undo.then)
    } else {
      couldNotUndo(node, root, reason)
    }
  }
}
