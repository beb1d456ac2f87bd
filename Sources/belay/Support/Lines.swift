import BelayWorld
import Glibc

/// Lines of standard input, each as soon as it is there.
struct Lines {
  /// In bytes; what is longer is no line that anybody wrote.
  static let limit = 32 << 20

  private var buffer: [UInt8] = []
  /// Of what has been searched for the line's end.
  private var searched = 0
  private var hasEnded = false

  /// Without its end; nil after the last.
  ///
  /// - Throws: exit 2 for a line longer than the limit, exit 9 when standard input cannot be read.
  mutating func next() throws -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { drop(end + 1) }
        return Array(buffer[..<end])
      }
      searched = buffer.count
      guard !hasEnded else {
        defer { drop(buffer.count) }
        return buffer.isEmpty ? nil : buffer
      }
      guard buffer.count <= Lines.limit else { throw Failure(.usage, "a line is longer than 32 MiB") }
      try fill()
    }
  }

  private mutating func drop(_ count: Int) {
    buffer.removeFirst(count)
    searched = 0
  }

  private mutating func fill() throws {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = read(0, &piece, piece.count)
    if count < 0, errno == EINTR { return }
    guard count >= 0 else {
      throw Failure(.unusable, "standard input cannot be read: \(String(cString: strerror(errno)))")
    }
    hasEnded = count == 0
    buffer += piece[..<count]
  }
}
