internal import CSystem
internal import Glibc

/// epoll(7) over descriptors that each have a number of the caller's.
final class Poll {
  private static let most = 64

  private let descriptor: Descriptor
  private var events = [epoll_event](repeating: epoll_event(), count: Poll.most)

  init() throws(KeeperError) {
    descriptor = Descriptor(owning: epoll_create1(O_CLOEXEC))
    guard descriptor.number >= 0 else { throw .system(call: "epoll_create1", path: "", code: errno) }
  }

  /// - Returns: false when the kernel refuses (memory, limits).
  @discardableResult func watch(_ file: Int32, as tag: UInt64, writable: Bool = false) -> Bool {
    control(EPOLL_CTL_ADD, file, tag, writable)
  }

  func change(_ file: Int32, as tag: UInt64, writable: Bool) {
    _ = control(EPOLL_CTL_MOD, file, tag, writable)
  }

  /// Must come before the descriptor is closed: a child that is being started may share it for a moment.
  func forget(_ file: Int32) { epoll_ctl(descriptor.number, EPOLL_CTL_DEL, file, nil) }

  private func control(_ operation: Int32, _ file: Int32, _ tag: UInt64, _ writable: Bool) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (writable ? EPOLLOUT.rawValue : 0)
    event.data.u64 = tag
    return epoll_ctl(descriptor.number, operation, file, &event) == 0
  }

  /// The tags at which something happened. Whole milliseconds, rounded up: never early.
  ///
  /// - Parameter deadline: monotonic; nil: without end.
  func wait(until deadline: UInt64?, each: (UInt64) -> Void) {
    var milliseconds: Int32 = -1
    if let deadline {
      let now = now(CLOCK_MONOTONIC)
      milliseconds = deadline <= now ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }
    let count = epoll_wait(descriptor.number, &events, Int32(Poll.most), milliseconds)
    // EINTR is an empty answer: the loop asks again.
    if count <= 0 { return }
    for event in events[..<Int(count)] { each(event.data.u64) }
  }
}
