/// A value of the language: what expressions compute, parameters hold and steps put out.
///
/// - Source: the types of CEL's language definition, "Values", without protobuf messages.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case list([Value])
  case map(ValueMap)
  case timestamp(Timestamp)
  case duration(TimeSpan)
  case type(String)

  /// CEL's name of the type.
  public var typeName: String {
    switch self {
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .list: "list"
    case .map: "map"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .type: "type"
    }
  }
}

/// A map that keeps the order in which its keys came, so that nothing printed depends on hashing.
///
/// Two maps with the same entries are equal in any order.
public struct ValueMap: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  public private(set) var keys: [Value] = []
  private var values: [Value] = []
  private var positions: [Value: Int] = [:]

  public init() {}

  public init(dictionaryLiteral elements: (String, Value)...) {
    for (key, value) in elements { self[key] = value }
  }

  public init(_ entries: some Sequence<(String, Value)>) {
    for (key, value) in entries { self[.string(key)] = value }
  }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }

  /// Setting nil leaves the map as it is: values are added and replaced, never removed.
  public subscript(key: Value) -> Value? {
    get { positions[key].map { values[$0] } }
    set {
      guard let newValue else { return }
      if let position = positions[key] {
        values[position] = newValue
      } else {
        positions[key] = keys.count
        keys.append(key)
        values.append(newValue)
      }
    }
  }

  public subscript(key: String) -> Value? {
    get { self[.string(key)] }
    set { self[.string(key)] = newValue }
  }

  /// In the order in which the keys came.
  public var entries: [(key: Value, value: Value)] {
    zip(keys, values).map { (key: $0, value: $1) }
  }

  public static func == (left: ValueMap, right: ValueMap) -> Bool { left.asDictionary == right.asDictionary }

  public func hash(into hasher: inout Hasher) { hasher.combine(asDictionary) }

  private var asDictionary: [Value: Value] { positions.mapValues { values[$0] } }
}
