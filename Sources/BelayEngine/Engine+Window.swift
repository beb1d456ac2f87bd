internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Windows bind people too: what follows in the gate's list has to fit into what is left of one.

extension Engine {
  mutating func startWindow(_ node: Int, _ gate: PlanGate, _ window: PlanWindow) throws(StepFailure) {
    let opening = try opening(of: window)
    let need = timeNeeded(after: node)
    let fits = opening.opensAt <= clock.wall && need <= opening.closesAt.since(clock.wall) ?? .zero
    if let override = record(of: node).override, !fits || standing(node) != nil {
      return try passOverridden(node, window, override, opening)
    }
    if opening.opensAt <= clock.wall {
      if record(of: node).status == .pending {
        record(.nodeStarted(id(node), waitsUntil: moment(at: opening.opensAt)))
      }
      // One that opened in time is open in time, also for who comes later.
      if let end = try expiry(of: gate, node), end < opening.opensAt { return gateExpired(node, end) }
      let rest = opening.closesAt.since(clock.wall) ?? .zero
      guard need <= rest else { return doesNotFit(node, window, need, rest, opening) }
      return opened(node, until: opening.closesAt)
    }
    let length = opening.closesAt.since(opening.opensAt) ?? .zero
    guard need <= length else { return doesNotFit(node, window, need, length, opening) }
    let due = moment(at: opening.opensAt)
    if record(of: node).waitsUntil?.wall != due.wall { record(.nodeStarted(id(node), waitsUntil: due)) }
    try awaitClock(node, gate, due: opening.opensAt) { _ in }
  }

  private func opening(of window: PlanWindow) throws(StepFailure) -> Opening {
    guard let rules = zones[window.window.zone] else {
      throw StepFailure(
        kind: "window", message: "this machine does not know the time zone \(window.window.zone)")
    }
    guard let opening = window.window.opening(at: clock.wall, in: rules) else {
      throw StepFailure(kind: "window", message: "the window never opens")
    }
    return opening
  }

  private mutating func doesNotFit(
    _ node: Int, _ window: PlanWindow, _ need: TimeSpan, _ rest: TimeSpan, _ opening: Opening
  ) {
    let name = window.name ?? "it"
    let isOpen = opening.opensAt <= clock.wall
    let time = isOpen ? "only \(rest.rounded.text) are left" : "it is open for \(rest.rounded.text) only"
    let message =
      "what follows may take \(need.rounded.text), and \(time) until \(name) closes at \(opening.closesAt.text)"
    ended(node, NodeEnd(status: .failed, failure: Failure(kind: "window", message: message)))
  }

  // MARK: Outside of it

  /// A person lets a gate pass outside of its window; in a protected environment another one approves that.
  mutating func override(_ begin: Begin) {
    for gate in begin.overrides {
      guard let node = graph.index[gate], case .gate(let facts) = plan.nodes[node].detail,
        case .window = facts.wait, !record(of: node).status.hasEnded
      else { continue }
      record(.windowOverridden(gate, note: begin.overrideNote ?? "", by: begin.driver.actor))
    }
  }

  private mutating func passOverridden(
    _ node: Int, _ window: PlanWindow, _ override: WindowOverride, _ opening: Opening
  ) throws(StepFailure) {
    guard plan.isProtected else {
      if record(of: node).status == .pending { record(.nodeStarted(id(node), waitsUntil: nil)) }
      return opened(node, until: opening.closesAt)
    }
    let name = window.name.map { " \($0)" } ?? ""
    let message = "Pass \(id(node)) outside of its window\(name)? \(override.by.name) asks: \(override.note)"
    let expires = clock.wall + Engine.approvalTime
    try awaitPeople(node, .override) { () throws(StepFailure) in
      Inquiry(
        subject: .override, message: message,
        requirements: [
          Requirement(by: [], exclude: [PlanApproval.initiator, Requirement.asker], assurance: .signature)
        ], expiresAt: expires)
    }
  }

  /// Another person has agreed.
  mutating func passOutside(_ node: Int) {
    guard case .gate(let gate) = plan.nodes[node].detail, case .window(let window) = gate.wait else { return }
    opened(node, until: (try? opening(of: window))?.closesAt)
  }

  // MARK: What follows

  /// The longest that what depends on a node in its list may take, and the undoing of the list's temporaries: by
  /// timeouts, as far as they are known. What waits for people is not counted.
  func timeNeeded(after gate: Int) -> TimeSpan {
    let list = graph.parents[gate].map { Array(graph.children[$0]) } ?? graph.top
    var ends: [Int: Int64] = [gate: 0]
    for node in list where node > gate && plan.nodes[node].role == plan.nodes[gate].role {
      let before = graph.needs[node].compactMap { ends[$0] }.max()
      if let before { ends[node] = before.adding(timeNeeded(for: node)) }
    }
    let temporaries = list.filter { isTemporary($0) && !record(of: $0).status.isOver }
    let undoing = temporaries.reduce(Int64(0)) { sum, node in
      guard case .root(let root) = rollback(of: node) else { return sum }
      return sum.adding(timeNeeded(for: root))
    }
    return TimeSpan(nanoseconds: (ends.values.max() ?? 0).adding(undoing))
  }

  private func timeNeeded(for node: Int) -> Int64 {
    if record(of: node).status.hasEnded, plan.nodes[node].role == .main { return 0 }
    switch plan.nodes[node].detail {
    case .step(let step): return time(of: step, node)
    case .check(let check): return time(of: check.body, node)
    case .gate(let gate): if case .wait(let span) = gate.wait { return length(span, node) } else { return 0 }
    case .group(let group): return time(of: group, node)
    }
  }

  private func time(of group: PlanGroup, _ node: Int) -> Int64 {
    let children = Array(graph.children[node])
    switch group.mode {
    case .choice: return children.map(timeNeeded(for:)).max() ?? 0
    case .sequence, .parallel, .rounds:
      var ends: [Int: Int64] = [:]
      for child in children {
        let before = graph.needs[child].compactMap { ends[$0] }.max() ?? 0
        ends[child] = before.adding(timeNeeded(for: child))
      }
      return ends.values.max() ?? 0
    }
  }

  private func time(of step: PlanStep, _ node: Int) -> Int64 {
    var total: Int64 = 0
    for number in 1...max(1, step.retry.attempts) {
      total = total.adding(length(step.body.timeout, node))
      if number > 1, let delay = try? delay(node, step.retry, after: number - 1) {
        total = total.adding(delay.nanoseconds)
      }
    }
    if let verify = step.verify { total = total.adding(time(of: verify, node)) }
    return total
  }

  private func time(of body: PlanBody, _ node: Int) -> Int64 {
    let asking = length(body.within, node).adding(length(body.staysFor, node))
    return asking.adding(length(body.timeout, node))
  }

  private func length(_ span: Template?, _ node: Int) -> Int64 {
    guard let span else { return 0 }
    return (try? context(node).span(span))?.nanoseconds ?? 0
  }
}

extension Int64 {
  /// As much as fits.
  fileprivate func adding(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

extension TimeSpan {
  /// To whole seconds, for people.
  fileprivate var rounded: TimeSpan {
    nanoseconds < 1_000_000_000 ? self : TimeSpan(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000)
  }
}

extension NodeStatus {
  /// Temporary ones that were undone stay so.
  fileprivate var isOver: Bool { self == .compensated || self == .skipped }
}
