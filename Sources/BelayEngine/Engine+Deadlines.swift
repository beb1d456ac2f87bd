internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Deadlines of people: by the wall clock. Past it a node is overdue, and who is next is told that it waits: events,
// never failures.

extension Engine {
  /// Sets what is due and what escalates, from the journal's state.
  mutating func scheduleDeadlines() {
    scheduleDues(of: plan.nodes.indices)
    for node in plan.nodes.indices where plan.nodes[node].role == .main {
      if !plan.nodes[node].escalation.isEmpty { scheduleEscalation(node) }
    }
  }

  /// Nil where it has none, or none that can be told yet.
  private func due(_ node: Int) -> Timestamp? {
    guard let text = plan.nodes[node].due, let created = run.createdAt else { return nil }
    let context = context(node)
    if let whole = text.whole, let value = try? context.evaluate(whole) {
      if case .timestamp(let moment) = value { return moment }
      if case .duration(let span) = value { return created + span }
    }
    guard let plain = try? context.text(text) else { return nil }
    return Timestamp(text: plain) ?? TimeSpan(text: plain).flatMap { created + $0 }
  }

  mutating func scheduleDue(_ node: Int) {
    guard let due = due(node), isOpen(node), !record(of: node).isOverdue else { return }
    set(.due(node), at: due)
  }

  private mutating func scheduleDues(of nodes: some Sequence<Int>) {
    for node in nodes where plan.nodes[node].role == .main { scheduleDue(node) }
  }

  /// Its moment may have passed while it could not come, or had ended.
  mutating func scheduleDues(after event: RunEvent) {
    switch event {
    case .nodesReset(let ids, _, _):
      // With what was left out as a whole, and never had a record of its own.
      scheduleDues(of: Set(ids.compactMap { graph.index[$0] }.flatMap(graph.subtree)).sorted())
    case .nodeStarted(let id, _):
      if let node = graph.index[id], group(node)?.mode == .choice { scheduleDues(of: graph.subtree(node)) }
    case .nodeFinished(let id, let end) where end.status == .failed:
      guard let node = graph.index[id], isRound(node) else { return }
      for next in graph.followers[node] { scheduleDues(of: graph.subtree(next)) }
    default: break
    }
  }

  private mutating func set(_ alarm: Alarm, at moment: Timestamp) {
    wallAlarms.set(alarm, at: sinceEpoch(moment))
  }

  private func sinceEpoch(_ moment: Timestamp) -> TimeSpan {
    let epoch = Timestamp(seconds: 0)
    return moment < epoch ? .zero : moment.since(epoch) ?? TimeSpan(nanoseconds: .max)
  }

  /// Also before a run rests: nobody is there to be told from then on.
  mutating func ringWallAlarms() {
    while let alarm = wallAlarms.popDue(at: sinceEpoch(clock.wall)) { alarmRang(alarm) }
  }

  /// When the first of them comes, by the boot clock, as long as nobody sets the wall clock.
  var firstWallAlarm: TimeSpan? {
    guard let first = wallAlarms.first, first.nanoseconds < .max else { return nil }
    return clock.boot.adding(
      TimeSpan(nanoseconds: max(first.nanoseconds - sinceEpoch(clock.wall).nanoseconds, 0)))
  }

  /// What has ended and is undone is late for nothing.
  private func isOpen(_ node: Int) -> Bool {
    let record = record(of: node)
    return !record.status.hasEnded && record.ending == nil
  }

  private func standsInOpenGroups(_ node: Int) -> Bool {
    var outer = graph.parents[node]
    while let group = outer {
      if !isOpen(group) { return false }
      outer = graph.parents[group]
    }
    return true
  }

  mutating func isDue(_ node: Int) {
    if case .resting = stage { return }
    // What may never come is not waited for: another choice, a further attempt at a group.
    guard isOpen(node), standsInOpenGroups(node), !record(of: node).isOverdue, isReached(node),
      let due = due(node)
    else { return }
    if due > clock.wall { return set(.due(node), at: due) }
    record(.overdue(id(node), due: due))
  }

  // MARK: Escalation

  /// What asks people waits as long as nobody has answered; what waits for the world, until it has ended.
  private func stillWaits(_ node: Int) -> Bool {
    if let asking = standing(node) { return asking.state == .open && !asking.isExpired(at: clock.wall) }
    if case .step(let step) = plan.nodes[node].detail, step.irreversible != nil { return false }
    return isOpen(node)
  }

  /// Called when a node has begun to wait for the world or a person.
  mutating func scheduleEscalation(_ node: Int) {
    let record = record(of: node)
    let chain = plan.nodes[node].escalation
    guard stillWaits(node), record.escalated < chain.count, let started = record.startedAt,
      let after = try? context(node).span(chain[record.escalated].after)
    else { return }
    set(.escalation(node), at: started + after ?? started)
  }

  mutating func escalate(_ node: Int) {
    if case .resting = stage { return }
    let record = record(of: node)
    let chain = plan.nodes[node].escalation
    guard stillWaits(node), record.escalated < chain.count, let started = record.startedAt else {
      return
    }
    let context = context(node)
    let link = chain[record.escalated]
    guard let after = try? context.span(link.after) else { return }
    if let moment = started + after, moment > clock.wall { return set(.escalation(node), at: moment) }
    let to = link.to.flatMap { (try? context.names($0)) ?? [] }
    self.record(.escalated(id(node), level: record.escalated + 1, to: to))
    scheduleEscalation(node)
  }
}
