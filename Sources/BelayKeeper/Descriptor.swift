internal import Glibc

/// An open descriptor with one owner: closed with this object, and on exec.
final class Descriptor {
  let number: Int32

  /// Takes over an open descriptor.
  init(owning number: Int32) { self.number = number }

  /// - Parameter flags: of open(2); O_CLOEXEC is added. New files have mode 0600.
  init(opening path: String, _ flags: Int32) throws(KeeperError) {
    number = open(path, flags | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .system(call: "open", path: path, code: errno) }
  }

  deinit { if number >= 0 { close(number) } }

  /// Takes the lock of flock(2) if nobody has it.
  func lockIfFree() -> Bool { flock(number, LOCK_EX | LOCK_NB) == 0 }
}
