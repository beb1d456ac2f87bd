internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// engine.md's rules for an attempt of which nobody knows whether it has taken effect. Nothing is ever guessed.

extension Engine {
  /// Repetitions after which a person is asked, unless the author gives more attempts.
  static let rerunLimit = 3

  mutating func doubt(_ node: Int, _ step: PlanStep, _ name: AttemptName, _ reason: String) {
    record(.doubted(id(node), name, reason: reason))
    // Whatever proves its effect: what comes next would run beside it.
    if !isKilling, let reason = stillRunning(node) { return hold(node, reason) }
    settleDoubt(node, step)
  }

  /// Why nothing may follow on a node: something of it could not be ended.
  func stillRunning(_ node: Int) -> String? {
    unstoppable[node].map { "\(id(node)) still runs and cannot be signalled: \($0.joined(separator: ", "))" }
  }

  /// Asks `verify`, else the rules. While what runs is being stopped the doubt waits for the next driver.
  mutating func settleDoubt(_ node: Int, _ step: PlanStep) {
    if isKilling { return leavePlace(node) }
    guard let verify = step.verify else { return runAgainOrHold(node, step) }
    if let question = question(.verifyDoubt, verify, of: node) { ask(question, of: node) }
  }

  /// Only a pass proves that it is done, only its `fail_if` that it is not.
  mutating func doubtVerified(_ node: Int, _ judgement: Judgement) {
    guard case .step(let step) = plan.nodes[node].detail, let name = record(of: node).openAttempt else {
      return
    }
    if judgement.verdict == .pass {
      settle(node, name, .done, .verify, "verify passed")
      var outputs = record(of: node).outputs
      for (name, value) in judgement.outputs.entries { outputs[name] = value }
      ended(node, NodeEnd(status: .succeeded, outputs: kept(outputs, of: node)))
    } else if judgement.isFinal {
      runAgain(node, step, name, .notDone, .verify, judgement.reason)
    } else {
      runAgainOrHold(node, step)
    }
  }

  mutating func runAgainOrHold(_ node: Int, _ step: PlanStep) {
    guard let name = record(of: node).openAttempt, let attempt = run.attempts[name] else { return }
    guard step.idempotent else {
      let reason = attempt.doubt ?? "its end is not known"
      // Where the doubt is verify's own, it tells that answer already.
      let answer = record(of: node).lastAnswer?.reason ?? ""
      let verify = answer.isEmpty || reason.hasSuffix(answer) ? "" : "; verify: \(answer)"
      return hold(node, "nobody knows whether \(id(node)) has taken effect: \(reason)\(verify)")
    }
    runAgain(node, step, name, .again, .idempotent, "repeating it does no harm")
  }

  private mutating func settle(
    _ node: Int, _ name: AttemptName, _ verdict: Settlement.Verdict, _ evidence: Settlement.Evidence,
    _ reason: String, notBefore moment: Moment? = nil
  ) {
    let settlement = Settlement(verdict: verdict, evidence: evidence, reason: reason, notBefore: moment)
    record(.doubtSettled(id(node), name, settlement))
  }

  /// The same number and key: the earlier attempt may have got through. As late as `retry` says, where it is given.
  private mutating func runAgain(
    _ node: Int, _ step: PlanStep, _ name: AttemptName, _ verdict: Settlement.Verdict,
    _ evidence: Settlement.Evidence, _ reason: String
  ) {
    let done = record(of: node).reruns
    var notBefore: Moment?
    do throws(StepFailure) {
      guard try done < rerunLimit(of: node, step) else {
        return hold(node, "\(id(node)) was run again \(done) times and is still in doubt")
      }
      if step.retry.attempts > 1 {
        notBefore = clock.after(try delay(node, step.retry, after: record(of: node).number + done))
      }
    } catch {
      return hold(node, "\(id(node)) is in doubt, and its retry cannot be told: \(error.message)")
    }
    settle(node, name, verdict, evidence, reason, notBefore: notBefore)
    if notBefore != nil { return awaitRetry(node) }
    startAgain(node, step)
  }

  /// The author's number of attempts counts where it is higher and is for this failure.
  private func rerunLimit(of node: Int, _ step: PlanStep) throws(StepFailure) -> Int {
    let record = record(of: node)
    let given = step.retry.attempts - record.number
    guard given > Engine.rerunLimit else { return Engine.rerunLimit }
    let failure = record.failure.map(StepFailure.init) ?? .noAnswer
    return try mayRetry(node, step.retry, failure) ? given : Engine.rerunLimit
  }

  private mutating func startAgain(_ node: Int, _ step: PlanStep) {
    if isStopping || waitsForTemporaries(node) { return leavePlace(node) }
    if isUnwatched(node) {
      leavePlace(node)
      unwatched.insert(node)
      return
    }
    activities[node]?.part = .acting
    attempt(node, step)
  }

  mutating func hold(_ node: Int, _ reason: String) {
    record(.nodeHeld(id(node), reason: reason))
    leavePlace(node)
    held(node, reason)
  }

  // MARK: Attempts that an engine before this one left open

  /// Goes on with an attempt of which the journal knows the intent, and the keeper perhaps more.
  mutating func takeUp(_ node: Int, _ step: PlanStep, _ attempt: AttemptRecord) {
    let name = attempt.intent.attempt
    if attempt.intent.effect == .person { return takeUpDeed(node, step, attempt.intent) }
    activities[node]?.part = .acting
    carry(name, of: node, attempt.intent.effect)
    switch fates[name] ?? .unknown("nothing is known of it") {
    case .notStarted: startNow(node, step, attempt.intent)
    case .running(let process):
      if let process, attempt.process == nil { processStarted(name, process) }
    case .ended(let report): effectEnded(name, report, recovered: true)
    case .unknown(let reason): lost(node, step, name, reason)
    }
  }

  /// Proven not to have started: under the same intent, for the first time.
  private mutating func startNow(_ node: Int, _ step: PlanStep, _ intent: Intent) {
    if isStopping || !goesForward && plan.nodes[node].role == .main || waitsForTemporaries(node)
      || isUnwatched(node)
    {
      return neverStarted(node, intent.attempt, "its engine ended before it was started")
    }
    do {
      let request = try request(step.body, of: node, key: intent.key)
      start(node, intent.attempt, request, intent.timeout, key: intent.key)
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
  }

  /// Temporaries are undone or applied again first, and this is none of them.
  func waitsForTemporaries(_ node: Int) -> Bool {
    guard plan.nodes[node].role == .main else { return false }
    return switch stage {
    case .undoing: true
    case .reapplying(let temporaries, _): !temporaries.contains(node)
    case .forward, .stopping, .claiming, .rollingBack, .verifyingRollback, .resting: false
    }
  }

  /// An intent that nothing came of: there is nothing to undo, and who goes on starts it anew.
  mutating func neverStarted(_ node: Int, _ name: AttemptName, _ reason: String) {
    record(.doubted(id(node), name, reason: reason))
    settle(node, name, .notDone, .notStarted, reason)
    leavePlace(node)
  }

  mutating func attemptLost(_ name: AttemptName, _ reason: String, notStopped: [String]) {
    if let aside = asides.removeValue(forKey: name) { return lost(aside, reason) }
    guard let node = owners[name], activities[node]?.part == .acting,
      case .step(let step) = plan.nodes[node].detail
    else { return }
    if !notStopped.isEmpty { unstoppable[node] = notStopped }
    lost(node, step, name, reason)
  }

  mutating func lost(_ node: Int, _ step: PlanStep, _ name: AttemptName, _ reason: String) {
    owners[name] = nil
    activities[node]?.attempt = nil
    let failure = Failure(kind: "lost", message: reason)
    record(.attemptFinished(id(node), name, AttemptEnd(outcome: .unknown, failure: failure, recovered: true)))
    doubt(node, step, name, reason)
  }

  /// Processes of the keeper that died: deeds by their fate, questions asked again.
  mutating func keeperLost(_ fates: [AttemptName: Fate]) {
    let waiting = Set(
      waitingForCommit.compactMap { if case .start(let order) = $0.command { order.attempt } else { nil } })
    self.fates = fates
    asidesLost(fates, except: waiting)
    for node in activities.keys.sorted() {
      guard let activity = activities[node], let name = activity.attempt, activity.effect.outlivesEngine,
        !waiting.contains(name)
      else { continue }
      owners[name] = nil
      activities[node]?.attempt = nil
      switch activity.part {
      case .asking(let question):
        if case .running? = fates[name] { orders.append(.stopAttempt(name, reason: "cancel")) }
        ask(question, of: node)
      case .acting:
        if case .step(let step) = plan.nodes[node].detail, let attempt = run.attempts[name] {
          takeUp(node, step, attempt)
        }
      case .awaitingRetry, .awaitingTime, .awaitingPeople, .awaitingClaims: break
      }
    }
  }
}
