public import Glibc

/// A system call that failed: its name, what it was about, errno.
public struct SystemError: Error, Hashable, Sendable {
  public var call: String
  public var subject: String
  public var code: Int32

  public init(_ call: String, _ subject: String, _ code: Int32 = errno) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  public var message: String { "\(subject): \(String(cString: strerror(code)))" }
}

/// Files that fit into memory.
public enum SmallFile {
  /// Reads at most `limit` bytes; a larger file is EFBIG.
  public static func bytes(_ path: String, limit: Int = 33 << 20) throws(SystemError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
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

  public static func read(_ path: String) throws(SystemError) -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }
}
