internal import BelayModel
private import CSystem
internal import Glibc

/// epoll(7) over a handful of descriptors.
final class Poller {
  private let descriptor: Int32

  init() throws(SystemError) {
    descriptor = belay_poll_create()
    guard descriptor >= 0 else { throw SystemError("epoll_create1", "epoll") }
  }

  deinit { close(descriptor) }

  func watch(_ file: Int32) throws(SystemError) {
    guard belay_poll_add(descriptor, file) == 0 else { throw SystemError("epoll_ctl", "descriptor \(file)") }
  }

  func forget(_ file: Int32) { _ = belay_poll_remove(descriptor, file) }

  /// The descriptors at which something waits. Whole milliseconds, rounded up: never early.
  ///
  /// - Parameter patience: nil waits without end.
  func wait(_ patience: TimeSpan?) -> [Int32] {
    let milliseconds = patience.map { Int32(clamping: ($0.nanoseconds + 999_999) / 1_000_000) } ?? -1
    var files = [Int32](repeating: 0, count: 8)
    let count = belay_poll_wait(descriptor, &files, 8, milliseconds)
    // EINTR is an empty answer: the loop asks again.
    return count > 0 ? Array(files[..<Int(count)]) : []
  }
}
