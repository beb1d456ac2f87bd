internal import CSystem
internal import Glibc

/// Stream sockets in the file system and without a name; closed on exec, never blocking.
enum LocalSocket {
  private static let kind = Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK

  /// - Parameter path: at most 107 bytes; what a dead keeper has left there is removed.
  static func listen(_ path: String) throws(KeeperError) -> Descriptor {
    unlink(path)
    let file = Descriptor(owning: socket(AF_UNIX, kind, 0))
    guard file.number >= 0, with(path, { bind(file.number, $0, $1) }) == 0, chmod(path, 0o600) == 0,
      Glibc.listen(file.number, 8) == 0
    else { throw .system(call: "bind", path: path, code: errno) }
    return file
  }

  /// - Parameter path: at most 107 bytes.
  /// - Returns: nil when nobody listens there, or more wait than the queue holds.
  static func connect(_ path: String) throws(KeeperError) -> Descriptor? {
    let file = Descriptor(owning: socket(AF_UNIX, kind, 0))
    guard file.number >= 0 else { throw .system(call: "socket", path: path, code: errno) }
    if with(path, { Glibc.connect(file.number, $0, $1) }) == 0 { return file }
    if errno == ECONNREFUSED || errno == ENOENT || errno == EAGAIN { return nil }
    throw .system(call: "connect", path: path, code: errno)
  }

  static func pair() throws(KeeperError) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .system(call: "socketpair", path: "", code: errno)
    }
    return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
  }

  private static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
