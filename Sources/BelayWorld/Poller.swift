internal import BelayModel
private import CSystem
internal import Glibc

/// epoll(7) over a handful of descriptors.
final class Poller {
  private let descriptor: Int32

  init() throws(SystemError) {
    descriptor = epoll_create1(O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("epoll_create1", "epoll") }
  }

  deinit { close(descriptor) }

  func watch(_ file: Int32) throws(SystemError) {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: file))
    guard epoll_ctl(descriptor, EPOLL_CTL_ADD, file, &event) == 0 else {
      throw SystemError("epoll_ctl", "descriptor \(file)")
    }
  }

  /// Also when there is room to write, or no longer.
  func watch(_ file: Int32, writable: Bool) {
    let events = writable ? EPOLLIN.rawValue | EPOLLOUT.rawValue : EPOLLIN.rawValue
    var event = epoll_event(events: events, data: epoll_data_t(fd: file))
    epoll_ctl(descriptor, EPOLL_CTL_MOD, file, &event)
  }

  func forget(_ file: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, file, nil) }

  /// The descriptors at which something waits. Whole milliseconds, rounded up: never early.
  ///
  /// - Parameter patience: nil waits without end.
  func wait(_ patience: TimeSpan?) -> [Int32] {
    let milliseconds = patience.map { Int32(clamping: ($0.nanoseconds + 999_999) / 1_000_000) } ?? -1
    var events = [epoll_event](repeating: epoll_event(), count: 8)
    let count = epoll_wait(descriptor, &events, 8, milliseconds)
    // EINTR is an empty answer: the loop asks again.
    return count > 0 ? events[..<Int(count)].map(\.data.fd) : []
  }
}
