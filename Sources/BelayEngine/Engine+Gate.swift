internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Gates: what waits for a person or the clock. People's deadlines, windows and moments go by the wall clock, a wait by
// the clock since boot.

extension Engine {
  mutating func startGate(_ node: Int, _ gate: PlanGate) {
    do throws(StepFailure) {
      switch gate.wait {
      case .approve(let approvals): try startApproval(node, gate, approvals)
      case .window(let window): try startWindow(node, gate, window)
      case .until(let moment): try startUntil(node, gate, moment)
      case .wait(let duration): try startWait(node, gate, duration)
      }
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
  }

  private mutating func startApproval(
    _ node: Int, _ gate: PlanGate, _ approvals: [PlanApproval]
  ) throws(StepFailure) {
    var requirements: [Requirement] = []
    for approval in approvals { requirements.append(try requirement(approval, of: node)) }
    let message = try gate.message.map { template throws(StepFailure) in try context(node).text(template) }
    let expires = try moment(after: gate.within, of: node)
    try awaitPeople(node, .gate) { () throws(StepFailure) in
      Inquiry(subject: .approval, message: message ?? "", requirements: requirements, expiresAt: expires)
    }
  }

  private mutating func startUntil(_ node: Int, _ gate: PlanGate, _ moment: Expression) throws(StepFailure) {
    var due = record(of: node).waitsUntil
    if due == nil {
      guard case .timestamp(let found) = try context(node).evaluate(moment) else {
        throw StepFailure(kind: "expression", message: "until: \(moment.source) is no timestamp")
      }
      due = self.moment(at: found)
      record(.nodeStarted(id(node), waitsUntil: due))
    }
    try awaitClock(node, gate, due: due?.wall ?? clock.wall) { engine in engine.opened(node) }
  }

  private mutating func startWait(_ node: Int, _ gate: PlanGate, _ duration: Template) throws(StepFailure) {
    let span = try context(node).span(duration)
    let due = record(of: node).waitsUntil ?? clock.after(span)
    if record(of: node).status != .waiting { record(.nodeStarted(id(node), waitsUntil: due)) }
    activities[node] = Activity(part: .awaitingTime, hasPlace: false)
    if let end = try expiry(of: gate, node) {
      let isOver = end <= clock.wall && clock.boot(of: due, atMost: span) > clock.boot
      if isOver { return gateExpired(node, end) }
      wallTimers[node] = end
    }
    timers.set(node, at: clock.boot(of: due, atMost: span))
  }

  /// As a moment by both clocks: the wall clock counts.
  func moment(at wall: Timestamp) -> Moment {
    let rest = wall.since(clock.wall) ?? .zero
    let (boot, overflow) = clock.boot.nanoseconds.addingReportingOverflow(max(0, rest.nanoseconds))
    return Moment(wall: wall, boot: TimeSpan(nanoseconds: overflow ? .max : boot), bootID: clock.bootID)
  }

  /// What comes first is done: the moment, or the end of the time in which it had to come.
  mutating func awaitClock(
    _ node: Int, _ gate: PlanGate, due: Timestamp, then pass: (inout Engine) -> Void
  ) throws(StepFailure) {
    activities[node] = Activity(part: .awaitingTime, hasPlace: false)
    let end = try expiry(of: gate, node)
    if let end, end < due {
      if end <= clock.wall { return gateExpired(node, end) }
      wallTimers[node] = end
    } else if due <= clock.wall {
      pass(&self)
    } else {
      wallTimers[node] = due
    }
  }

  func isGuarded(_ node: Int) -> Bool {
    graph.subtree(node).contains { part in
      guard case .gate(let gate) = plan.nodes[part].detail, !isMet(part) else { return false }
      switch gate.wait {
      case .approve, .window: return true
      case .until, .wait: return false
      }
    }
  }

  /// By when a gate that waits for the clock has to be open.
  func expiry(of gate: PlanGate, _ node: Int) throws(StepFailure) -> Timestamp? {
    guard let within = gate.within else { return nil }
    return (record(of: node).startedAt ?? clock.wall) + (try context(node).span(within))
  }

  mutating func gateExpired(_ node: Int, _ end: Timestamp) {
    ended(
      node,
      NodeEnd(
        status: .failed, failure: Failure(kind: "expired", message: "it did not open until \(end.text)")))
  }

  mutating func opened(_ node: Int, until closes: Timestamp? = nil) {
    var outputs: ValueMap = ["opened_at": .timestamp(clock.wall)]
    outputs["closes_at"] = closes.map(Value.timestamp)
    ended(node, NodeEnd(status: .succeeded, outputs: outputs))
  }

  /// A wall clock's moment has come: a deadline of people, a window, a moment.
  mutating func wallTimerFired(_ node: Int) {
    guard let activity = activities[node] else { return }
    switch activity.part {
    case .awaitingPeople: settlePeople(node)
    case .awaitingTime: if case .gate(let gate) = plan.nodes[node].detail { startGate(node, gate) }
    case .asking, .acting, .awaitingRetry, .awaitingClaims: break
    }
  }

  /// The first node whose moment by the wall clock has come.
  mutating func popWallTimer() -> Int? {
    let due = wallTimers.filter { $0.value <= clock.wall }
    guard let node = due.keys.min() else { return nil }
    wallTimers[node] = nil
    return node
  }

  /// When the first of them comes, by the boot clock, as long as nobody sets the wall clock.
  var firstWallTimer: TimeSpan? {
    guard let first = wallTimers.values.min(), let rest = first.since(clock.wall) else { return nil }
    let (due, overflow) = clock.boot.nanoseconds.addingReportingOverflow(max(0, rest.nanoseconds))
    return overflow ? nil : TimeSpan(nanoseconds: due)
  }
}
