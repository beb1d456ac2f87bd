/// JSON as Belay writes it: the same value gives the same bytes, on every machine, always.
///
/// Not Foundation's: integers stay exact, keys keep their order, the core carries no ICU.
/// - Source: RFC 8259. Keys in the order given; no white space; only `"`, `\` and control characters escaped.
public enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  public struct Member: Hashable, Sendable {
    public var key: String
    public var value: JSON

    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// An object without the members whose value is nil.
  public static func object(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var int: Int64? { if case .int(let number) = self { number } else { nil } }
  public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  public var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// On one line.
  public var text: String {
    var out: [UInt8] = []
    write(into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Over several lines, two spaces a level, for people.
  public var indented: String {
    var out: [UInt8] = []
    write(into: &out, indent: 0)
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends the bytes; with `indent`, the level of the line on which the value starts.
  public func write(into out: inout [UInt8], indent: Int? = nil) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let flag): out += (flag ? "true" : "false").utf8
    case .int(let number): out += String(number).utf8
    case .double(let number): out += JSON.text(of: number).utf8
    case .string(let text): JSON.quote(text, into: &out)
    case .array(let items):
      JSON.list("[", "]", items, into: &out, indent: indent) { item, out, inner in
        item.write(into: &out, indent: inner)
      }
    case .object(let members):
      JSON.list("{", "}", members, into: &out, indent: indent) { member, out, inner in
        JSON.quote(member.key, into: &out)
        out += (inner == nil ? ":" : ": ").utf8
        member.value.write(into: &out, indent: inner)
      }
    }
  }

  private static func list<Item>(
    _ open: String, _ close: String, _ items: [Item], into out: inout [UInt8], indent: Int?,
    _ write: (Item, inout [UInt8], Int?) -> Void
  ) {
    out += open.utf8
    for (index, item) in items.enumerated() {
      if index > 0 { out += ",".utf8 }
      if let indent { out += "\n".utf8 + [UInt8](repeating: 0x20, count: indent * 2 + 2) }
      write(item, &out, indent.map { $0 + 1 })
    }
    if let indent, !items.isEmpty { out += "\n".utf8 + [UInt8](repeating: 0x20, count: indent * 2) }
    out += close.utf8
  }

  /// Swift's shortest text that reads back as the same number; always with a point or an exponent, so that a
  /// double stays one. JSON has no other numbers: `JSON.double` must be finite.
  private static func text(of number: Double) -> String {
    precondition(number.isFinite, "JSON has no NaN and no infinity")
    return "\(number)"
  }

  private static func quote(_ text: String, into out: inout [UInt8]) {
    out.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22: out += "\\\"".utf8
      case 0x5C: out += "\\\\".utf8
      case 0x0A: out += "\\n".utf8
      case 0x0D: out += "\\r".utf8
      case 0x09: out += "\\t".utf8
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        out += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }
}
