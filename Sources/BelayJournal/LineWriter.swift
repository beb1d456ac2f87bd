public import BelayModel

/// Writes one JSON object on one line, members in the order of the calls.
///
/// The same bytes as `JSON.text` gives, without the tree: events are written between an effect and the next.
struct LineWriter {
  private var bytes: [UInt8] = []

  init() {
    bytes.reserveCapacity(512)
    bytes.append(UInt8(ascii: "{"))
  }

  /// The finished line, without a line end.
  consuming func line() -> String {
    bytes.append(UInt8(ascii: "}"))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nil writes nothing, here and below.
  mutating func text(_ key: String, _ value: String?) {
    guard let value else { return }
    begin(key)
    quote(value)
  }

  mutating func int(_ key: String, _ value: Int?) {
    guard let value else { return }
    begin(key)
    number(value)
  }

  mutating func flag(_ key: String, _ value: Bool) {
    begin(key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  mutating func time(_ key: String, _ value: Timestamp) {
    begin(key)
    bytes.append(UInt8(ascii: "\""))
    value.writeFixed(into: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func list(_ key: String, _ items: [String]) {
    begin(key)
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      quote(item)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func ints(_ key: String, _ items: [Int]) {
    begin(key)
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      number(item)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func objects<Item>(
    _ key: String, _ items: [Item], _ members: (Item, inout LineWriter) -> Void
  ) {
    begin(key)
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "{"))
      members(item, &self)
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func value(_ key: String, _ value: Value) {
    begin(key)
    value.exactJSON.write(into: &bytes)
  }

  /// An empty map is left out.
  mutating func map(_ key: String, _ map: ValueMap) {
    if !map.isEmpty { value(key, .map(map)) }
  }

  mutating func object(_ key: String, _ members: (inout LineWriter) -> Void) {
    begin(key)
    bytes.append(UInt8(ascii: "{"))
    members(&self)
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func begin(_ key: String) {
    // A brace in a string is followed by its quotation mark, so the last byte tells an object just opened.
    if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: key.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func number(_ value: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { buffer in
      if buffer.contains(where: { LineWriter.needsEscape($0) }) {
        for byte in buffer { escape(byte) }
      } else {
        bytes.append(contentsOf: buffer)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: bytes.append(contentsOf: "\\\"".utf8)
    case 0x5C: bytes.append(contentsOf: "\\\\".utf8)
    case 0x0A: bytes.append(contentsOf: "\\n".utf8)
    case 0x0D: bytes.append(contentsOf: "\\r".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    case 0..<0x20, 0x7F:
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(LineWriter.digits[Int(byte >> 4)])
      bytes.append(LineWriter.digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

extension Timestamp {
  /// RFC 3339 in UTC with exactly nine decimals, 30 characters: nothing is lost, and texts sort as moments do.
  public var fixedText: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(30)
    writeFixed(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func writeFixed(into bytes: inout [UInt8]) {
    let civil = civil
    let fields: [(value: Int, width: Int, after: Unicode.Scalar)] = [
      (civil.year, 4, "-"), (civil.month, 2, "-"), (civil.day, 2, "T"), (civil.hour, 2, ":"),
      (civil.minute, 2, ":"), (civil.second, 2, "."), (Int(nanoseconds), 9, "Z"),
    ]
    for field in fields {
      var scale = field.width == 9 ? 100_000_000 : field.width == 4 ? 1000 : 10
      while scale > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: field.value / scale % 10))
        scale /= 10
      }
      bytes.append(UInt8(ascii: field.after))
    }
  }
}
