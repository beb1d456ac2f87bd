internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// People are told. What they are to be told stands in the journal in the same commit as what it is about, is sent when
// that is durable, and is sent again where nobody knows whether it was: at least once. None of it fails a run.

extension Engine {
  /// The longest that one may take; a run that has come to its end waits for it.
  static let noticeTime = TimeSpan.seconds(60)

  private struct News {
    var kind: Notice.Event
    var node: NodeID?
    var text: String
    var to: [String] = []
  }

  /// Called with every event that is recorded.
  mutating func tell(of event: RunEvent) {
    guard !plan.notices.isEmpty, let news = news(of: event) else { return }
    for index in plan.notices.indices {
      guard case .events(let events) = plan.notices[index].trigger, events.contains(news.kind) else {
        continue
      }
      record(
        .noticeDue(
          NoticeDue(
            number: run.noticeCount + 1, notice: index, kind: news.kind.rawValue, node: news.node,
            text: news.text, to: news.to)))
    }
  }

  private func news(of event: RunEvent) -> News? {
    switch event {
    case .driverStarted(let driver) where driver.epoch == 1:
      News(kind: .started, text: "started by \(driver.actor.name)")
    case .rested(let rest):
      rest.status.news.map { kind in
        News(
          kind: kind, node: rest.node, text: rest.cause.isEmpty ? kind.words : "\(kind.words): \(rest.cause)")
      }
    case .closed(let note, let actor, _): News(kind: .closed, text: "closed by \(actor.name): \(note)")
    case .watchTripped(let watch, let trip):
      News(kind: .tripped, node: watch, text: "\(watch) tripped: \(trip.reason)")
    case .overdue(let node, let due):
      News(kind: .overdue, node: node, text: "\(node) is overdue since \(due.wholeSecond.text)")
    case .escalated(let node, _, let to):
      News(kind: .escalated, node: node, text: "\(node) waits for an answer", to: to)
    case .nodeStarted(let node, _) where graph.index[node].map(isGate) == true:
      News(kind: .waiting, node: node, text: "\(node) waits")
    default: nil
    }
  }

  private func isGate(_ node: Int) -> Bool {
    if case .gate = plan.nodes[node].detail { true } else { false }
  }

  // MARK: Every so often

  mutating func scheduleNotices() {
    for index in plan.notices.indices { schedule(notice: index) }
  }

  private mutating func schedule(notice index: Int) {
    guard case .every(let text) = plan.notices[index].trigger, let span = try? runContext.span(text),
      let last = run.toldAt[index] ?? run.createdAt
    else { return }
    let every = max(span, .seconds(1))
    let since = max(clock.wall.since(last) ?? .zero, .zero)
    let rest = TimeSpan(nanoseconds: max(every.nanoseconds - since.nanoseconds, 0))
    alarms.set(.notice(index), at: clock.boot.adding(rest))
  }

  /// One that is still on its way is not followed by another.
  mutating func noticeIsDueAgain(_ index: Int) {
    if case .resting = stage { return }
    if telling[index] != nil { return alarms.set(.notice(index), at: clock.boot.adding(Engine.noticeTime)) }
    let atWork = activities.keys.sorted().filter { !isGroup($0) }.map(id)
    let text = atWork.isEmpty ? "at work" : "at work: \(atWork.joined(separator: ", "))"
    record(
      .noticeDue(
        NoticeDue(
          number: run.noticeCount + 1, notice: index, kind: "every", node: nil,
          text: "\(run.status.rawValue.split(separator: "_").joined(separator: " ")), \(text)", to: [])))
    schedule(notice: index)
  }

  // MARK: Sending

  /// What one entry of the playbook sends goes out in its order.
  mutating func sendNotices() {
    guard !run.notices.isEmpty, !hasNoSpace else { return }
    for number in run.notices.keys.sorted() {
      if let due = run.notices[number], telling[due.notice] == nil { send(due) }
    }
  }

  private var runContext: EvaluationContext { context(NoticeName.of(0), frame: 0) }

  private mutating func send(_ due: NoticeDue) {
    guard plan.notices.indices.contains(due.notice) else {
      return record(.noticeEnded(due.number, failure: "the plan has no such notice"))
    }
    let notice = plan.notices[due.notice]
    do throws(StepFailure) {
      let context = try context(of: due)
      // Whoever can tells two of the same from two.
      let key = "\(run.run)/\(context.node)/\(due.number)"
      guard let request = try request(notice.body, in: context, key: key) else {
        return record(.noticeEnded(due.number, failure: "it has no action"))
      }
      let timeout = min(try self.timeout(of: notice.body, in: context), Engine.noticeTime)
      let attempt = newAttempt()
      telling[due.notice] = due.number
      asides[attempt] = Aside(purpose: .notice(due.notice), effect: request.kind)
      order(
        .start(
          EffectOrder(
            attempt: attempt, node: context.node, key: nil, request: request, timeout: timeout,
            keeps: notice.body.maxOutput, sensitive: false)))
    } catch {
      record(.noticeEnded(due.number, failure: error.message))
    }
  }

  private func context(of due: NoticeDue) throws(StepFailure) -> EvaluationContext {
    var context = context(NoticeName.of(due.notice), frame: 0)
    context.event = try value(of: due, plan.notices[due.notice], context)
    return context
  }

  private func value(
    of due: NoticeDue, _ notice: PlanNotice, _ context: EvaluationContext
  ) throws(StepFailure) -> Value {
    var names = due.to
    if names.isEmpty { for name in notice.to { names += try context.names(name) } }
    return .map([
      "kind": .string(due.kind), "node": .string(due.node ?? ""), "title": .string(plan.title),
      "to": .list(people(called: names)), "text": .string(due.text),
    ])
  }

  /// As `roles` has them; whom the roster does not know is told by the name alone.
  private func people(called names: [String]) -> [Value] {
    var seen: Set<String> = []
    return names.flatMap { name in
      let known = plan.roster?.people(called: name, at: clock.wall, in: zones) ?? []
      return known.isEmpty ? [name] : known
    }.filter { seen.insert($0).inserted }.map { id in
      let person = plan.roster?.person(id)
      return .map([
        "id": .string(id), "name": .string(person?.name ?? id),
        "accounts": .map(person?.accounts ?? ValueMap()),
      ])
    }
  }

  mutating func noticeEnded(_ index: Int, _ report: EffectReport) {
    let notice = plan.notices[index]
    do throws(StepFailure) {
      guard let source = notice.body.action, let due = telling[index].flatMap({ run.notices[$0] }) else {
        return
      }
      let report = reported(report, by: notice.body, of: NoticeName.of(index))
      let answer = try action(source).answer(report.result, isRepeat: false)
      let judgement = judgement(answer, by: notice.body, in: try context(of: due), isQuestion: false)
      noticeEnded(index, failure: judgement.verdict == .pass ? nil : judgement.reason)
    } catch {
      noticeEnded(index, failure: error.message)
    }
  }

  mutating func noticeEnded(_ index: Int, failure: String?) {
    if let number = telling.removeValue(forKey: index) { record(.noticeEnded(number, failure: failure)) }
  }

  /// Whoever has seen the run end need not wait for who is told of it.
  mutating func giveUpNotices(by actor: Actor) {
    for attempt in asides.keys.sorted() {
      if case .notice? = asides[attempt]?.purpose { withdraw(aside: attempt) }
    }
    telling.removeAll()
    for number in run.notices.keys.sorted() {
      record(.noticeEnded(number, failure: "given up by \(actor.name)"))
    }
  }
}

extension RunStatus {
  fileprivate var news: Notice.Event? {
    switch self {
    case .held: .held
    case .waiting: .waiting
    case .failed: .failed
    case .rolledBack: .rolledBack
    case .rollbackIncomplete: .rollbackIncomplete
    case .succeeded: .succeeded
    case .closed: .closed
    case .planned, .running, .paused, .rollingBack: nil
    }
  }
}

extension Notice.Event {
  fileprivate var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}

extension EvaluationContext {
  /// Of a role or a person: a text, or what `roles` has.
  func names(_ template: Template) throws(StepFailure) -> [String] {
    guard let whole = template.whole else { return [try text(template)] }
    return EvaluationContext.names(in: try evaluate(whole))
  }

  private static func names(in value: Value) -> [String] {
    switch value {
    case .list(let items): items.flatMap(names)
    case .map(let map): map["id"].map { [$0.text] } ?? []
    default: [value.text]
    }
  }
}
