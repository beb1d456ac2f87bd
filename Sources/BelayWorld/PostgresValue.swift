internal import BelayModel

/// A value in PostgreSQL's text format as one of the language.
///
/// - Source: PostgreSQL's `pg_type.dat` for the numbers of types, "Data Types" for their texts.
enum PostgresValue {
  /// What has no counterpart stays text: a date, an interval, a numeric too long for a double.
  static func value(_ text: String, type: UInt32) -> Value {
    switch type {
    case 16: return .bool(text == "t")
    case 20, 21, 23, 26: return Int64(text).map(Value.int) ?? .string(text)
    case 700, 701: return Double(text).map(Value.double) ?? .string(text)
    case 1700: return number(text)
    case 17: return bytes(text).map(Value.bytes) ?? .string(text)
    case 114, 3802:
      return (try? JSON(parsing: text.utf8)).map { Value(plain: $0) } ?? .string(text)
    case 1184: return moment(text).map(Value.timestamp) ?? .string(text)
    default:
      guard let element = elements[type], let items = PostgresArray.items(text) else { return .string(text) }
      return .list(items.map { item in item.map { value($0, type: element) } ?? .null })
    }
  }

  /// Arrays by the types of their elements.
  private static let elements: [UInt32: UInt32] = [
    1000: 16, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1231: 1700, 1009: 25, 1015: 1043,
    1185: 1184,
    2951: 2950, 1028: 26,
  ]

  /// An integer where it is one. A double has 15 digits that can be relied on.
  private static func number(_ text: String) -> Value {
    if let whole = Int64(text) { return .int(whole) }
    let digits = text.utf8.count { (0x30...0x39).contains($0) }
    guard digits <= 15, let number = Double(text) else { return .string(text) }
    return .double(number)
  }

  /// `\x0aff`
  private static func bytes(_ text: String) -> [UInt8]? {
    guard text.hasPrefix("\\x") else { return nil }
    let digits = Array(text.utf8.dropFirst(2))
    guard digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { index in
      UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
    }
  }

  /// `2026-03-01 02:11:00.5+01`, or with minutes, `+05:30`.
  private static func moment(_ text: String) -> Timestamp? {
    var text = text.replacing(" ", with: "T", maxReplacements: 1)
    if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }), text[sign...].count == 3 {
      text += ":00"
    }
    return Timestamp(text: text)
  }
}

/// The text of an array: `{1,NULL,"a b"}`.
enum PostgresArray {
  /// Nil for one of several dimensions, or with bounds.
  static func items(_ text: String) -> [String?]? {
    var rest = Array(text.unicodeScalars)[...]
    guard rest.popFirst() == "{", rest.popLast() == "}", rest.first != "{" else { return nil }
    var items: [String?] = []
    while !rest.isEmpty {
      var item = String.UnicodeScalarView()
      let isQuoted = rest.first == "\""
      if isQuoted {
        rest = rest.dropFirst()
        while let scalar = rest.popFirst(), scalar != "\"" {
          item.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
        }
      } else {
        while let scalar = rest.first, scalar != "," {
          item.append(scalar)
          rest = rest.dropFirst()
        }
      }
      items.append(!isQuoted && String(item) == "NULL" ? nil : String(item))
      guard rest.isEmpty || rest.popFirst() == "," else { return nil }
    }
    return items
  }
}
