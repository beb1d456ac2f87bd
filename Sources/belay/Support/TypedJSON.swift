import BelayModel

// A value with its type, so that nothing is lost on the way: `{"type": "int", "value": "42"}`.
//
// The types are null, bool, int, uint, double, string, bytes, list, map, timestamp, duration and type. Numbers stand as
// text, bytes in base64, timestamps in RFC 3339, durations as `…ns`; a list holds typed values, a map pairs of them.

extension Value {
  var typedJSON: JSON {
    switch self {
    case .null: TypedJSON.object("null", .null)
    case .bool(let flag): TypedJSON.object("bool", .bool(flag))
    case .int(let number): TypedJSON.object("int", .string(String(number)))
    case .uint(let number): TypedJSON.object("uint", .string(String(number)))
    case .double(let number): TypedJSON.object("double", .string("\(number)"))
    case .string(let text): TypedJSON.object("string", .string(text))
    case .bytes(let bytes): TypedJSON.object("bytes", .string(Base64.encode(bytes)))
    case .list(let items): TypedJSON.object("list", .array(items.map(\.typedJSON)))
    case .map(let map):
      TypedJSON.object("map", .array(map.entries.map { .array([$0.key.typedJSON, $0.value.typedJSON]) }))
    case .timestamp(let moment): TypedJSON.object("timestamp", .string(moment.text))
    case .duration(let span): TypedJSON.object("duration", .string("\(span.nanoseconds)ns"))
    case .type(let name): TypedJSON.object("type", .string(name))
    }
  }

  /// Nil when it is none.
  init?(typed json: JSON) {
    guard let type = json["type"]?.string, let content = json["value"], json.members?.count == 2,
      let value = TypedJSON.value(type, content)
    else { return nil }
    self = value
  }
}

private enum TypedJSON {
  static func object(_ type: String, _ value: JSON) -> JSON {
    .object(["type": .string(type), "value": value])
  }

  static func value(_ type: String, _ content: JSON) -> Value? {
    switch type {
    case "null": content == .null ? .null : nil
    case "bool": content.bool.map(Value.bool)
    case "list": list(content)
    case "map": map(content)
    default: content.string.flatMap { value(type, text: $0) }
    }
  }

  private static func value(_ type: String, text: String) -> Value? {
    switch type {
    case "int": Int64(text).map(Value.int)
    case "uint": UInt64(text).map(Value.uint)
    case "double": Double(text).map(Value.double)
    case "string": .string(text)
    case "bytes": Base64.decode(text).map(Value.bytes)
    case "timestamp": Timestamp(text: text).map(Value.timestamp)
    case "duration":
      text.hasSuffix("ns") ? Int64(text.dropLast(2)).map { .duration(TimeSpan(nanoseconds: $0)) } : nil
    case "type": .type(text)
    default: nil
    }
  }

  private static func list(_ content: JSON) -> Value? {
    guard let items = content.array else { return nil }
    let values = items.compactMap(Value.init(typed:))
    return values.count == items.count ? .list(values) : nil
  }

  private static func map(_ content: JSON) -> Value? {
    guard let pairs = content.array else { return nil }
    var map = ValueMap()
    for pair in pairs {
      guard let pair = pair.array, pair.count == 2, let key = Value(typed: pair[0]),
        let value = Value(typed: pair[1]), key.isKey, map[key] == nil
      else { return nil }
      map[key] = value
    }
    return .map(map)
  }
}

extension Value {
  fileprivate var isKey: Bool {
    switch self {
    case .bool, .int, .uint, .string: true
    default: false
    }
  }
}
