/// Why a text is no JSON, and where.
public struct JSONError: Error, Hashable {
  public var message: String
  /// In bytes from the start.
  public var offset: Int
}

extension JSON {
  /// Deeper nesting is refused: the reader recurses.
  public static let depthLimit = 256

  /// Reads one JSON text. Strict: RFC 8259, valid UTF-8, no duplicate keys.
  ///
  /// Integers that fit 64 bits stay integers; all other numbers become doubles.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    var reader = JSONReader(bytes: Array(bytes))
    self = try reader.document()
  }

  public init(parsing text: String) throws(JSONError) { try self.init(parsing: text.utf8) }
}

private struct JSONReader {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSON {
    let value = try value(depth: 0)
    skipBlanks()
    guard at == bytes.count else { throw error("something follows the value") }
    return value
  }

  private func error(_ message: String) -> JSONError { JSONError(message: message, offset: at) }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard depth <= JSON.depthLimit else { throw error("nested deeper than \(JSON.depthLimit) levels") }
    skipBlanks()
    switch next {
    case 0x7B: return try object(depth: depth)
    case 0x5B: return try array(depth: depth)
    case 0x22: return .string(try string())
    case 0x74: return try word("true", .bool(true))
    case 0x66: return try word("false", .bool(false))
    case 0x6E: return try word("null", .null)
    case nil: throw error("the text ends where a value should stand")
    case 0x2D?, (0x30...0x39)?: return try number()
    default: throw error("no value")
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
    guard bytes[at...].starts(with: word.utf8) else { throw error("no value") }
    at += word.utf8.count
    return value
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var items: [JSON] = []
    skipBlanks()
    if take(0x5D) { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take(0x5D) { return .array(items) }
      guard take(0x2C) else { throw error("',' or ']' expected") }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var members: [JSON.Member] = []
    var seen: Set<String> = []
    skipBlanks()
    if take(0x7D) { return .object([JSON.Member]()) }
    while true {
      skipBlanks()
      guard next == 0x22 else { throw error("a key expected") }
      let key = try string()
      guard seen.insert(key).inserted else { throw error("duplicate key '\(key)'") }
      skipBlanks()
      guard take(0x3A) else { throw error("':' expected") }
      members.append(JSON.Member(key, try value(depth: depth + 1)))
      skipBlanks()
      if take(0x7D) { return .object(members) }
      guard take(0x2C) else { throw error("',' or '}' expected") }
    }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = at
    at += 1
    var out: [UInt8] = []
    while let byte = next {
      at += 1
      switch byte {
      case 0x22:
        guard let text = String(validating: out, as: UTF8.self) else {
          at = start
          throw error("a string that is no valid UTF-8")
        }
        return text
      case 0x5C: try escape(into: &out)
      case 0..<0x20:
        at -= 1
        throw error("a control character in a string")
      default: out.append(byte)
      }
    }
    throw error("a string that does not end")
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw error("a string that does not end") }
    at += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: out.append(byte)
    case 0x62: out.append(0x08)
    case 0x66: out.append(0x0C)
    case 0x6E: out.append(0x0A)
    case 0x72: out.append(0x0D)
    case 0x74: out.append(0x09)
    case 0x75: out += String(Character(try unicode())).utf8
    default: throw error("an unknown escape")
    }
  }

  private mutating func unicode() throws(JSONError) -> Unicode.Scalar {
    let high = try fourDigits()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard (0xD800..<0xDC00).contains(high), take(0x5C), take(0x75) else {
      throw error("half a surrogate pair")
    }
    let low = try fourDigits()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
    else { throw error("half a surrogate pair") }
    return scalar
  }

  private mutating func fourDigits() throws(JSONError) -> UInt16 {
    guard at + 4 <= bytes.count, bytes[at..<at + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits expected") }
    at += 4
    return value
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    _ = take(0x2D)
    let whole = try digits()
    guard whole == 1 || bytes[at - whole] != 0x30 else { throw error("a number with a leading zero") }
    var isInteger = true
    if take(0x2E) {
      isInteger = false
      _ = try digits()
    }
    if take(0x65) || take(0x45) {
      isInteger = false
      if !take(0x2B) { _ = take(0x2D) }
      _ = try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, let number = Int64(text) { return .int(number) }
    guard let number = Double(text), number.isFinite else { throw error("a number out of range") }
    return .double(number)
  }

  private mutating func digits() throws(JSONError) -> Int {
    let start = at
    while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
    guard at > start else { throw error("a digit expected") }
    return at - start
  }
}
