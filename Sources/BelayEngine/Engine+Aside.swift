internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// What is asked and done beside the nodes. None of it changes what a run is about to undo, so none of it has an intent.

/// What an attempt is for that belongs to no node, and what carries it.
struct Aside: Hashable {
  enum Purpose: Hashable {
    /// Indexes in the plan.
    case watch(Int)
    case notice(Int)
  }

  var purpose: Purpose
  var effect: EffectKind
}

/// What a moment is for that belongs to no node's own work.
enum Alarm: Hashable {
  case watch(Int)
  /// A watch's question has been on its way for too long.
  case silence(Int)
  /// One that comes every so often.
  case notice(Int)
  case due(Int)
  case escalation(Int)
}

extension Engine {
  mutating func alarmRang(_ alarm: Alarm) {
    switch alarm {
    case .watch(let index): ask(watch: index)
    case .silence(let index): isSilent(watch: index)
    case .notice(let index): noticeIsDueAgain(index)
    case .due(let node): isDue(node)
    case .escalation(let node): escalate(node)
    }
  }

  mutating func ended(_ aside: Aside, _ report: EffectReport) {
    switch aside.purpose {
    case .watch(let index): answerArrived(watch: index, report)
    case .notice(let index): noticeEnded(index, report)
    }
  }

  /// It has ended, and nobody saw how.
  mutating func lost(_ aside: Aside, _ reason: String) {
    switch aside.purpose {
    case .watch(let index):
      answered(
        watch: index, Judgement(verdict: .unknown, failure: StepFailure(kind: "lost", message: reason)))
    case .notice(let index): noticeEnded(index, failure: reason)
    }
  }

  /// A question that had to wait for a commit is asked when it goes out, and not when it was put.
  mutating func askedNow(_ attempt: AttemptName) {
    if case .watch(let index)? = asides[attempt]?.purpose { watching[index]?.askedAt = clock.boot }
    guard let node = owners[attempt], case .asking(var question)? = activities[node]?.part else { return }
    question.askedAt = clock.boot
    activities[node]?.part = .asking(question)
  }

  /// Nobody needs its answer.
  mutating func withdraw(aside attempt: AttemptName) {
    asides[attempt] = nil
    if !takeBack(attempt) { orders.append(.stopAttempt(attempt, reason: "cancel")) }
  }

  /// The keeper that had them has died. What was asked is asked again; what was sent is sent again, unless it is known
  /// how that has ended.
  mutating func asidesLost(_ fates: [AttemptName: Fate], except waiting: Set<AttemptName>) {
    for attempt in asides.keys.sorted() where !waiting.contains(attempt) {
      guard let aside = asides[attempt], aside.effect.outlivesEngine else { continue }
      asides[attempt] = nil
      switch (fates[attempt], aside.purpose) {
      case (.ended(let report), _): ended(aside, report)
      case (let fate, .watch(let index)):
        stopOrphan(attempt, fate)
        ask(watch: index)
      case (let fate, .notice(let index)):
        stopOrphan(attempt, fate)
        telling[index] = nil
      }
    }
  }

  private mutating func stopOrphan(_ attempt: AttemptName, _ fate: Fate?) {
    if case .running? = fate { orders.append(.stopAttempt(attempt, reason: "cancel")) }
  }
}
