private import Glibc
private import Synchronization

/// Stops what another thread waits for.
public final class Brake: Sendable {
  private let ends: (read: Int32, write: Int32)
  private let why = Mutex<String?>(nil)

  /// - Throws: when the process has no more descriptors.
  public init() throws(TransportError) {
    var pair: [Int32] = [-1, -1]
    guard pipe(&pair) == 0 else {
      throw TransportError(message: "no pipe: \(String(cString: strerror(errno)))")
    }
    for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    ends = (pair[0], pair[1])
  }

  deinit {
    close(ends.read)
    close(ends.write)
  }

  /// Can be read from once it is pulled.
  var descriptor: Int32 { ends.read }
  public var reason: String? { why.withLock { $0 } }

  public func pull(_ reason: String) {
    let isFirst = why.withLock { why in
      defer { why = why ?? reason }
      return why == nil
    }
    if isFirst { _ = write(ends.write, "x", 1) }
  }
}
