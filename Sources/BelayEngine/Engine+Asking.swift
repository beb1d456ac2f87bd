internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// A called playbook that is asked until all of it holds. Lost with the engine, and found again by when it began.
struct CallQuestion: Hashable {
  /// By the boot clock: asked again until then.
  var deadline: TimeSpan
  var every: TimeSpan
  /// When the question on its way was asked.
  var askedAt: TimeSpan
}

// A check that calls a playbook of checks: what does not hold is asked again, and the rest with it, up to `within`.
extension Engine {
  /// The call is opened: its time begins.
  mutating func beginAsking(_ call: Int) {
    callQuestions[call] = nil
    _ = try? callQuestion(of: call)
  }

  /// Of a call that an engine before this one has begun, with the time that is left of it.
  private mutating func callQuestion(of call: Int) throws(StepFailure) -> CallQuestion? {
    if let known = callQuestions[call] { return known }
    guard let polling = group(call)?.call?.polling else { return nil }
    let context = context(call)
    let within = try context.span(polling.within)
    var every = Engine.defaultInterval
    if let written = polling.every { every = try context.span(written) }
    let passed = record(of: call).startedAt.flatMap { clock.wall.since($0) } ?? .zero
    let left = max(0, min(within.nanoseconds, within.nanoseconds - passed.nanoseconds))
    let deadline = TimeSpan(nanoseconds: clock.boot.nanoseconds + left)
    let question = CallQuestion(deadline: deadline, every: every, askedAt: clock.boot)
    callQuestions[call] = question
    return question
  }

  /// The innermost call around a node that has not ended well which is asked again for it; nil: it has failed.
  mutating func callToAskAgain(after node: Int, _ end: NodeEnd) -> Int? {
    guard stage == .forward || stage == .verifyingRollback else { return nil }
    var at: Int? = node
    while let scope = at {
      if isRound(scope), end.status == .failed, mayTryAgain(scope, end) { return nil }
      if scope != node, group(scope)?.call != nil {
        if let question = try? callQuestion(of: scope), question.askedAt < question.deadline { return scope }
        if end.status == .failed, plan.nodes[scope].failure.rule == .continue { return nil }
      }
      at = graph.parents[scope]
    }
    return nil
  }

  /// Its nodes are pending again, and are asked when it is time.
  mutating func askAgain(_ call: Int) {
    guard let question = callQuestions[call] else { return }
    takeBack(partsOf: call)
    countWhatIsMissing(in: call)
    let next = question.askedAt.nanoseconds + question.every.nanoseconds
    activities[call] = Activity(part: .awaitingTime, hasPlace: false)
    // The last question is asked when the time is up, never after it.
    timers.set(call, at: min(TimeSpan(nanoseconds: next), question.deadline))
  }

  /// All of it is one question: what has held is asked again with what has not.
  mutating func takeBack(partsOf call: Int) {
    let parts = graph.subtree(call).filter { $0 != call }
    for part in parts {
      if let activity = activities[part] { withdraw(activity) }
      leavePlace(part)
      blocked[part] = nil
    }
    dropReady(Set(parts))
    recordReset(parts.filter { run.nodes[id($0)] != nil }.map(id), because: "asked again", by: nil)
  }

  /// Its time has come.
  mutating func askCall(_ call: Int) {
    leavePlace(call)
    callQuestions[call]?.askedAt = clock.boot
    for child in graph.children[call] where missing[child] == 0 { queue(child) }
  }

  /// Calls around a node that are asked again as a whole, with what is in them: done again, they begin anew.
  func askedAnew(with node: Int) -> [Int] {
    var parts: [Int] = []
    var outer = graph.parents[node]
    while let scope = outer {
      if group(scope)?.call?.polling != nil { parts += graph.subtree(scope) }
      outer = graph.parents[scope]
    }
    return parts
  }
}
