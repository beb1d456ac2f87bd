internal import BelayModel
private import CSystem
internal import Glibc

/// epoll(7) over a handful of descriptors.
final class Poller {
  private static let most = 8

  private let descriptor: Int32

  init() throws(SystemError) {
    descriptor = belay_epoll()
    guard descriptor >= 0 else { throw SystemError("epoll_create1", "epoll") }
  }

  deinit { close(descriptor) }

  func watch(_ file: Int32) throws(SystemError) {
    guard belay_epoll_add(descriptor, file, belay_readable, UInt64(file)) == 0 else { throw SystemError("epoll_ctl", "descriptor \(file)") }
  }

  /// Also when there is room to write, or no longer.
  func watch(_ file: Int32, writable: Bool) {
    let events = writable ? belay_readable | belay_writable : belay_readable
    _ = belay_epoll_change(descriptor, file, events, UInt64(file))
  }

  func forget(_ file: Int32) { _ = belay_epoll_remove(descriptor, file) }

  /// The descriptors at which something waits. Whole milliseconds, rounded up: never early.
  ///
  /// - Parameter patience: nil waits without end.
  func wait(_ patience: TimeSpan?) -> [Int32] {
    let milliseconds = patience.map { Int32(clamping: ($0.nanoseconds + 999_999) / 1_000_000) } ?? -1
    var tags = [UInt64](repeating: 0, count: Poller.most)
    var events = [UInt32](repeating: 0, count: Poller.most)
    let count = belay_epoll_wait(descriptor, &tags, &events, Int32(Poller.most), milliseconds)
    // EINTR is an empty answer: the loop asks again.
    return count > 0 ? tags[..<Int(count)].map(Int32.init) : []
  }
}
