internal import BelayEngine
internal import BelayJournal
internal import BelayModel

/// How the connection of a request ends.
enum RequestEnd: Hashable {
  case answered
  case broken
  case timeout
  case stopped(String)
  /// With its driver: nobody hears of it.
  case withDriver

  var word: String {
    switch self {
    case .answered: "answered"
    case .broken: "lost"
    case .timeout: "timed out"
    case .stopped: "broken off"
    case .withDriver: "lost with its driver"
    }
  }
}

// Requests are a driver's own: no keeper has them, and their connections end with the driver. A server has done what it was
// asked for when its client sees the connection end, or never does it. (One that does it later is beyond any proof.)
extension SimulatedMachine {
  /// A driver sends a request; one that has lost the run has lost its lock as well, and sends nothing.
  func ask(_ order: EffectOrder, by driver: Int) {
    guard driver == link.driver else { return }
    let act = program(order)
    var request = SimulatedProcess(
      attempt: order.attempt, order: order, act: act, identity: ProcessIdentity(pid: 0, startTicks: 0),
      startedAt: now, endsAt: now + act.takes.nanoseconds)
    if act.refused != nil {
      request.isAlive = false
      processes[order.attempt] = request
      note(request, "not sent")
      return hear(request.notSent, of: request, by: driver)
    }
    request.isRepeated = order.receipt.map(receipts.contains) ?? false
    processes[order.attempt] = request
    observer?.started(request)
    let takes = act.takes.nanoseconds
    if let share = request.effectAt { schedule(.effect(order.attempt), after: takes * Int64(share) / 1000) }
    let end = act.losesAnswer ? RequestEnd.broken : .answered
    schedule(.requestEnds(order.attempt, end, driver: driver), after: takes)
    schedule(.requestEnds(order.attempt, .timeout, driver: driver), after: order.timeout.nanoseconds)
  }

  /// What a driver hears of it, unless it is gone by then.
  private func hear(_ report: EffectReport, of request: SimulatedProcess, by driver: Int) {
    schedule(.hears(.effectEnded(request.attempt, report), driver: driver), after: latency() + delay)
    delay = 0
  }

  func endRequest(_ name: AttemptName, _ end: RequestEnd, driver: Int) {
    guard processes[name]?.isAlive == true else { return }
    if end != .answered { settle(name) }
    processes[name]?.isAlive = false
    processes[name]?.endsAt = now
    guard let request = processes[name] else { return }
    let effect =
      request.effectAt == nil ? "" : request.hadEffect ? ", with its effect" : ", without its effect"
    note(request, request.isRepeated && end == .answered ? "answered by its receipt" : end.word + effect)
    if end != .withDriver { hear(request.report(end), of: request, by: driver) }
  }

  /// Whether what was asked for is done all the same. What stands in a transaction is not, before its COMMIT has left.
  private func settle(_ name: AttemptName) {
    guard let request = processes[name], !request.hadEffect, request.effectAt != nil,
      !request.order.isTransaction, chance.one(in: 2)
    else { return }
    effect(of: name)
  }

  /// The driver is gone, and its connections with it.
  func endRequests() {
    for name in openRequests { endRequest(name, .withDriver, driver: 0) }
  }

  /// - Returns: false when there is none.
  func breakConnections() -> Bool {
    let open = openRequests
    for name in open { endRequest(name, .broken, driver: link.driver) }
    return !open.isEmpty
  }

  private var openRequests: [AttemptName] {
    processes.values.filter { $0.isAlive && $0.isRequest }.map(\.attempt).sorted()
  }

  private func note(_ request: SimulatedProcess, _ what: String) {
    guard request.order.key != nil else { return }
    noted["request \(request.order.request.kind.rawValue) \(what)", default: 0] += 1
  }
}

extension SimulatedProcess {
  var isRequest: Bool { !order.request.kind.outlivesEngine }

  /// When a server does what it was asked for; nil: it does not. A transaction that ends badly is undone.
  var effectAt: Int? {
    isRepeated || order.isTransaction && act.exitCode != 0 ? nil : act.effectAt
  }

  private var took: TimeSpan { TimeSpan(nanoseconds: endsAt - startedAt) }

  /// Nobody listens where it should go.
  var notSent: EffectReport {
    unanswered(NoAnswer(kind: "connect", message: act.refused ?? "", mayHaveHappened: false))
  }

  func report(_ end: RequestEnd) -> EffectReport {
    switch end {
    case .answered: return answered
    case .timeout: return unanswered(.stopped(because: "timeout", sent: mayHaveHappened(end)))
    case .stopped(let reason): return unanswered(.stopped(because: reason, sent: mayHaveHappened(end)))
    case .broken, .withDriver:
      return unanswered(
        NoAnswer(kind: "connect", message: "the connection broke", mayHaveHappened: mayHaveHappened(end)))
    }
  }

  /// Of a transaction only what follows its COMMIT.
  private func mayHaveHappened(_ end: RequestEnd) -> Bool {
    !order.isTransaction || hadEffect || end == .broken && act.losesAnswer && act.exitCode == 0
  }

  private func unanswered(_ silence: NoAnswer) -> EffectReport {
    switch order.request {
    case .http(let request):
      EffectReport(result: .http(http(request, .unanswered(silence))))
    case .sql: EffectReport(result: .sql(SQLResult(ending: .unanswered(silence), duration: took)))
    case .redis:
      EffectReport(
        result: .redis(RedisResult(ending: .unanswered(silence), truncated: false, duration: took)))
    case .process, .person: preconditionFailure("a request is none of these")
    }
  }

  private var answered: EffectReport {
    switch order.request {
    case .http(let request):
      let response = HTTPResult.Response(
        status: status, headers: [], body: ProcessResult.Stream(text: act.stdout, truncated: false))
      return EffectReport(result: .http(http(request, .answered(response))))
    case .sql:
      let ending: SQLResult.Ending =
        act.exitCode == 0 || isRepeated
        ? .answered([], byReceipt: isRepeated) : .refused(sqlstate: "23505", message: "it is there")
      return EffectReport(result: .sql(SQLResult(ending: ending, duration: took)))
    case .redis:
      let ending: RedisResult.Ending =
        act.exitCode == 0 ? .answered([.string("OK")]) : .refused(command: 0, message: "ERR no")
      return EffectReport(result: .redis(RedisResult(ending: ending, truncated: false, duration: took)))
    case .process, .person: preconditionFailure("a request is none of these")
    }
  }

  /// 7 is what stands between, which knows of nothing.
  private var status: Int {
    switch act.exitCode {
    case 0: 200
    case 7: 502
    default: 500
    }
  }

  private func http(_ request: HTTPRequest, _ ending: HTTPResult.Ending) -> HTTPResult {
    var times = HTTPResult.Times()
    times.total = took
    return HTTPResult(method: request.method, ending: ending, time: times)
  }
}

extension EffectOrder {
  /// Its effect and its receipt are one.
  var receipt: String? {
    if case .sql(let request) = request, case .transaction(let receipt) = request.mode {
      receipt
    } else {
      nil
    }
  }

  var isTransaction: Bool {
    if case .sql(let request) = request, case .transaction = request.mode { true } else { false }
  }
}
