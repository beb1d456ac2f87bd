/// The engine's end of the conversation with its keeper. Used by one thread.
public final class KeeperConnection {
  /// Non-blocking, for the caller's epoll: readable when events are there, writable when ``hasUnsent`` can go on.
  public let descriptor: Int32
  public let keeperPid: Int32
  /// Requests wait for the socket: watch for writability too, and call ``flush()``.
  public var hasUnsent: Bool { false }

  private init(descriptor: Int32, keeperPid: Int32) {
    self.descriptor = descriptor
    self.keeperPid = keeperPid
  }

  /// Starts a keeper and greets it.
  ///
  /// - Parameters:
  ///   - runFolder: exists, mode 0700; keeper.lock, keeper.log, keeper.sock and output/ live in it.
  ///   - run: its name, at most 100 bytes.
  ///   - epoch: the driver's, of the names of its attempts.
  ///   - version: the build's; the keeper's must be the same.
  public static func launch(
    runFolder: String, run: String, epoch: UInt32, executable: String, version: String
  ) throws(KeeperError) -> KeeperConnection {
    throw .gone
  }

  /// Finds the keeper of a driver before this one, or what it left. The caller has the run's driver lock.
  ///
  /// A keeper that lives closes the former engine's connection first and throws away what was queued in it.
  public static func attach(
    runFolder: String, run: String, epoch: UInt32, version: String
  ) throws(KeeperError) -> KeeperAttachment {
    .gone(KeeperRecords())
  }

  /// Queues a request and sends what the socket takes. Never blocks.
  ///
  /// - Throws: `gone`; `tooLarge`, and then nothing was queued.
  public func send(_ request: KeeperRequest) throws(KeeperError) {}

  /// Sends what the socket takes of what is queued.
  public func flush() throws(KeeperError) {}

  /// All events that are there, in order; never blocks.
  ///
  /// - Throws: `gone` when the keeper has closed and all its events were handed out before.
  public func receive() throws(KeeperError) -> [KeeperEvent] { [] }
}

/// What was found of an earlier driver's keeper.
public enum KeeperAttachment {
  /// It lives and is ours now.
  case alive(KeeperConnection, KeeperRecords)
  /// It is gone; its log remains. A new one may be launched.
  case gone(KeeperRecords)
}
