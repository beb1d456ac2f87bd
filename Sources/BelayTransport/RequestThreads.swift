private import Glibc
private import Synchronization

/// A request that a thread of its own makes and waits for.
public protocol BlockingCall: Sendable {
  associatedtype Outcome: Sendable

  /// - Parameter finished: gets the outcome, once; what has to be tidied up after it may take longer.
  func run(_ brake: Brake, finished: (Outcome) -> Void)
}

/// Requests of libraries that block, each attempt with a connection and a thread of its own.
public final class RequestThreads<Call: BlockingCall>: Sendable {
  private let brakes = Mutex<[String: Brake]>([:])
  /// Called on a thread of these.
  private let finished: @Sendable (String, Call.Outcome) -> Void

  public init(finished: @escaping @Sendable (String, Call.Outcome) -> Void) { self.finished = finished }

  /// - Throws: when there is no thread or descriptor for it: nothing was started.
  public func start(_ call: Call, id: String) throws(TransportError) {
    let brake = try Brake()
    brakes.withLock { $0[id] = brake }
    do throws(TransportError) {
      try Work { [self] in run(call, id, brake) }.start()
    } catch {
      _ = brakes.withLock { $0.removeValue(forKey: id) }
      throw error
    }
  }

  private func run(_ call: Call, _ id: String, _ brake: Brake) {
    call.run(brake) { outcome in
      _ = brakes.withLock { $0.removeValue(forKey: id) }
      finished(id, outcome)
    }
  }

  /// Breaks it off; nothing happens if it has ended.
  public func stop(_ id: String, reason: String) { brakes.withLock { $0[id] }?.pull(reason) }
}

/// What a thread does, once.
private final class Work: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func start() throws(TransportError) {
    let own = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { context in
        context.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().body() }
        return nil
      }, own.toOpaque())
    guard error == 0 else {
      own.release()
      throw TransportError(message: "no thread for a request: \(String(cString: strerror(error)))")
    }
    pthread_detach(thread)
  }
}
