private import Glibc

/// How long a thread waits for a server: until a moment, or until somebody pulls the brake.
public struct Patience: Sendable {
  /// What a wait has ended with.
  public enum Interruption: Error, Hashable, Sendable {
    case timeout
    case stopped(String)
    case broken(String)
    /// The server has answered that it lets us not in: its code, SQLSTATE for PostgreSQL, and its words.
    case turnedAway(String, String)
  }

  /// By the monotonic clock, nanoseconds.
  public let deadline: Int64
  public let brake: Brake

  /// - Parameter timeout: nanoseconds, from now on.
  public init(_ timeout: Int64, brake: Brake) {
    deadline = Monotonic.now() + timeout
    self.brake = brake
  }

  /// Until the socket can be read or written.
  ///
  /// - Parameter events: of poll(2).
  public func wait(for socket: Int32, _ events: Int16) throws(Interruption) {
    while true {
      if let reason = brake.reason { throw .stopped(reason) }
      let rest = deadline - Monotonic.now()
      guard rest > 0 else { throw .timeout }
      var descriptors = [
        pollfd(fd: socket, events: events, revents: 0),
        pollfd(fd: brake.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, Int32(clamping: (rest + 999_999) / 1_000_000))
      if count > 0, descriptors[0].revents != 0 { return }
      if count < 0, errno != EINTR { throw .broken(String(cString: strerror(errno))) }
    }
  }
}

/// Of the clock that no one can set.
public enum Monotonic {
  /// Nanoseconds.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
