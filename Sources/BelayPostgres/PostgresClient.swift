internal import CPostgres
private import Glibc
private import Synchronization

/// Statements for PostgreSQL, each attempt with a connection and a thread of its own.
public final class PostgresClient: Sendable {
  private let brakes = Mutex<[String: Brake]>([:])
  /// Called on a thread of the client's.
  private let finished: @Sendable (String, PostgresOutcome) -> Void

  /// - Throws: when libpq cannot be opened.
  public init(finished: @escaping @Sendable (String, PostgresOutcome) -> Void) throws(PostgresError) {
    if let why = belay_pq_open() {
      throw PostgresError(message: "libpq cannot be used: \(String(cString: why)); Debian has it in libpq5")
    }
    self.finished = finished
  }

  private final class Work: Sendable {
    let client: PostgresClient
    let call: PostgresCall
    let id: String
    let brake: Brake

    init(_ client: PostgresClient, _ call: PostgresCall, _ id: String, _ brake: Brake) {
      self.client = client
      self.call = call
      self.id = id
      self.brake = brake
    }

    func run() {
      Session.run(call, brake: brake) { outcome in
        _ = client.brakes.withLock { $0.removeValue(forKey: id) }
        client.finished(id, outcome)
      }
    }
  }

  /// - Throws: when there is no thread or descriptor for it: nothing was started.
  public func start(_ call: PostgresCall, id: String) throws(PostgresError) {
    let brake = try Brake()
    brakes.withLock { $0[id] = brake }
    let work = Unmanaged.passRetained(Work(self, call, id, brake))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { context in
        context.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard error == 0 else {
      work.release()
      _ = brakes.withLock { $0.removeValue(forKey: id) }
      throw PostgresError(message: "no thread for SQL: \(String(cString: strerror(error)))")
    }
    pthread_detach(thread)
  }

  /// Runs one on this thread.
  ///
  /// - Throws: when libpq cannot be opened.
  public static func run(_ call: PostgresCall) throws(PostgresError) -> PostgresOutcome {
    if let why = belay_pq_open() {
      throw PostgresError(message: "libpq cannot be used: \(String(cString: why)); Debian has it in libpq5")
    }
    var outcome = PostgresOutcome.answered([])
    Session.run(call, brake: try Brake()) { outcome = $0 }
    return outcome
  }

  /// Breaks it off; nothing happens if it has ended.
  public func stop(_ id: String, reason: String) { brakes.withLock { $0[id] }?.pull(reason) }
}
