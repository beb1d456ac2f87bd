internal import CSystem
internal import Glibc

/// The engine's end of the conversation with its keeper. Used by one thread.
public final class KeeperConnection {
  public let keeperPid: Int32
  /// Attempts of keepers before this one that still run: it has taken them over, and will tell their end.
  public let adopted: [AttemptID]
  private let socket: Descriptor
  /// A keeper that this process started must be waited for by it.
  private let isChild: Bool
  private var input = FrameBuffer()
  private var output: [UInt8] = []
  private var isOver = false

  /// Non-blocking, for the caller's epoll: readable when events are there, writable when ``hasUnsent`` can go on.
  public var descriptor: Int32 { socket.number }
  /// Requests wait for the socket: watch for writability too, and call ``flush()``.
  public var hasUnsent: Bool { !output.isEmpty }

  init(_ socket: Descriptor, _ welcome: Welcome, isChild: Bool) {
    self.socket = socket
    keeperPid = welcome.pid
    adopted = welcome.adopted
    self.isChild = isChild
  }

  deinit { waitForChild() }

  /// Queues a request and sends what the socket takes. Never blocks.
  ///
  /// - Throws: `gone`; `tooLarge`, and then nothing was queued.
  public func send(_ request: KeeperRequest) throws(KeeperError) {
    let frame = request.frame
    guard frame.count - 4 <= Frame.sizeLimit else { throw .tooLarge }
    output += frame
    try flush()
  }

  /// Sends what the socket takes of what is queued.
  public func flush() throws(KeeperError) {
    var sent = 0
    defer { output.removeFirst(sent) }
    while sent < output.count {
      let count = output[sent...].withUnsafeBytes {
        Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        // What the keeper said before it ended can still be received.
        sent = output.count
        if isOver { throw .gone }
      }
    }
  }

  /// All events that are there, in order; never blocks. Also sends on.
  ///
  /// - Throws: `gone` when the keeper has closed and all its events were handed out before.
  public func receive() throws(KeeperError) -> [KeeperEvent] {
    if isOver { throw .gone }
    try flush()
    isOver = input.fill(from: socket)
    var events: [KeeperEvent] = []
    while let (kind, body) = try input.next() {
      var reader = body
      events.append(try KeeperEvent(kind, &reader))
    }
    if isOver {
      waitForChild()
      if events.isEmpty { throw .gone }
    }
    return events
  }

  private func waitForChild() {
    var status: Int32 = 0
    if isChild { waitpid(keeperPid, &status, WNOHANG) }
  }
}

/// What was found of an earlier driver's keeper.
public enum KeeperAttachment {
  /// It lives and is ours now.
  case alive(KeeperConnection, KeeperRecords)
  /// It is gone; its log remains. A new one may be launched.
  case gone(KeeperRecords)
}
