internal import BelayEngine
internal import BelayHTTP
internal import BelayJournal
internal import BelayKeeper
internal import BelayModel
internal import BelayPostgres
internal import BelayRedis
internal import BelayTransport

/// Effects that are no processes: the engine's own. HTTP runs in its loop, what blocks on threads whose results come in
/// through an eventfd.
///
/// What is on its way when the engine ends is in doubt.
final class Requests {
  enum Outcome: Sendable {
    case http(HTTPOutcome)
    case sql(PostgresOutcome)
    case redis(RedisOutcome)
    /// There is no library or thread for it.
    case notStarted(String)
  }

  private struct Running {
    let order: EffectOrder
    let startedAt: TimeSpan
  }

  private let inbox: Inbox<(AttemptName, Outcome)>
  private let secrets: Secrets
  private let clock: SystemClock
  private let agent: String
  private lazy var masks = MaskPatterns(secrets.all)
  private var running: [AttemptName: Running] = [:]
  private let poller: Poller
  private var http: HTTPLoop?
  private let postgres: RequestThreads<PostgresCall>
  private let redis: RequestThreads<RedisCall>

  /// - Parameter poller: watches what results come from; see ``take(from:)``.
  init(
    _ secrets: Secrets, version: String, clock: SystemClock, poller: Poller
  ) throws(SystemError) {
    let inbox = try Inbox<(AttemptName, Outcome)>()
    self.inbox = inbox
    postgres = RequestThreads { inbox.put(($0, .sql($1))) }
    redis = RequestThreads { inbox.put(($0, .redis($1))) }
    self.poller = poller
    try poller.watch(inbox.descriptor)
    self.secrets = secrets
    self.clock = clock
    agent = "belay/\(version)"
  }

  func start(_ order: EffectOrder) {
    running[order.attempt] = Running(order: order, startedAt: clock.boot())
    let revealed = RevealedRequest(
      secrets, limits: CallLimits(timeout: order.timeout.nanoseconds, keeps: order.keeps),
      sensitive: order.sensitive)
    do throws(TransportError) {
      switch order.request {
      case .process: throw TransportError(message: "a process is the keeper's")
      case .person: throw TransportError(message: "a person answers in the journal")
      case .http(let request):
        let call = try revealed.call(request)
        try loop().start(call, id: order.attempt)
      case .sql(let request):
        try PostgresLibrary.open()
        let digest = Engine.digest(of: order.request)
        try postgres.start(revealed.call(request, digest: digest, deed: order.deed), id: order.attempt)
      case .redis(let request): try redis.start(revealed.call(request), id: order.attempt)
      }
    } catch { inbox.put((order.attempt, .notStarted(error.message))) }
  }

  /// Nothing happens if it has ended.
  ///
  /// - Returns: false for an attempt that is none of these.
  func stop(_ attempt: AttemptName, _ reason: String) -> Bool {
    switch running[attempt]?.order.request.kind {
    case nil, .process, .person: return false
    case .http: http?.stop(attempt, reason: reason)
    case .sql: postgres.stop(attempt, reason: reason)
    case .redis: redis.stop(attempt, reason: reason)
    }
    return true
  }

  /// What has ended since.
  ///
  /// - Returns: nil for a descriptor that is none of these.
  func take(from descriptor: Int32) -> [(AttemptName, EffectReport)]? {
    if let http, descriptor == http.descriptor {
      return http.take().compactMap { id, outcome in report(.http(outcome), of: id) }
    }
    guard descriptor == inbox.descriptor else { return nil }
    return inbox.take().compactMap { attempt, outcome in report(outcome, of: attempt) }
  }

  /// When there may be something that no descriptor tells of, from now on; nil: never.
  var patience: TimeSpan? {
    http?.due.map { TimeSpan(nanoseconds: max(0, $0 - Monotonic.now())) }
  }

  /// What has ended that no descriptor tells of.
  func takeDue() -> [(AttemptName, EffectReport)] {
    guard let http, patience == .zero else { return [] }
    return take(from: http.descriptor) ?? []
  }

  private func report(_ outcome: Outcome, of attempt: AttemptName) -> (AttemptName, EffectReport)? {
    guard let ended = running.removeValue(forKey: attempt) else { return nil }
    let took = TimeSpan(nanoseconds: clock.boot().nanoseconds - ended.startedAt.nanoseconds)
    let translation = RequestTranslation(order: ended.order, masks: masks, took: took)
    return (attempt, translation.report(outcome))
  }

  /// Made when it is first needed: libcurl costs milliseconds.
  private func loop() throws(TransportError) -> HTTPLoop {
    if let http { return http }
    let loop = try HTTPLoop(agent: agent)
    do throws(SystemError) { try poller.watch(loop.descriptor) } catch {
      throw TransportError(message: error.message)
    }
    http = loop
    return loop
  }
}
