private import CSystem
public import Glibc

/// A system call that failed: its name, what it was about, errno.
public struct SystemError: Error, Hashable, Sendable {
  public var call: String
  public var subject: String
  public var code: Int32
  /// Where errno's own words do not say it.
  public var reason: String?

  public init(_ call: String, _ subject: String, _ code: Int32 = errno, reason: String? = nil) {
    self.call = call
    self.subject = subject
    self.code = code
    self.reason = reason
  }

  public var why: String { reason ?? String(cString: strerror(code)) }
  public var message: String { "\(subject): \(why)" }
}

/// Files that fit into memory.
public enum SmallFile {
  /// Reads at most `limit` bytes; a larger file is EFBIG. What is no regular file is refused, and never waited for.
  ///
  /// - Parameter mayWait: a pipe is read to its end, as of `<( … )`.
  public static func bytes(
    _ path: String, limit: Int = 33 << 20, mayWait: Bool = false
  ) throws(SystemError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (mayWait ? 0 : O_NONBLOCK))
    guard file >= 0 else { throw unopened(path, errno) }
    defer { close(file) }
    if !mayWait { try requireRegular(file, path, limit) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("read", path) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= limit else { throw SystemError("read", path, EFBIG) }
    }
  }

  private static func unopened(_ path: String, _ code: Int32) -> SystemError {
    var facts = stat()
    // open(2): ENXIO is a socket too.
    if code == ENXIO, stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK {
      return SystemError("open", path, code, reason: "this is a socket, no file")
    }
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = code == ENOENT ? readlink(path, &target, target.count) : 0
    guard length > 0 else { return SystemError("open", path, code) }
    let name = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let reason = "this is a link to '\(name)', which is not there"
    return SystemError("open", path, code, reason: reason)
  }

  private static func requireRegular(_ file: Int32, _ path: String, _ limit: Int) throws(SystemError) {
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw SystemError("fstat", path) }
    let kind: String? =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: nil
      case S_IFDIR: "a folder"
      case S_IFIFO: "a FIFO"
      default: "a device"
      }
    if let kind { throw SystemError("read", path, EINVAL, reason: "this is \(kind), no file") }
    guard facts.st_size <= limit else {
      throw SystemError("read", path, EFBIG, reason: "a file of more than \(limit >> 20) MiB is not read")
    }
  }

  public static func read(_ path: String) throws(SystemError) -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }
}
