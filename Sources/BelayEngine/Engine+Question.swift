internal import BelayJournal
internal import BelayModel
internal import BelayPlan

extension Engine {
  static let defaultInterval = TimeSpan.seconds(10)

  mutating func startCheck(_ node: Int, _ check: PlanCheck) {
    guard
      var question = question(
        .check, check.body, of: node, tolerate: check.tolerate, minSamples: check.minSamples)
    else { return }
    let record = record(of: node)
    if let until = record.waitsUntil {
      let within = TimeSpan(nanoseconds: question.deadline.nanoseconds - clock.boot.nanoseconds)
      question.deadline = clock.boot(of: until, atMost: within)
    }
    if record.status == .pending {
      let until = check.body.within == nil ? nil : record.waitsUntil ?? moment(at: question.deadline)
      self.record(.nodeStarted(id(node), waitsUntil: until))
    }
    question.soak = record.soak.map { $0.resumed(at: clock, every: question.every) }
    ask(question, of: node)
  }

  func moment(at boot: TimeSpan) -> Moment {
    clock.after(TimeSpan(nanoseconds: boot.nanoseconds - clock.boot.nanoseconds))
  }

  /// A body as a question; nil when its durations cannot be told, and then the node has ended.
  mutating func question(
    _ kind: Question.Kind, _ body: PlanBody, of node: Int, asking other: Int? = nil, tolerate: Int = 0,
    minSamples: Int? = nil
  ) -> Question? {
    let subject = other ?? node
    do throws(StepFailure) {
      let every = try span(body.every, of: subject) ?? Engine.defaultInterval
      let staysFor = try span(body.staysFor, of: subject) ?? .zero
      let within = try span(body.within, of: subject) ?? .zero
      let samples = every.nanoseconds > 0 ? Int(staysFor.nanoseconds / every.nanoseconds) : 0
      return Question(
        kind: kind, subject: subject, body: body, every: every, staysFor: staysFor,
        deadline: TimeSpan(nanoseconds: clock.boot.nanoseconds + within.nanoseconds), tolerate: tolerate,
        minSamples: minSamples ?? samples / 2)
    } catch {
      cannotAsk(kind, node, error)
      return nil
    }
  }

  private func span(_ text: Template?, of node: Int) throws(StepFailure) -> TimeSpan? {
    guard let text else { return nil }
    return try context(node).span(text)
  }

  /// Asks now: of the world, or, without an action, of what is known.
  mutating func ask(_ question: Question, of node: Int) {
    var question = question
    question.askedAt = clock.boot
    activities[node]?.part = .asking(question)
    do throws(StepFailure) {
      guard let request = try request(question.body, in: context(of: question, for: node), key: nil) else {
        answered(node, question, judgement(nil, of: question, for: node))
        return
      }
      if case .person(let person) = request { return try awaitLook(node, question, person) }
      let timeout = try timeout(of: question.body, node: question.subject)
      let attempt = newAttempt()
      carry(attempt, of: node, request.kind)
      order(
        .start(
          EffectOrder(
            attempt: attempt, node: id(question.subject), key: nil, request: request, timeout: timeout,
            keeps: question.body.maxOutput, sensitive: isSensitive(node, question),
            keepsAnswer: question.keeps, deed: question.isProof ? deed(question.subject) : nil)))
    } catch {
      cannotAsk(question.kind, node, error)
    }
  }

  private func judgement(_ answer: ActionAnswer?, of question: Question, for node: Int) -> Judgement {
    let context = context(of: question, for: node)
    return judgement(answer, by: question.body, of: question.subject, in: context, isQuestion: true)
  }

  private func isSensitive(_ node: Int, _ question: Question) -> Bool {
    plan.nodes[node].sensitive || plan.nodes[question.subject].sensitive
  }

  /// The answer to a question that was asked of the world.
  mutating func answerArrived(_ node: Int, _ question: Question, _ report: EffectReport) {
    activities[node]?.attempt = nil
    var question = question
    if question.keeps { question.kept = report.kept }
    do throws(StepFailure) {
      guard let source = question.body.action else { return }
      let report = reported(report, by: question.body, of: id(question.subject))
      let answer = try action(source).answer(report.result, isRepeat: false)
      answered(node, question, judgement(answer, of: question, for: node), fields: answer.fields)
    } catch {
      cannotAsk(question.kind, node, error)
    }
  }

  private mutating func answered(
    _ node: Int, _ question: Question, _ judgement: Judgement, fields: ValueMap = ValueMap()
  ) {
    if case .capture(let index) = question.kind {
      captured(node, index, judgement, fields)
      return
    }
    note(node, question, judgement)
    if judgement.isFinal {
      concluded(node, question, judgement)
    } else if question.soak != nil {
      soaked(node, question, judgement)
    } else if judgement.verdict == .pass {
      passed(node, question, judgement)
    } else if question.askedAt < question.deadline {
      // The last question is asked when the time is up, never after it.
      let next = question.askedAt.nanoseconds + question.every.nanoseconds
      askAgain(node, question, at: min(TimeSpan(nanoseconds: next), question.deadline))
    } else {
      concluded(node, question, judgement)
    }
  }

  private mutating func passed(_ node: Int, _ question: Question, _ judgement: Judgement) {
    guard question.staysFor > .zero else { return concluded(node, question, judgement) }
    var question = question
    let soak = SoakProgress(began: moment(at: question.askedAt))
    question.soak = soak
    record(.sampled(id(node), soak))
    askAgain(
      node, question, at: TimeSpan(nanoseconds: question.askedAt.nanoseconds + question.every.nanoseconds))
  }

  private mutating func soaked(_ node: Int, _ question: Question, _ judgement: Judgement) {
    var question = question
    guard var soak = question.soak else { return }
    let progress = soak.take(judgement.verdict, at: moment(at: question.askedAt), of: question)
    question.soak = soak
    switch progress {
    case .goesOn:
      record(.sampled(id(node), soak))
      let next = question.askedAt.nanoseconds + question.every.nanoseconds
      askAgain(node, question, at: TimeSpan(nanoseconds: max(next, clock.boot.nanoseconds)))
    case .passed: concluded(node, question, judgement)
    case .missed: concluded(node, question, judgement.verdict == .pass ? judgement.asMissed : judgement)
    case .tooFewSamples:
      let failure = StepFailure(kind: "", message: "too few samples to say that it stayed so")
      concluded(node, question, Judgement(verdict: .unknown, outputs: judgement.outputs, failure: failure))
    }
  }

  private mutating func askAgain(_ node: Int, _ question: Question, at due: TimeSpan) {
    activities[node]?.part = .asking(question)
    timers.set(node, at: due)
  }

  /// An answer that does not end the question is journalled when it says something new.
  private mutating func note(_ node: Int, _ question: Question, _ judgement: Judgement) {
    let kind: Answer.Question =
      switch question.kind {
      case .check, .capture: .ask
      case .recheck: .recheck
      case .skipIf: .skipIf
      case .verifyEffect, .verifyDoubt: .verify
      }
    let answer = Answer(
      question: kind, verdict: judgement.verdict, reason: judgement.reason,
      outputs: isSensitive(node, question) ? ValueMap() : judgement.outputs)
    let subject = question.subject
    if record(of: subject).lastAnswer != answer, kind != .ask || judgement.verdict != .pass {
      record(.answered(id(subject), answer))
    }
  }

  private mutating func concluded(_ node: Int, _ question: Question, _ judgement: Judgement) {
    switch question.kind {
    case .check: checkEnded(node, judgement, question.kept)
    case .recheck(let index): rechecked(node, index, question.subject, judgement)
    case .skipIf: skipAnswered(node, judgement)
    case .verifyEffect: effectVerified(node, judgement)
    case .verifyDoubt: doubtVerified(node, judgement)
    case .capture: break
    }
  }

  private mutating func checkEnded(_ node: Int, _ judgement: Judgement, _ answer: KeptStream) {
    let status: NodeStatus =
      switch judgement.verdict {
      case .pass: .succeeded
      case .fail: .failed
      case .unknown: .unknown
      }
    let outputs = kept(judgement.outputs, of: node)
    let found = judgement.found.isEmpty ? nil : judgement.found
    ended(
      node,
      NodeEnd(
        status: status, outputs: outputs, failure: judgement.failure?.failure, found: found, kept: answer))
  }

  /// The question cannot be put: a value is missing, a text is no duration.
  private mutating func cannotAsk(_ kind: Question.Kind, _ node: Int, _ failure: StepFailure) {
    switch kind {
    case .check, .recheck, .skipIf, .capture: ended(node, NodeEnd(status: .failed, failure: failure.failure))
    case .verifyEffect: effectVerified(node, Judgement(verdict: .unknown, failure: failure))
    case .verifyDoubt: doubtVerified(node, Judgement(verdict: .unknown, failure: failure))
    }
  }
}

extension Judgement {
  /// Too many misses among the last ten, though this one passed.
  fileprivate var asMissed: Judgement {
    let failure = StepFailure(kind: "expect", message: "it failed too often while it had to stay so")
    return Judgement(verdict: .fail, outputs: outputs, failure: failure)
  }
}

extension EffectReport {
  /// What a process printed, or the answer to a request.
  fileprivate var kept: KeptStream { answer == KeptStream() ? stdout : answer }
}
