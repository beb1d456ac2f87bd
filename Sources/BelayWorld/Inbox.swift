private import CSystem
private import Glibc
private import Synchronization

/// What threads hand in: filled by them, emptied by the engine's.
final class Inbox<Item: Sendable>: Sendable {
  /// Can be read from when something is in it.
  let descriptor: Int32
  private let items = Mutex<[Item]>([])

  init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("eventfd", "results of threads") }
  }

  deinit { close(descriptor) }

  func put(_ item: Item) {
    items.withLock { $0.append(item) }
    eventfd_write(descriptor, 1)
  }

  func take() -> [Item] {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
    return items.withLock { items in
      defer { items.removeAll() }
      return items
    }
  }
}
