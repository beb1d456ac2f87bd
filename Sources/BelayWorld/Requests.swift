internal import BelayEngine
internal import BelayHTTP
internal import BelayJournal
internal import BelayKeeper
internal import BelayModel
internal import BelayPostgres
internal import BelayRedis
private import CSystem
private import Glibc
private import Synchronization

/// Effects that are no processes: the engine's own, carried by threads whose results come in through an eventfd.
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

  /// Filled by threads, emptied by the engine's.
  private final class Inbox: Sendable {
    let descriptor: Int32
    private let outcomes = Mutex<[(AttemptName, Outcome)]>([])

    init() throws(SystemError) {
      descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
      guard descriptor >= 0 else { throw SystemError("eventfd", "results of requests") }
    }

    deinit { close(descriptor) }

    func put(_ outcome: Outcome, of attempt: AttemptName) {
      outcomes.withLock { $0.append((attempt, outcome)) }
      eventfd_write(descriptor, 1)
    }

    func take() -> [(AttemptName, Outcome)] {
      var count: eventfd_t = 0
      eventfd_read(descriptor, &count)
      return outcomes.withLock { outcomes in
        defer { outcomes.removeAll() }
        return outcomes
      }
    }
  }

  private struct Running {
    let order: EffectOrder
    let startedAt: TimeSpan
  }

  private let inbox: Inbox
  private let secrets: Secrets
  private let clock: SystemClock
  private let agent: String
  private lazy var masks = MaskPatterns(secrets.all)
  private var running: [AttemptName: Running] = [:]
  private var http: HTTPClient?
  private var postgres: PostgresClient?
  private var redis: RedisClient?

  init(_ secrets: Secrets, version: String, clock: SystemClock) throws(SystemError) {
    inbox = try Inbox()
    self.secrets = secrets
    self.clock = clock
    agent = "belay/\(version)"
  }

  deinit { http?.end() }

  /// Can be read from when something has ended.
  var descriptor: Int32 { inbox.descriptor }

  func start(_ order: EffectOrder) {
    running[order.attempt] = Running(order: order, startedAt: clock.boot())
    let revealed = RevealedRequest(secrets, timeout: order.timeout.nanoseconds, sensitive: order.sensitive)
    do throws(CannotStart) {
      switch order.request {
      case .process: throw CannotStart("a process is the keeper's")
      case .person: throw CannotStart("a person answers in the journal")
      case .http(let request): try client().start(try revealed.call(request), id: order.attempt)
      case .sql(let request):
        let digest = Engine.digest(of: order.request)
        try startSQL(revealed.call(request, digest: digest), order.attempt)
      case .redis(let request): try startRedis(revealed.call(request), order.attempt)
      }
    } catch { inbox.put(.notStarted(error.reason), of: order.attempt) }
  }

  /// Nothing happens if it has ended.
  ///
  /// - Returns: false for an attempt that is none of these.
  func stop(_ attempt: AttemptName, _ reason: String) -> Bool {
    switch running[attempt]?.order.request.kind {
    case nil, .process, .person: return false
    case .http: http?.stop(attempt, reason: reason)
    case .sql: postgres?.stop(attempt, reason: reason)
    case .redis: redis?.stop(attempt, reason: reason)
    }
    return true
  }

  /// What has ended since.
  func take() -> [(AttemptName, EffectReport)] {
    inbox.take().compactMap { attempt, outcome in
      guard let ended = running.removeValue(forKey: attempt) else { return nil }
      let took = TimeSpan(nanoseconds: clock.boot().nanoseconds - ended.startedAt.nanoseconds)
      let translation = RequestTranslation(order: ended.order, masks: masks, took: took)
      return (attempt, translation.report(outcome))
    }
  }

  // MARK: Clients, made when they are first needed

  private func client() throws(CannotStart) -> HTTPClient {
    if let http { return http }
    let inbox = inbox
    do throws(CurlError) {
      let client = try HTTPClient(agent: agent) { inbox.put(.http($1), of: $0) }
      http = client
      return client
    } catch { throw CannotStart(error.message) }
  }

  private func startSQL(_ call: PostgresCall, _ attempt: AttemptName) throws(CannotStart) {
    let inbox = inbox
    do throws(PostgresError) {
      if postgres == nil { postgres = try PostgresClient { inbox.put(.sql($1), of: $0) } }
      try postgres?.start(call, id: attempt)
    } catch { throw CannotStart(error.message) }
  }

  private func startRedis(_ call: RedisCall, _ attempt: AttemptName) throws(CannotStart) {
    let inbox = inbox
    do throws(CurlError) {
      let client = redis ?? RedisClient { inbox.put(.redis($1), of: $0) }
      redis = client
      try client.start(call, id: attempt)
    } catch { throw CannotStart(error.message) }
  }
}

/// Nothing has happened.
struct CannotStart: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}
