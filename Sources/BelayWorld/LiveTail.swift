/// The last of what an attempt that still runs has printed, as its keeper shows it (KeeperLogFormat.md, "What is not the
/// log").
public struct LiveTail: Hashable, Sendable {
  /// Bytes that the attempt has printed so far, on both streams.
  public var count: Int
  /// The last of them.
  public var bytes: [UInt8]

  /// Nil where there is none: it has ended, has just begun, or its output is sensitive.
  public init?(of attempt: String, runFolder: String) {
    guard let content = try? SmallFile.bytes("\(runFolder)/live/\(attempt)") else { return nil }
    guard let end = content.firstIndex(of: UInt8(ascii: "\n")),
      let count = Int(String(decoding: content[..<end], as: UTF8.self))
    else { return nil }
    self.count = count
    bytes = Array(content[(end + 1)...])
  }

  /// What came after the first `known` bytes, as far as it is still there.
  public func after(_ known: Int) -> [UInt8] { Array(bytes.suffix(max(0, count - known))) }

  /// The last lines, without one that is not whole.
  public func lines(_ limit: Int) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(limit).map(String.init)
  }
}
