internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// The stop order: nothing new starts, questions in progress go back to pending, what runs ends by itself (or is
// stopped, where that was asked for), and when nothing runs the consequence is drawn.

extension Engine {
  var isStopping: Bool {
    switch stage {
    case .stopping, .resting: true
    default: false
    }
  }

  /// What runs is being stopped, or nothing more can be recorded: doubts are left to the next driver.
  var isKilling: Bool {
    if case .stopping(let stop) = stage { stop.cause >= .kill } else { false }
  }

  /// Not even a question can be put any more: its answer may not fit.
  var isOutOfSpace: Bool {
    if case .stopping(let stop) = stage { stop.cause == .noSpace } else { false }
  }

  /// A node has failed and the run does not go on over it.
  mutating func failed(_ node: Int, _ end: NodeEnd) {
    if let call = callToAskAgain(after: node, end) { return askAgain(call) }
    if stage == .verifyingRollback { return steadyStateFails(node, end) }
    if case .reapplying(_, .rollBack(_, let cause, _)) = stage { return cannotReapply(node, end, cause) }
    failed(node, end, under: plan.nodes[node].failure)
  }

  /// What a rollback needs is not there: undoing it all the same is a person's word, which is to resume.
  private mutating func cannotReapply(_ node: Int, _ end: NodeEnd, _ cause: String) {
    let left =
      "\(id(node)), which the rollback needs, could not be applied again: \(end.failure?.message ?? "")"
    rest(.rollbackIncomplete, cause, node, left: [left])
  }

  mutating func failed(_ node: Int, _ end: NodeEnd, under policy: FailurePolicy) {
    let what = end.status == .unknown ? "is unknown" : "failed"
    let reason = "\(id(node)) \(what): \(end.failure?.message ?? "")"
    let consequence = consequence(of: node, end, under: policy, reason)
    stop(Stop(cause: .failure, node: node, reason: reason, consequence: consequence))
  }

  /// A person has to decide about a node.
  mutating func held(_ node: Int, _ reason: String) {
    if plan.nodes[node].role != .main, heldInRollback(node, reason) { return }
    stop(
      Stop(cause: .hold, node: node, reason: reason, consequence: .rest(.held, cause: reason, node: node)))
  }

  mutating func stopAsked(_ request: StopRequest, by actor: Actor) {
    if case .resting = stage { return giveUpNotices(by: actor) }
    // What is in force is being undone already: whoever asks again must not break that off.
    if case .undoing = stage, request != .kill { return }
    record(.stopRequested(request, by: actor))
    switch request {
    case .pause:
      stop(Stop(cause: .pause, reason: "paused", consequence: paused("paused by \(actor.name)")))
    case .kill:
      stop(Stop(cause: .kill, reason: "stopped", consequence: paused("stopped by \(actor.name)")))
    case .cancel:
      let cause = "cancelled by \(actor.name)"
      // Halfway back there is no way to end but forward or back: it rests, and resume finishes the rollback.
      let rest =
        run.rollback == nil
        ? Consequence.rest(.failed, cause: cause, node: nil)
        : paused("\(cause) while it was rolled back")
      stop(Stop(cause: .cancel, reason: cause, consequence: rest))
    }
  }

  /// Whatever was about to happen waits for a driver that has room for it.
  mutating func diskFull(_ what: String) {
    hasNoSpace = true
    claimWish = nil
    let cause = "the disk is full: \(what)"
    stop(Stop(cause: .noSpace, reason: cause, consequence: .rest(.held, cause: cause, node: nil)))
  }

  /// Its intent stays open: the next driver finds that it was not started, and starts it.
  mutating func notTaken(_ attempt: AttemptName) {
    if let node = owners[attempt], activities[node]?.attempt == attempt { leavePlace(node) }
  }

  private func paused(_ cause: String) -> Consequence { .rest(.paused, cause: cause, node: nil) }

  /// The strongest cause counts; of equal ones the first.
  mutating func stop(_ stop: Stop) {
    if case .resting = stage { return }
    var stop = stop
    if case .stopping(let before) = stage {
      guard before.cause < stop.cause else {
        if before.cause == .noSpace, stop.cause >= .kill { windDown(stop.cause) }
        return
      }
      // A pause does not take back what a failure or a trip has asked for: it only comes first.
      if stop.cause == .pause {
        stop.consequence = before.cause <= .trip ? stop.consequence : before.consequence
      }
    }
    stage = .stopping(stop)
    ready.removeAll()
    blocked.removeAll()
    unwatched.removeAll()
    windDown(stop.cause)
  }

  mutating func windDown(_ cause: Stop.Cause) {
    for node in activities.keys.sorted() { wind(down: node, cause) }
  }

  private mutating func wind(down node: Int, _ cause: Stop.Cause) {
    guard let activity = activities[node] else { return }
    switch activity.part {
    case .asking(let question):
      if cause < .kill, question.isProof { return }
      withdraw(activity)
      leavePlace(node)
      guard question.kind == .check else { return }
      // A pause takes nothing away: who goes on has the time and the coverage that there were.
      if cause == .pause || cause == .kill {
        record(.withdrawn(id(node)))
      } else {
        record(.nodesReset([id(node)], reason: "stopped while asking", by: nil))
      }
    case .acting:
      if cause == .kill || cause == .cancel || isInterruptible(node) {
        end(activity, of: node)
      } else if cause == .noSpace, let attempt = activity.attempt, takeBack(attempt) {
        neverStarted(node, attempt, "the disk was full before it was started")
      }
    case .awaitingPeople(.deed): leaveDeed(node)
    case .awaitingRetry, .awaitingTime, .awaitingPeople, .awaitingClaims: leavePlace(node)
    }
  }

  private func isInterruptible(_ node: Int) -> Bool {
    if case .step(let step) = plan.nodes[node].detail { step.interrupt } else { false }
  }

  /// A question that nobody needs the answer of.
  mutating func withdraw(_ activity: Activity) {
    guard let attempt = activity.attempt else { return }
    owners[attempt] = nil
    if !takeBack(attempt) { orders.append(.stopAttempt(attempt, reason: "cancel")) }
  }

  private mutating func end(_ activity: Activity, of node: Int) {
    guard let attempt = activity.attempt else { return }
    if takeBack(attempt) {
      neverStarted(node, attempt, "it was stopped before it was started")
    } else {
      orders.append(.stopAttempt(attempt, reason: "cancel"))
    }
  }

  /// Takes back a spawn that still waits for its intent to be durable.
  mutating func takeBack(_ attempt: AttemptName) -> Bool {
    let before = waitingForCommit.count
    waitingForCommit.removeAll { waiting in
      if case .start(let order) = waiting.command { order.attempt == attempt } else { false }
    }
    return waitingForCommit.count < before
  }

  /// It was ordered, and goes out when what it rests on is durable.
  func isWaitingForCommit(_ attempt: AttemptName) -> Bool {
    waitingForCommit.contains { waiting in
      if case .start(let order) = waiting.command { order.attempt == attempt } else { false }
    }
  }

  // MARK: When nothing runs

  mutating func settleStop(_ stop: Stop) -> Bool {
    guard activities.isEmpty else { return false }
    undos.removeAll()
    ready.removeAll()
    if let node = unstoppable.keys.min(), let reason = stillRunning(node) {
      // Its claims are kept, and nothing is undone beside it.
      rest(.held, stop.reason == reason ? reason : "\(stop.reason): \(reason)", node)
      return true
    }
    switch stop.cause {
    case .request, .pause, .hold, .kill: draw(stop.consequence)
    case .noSpace:
      rest(.held, stop.reason, nil, left: run.stop == .cancel ? ["asked for and not done: cancel"] : [])
    // Halfway back, what a temporary serves may still have to be undone: the rollback itself undoes it in its turn.
    case .cancel where run.rollback != nil && !stop.consequence.isClosing: draw(stop.consequence)
    case .failure, .trip, .cancel:
      switch stop.consequence {
      case .rollBack: draw(stop.consequence)
      // What stands outside of it goes on.
      case .endScope(let node, _): undo(inForce(among: graph.subtree(node)), then: stop.consequence)
      default: undo(inForce(among: 0..<graph.count), then: stop.consequence)
      }
    }
    return true
  }

  mutating func draw(_ consequence: Consequence) {
    switch consequence {
    case .rest(let status, let cause, let node): rest(status, cause, node)
    case .rollBack(let scope, let cause, let actor): rollBack(scope, cause: cause, by: actor)
    case .goForward: goForward()
    case .resume(let retry, let actor):
      stage = .forward
      prepare(retry: retry, by: actor)
      resume(retry: retry, by: actor)
    case .endGroup(let group): closeGroup(group)
    case .endScope(let node, let end): endScope(node, end)
    case .endPlaybook: endPlaybook()
    case .close(let note, let actor):
      disarmWatches()
      record(.closed(note: note, by: actor, left: leftWhenClosed))
      stage = .resting(.closed)
    }
  }

  mutating func goForward() {
    stage = .forward
    rebuildSchedule()
    if openTop == 0 { endList(graph.top, then: .endPlaybook) }
  }

  mutating func rest(_ status: RunStatus, _ cause: String, _ node: Int?, left: [String] = []) {
    ringWallAlarms()
    disarmWatches()
    let inForce = inForce(among: 0..<graph.count).filter { !status.hasLetGo || isGivenUp($0) }
    let left = left + inForce.map(stillInForce)
    record(.rested(Rest(status: status, cause: cause, node: node.map(id), left: left)))
    stage = .resting(status)
  }

  /// What was left when the run rested, but for temporaries that are undone by now.
  private var leftWhenClosed: [String] {
    run.left.filter { !$0.hasPrefix(Engine.stillInForce) } + inForce(among: 0..<graph.count).map(stillInForce)
  }

  private static let stillInForce = "still in force: "

  private func stillInForce(_ node: Int) -> String {
    let since = record(of: node).startedAt.map { " since \($0.wholeSecond.text)" } ?? ""
    return "\(Engine.stillInForce)\(id(node))\(since)\(isGivenUp(node) ? ", its rollback was skipped" : "")"
  }
}
