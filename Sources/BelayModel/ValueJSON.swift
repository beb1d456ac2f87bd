// Two ways from values to JSON: as people and commands read them (types without a JSON form become texts), and
// exactly, for the plan and the journal, where a value must come back as what it was.

extension Value {
  /// For commands, texts and reports: timestamps as RFC 3339, durations as `1h30m`, bytes in base64.
  public var plainJSON: JSON {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .uint(let number): Int64(exactly: number).map(JSON.int) ?? .double(Double(number))
    case .double(let number): number.isFinite ? .double(number) : .string("\(number)")
    case .string(let text): .string(text)
    case .bytes(let bytes): .string(Base64.encode(bytes))
    case .list(let items): .array(items.map(\.plainJSON))
    case .map(let map): .object(map.entries.map { JSON.Member($0.key.text, $0.value.plainJSON) })
    case .timestamp(let moment): .string(moment.text)
    case .duration(let span): .string(span.text)
    case .type(let name): .string(name)
    }
  }

  /// As it stands in a text: strings as they are, lists and maps as JSON.
  public var text: String {
    switch self {
    case .string(let text): text
    case .double(let number): "\(number)"
    case .uint(let number): "\(number)"
    case .bytes, .timestamp, .duration, .type: plainJSON.string ?? ""
    case .null, .bool, .int, .list, .map: plainJSON.text
    }
  }

  /// A value out of JSON that a command or a server printed.
  public init(plain json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map(Value.init(plain:)))
    case .object(let members): self = .map(ValueMap(members.map { ($0.key, Value(plain: $0.value)) }))
    }
  }

  /// Exact: what JSON lacks stands in an object with one key that starts with `$`.
  public var exactJSON: JSON {
    switch self {
    case .null, .bool, .int, .string: plainJSON
    case .uint(let number): .object(["$uint": .string(String(number))])
    case .double(let number):
      number.isFinite ? .double(number) : .object(["$double": .string("\(number)")])
    case .bytes(let bytes): .object(["$bytes": .string(Base64.encode(bytes))])
    case .list(let items): .array(items.map(\.exactJSON))
    case .map(let map): map.exactJSON
    case .timestamp(let moment): .object(["$timestamp": .string(moment.text)])
    case .duration(let span): .object(["$duration": .string("\(span.nanoseconds)ns")])
    case .type(let name): .object(["$type": .string(name)])
    }
  }

  /// The inverse of ``exactJSON``; nil for an unknown `$` key or a text that does not fit its type.
  public init?(exact json: JSON) {
    switch json {
    case .array(let items):
      let values = items.compactMap(Value.init(exact:))
      guard values.count == items.count else { return nil }
      self = .list(values)
    case .object(let members):
      guard let value = Value(exactMembers: members) else { return nil }
      self = value
    default: self = Value(plain: json)
    }
  }

  private init?(exactMembers members: [JSON.Member]) {
    if members.count == 1, let only = members.first, only.key.hasPrefix("$") {
      guard let value = Value(tag: only.key, only.value) else { return nil }
      self = value
      return
    }
    var map = ValueMap()
    for member in members {
      guard let value = Value(exact: member.value) else { return nil }
      map[member.key] = value
    }
    self = .map(map)
  }

  private init?(tag: String, _ json: JSON) {
    if tag == "$map" {
      guard let pairs = json.array else { return nil }
      var map = ValueMap()
      for pair in pairs {
        guard let pair = pair.array, pair.count == 2, let key = Value(exact: pair[0]),
          let value = Value(exact: pair[1])
        else { return nil }
        map[key] = value
      }
      self = .map(map)
      return
    }
    guard let text = json.string else { return nil }
    let value: Value? =
      switch tag {
      case "$uint": UInt64(text).map(Value.uint)
      case "$double": Double(text).map(Value.double)
      case "$bytes": Base64.decode(text).map(Value.bytes)
      case "$timestamp": Timestamp(text: text).map(Value.timestamp)
      case "$duration":
        text.hasSuffix("ns")
          ? Int64(text.dropLast(2)).map { .duration(TimeSpan(nanoseconds: $0)) } : nil
      case "$type": .type(text)
      default: nil
      }
    guard let value else { return nil }
    self = value
  }
}

extension ValueMap {
  /// As an object where every key is a string that does not start with `$`, else as a list of pairs.
  fileprivate var exactJSON: JSON {
    let isPlain = keys.allSatisfy { key in
      if case .string(let text) = key { !text.hasPrefix("$") } else { false }
    }
    guard isPlain else {
      return .object(["$map": .array(entries.map { .array([$0.key.exactJSON, $0.value.exactJSON]) })])
    }
    return .object(entries.map { JSON.Member($0.key.text, $0.value.exactJSON) })
  }
}

/// - Source: RFC 4648, section 4, with padding.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for index in 0..<4 {
        let digit = alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)]
        out.append(index <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Nil when the text is not base64 with padding.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 4) else { return nil }
    let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    var out: [UInt8] = []
    var bits: UInt32 = 0
    for (index, digit) in digits.dropLast(padding).enumerated() {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      bits = bits << 6 | UInt32(value)
      if index % 4 == 3 { out += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)] }
    }
    if padding == 1 { out += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)] }
    if padding == 2 { out.append(UInt8(bits >> 4 & 255)) }
    return out
  }
}
