/// What is typed at a terminal that gives each key as it is pressed, and shows none of them by itself.
///
/// Also takes whole lines, as a terminal gives them that edits by itself.
public struct LineEditor: Hashable, Sendable {
  /// Longer than any answer; what comes after it is not taken.
  private static let limit = 4096

  private enum Escape: Hashable, Sendable { case none, begun, sequence }

  private var bytes: [UInt8] = []
  private var escape = Escape.none

  public init() {}

  /// The line so far. A character of which a part is missing is not in it yet.
  public var text: String {
    var whole = bytes[...]
    // UTF-8 (RFC 3629): a lead byte says how many follow.
    if let lead = bytes.lastIndex(where: { $0 & 0xC0 != 0x80 }), bytes[lead] >= 0xC0 {
      let length = bytes[lead] >= 0xF0 ? 4 : bytes[lead] >= 0xE0 ? 3 : 2
      if bytes.count - lead < length { whole = bytes[..<lead] }
    }
    return String(decoding: whole, as: UTF8.self)
  }

  public mutating func clear() { bytes = [] }

  /// - Returns: the lines that were ended, without their ends.
  public mutating func take(_ typed: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in typed {
      guard !isOfEscape(byte) else { continue }
      switch byte {
      case 0x0A, 0x0D:
        lines.append(text)
        bytes = []
      case 0x08, 0x7F: eraseCharacter()
      case 0x15: bytes = []
      case 0x17: eraseWord()
      case ..<0x20: break
      default: if bytes.count < LineEditor.limit { bytes.append(byte) }
      }
    }
    return lines
  }

  /// Arrows and other keys send sequences of ECMA-48: ESC, `[` or `O`, parameters, and a final byte.
  private mutating func isOfEscape(_ byte: UInt8) -> Bool {
    switch escape {
    case .none:
      if byte == 0x1B { escape = .begun }
      return byte == 0x1B
    case .begun:
      escape = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence : .none
      return byte >= 0x20
    case .sequence:
      if (0x40...0x7E).contains(byte) { escape = .none }
      return true
    }
  }

  private mutating func eraseCharacter() {
    var line = text
    if !line.isEmpty { line.removeLast() }
    bytes = Array(line.utf8)
  }

  private mutating func eraseWord() {
    while let last = bytes.last, last == 0x20 { bytes.removeLast() }
    while let last = bytes.last, last != 0x20 { bytes.removeLast() }
  }
}
