internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// A rollback at work: what is still to be undone, and what could not be.
struct RollbackJob: Hashable {
  var scope: RollbackScope
  var cause: String
  var order: RollbackOrder
  /// Nodes to compensate.
  var effects: Set<Int>
  /// Roots at work.
  var active: Set<Int> = []
  /// Nodes that could not be undone, with the reason, in the order found.
  var left: [String] = []
  /// The first node whose doubt a person has to settle, and what is in doubt.
  var held: Held?

  struct Held: Hashable {
    var node: Int
    var reason: String
  }

  mutating func hold(_ node: Int, _ reason: String) {
    held = held ?? Held(node: node, reason: reason)
    if !left.contains(reason) { left.append(reason) }
  }
}

extension Engine {
  /// Undoes a scope: journals it, applies ended temporaries in it again, compensates in reverse order.
  mutating func rollBack(_ scope: RollbackScope, cause: String, by actor: Actor?) {
    markUndoneGroups()
    let nodes = nodes(of: scope)
    let effects = nodes.filter { record(of: $0).effects > 0 }
    if actor == nil, run.rollback == nil, let barrier = effects.sorted().first(where: isBarrier) {
      return rest(
        .held, "\(cause); \(barrierText(barrier)); decide: roll back to it, resume or close", barrier)
    }
    let work = withWork(effects, in: nodes)
    guard hasClaims(of: groups(around: work), for: .rollback) else {
      return stage = .claiming(then: .rollBack(scope, cause: cause, by: actor))
    }
    // What this rollback itself has undone is not applied again by who resumes it.
    let isNew = run.rollback == nil
    let temporaries = isNew ? endedTemporaries(around: work) : halfReapplied(around: work)
    if run.rollback != scope { record(.rollbackStarted(scope, cause: cause, by: actor)) }
    if isNew { reset(temporaries, because: "temporary, applied again") }
    guard temporaries.isEmpty else {
      return reapply(temporaries, then: .rollBack(scope, cause: cause, by: actor))
    }
    var job = RollbackJob(
      scope: scope, cause: cause, order: RollbackOrder(graph, scope: self.nodes(of: .run)),
      effects: undoable(effects, in: nodes))
    stage = .rollingBack(job)
    let first = job.order.first
    for vertex in first { visit(vertex, in: &job) }
    if case .rollingBack = stage { stage = .rollingBack(job) }
  }

  func nodes(of scope: RollbackScope) -> Set<Int> {
    let main = plan.nodes.indices.filter { plan.nodes[$0].role == .main }
    switch scope {
    case .run: return Set(main)
    case .node(let id): return graph.index[id].map { Set(graph.subtree($0)) } ?? []
    case .after(let id):
      guard let node = graph.index[id] else { return [] }
      return Set(main).subtracting(certainlyBefore(node)).subtracting(graph.subtree(node))
        .subtracting(alternatives(to: node).flatMap { graph.subtree($0) })
    }
  }

  /// Everything that the node has waited for, by needs and by groups.
  private func certainlyBefore(_ node: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = [node]
    while let next = open.popLast() {
      let before = Array(graph.needs[next]) + (graph.parents[next].map { [$0] } ?? [])
      for earlier in before where found.insert(earlier).inserted {
        open.append(earlier)
        // A group that has ended stands for all that is in it; one that the node stands in does not.
        if !graph.subtree(earlier).contains(node) { found.formUnion(graph.subtree(earlier)) }
      }
    }
    return found
  }

  // MARK: Barriers

  func isBarrier(_ node: Int) -> Bool {
    guard case .step(let step) = plan.nodes[node].detail, let irreversible = step.irreversible else {
      return false
    }
    guard let condition = irreversible.when else { return true }
    return (try? context(node).evaluate(condition)) != .bool(false)
  }

  func barrierText(_ node: Int) -> String {
    guard case .step(let step) = plan.nodes[node].detail, let irreversible = step.irreversible else {
      return ""
    }
    let why = (try? context(node).text(irreversible.why)) ?? irreversible.why.source
    let recover = (try? context(node).text(irreversible.recover)) ?? irreversible.recover.source
    return "\(id(node)) cannot be undone (\(why)); to recover: \(recover)"
  }

  // MARK: Compensation

  private mutating func visit(_ vertex: Int, in job: inout RollbackJob) {
    let node = job.order.node(of: vertex).node
    guard isUndone(at: vertex, in: job) else { return done(vertex, in: &job) }
    if let barrier = covered(by: node).first(where: isBarrier) {
      return job.left.append(barrierText(barrier))
    }
    switch rollback(of: node) {
    case .nothing: undone(node, in: &job)
    case .absent:
      job.left.append("\(id(node)) has no rollback")
      done(vertex, in: &job)
    case .root(let root): compensate(node, root, in: &job)
    }
  }

  private mutating func compensate(_ node: Int, _ root: Int, in job: inout RollbackJob) {
    let covered = covered(by: node)
    if isGivenUp(node) {
      job.left.append("\(id(node)): its rollback was skipped")
      done(job.order.vertex(undoing: node), in: &job)
    } else if let part = covered.first(where: { stillRunning($0) != nil }), let reason = stillRunning(part) {
      job.hold(part, reason)
    } else if let part = covered.first(where: isInDoubt), !isIdempotent(root) {
      let whose = part == node ? "its rollback" : "the rollback of \(id(node))"
      job.hold(part, "\(id(part)) is in doubt, and \(whose) is not idempotent")
    } else if let obstacle = obstacle(in: root) {
      let reason = "\(id(node)): \(obstacle.reason)"
      if obstacle.isHeld { job.hold(obstacle.part, reason) } else { job.left.append(reason) }
    } else {
      job.active.insert(root)
      activate(root)
    }
  }

  /// The vertex is the one at which its node is undone: a group's end, a step's beginning.
  private func isUndone(at vertex: Int, in job: RollbackJob) -> Bool {
    let node = job.order.node(of: vertex).node
    return job.effects.contains(node) && vertex == job.order.vertex(undoing: node)
  }

  /// A node is undone: those before it may come.
  mutating func undone(_ node: Int, in job: inout RollbackJob) {
    job.effects.remove(node)
    markUndone(with: node)
    done(job.order.vertex(undoing: node), in: &job)
  }

  private mutating func done(_ vertex: Int, in job: inout RollbackJob) {
    // Iterative: a chain of ten thousand nodes without an effect is passed in one go.
    var open = [vertex]
    while let next = open.popLast() {
      for before in job.order.done(next, in: graph).sorted() {
        if isUndone(at: before, in: job) { visit(before, in: &job) } else { open.append(before) }
      }
    }
  }

  /// A compensation has failed: what it depended on stays, other branches go on.
  mutating func couldNotUndo(_ node: Int, _ root: Int, _ reason: String) {
    guard case .rollingBack(var job) = stage else { return }
    job.active.remove(root)
    job.left.append("\(id(node)): \(reason)")
    stage = .rollingBack(job)
  }

  /// True when a held node belongs to a rollback at work, which goes on elsewhere.
  mutating func heldInRollback(_ node: Int, _ reason: String) -> Bool {
    guard case .rollingBack(var job) = stage else { return false }
    job.active.remove(root(of: node))
    job.hold(node, reason)
    stage = .rollingBack(job)
    return true
  }

  mutating func settleRollback(_ job: RollbackJob) -> Bool {
    guard job.active.isEmpty, activities.isEmpty else { return false }
    if let held = job.held {
      rest(.held, "\(job.cause); \(held.reason)", held.node, left: job.left)
    } else if !job.left.isEmpty {
      rest(.rollbackIncomplete, job.cause, nil, left: job.left)
    } else {
      rolledBack(job)
    }
    return true
  }

  private mutating func rolledBack(_ job: RollbackJob) {
    switch job.scope {
    case .run:
      guard let steady = graph.index[RollbackName.steadyState] else {
        return rest(.rolledBack, job.cause, nil)
      }
      reset(Array(graph.subtree(steady)), because: "asked again after the rollback")
      stage = .verifyingRollback
      activate(steady)
    case .node(let id):
      guard let node = graph.index[id] else { return }
      scopeFailed(node, job.cause)
    case .after(let id):
      record(.rollbackFinished)
      reset(undone(after: job.scope), because: "rolled back to \(id)")
      releaseClaims()
      rest(.paused, "rolled back to \(id)", nil)
    }
  }

  /// What has happened after the node, to be done again; what was undone before it by the failure of what it stands
  /// in; with the groups around it, which have to end again, and the steady state. What a person has skipped stays so.
  private func undone(after scope: RollbackScope) -> [Int] {
    let nodes = nodes(of: scope).filter {
      record(of: $0).status != .skipped || record(of: $0).skipped != .person
    }
    let again = Set(groups(around: nodes)).union(nodes.filter(isGroup))
    let before = plan.nodes.indices.filter { isUndoneWithScope($0, beginningAgain: again) }
    let steady = graph.index[RollbackName.steadyState].map { Array(graph.subtree($0)) } ?? []
    return (nodes.union(again).union(before).union(groups(around: Set(before))) + steady).sorted()
  }

  /// The scope that was undone has failed one level up.
  private mutating func scopeFailed(_ node: Int, _ cause: String) {
    let policy = policy(above: node)
    let end = NodeEnd(
      status: .failed, failure: Failure(kind: "rollback", message: "rolled back: \(cause)"),
      continued: policy.rule == .continue)
    record(.rollbackFinished)
    if end.continued { return endScope(node, end) }
    stage = .forward
    if record(of: node).ending == nil { record(.nodeFinished(id(node), end)) }
    failed(node, end, under: policy)
  }

  // MARK: The steady state

  mutating func endPlaybook() {
    // A temporary whose list had ended may have been applied again since, for a rollback to a node beside it.
    let all = inForce(among: 0..<graph.count).filter { !isGivenUp($0) }
    if !all.isEmpty { return endList(all, then: .endPlaybook) }
    guard let steady = graph.index[RollbackName.steadyState], !record(of: steady).status.hasEnded else {
      return rest(.succeeded, summary, nil)
    }
    activate(steady)
  }

  private var summary: String {
    let continued = plan.nodes.indices.count { record(of: $0).continued && !isRound($0) }
    return continued == 0 ? "" : "\(continued) failure\(continued == 1 ? "" : "s") continued"
  }

  mutating func steadyStateHolds() {
    if stage == .verifyingRollback {
      rest(.rolledBack, run.rollbackCause, nil)
    } else if stage == .forward {
      rest(.succeeded, summary, nil)
    }
  }

  mutating func steadyStateFails(_ node: Int, _ end: NodeEnd) {
    for other in activities.keys.sorted() { leavePlace(other) }
    ready.removeAll()
    let left = "the steady state does not hold: \(id(node)): \(end.failure?.message ?? "")"
    rest(.rollbackIncomplete, run.rollbackCause, node, left: [left])
  }

  func settleRollbackVerification() -> Bool { false }

  // MARK: Doing again

  /// Sets nodes back to pending, with their rollbacks.
  mutating func reset(_ nodes: [Int], because reason: String, by actor: Actor? = nil) {
    var all: [NodeID] = []
    for node in nodes + groupsAtWork(in: nodes) {
      if run.nodes[id(node)] != nil { all.append(id(node)) }
      if case .root(let root) = rollback(of: node) {
        all += graph.subtree(root).filter { run.nodes[id($0)] != nil }.map(id)
      }
    }
    recordReset(all, because: reason, by: actor)
  }

  /// What groups have captured stays while it is needed.
  mutating func recordReset(_ nodes: [NodeID], because reason: String, by actor: Actor?) {
    if nodes.isEmpty { return }
    let kept = capturesKept(resetting: nodes)
    record(.nodesReset(nodes, reason: reason, by: actor))
    for capture in kept { record(.captured(capture.group, name: capture.name, value: capture.value)) }
  }

  /// Groups inside that have begun: they begin again when what they stand in does.
  private func groupsAtWork(in nodes: [Int]) -> [Int] {
    let inner = nodes.filter(isGroup).flatMap { graph.subtree($0) }
    return Set(inner).subtracting(nodes).filter { isGroup($0) && record(of: $0).status == .running }.sorted()
  }

  /// Temporaries that were undone when their list ended, and in whose list something is to be compensated.
  private func endedTemporaries(around effects: Set<Int>) -> [Int] {
    temporaries(around: effects) { $0.status == .compensated }
  }

  /// Temporaries that the driver before this one had begun to apply again.
  private func halfReapplied(around effects: Set<Int>) -> [Int] {
    temporaries(around: effects) { $0.round > 1 && !$0.status.hasEnded && $0.status != .compensating }
  }

  private func temporaries(around effects: Set<Int>, where isWanted: (NodeRecord) -> Bool) -> [Int] {
    plan.nodes.indices.filter { node in
      guard isTemporary(node), plan.nodes[node].role == .main, isReached(node), isWanted(record(of: node))
      else { return false }
      let list = graph.parents[node].map { graph.subtree($0) } ?? 0..<graph.count
      return effects.contains { list.contains($0) && plan.nodes[$0].role == .main }
    }
  }

  /// Applies temporaries again, one after the other, before what needs them.
  mutating func reapply(_ nodes: [Int], then: Consequence) {
    stage = .reapplying(nodes, then: then)
    startNextReapplication()
  }

  mutating func startNextReapplication() {
    guard case .reapplying(let nodes, let then) = stage else { return }
    guard let next = nodes.first(where: { !record(of: $0).status.hasEnded }) else { return draw(then) }
    if record(of: next).status == .held { return stayHeld(next) }
    guard hasClaims(of: groups(around: [next]), for: .node(next)) else { return }
    do throws(StepFailure) { try giveCalls(around: next) } catch {
      return ended(next, NodeEnd(status: .failed, failure: error.failure))
    }
    missing[next] = 0
    queue(next)
  }

  mutating func settleReapplying() -> Bool {
    guard activities.isEmpty, ready.isEmpty, unwatched.isEmpty else { return false }
    startNextReapplication()
    return true
  }
}
