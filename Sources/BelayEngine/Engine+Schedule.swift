internal import BelayJournal
internal import BelayModel
internal import BelayPlan

extension Engine {
  /// Starts what may start and draws the consequence of what has ended, until nothing changes.
  mutating func advance() {
    repeat {
      startReady()
    } while settleStage()
    tendWatches()
    sendNotices()
  }

  private mutating func startReady() {
    while hasPlace, let node = ready.pop() {
      guard activities[node] == nil, !record(of: node).status.hasEnded else { continue }
      if let full = fullGroup(around: node) {
        blocked[full, default: []].append(node)
      } else {
        start(node)
      }
    }
  }

  /// The groups around a node that limit how many of theirs run at once.
  private func limits(around node: Int) -> [(group: Int, limit: Int)] {
    var limits: [(group: Int, limit: Int)] = []
    var outer = graph.parents[node]
    while let group = outer {
      if case .group(let facts) = plan.nodes[group].detail, let limit = facts.maxParallel {
        limits.append((group: group, limit: limit))
      }
      outer = graph.parents[group]
    }
    return limits
  }

  private func fullGroup(around node: Int) -> Int? {
    if isGroup(node) { return nil }
    return limits(around: node).first { runningIn[$0.group, default: 0] >= $0.limit }?.group
  }

  private var hasPlace: Bool { !ready.isEmpty && running < plan.maxParallel && !isOutOfSpace }

  /// The stage ends when nothing of it is going on.
  private mutating func settleStage() -> Bool {
    if restWaiting() { return true }
    switch stage {
    case .forward: return restStalled()
    case .stopping(let stop): return settleStop(stop)
    case .reapplying: return settleReapplying()
    case .claiming, .undoing: return false
    case .rollingBack(let job): return settleRollback(job)
    case .verifyingRollback: return settleRollbackVerification()
    case .resting(let status):
      let isTold = run.notices.isEmpty || hasNoSpace
      if committed >= run.events, isTold { orders.append(.leave(status)) }
      return false
    }
  }

  /// A run in which nothing can ever happen again must not wait for it.
  private mutating func restStalled() -> Bool {
    guard activities.isEmpty, ready.isEmpty, blocked.isEmpty, unwatched.isEmpty, run.epoch > 0 else {
      return false
    }
    let open = plan.nodes.indices.first { plan.nodes[$0].role == .main && !isMet($0) }
    rest(.held, "no node can start any more\(open.map { ", \(id($0)) waits" } ?? "")", open)
    return true
  }

  // MARK: Readiness

  /// Counts anew, from the journal's state, what every node waits for, and queues what may start.
  mutating func rebuildSchedule() {
    countWhatIsMissing()
    // Before any is queued: a group whose last child a person has settled ends at once, and releases others itself.
    let startable = (0..<graph.count).filter { plan.nodes[$0].role == .main && missing[$0] == 0 }
    for node in startable { queue(node) }
  }

  mutating func countWhatIsMissing() {
    ready.removeAll()
    blocked.removeAll()
    unwatched.removeAll()
    missing = [Int](repeating: 0, count: graph.count)
    openChildren = missing
    openTop = graph.top.count { !isMet($0) }
    for node in 0..<graph.count { countWhatIsMissing(for: node) }
  }

  /// What stands in a group is pending again.
  mutating func countWhatIsMissing(in group: Int) {
    for node in graph.subtree(group) { countWhatIsMissing(for: node) }
  }

  private mutating func countWhatIsMissing(for node: Int) {
    missing[node] = graph.needs[node].count { !isMet($0) } + (parentHasStarted(node) ? 0 : 1)
    openChildren[node] = graph.children[node].count { !isMet($0) }
  }

  mutating func dropReady(_ nodes: Set<Int>) {
    ready.removeAll(in: nodes)
    for group in blocked.keys.sorted() { blocked[group]?.removeAll(where: nodes.contains) }
  }

  /// Puts a node to work again that was at work when the journal ended, or starts it.
  mutating func queue(_ node: Int) {
    let status = record(of: node).status
    guard activities[node] == nil, !status.hasEnded, status != .held, status != .compensating else { return }
    // A group that runs goes on by its children. One that has none left ends in its turn, not before who has put it to
    // work has written that down.
    if isGroup(node), status == .running, openChildren[node] > 0 { return }
    ready.push(node)
  }

  /// A group that has begun waits again when a temporary before it has to be applied once more.
  private func parentHasStarted(_ node: Int) -> Bool {
    guard let parent = graph.parents[node] else { return true }
    return record(of: parent).status == .running && missing[parent] == 0
  }

  func isGroup(_ node: Int) -> Bool {
    if case .group = plan.nodes[node].detail { true } else { false }
  }

  /// A skipped or continued one counts as met, and a temporary one that was applied and is undone or on its way
  /// back: where it is needed once more it is reset first.
  func isMet(_ node: Int) -> Bool {
    let record = record(of: node)
    switch record.status {
    case .succeeded, .skipped: return true
    case .failed, .unknown: return record.continued
    case .compensating, .compensated, .compensationFailed:
      return isTemporary(node) && (record.ending == .succeeded || record.continued)
    default: return false
    }
  }

  /// Starts a node that waits for nothing any more.
  private mutating func start(_ node: Int) {
    let record = record(of: node)
    if record.status == .pending, !isWanted(node) || !isNextRound(node) { return }
    if plan.nodes[node].due != nil { scheduleDue(node) }
    switch plan.nodes[node].detail {
    case .group(let group):
      if record.status == .running { goOnWithGroup(node) } else { startGroup(node, group) }
    case .gate(let gate): startGate(node, gate)
    case .check(let check):
      takePlace(node, .acting)
      startCheck(node, check)
    case .step(let step):
      if isUnwatched(node) {
        unwatched.insert(node)
        return
      }
      takePlace(node, .acting)
      recheck(node, step)
    }
  }

  /// False when `when` said no, or could not be answered.
  private mutating func isWanted(_ node: Int) -> Bool {
    guard !isChosen(node), let condition = plan.nodes[node].when else { return true }
    do throws(StepFailure) {
      let value = try context(node).evaluate(condition)
      if value == .bool(true) { return true }
      guard value == .bool(false) else {
        throw StepFailure(kind: "expression", message: "when: \(condition.source) is no bool")
      }
      skip(node, .condition, note: condition.source, by: nil)
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
    return false
  }

  mutating func skip(_ node: Int, _ reason: SkipReason, note: String?, by actor: Actor?) {
    record(.nodeSkipped(id(node), reason: reason, note: note, by: actor))
    leavePlace(node)
    nodeEnded(node)
  }

  // MARK: Places

  /// Goes on in the place that it has, if it has one.
  mutating func takePlace(_ node: Int, _ part: Activity.Part) {
    let hadPlace = activities[node]?.hasPlace == true
    activities[node] = Activity(part: part, hasPlace: true)
    if hadPlace { return }
    running += 1
    for (group, _) in limits(around: node) { runningIn[group, default: 0] += 1 }
  }

  mutating func leavePlace(_ node: Int) {
    timers.cancel(node)
    wallTimers[node] = nil
    claimWishes.removeAll { $0.claimant == .node(node) }
    guard let activity = activities.removeValue(forKey: node) else { return }
    if let attempt = activity.attempt { owners[attempt] = nil }
    guard activity.hasPlace else { return }
    running -= 1
    for (group, _) in limits(around: node) {
      runningIn[group, default: 1] -= 1
      for waiting in blocked.removeValue(forKey: group) ?? [] { ready.push(waiting) }
    }
  }

  // MARK: Ends

  /// Records the end of a node and what follows from it.
  mutating func ended(_ node: Int, _ end: NodeEnd) {
    var end = end
    let isMain = plan.nodes[node].role == .main && stage != .verifyingRollback
    end.continued = end.status != .succeeded && plan.nodes[node].failure.rule == .continue
    record(.nodeFinished(id(node), end))
    leavePlace(node)
    if end.status == .succeeded || end.continued {
      nodeEnded(node)
    } else if isMain || plan.nodes[node].role == .steadyState {
      failed(node, end)
    } else {
      compensationFailed(node, end)
    }
  }

  /// A node has ended well enough for those that wait for it.
  mutating func nodeEnded(_ node: Int) {
    // A temporary that is applied again for a rollback leads nowhere: what follows it has been.
    if plan.nodes[node].role == .main, stage != .forward, !isStopping { return }
    for follower in graph.followers[node] { released(follower) }
    if let parent = graph.parents[node] {
      openChildren[parent] -= 1
      if openChildren[parent] == 0 { listEnded(of: parent) }
    } else {
      topEnded(node)
    }
  }

  mutating func released(_ node: Int) {
    missing[node] -= 1
    if missing[node] == 0, maystart(node) { ready.push(node) }
  }

  /// While the run stops, what becomes ready stays pending; a rollback's own nodes go on.
  private func maystart(_ node: Int) -> Bool {
    switch stage {
    case .forward: true
    case .stopping, .resting: false
    case .claiming, .reapplying, .undoing, .rollingBack, .verifyingRollback: plan.nodes[node].role != .main
    }
  }

  private mutating func topEnded(_ node: Int) {
    switch plan.nodes[node].role {
    case .main:
      openTop -= 1
      if stage == .forward, openTop == 0 { endList(graph.top, then: .endPlaybook) }
    case .rollback(let undone): rollbackRootEnded(node, of: undone)
    case .steadyState: steadyStateHolds()
    }
  }
}
