internal import BelayJournal
internal import BelayModel
internal import BelayPlan

extension Engine {
  /// Takes a step on from where its record stands; also after a crash.
  mutating func goOn(_ node: Int, _ step: PlanStep) {
    let record = record(of: node)
    if let asking = standing(node) { return goOn(node, step, asking: asking.inquiry.subject) }
    switch record.status {
    case .pending, .ready: askWhetherDone(node, step)
    case .waiting: awaitRetry(node)
    case .inDoubt: settleDoubt(node, step)
    case .intended, .running: goOnWithAttempt(node, step, record)
    default: leavePlace(node)
    }
  }

  /// From where people were asked.
  private mutating func goOn(_ node: Int, _ step: PlanStep, asking subject: Inquiry.Subject) {
    let record = record(of: node)
    switch subject {
    case .irreversible: askBeforeIrreversible(node, step)
    case .look where record.status == .inDoubt: settleDoubt(node, step)
    case .look where record.openAttempt != nil: goOnWithAttempt(node, step, record)
    case .look("skip_if"): askWhetherDone(node, step)
    case .look: capture(node, from: 0)
    case .deed: goOnWithAttempt(node, step, record)
    case .approval, .override: leavePlace(node)
    }
  }

  private mutating func goOnWithAttempt(_ node: Int, _ step: PlanStep, _ record: NodeRecord) {
    guard let name = record.openAttempt, let attempt = run.attempts[name] else { return leavePlace(node) }
    if attempt.end != nil {
      verifyEffect(node, step)
    } else {
      takeUp(node, step, attempt)
    }
  }

  private mutating func askWhetherDone(_ node: Int, _ step: PlanStep) {
    let body: PlanBody? =
      switch step.skip {
      case nil: nil
      case .verified: step.verify
      case .body(let body): body
      }
    guard let body else { return askBeforeIrreversible(node, step) }
    if let question = question(.skipIf, body, of: node) { ask(question, of: node) }
  }

  mutating func skipAnswered(_ node: Int, _ judgement: Judgement) {
    switch judgement.verdict {
    case .pass: skip(node, .alreadyDone, note: nil, by: nil)
    case .fail: if case .step(let step) = plan.nodes[node].detail { askBeforeIrreversible(node, step) }
    case .unknown:
      let failure = Failure(
        kind: judgement.failure?.kind ?? "", message: "skip_if has no answer: \(judgement.reason)")
      ended(node, NodeEnd(status: .failed, failure: failure))
    }
  }

  // MARK: Captures

  /// Reads what has not been read yet; once, before the first attempt.
  mutating func capture(_ node: Int, from start: Int) {
    let captures = captures(of: node)
    let known = record(of: node).captures
    for index in start..<max(start, captures.count) where known[captures[index].name] == nil {
      if let question = question(.capture(index), captures[index].body, of: node) {
        ask(question, of: node)
      }
      return
    }
    if case .step(let step) = plan.nodes[node].detail { attempt(node, step) } else { openGroup(node) }
  }

  func captures(of node: Int) -> [PlanStep.Capture] {
    switch plan.nodes[node].detail {
    case .step(let step): step.captures
    case .group(let group): group.captures
    case .check, .gate: []
    }
  }

  mutating func captured(_ node: Int, _ index: Int, _ judgement: Judgement, _ fields: ValueMap) {
    let capture = captures(of: node)[index]
    do throws(StepFailure) {
      guard judgement.verdict == .pass else { throw judgement.failure ?? .noAnswer }
      let value = try self.value(of: capture, fields, judgement.outputs, at: node)
      record(.captured(id(node), name: capture.name, value: value))
      self.capture(node, from: index + 1)
    } catch {
      let failure = Failure(
        kind: error.kind, message: "capture \(capture.name): \(error.message)", stderr: error.stderr)
      ended(node, NodeEnd(status: .failed, failure: failure))
    }
  }

  private func value(
    of capture: PlanStep.Capture, _ fields: ValueMap, _ outputs: ValueMap, at node: Int
  ) throws(StepFailure) -> Value {
    var context = context(node)
    context.fields = fields
    for (name, value) in outputs.entries { context.fields[name] = value }
    return try context.evaluate(capture.value)
  }

  // MARK: Attempts

  /// Writes the intent down and starts the action when that is durable.
  mutating func attempt(_ node: Int, _ step: PlanStep) {
    let record = record(of: node)
    let round = record.round == 1 ? "" : "#\(record.round)"
    let key = "\(run.run)/\(id(node))\(round)/\(record.number)"
    do throws(StepFailure) {
      let request = try request(step.body, of: node, key: key)
      let timeout = try request?.kind == .person ? .zero : timeout(of: step.body, node: node)
      let name = newAttempt()
      self.record(
        .attemptIntended(
          id(node),
          Intent(
            attempt: name, number: record.number, key: key, actionDigest: Engine.digest(of: request),
            rollback: rollbackRoot(of: step).map(id), timeout: timeout, rerun: record.reruns,
            effect: request?.kind ?? .process)))
      start(node, name, request, timeout, key: key)
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
  }

  private func rollbackRoot(of step: PlanStep) -> Int? {
    if case .root(let root) = step.rollback { root } else { nil }
  }

  /// Starts an attempt whose intent stands in the journal.
  mutating func start(
    _ node: Int, _ name: AttemptName, _ request: EffectRequest?, _ timeout: TimeSpan, key: String
  ) {
    guard let request else { return }
    if case .person(let person) = request { return awaitDeed(node, person, within: deadline(of: node)) }
    guard case .step(let step) = plan.nodes[node].detail else { return }
    activities[node]?.part = .acting
    carry(name, of: node, request.kind)
    order(
      .start(
        EffectOrder(
          attempt: name, node: id(node), key: key, request: request, timeout: timeout,
          keeps: step.body.maxOutput, sensitive: plan.nodes[node].sensitive, deed: deed(node))))
  }

  /// A step and what undoes it are one.
  func deed(_ node: Int) -> String { "\(run.run)/\(RollbackName.undone(by: id(node)) ?? id(node))" }

  /// An attempt is with the world from here on.
  mutating func carry(_ name: AttemptName, of node: Int, _ effect: EffectKind) {
    activities[node]?.attempt = name
    activities[node]?.effect = effect
    owners[name] = node
  }

  mutating func processStarted(_ attempt: AttemptName, _ process: ProcessIdentity) {
    guard let node = owners[attempt], activities[node]?.part == .acting else { return }
    record(.attemptStarted(id(node), attempt, process: process))
  }

  mutating func effectEnded(_ attempt: AttemptName, _ report: EffectReport, recovered: Bool) {
    if let aside = asides.removeValue(forKey: attempt) { return ended(aside, report) }
    guard let node = owners.removeValue(forKey: attempt), let activity = activities[node] else { return }
    switch activity.part {
    case .asking(let question): answerArrived(node, question, report)
    case .acting: attemptEnded(node, attempt, report, recovered: recovered)
    case .awaitingRetry, .awaitingTime, .awaitingPeople, .awaitingClaims: break
    }
  }

  /// It repeats an attempt of which nobody knows: that this one has not happened proves nothing of that one.
  private func repeatsDoubt(_ node: Int) -> Bool {
    let record = record(of: node)
    guard record.reruns > 0 else { return false }
    return run.attempts.values.contains {
      $0.node == id(node) && $0.intent.number == record.number && $0.settlement?.verdict == .again
    }
  }

  mutating func attemptEnded(_ node: Int, _ name: AttemptName, _ report: EffectReport, recovered: Bool) {
    guard case .step(let step) = plan.nodes[node].detail, let source = step.body.action else { return }
    let report = reported(report, by: step.body, of: id(node))
    activities[node]?.attempt = nil
    let answer: ActionAnswer
    do throws(StepFailure) {
      answer = try action(source).answer(report.result, isRepeat: repeatsDoubt(node))
    } catch {
      answer = ActionAnswer(fields: ValueMap(), failure: error, answered: false, definite: false)
    }
    let judgement = judgement(answer, by: step.body, of: node, isQuestion: false)
    let outcome = judgement.outcome(of: answer, isRepeated: repeatsDoubt(node))
    record(
      .attemptFinished(
        id(node), name,
        end(
          report, outcome, judgement, of: node, recovered: recovered,
          changedNothing: outcome == .failed && answer.changedNothing)))
    if !report.notStopped.isEmpty { unstoppable[node] = report.notStopped }
    if !report.leftRunning.isEmpty {
      record(.leftRunning(id(node), name, processes: report.leftRunning))
    }
    switch outcome {
    case .succeeded: verifyEffect(node, step)
    case .failed: retryOrFail(node, step, judgement)
    case .unknown: doubt(node, step, name, judgement.reason + report.stillRunning)
    }
  }

  private mutating func end(
    _ report: EffectReport, _ outcome: AttemptEnd.Outcome, _ judgement: Judgement, of node: Int,
    recovered: Bool, changedNothing: Bool
  ) -> AttemptEnd {
    var end = AttemptEnd(
      outcome: outcome, duration: report.result.duration, stdout: report.stdout, stderr: report.stderr,
      answer: report.answer, outputs: kept(judgement.outputs, of: node), failure: judgement.failure?.failure,
      recovered: recovered, changedNothing: changedNothing)
    end.exitCode = report.result.exitCode
    end.signal = report.result.signal
    end.status = report.result.status
    return end
  }

  /// What may be written down of a node's outputs.
  mutating func kept(_ outputs: ValueMap, of node: Int) -> ValueMap {
    guard plan.nodes[node].sensitive else { return outputs }
    // It ends with what stands in its record, which is nothing.
    if !outputs.isEmpty { unrecorded[id(node)] = outputs }
    return ValueMap()
  }

  // MARK: Verify and retry

  private mutating func verifyEffect(_ node: Int, _ step: PlanStep) {
    guard let verify = step.verify else { return succeeded(node) }
    if isOutOfSpace { return leavePlace(node) }
    if let question = question(.verifyEffect, verify, of: node) { ask(question, of: node) }
  }

  private mutating func succeeded(_ node: Int, adding more: ValueMap = ValueMap()) {
    var outputs = record(of: node).outputs
    for (name, value) in more.entries { outputs[name] = value }
    ended(node, NodeEnd(status: .succeeded, outputs: kept(outputs, of: node)))
  }

  mutating func effectVerified(_ node: Int, _ judgement: Judgement) {
    guard case .step(let step) = plan.nodes[node].detail, let name = record(of: node).openAttempt else {
      return
    }
    if judgement.verdict == .pass {
      succeeded(node, adding: judgement.outputs)
    } else if judgement.isFinal {
      ended(node, NodeEnd(status: .failed, failure: judgement.failure?.failure))
    } else {
      record(.doubted(id(node), name, reason: "verify does not confirm it: \(judgement.reason)"))
      runAgainOrHold(node, step)
    }
  }

  /// A definite failure: tried again as often as the author says, else the node has failed.
  private mutating func retryOrFail(_ node: Int, _ step: PlanStep, _ judgement: Judgement) {
    let failure = judgement.failure ?? StepFailure(kind: "", message: "failed")
    let number = record(of: node).number + record(of: node).reruns
    do throws(StepFailure) {
      guard !judgement.isFinal, number < step.retry.attempts, try mayRetry(node, step.retry, failure) else {
        return ended(
          node, NodeEnd(status: .failed, outputs: record(of: node).outputs, failure: failure.failure))
      }
      let delay = try delay(node, step.retry, after: number, failure)
      record(.retryScheduled(id(node), failure: failure.failure, at: clock.after(delay)))
      awaitRetry(node)
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
  }

  func mayRetry(_ node: Int, _ retry: PlanRetry, _ failure: StepFailure) throws(StepFailure) -> Bool {
    guard let condition = retry.when else { return true }
    var context = context(node)
    context.error = failure
    return try context.evaluate(condition) == .bool(true)
  }

  /// The other side's wish counts if it is for longer, up to an hour.
  func delay(
    _ node: Int, _ retry: PlanRetry, after number: Int, _ failure: StepFailure? = nil
  ) throws(StepFailure) -> TimeSpan {
    let context = context(node)
    let longest = try context.span(retry.maxDelay)
    var delay = Double(try context.span(retry.delay).nanoseconds)
    for _ in 1..<max(1, number) where delay < Double(longest.nanoseconds) { delay *= retry.backoff }
    let own = min(longest, TimeSpan(nanoseconds: Int64(min(delay, Double(longest.nanoseconds)))))
    return max(own, min(failure?.retryAfter ?? .zero, Engine.longestRetryAfter))
  }

  private static let longestRetryAfter = TimeSpan.seconds(3600)

  /// Between attempts a node takes no place from others.
  mutating func awaitRetry(_ node: Int) {
    leavePlace(node)
    guard !isStopping, let until = record(of: node).waitsUntil else { return }
    activities[node] = Activity(part: .awaitingRetry, hasPlace: false)
    timers.set(node, at: clock.boot(of: until, atMost: record(of: node).retryDelay))
  }

  mutating func timerFired(_ node: Int) {
    guard let activity = activities[node] else { return }
    switch activity.part {
    case .asking(let question): ask(question, of: node)
    case .awaitingTime where group(node)?.call?.polling != nil && record(of: node).status == .running:
      askCall(node)
    case .awaitingTime where isGroup(node): waitedForRound(node)
    case .awaitingTime: opened(node)
    case .awaitingRetry:
      guard case .step(let step) = plan.nodes[node].detail else { return }
      if waitsForTemporaries(node) { return leavePlace(node) }
      if isUnwatched(node) {
        leavePlace(node)
        unwatched.insert(node)
        return
      }
      takePlace(node, .acting)
      attempt(node, step)
    case .acting, .awaitingPeople, .awaitingClaims: break
    }
  }
}

extension Judgement {
  /// A step's outcome: what has no answer is a definite failure only when it is proven to be one.
  fileprivate func outcome(of answer: ActionAnswer, isRepeated: Bool) -> AttemptEnd.Outcome {
    switch verdict {
    case .pass: .succeeded
    case .fail: .failed
    case .unknown: !answer.answered && answer.definite && !isRepeated ? .failed : .unknown
    }
  }
}

extension EffectReport {
  /// For the reason of a doubt: what could not be stopped goes on.
  fileprivate var stillRunning: String {
    notStopped.isEmpty
      ? "" : "; still running, it could not be signalled: \(notStopped.joined(separator: ", "))"
  }
}
