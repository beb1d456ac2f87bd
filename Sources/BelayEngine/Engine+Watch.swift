internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Watches: asked while their scope is at work, through gates, soaks and waits; before the first change in it each has
// to have passed once, for every driver anew.

/// A watch that is asked. Lost with the engine; what it has found since when is journalled.
struct Watching: Hashable {
  let every: TimeSpan
  let tripsAfter: TimeSpan
  /// Its question on its way.
  var attempt: AttemptName?
  /// When that was asked, by the boot clock.
  var askedAt: TimeSpan = .zero
  /// Its first answer, and what has come since it was armed.
  var hasAnswered = false
  var hasPassed = false
  /// It has tripped as one that only tells: it keeps nothing from going on.
  var hasTold = false
  var tally = WatchTally()
  /// By the boot clock: when the first of the answers was asked for that have all failed.
  var failingSince: TimeSpan?
  /// When the first of the questions was asked that got no answer.
  var silentSince: TimeSpan?

  /// No question is asked more often.
  static let shortest = TimeSpan.milliseconds(10)

  mutating func take(_ verdict: Verdict) {
    attempt = nil
    hasAnswered = true
    switch verdict {
    case .pass:
      hasPassed = true
      failingSince = nil
      silentSince = nil
      tally.passed += 1
    case .fail:
      failingSince = failingSince ?? askedAt
      silentSince = nil
      tally.failed += 1
    case .unknown:
      silentSince = silentSince ?? askedAt
      tally.unknown += 1
    }
  }

  /// How long it has failed in every answer, or had none, at a moment; nil: it does neither.
  func violated(_ verdict: Verdict, at moment: TimeSpan) -> TimeSpan? {
    let since: TimeSpan? =
      switch verdict {
      case .pass: nil
      case .fail: failingSince
      case .unknown: silentSince
      }
    return since.map { TimeSpan(nanoseconds: moment.nanoseconds - $0.nanoseconds) }
  }
}

extension Engine {
  /// Asks the watches whose scope is at work, and no others.
  mutating func tendWatches() {
    for index in plan.watches.indices {
      let isWanted = isWanted(index)
      if isWanted, watching[index] == nil { arm(index) }
      if !isWanted, watching[index] != nil { disarm(index) }
    }
  }

  mutating func disarmWatches() {
    for index in watching.keys.sorted() { disarm(index) }
  }

  private func isWanted(_ index: Int) -> Bool {
    let scope = plan.watches[index].scope
    return switch stage {
    case .forward, .rollingBack, .verifyingRollback: isAtWork(scope)
    case .reapplying(let nodes, _): isAtWork(scope) || nodes.contains { isApplied($0, in: scope) }
    // What it finds may be the stronger cause.
    case .stopping(let stop): watching[index] != nil && stop.cause < .trip
    case .claiming: watching[index] != nil
    case .undoing, .resting: false
    }
  }

  /// A temporary is applied again before the group around it begins.
  private func isApplied(_ node: Int, in scope: Int?) -> Bool {
    !record(of: node).status.hasEnded && scope.map { graph.subtree($0).contains(node) } ?? true
  }

  private func isAtWork(_ scope: Int?) -> Bool {
    guard let scope else { return openTop > 0 || !undos.isEmpty || run.rollback != nil }
    return record(of: scope).status == .running
  }

  /// The run goes back: a trip is told and changes nothing.
  private var isGoingBack: Bool {
    switch stage {
    case .claiming, .rollingBack, .verifyingRollback, .undoing, .reapplying(_, .rollBack): true
    case .forward, .stopping, .reapplying, .resting: false
    }
  }

  private mutating func arm(_ index: Int) {
    let watch = plan.watches[index]
    let context = context(of: watch)
    let every = watch.body.every.flatMap { try? context.span($0) } ?? Engine.defaultInterval
    var watching = Watching(
      every: max(every, Watching.shortest), tripsAfter: (try? context.span(watch.tripsAfter)) ?? .zero)
    // An engine that was killed has left behind since when.
    let before = run.watches[watch.id]?.answer
    watching.failingSince = before?.failingSince.flatMap(boot)
    watching.silentSince = before?.silentSince.flatMap(boot)
    self.watching[index] = watching
    ask(watch: index)
  }

  /// Nil after a restart of the machine.
  private func boot(of moment: Moment) -> TimeSpan? { moment.bootID == clock.bootID ? moment.boot : nil }

  private mutating func disarm(_ index: Int) {
    guard let watch = watching.removeValue(forKey: index) else { return }
    alarms.cancel(.watch(index))
    alarms.cancel(.silence(index))
    if let attempt = watch.attempt { withdraw(aside: attempt) }
    if watch.tally != WatchTally() { record(.watchEnded(plan.watches[index].id, watch.tally)) }
  }

  // MARK: The first pass

  /// A change waits until each watch around it has passed once, or has told what it has to tell.
  func isUnwatched(_ node: Int) -> Bool {
    guard plan.nodes[node].role == .main, !isGoingBack else { return false }
    return plan.watches.indices.contains { index in
      let scope = plan.watches[index].scope
      return scope.map { graph.subtree($0).contains(node) } ?? true && !isCleared(index)
    }
  }

  /// One that tripped while the run went back has told that and done nothing: what goes forward again waits for it.
  private func isCleared(_ index: Int) -> Bool {
    guard let watch = watching[index] else { return false }
    return watch.hasTold || watch.hasPassed && run.watches[plan.watches[index].id]?.tripped == nil
  }

  private mutating func goOnWithUnwatched() {
    for node in unwatched.sorted() { ready.push(node) }
    unwatched.removeAll()
  }

  // MARK: Questions and answers

  func context(of watch: PlanWatch) -> EvaluationContext { context(watch.id, frame: watch.frame) }

  mutating func ask(watch index: Int) {
    guard let watching = watching[index] else { return }
    let watch = plan.watches[index]
    self.watching[index]?.askedAt = clock.boot
    do throws(StepFailure) {
      let context = context(of: watch)
      guard let request = try request(watch.body, in: context, key: nil) else {
        return answered(watch: index, judgement(nil, by: watch.body, in: context, isQuestion: true))
      }
      let attempt = newAttempt()
      self.watching[index]?.attempt = attempt
      asides[attempt] = Aside(purpose: .watch(index), effect: request.kind)
      let timeout = try timeout(of: watch.body, in: context)
      order(
        .start(
          EffectOrder(
            attempt: attempt, node: watch.id, key: nil, request: request, timeout: timeout,
            keeps: watch.body.maxOutput, sensitive: false)))
      if watching.tripsAfter > .zero {
        // Not before the next question would be due: an answer takes its time.
        alarms.set(.silence(index), at: clock.boot.adding(max(watching.tripsAfter, watching.every)))
      }
    } catch {
      answered(watch: index, Judgement(verdict: .unknown, failure: error))
    }
  }

  mutating func answerArrived(watch index: Int, _ report: EffectReport) {
    let watch = plan.watches[index]
    do throws(StepFailure) {
      guard let source = watch.body.action else { return }
      let report = reported(report, by: watch.body, of: watch.id)
      let answer = try action(source).answer(report.result, isRepeat: false)
      answered(
        watch: index, judgement(answer, by: watch.body, in: context(of: watch), isQuestion: true))
    } catch {
      answered(watch: index, Judgement(verdict: .unknown, failure: error))
    }
  }

  mutating func answered(watch index: Int, _ judgement: Judgement) {
    guard var watch = watching[index] else { return }
    let id = plan.watches[index].id
    let isNews = !watch.hasAnswered || run.watches[id]?.answer?.verdict != judgement.verdict
    watch.take(judgement.verdict)
    watching[index] = watch
    alarms.cancel(.silence(index))
    if isNews {
      record(
        .watchAnswered(
          id,
          WatchAnswer(
            verdict: judgement.verdict, reason: judgement.reason, outputs: judgement.outputs,
            failingSince: watch.failingSince.map(moment), silentSince: watch.silentSince.map(moment))))
    }
    alarms.set(.watch(index), at: max(watch.askedAt.adding(watch.every), clock.boot))
    if judgement.verdict == .pass { return goOnWithUnwatched() }
    let moment = judgement.verdict == .fail ? watch.askedAt : clock.boot
    if let span = watch.violated(judgement.verdict, at: moment), span >= watch.tripsAfter {
      trip(index, judgement.verdict, judgement.reason, after: span)
    }
  }

  /// The question on its way has been for so long that there was no answer for as long as there may be none.
  mutating func isSilent(watch index: Int) {
    guard let watch = watching[index], let attempt = watch.attempt else { return }
    // It may have gone out later than it was put, or wait for a commit still.
    let isAsked = !isWaitingForCommit(attempt)
    let patience = (isAsked ? watch.askedAt : clock.boot).adding(max(watch.tripsAfter, watch.every))
    if patience > clock.boot { return alarms.set(.silence(index), at: patience) }
    let since = watch.silentSince ?? watch.askedAt
    trip(
      index, .unknown, "", after: TimeSpan(nanoseconds: clock.boot.nanoseconds - since.nanoseconds))
  }

  // MARK: Trips

  private mutating func trip(_ index: Int, _ verdict: Verdict, _ reason: String, after span: TimeSpan) {
    let watch = plan.watches[index]
    let written = verdict == .fail ? watch.onFailure : watch.onUnknown
    if written == .continue {
      watching[index]?.hasTold = true
      goOnWithUnwatched()
    }
    let rule: WatchTrip.Rule =
      switch written {
      case .continue: .tell
      case .stop: isGoingBack ? .tell : .stop
      case .rollback: isGoingBack ? .tell : .rollback
      }
    if let before = run.watches[watch.id]?.tripped, before.verdict == verdict,
      before.rule != .tell || rule == .tell
    {
      return
    }
    let running = activities.keys.sorted().filter { activities[$0]?.part == .acting && !isGroup($0) }
    var what = verdict == .fail ? reason : reason.isEmpty ? "no answer" : "no answer: \(reason)"
    if let watching = watching[index], watching.tripsAfter > .zero { what += ", for \(span.rounded.text)" }
    let trip = WatchTrip(verdict: verdict, reason: what, rule: rule, waitsFor: running.map(id))
    record(.watchTripped(watch.id, trip))
    if rule != .tell { drawTrip(PendingTrip(watch: watch.id, trip: trip)) }
  }

  /// Also when an engine before this one has died before it could.
  mutating func drawTrip(_ pending: PendingTrip) {
    let scope = plan.watches.first { $0.id == pending.watch }?.scope
    let reason = "\(pending.watch) tripped: \(pending.trip.reason)"
    let undone = scope.map { RollbackScope.node(id($0)) } ?? .run
    stop(
      Stop(
        cause: .trip, reason: reason,
        consequence: pending.trip.rule == .rollback
          ? .rollBack(undone, cause: reason, by: nil) : .rest(.failed, cause: reason, node: nil)))
  }
}

extension TimeSpan {
  /// As late as can be, where it would be later.
  func adding(_ span: TimeSpan) -> TimeSpan {
    let (sum, isTooLate) = nanoseconds.addingReportingOverflow(span.nanoseconds)
    return TimeSpan(nanoseconds: isTooLate ? .max : sum)
  }

  /// For people: to a second, or to a tenth of one.
  fileprivate var rounded: TimeSpan {
    let unit: Int64 = nanoseconds < 10_000_000_000 ? 100_000_000 : 1_000_000_000
    return TimeSpan(nanoseconds: nanoseconds / unit * unit)
  }
}
