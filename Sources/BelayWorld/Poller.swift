internal import BelayModel
private import CSystem
internal import Glibc

/// epoll(7) over a handful of descriptors.
final class Poller {
  struct Ready {
    let file: Int32
    let canRead: Bool
    let canWrite: Bool
    let hasFailed: Bool
  }

  /// Of the instance itself, which another one may watch.
  let descriptor: Int32
  private var events = [epoll_event](repeating: epoll_event(), count: 8)

  init() throws(SystemError) {
    descriptor = epoll_create1(O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("epoll_create1", "epoll") }
  }

  deinit { close(descriptor) }

  func watch(_ file: Int32) throws(SystemError) {
    guard change(file, EPOLL_CTL_ADD, EPOLLIN.rawValue) else {
      throw SystemError("epoll_ctl", "descriptor \(file)")
    }
  }

  /// For what it is to be watched from now on, whether it was watched before or not; for nothing: no longer.
  func watch(_ file: Int32, reading: Bool, writing: Bool) {
    guard reading || writing else { return forget(file) }
    let wanted = (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
    if !change(file, EPOLL_CTL_ADD, wanted), errno == EEXIST { _ = change(file, EPOLL_CTL_MOD, wanted) }
  }

  func forget(_ file: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, file, nil) }

  private func change(_ file: Int32, _ how: Int32, _ wanted: UInt32) -> Bool {
    var event = epoll_event(events: wanted, data: epoll_data_t(fd: file))
    return epoll_ctl(descriptor, how, file, &event) == 0
  }

  /// The descriptors at which something waits. Whole milliseconds, rounded up: never early.
  ///
  /// - Parameter patience: nil waits without end.
  func wait(_ patience: TimeSpan?) -> [Ready] {
    let milliseconds = patience.map { Int32(clamping: ($0.nanoseconds + 999_999) / 1_000_000) } ?? -1
    let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
    // EINTR is an empty answer: the loop asks again.
    return events.prefix(max(0, Int(count))).map { event in
      Ready(
        file: event.data.fd, canRead: event.events & EPOLLIN.rawValue != 0,
        canWrite: event.events & EPOLLOUT.rawValue != 0,
        hasFailed: event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
    }
  }
}
