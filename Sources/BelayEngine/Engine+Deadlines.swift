internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Deadlines of people: by the wall clock. Past it a node is overdue, and who is next is told that it waits: events,
// never failures.

extension Engine {
  /// Sets what is due and what escalates, from the journal's state.
  mutating func scheduleDeadlines() {
    for node in plan.nodes.indices where plan.nodes[node].role == .main {
      if plan.nodes[node].due != nil { scheduleDue(node) }
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
    // At once where that has been while nobody drove: the run may rest again before anything else comes.
    isDue(node)
  }

  private mutating func set(_ alarm: Alarm, at moment: Timestamp) {
    alarms.set(alarm, at: clock.boot.adding(max(moment.since(clock.wall) ?? .zero, .zero)))
  }

  mutating func isDue(_ node: Int) {
    if case .resting = stage { return }
    // What may never come is not waited for: another choice, a further attempt at a group.
    let record = record(of: node)
    // An alarm may have been set before it was seen to be overdue.
    guard !record.isOverdue, !record.status.hasEnded, isReached(node), let due = due(node) else { return }
    // The wall clock may have been set back meanwhile.
    if due > clock.wall { return set(.due(node), at: due) }
    self.record(.overdue(id(node), due: due))
  }

  // MARK: Escalation

  /// Called when a node has begun to wait for the world or a person.
  mutating func scheduleEscalation(_ node: Int) {
    let record = record(of: node)
    let chain = plan.nodes[node].escalation
    guard !record.status.hasEnded, record.escalated < chain.count, let started = record.startedAt,
      let after = try? context(node).span(chain[record.escalated].after)
    else { return }
    set(.escalation(node), at: started + after ?? started)
  }

  mutating func escalate(_ node: Int) {
    if case .resting = stage { return }
    let record = record(of: node)
    let chain = plan.nodes[node].escalation
    guard !record.status.hasEnded, record.escalated < chain.count, let started = record.startedAt else {
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
