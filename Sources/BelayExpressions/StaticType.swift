/// What is known of a value before it is there.
public indirect enum StaticType: Hashable, Sendable {
  /// Nothing; it is never a mistake.
  case dyn
  case null, bool, int, uint, double, string, bytes, timestamp, duration, type
  case list(StaticType)
  /// Of values of one type.
  case map(StaticType)
  /// A map with some fields of known types; of others nothing is known.
  case record([String: StaticType])
  case optional(StaticType)

  /// CEL's name of a type, as actions declare their results; dyn for any other.
  public init(named name: String) {
    self =
      switch name {
      case "null_type": .null
      case "bool": .bool
      case "int": .int
      case "uint": .uint
      case "double": .double
      case "string": .string
      case "bytes": .bytes
      case "google.protobuf.Timestamp": .timestamp
      case "google.protobuf.Duration": .duration
      case "type": .type
      case "list": .list(.dyn)
      case "list(string)": .list(.string)
      case "map": .map(.dyn)
      default: .dyn
      }
  }

  /// For messages.
  public var name: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .type: "type"
    case .list: "list"
    case .map, .record: "map"
    case .optional: "optional"
    }
  }

  /// With an article: `a map`.
  public var described: String {
    switch self {
    case .int, .uint, .optional: "an \(name)"
    case .bytes, .null, .dyn: name
    default: "a \(name)"
    }
  }

  var isNumber: Bool { self == .int || self == .uint || self == .double }

  public var isOptional: Bool { if case .optional = self { true } else { false } }

  public var isList: Bool { if case .list = self { true } else { false } }

  public var isMap: Bool {
    switch self {
    case .map, .record: true
    default: false
    }
  }

  /// What both are: dyn where they differ.
  public func joined(with other: StaticType) -> StaticType {
    switch (self, other) {
    case _ where self == other: self
    case (.list(let a), .list(let b)): .list(a.joined(with: b))
    case (.optional(let a), .optional(let b)): .optional(a.joined(with: b))
    case _ where isMap && other.isMap: .map(.dyn)
    default: .dyn
    }
  }

  /// Of the values of a map.
  var element: StaticType { if case .map(let value) = self { value } else { .dyn } }

  /// Whether a value of this type can equal one of the other. Null is let through: it stands for what is not there.
  /// Two lists are equal when they are empty, whatever they were to hold.
  func canEqual(_ other: StaticType) -> Bool {
    switch (self, other) {
    case (.dyn, _), (_, .dyn), (.null, _), (_, .null): true
    case (.list, .list), (.optional, .optional): true
    default: self == other || isNumber && other.isNumber || isMap && other.isMap
    }
  }

  /// Whether a value of the given type can stand where this one is wanted.
  func takes(_ given: StaticType) -> Bool {
    switch (self, given) {
    case (.dyn, .optional): false
    case (.dyn, _), (_, .dyn): true
    case (.list(let a), .list(let b)), (.optional(let a), .optional(let b)): a == .dyn || a.takes(b)
    default: self == given || isMap && given.isMap
    }
  }
}

/// An expression that fails, or never holds, whatever the values are.
public struct StaticTypeError: Error, Hashable, Sendable {
  public var message: String
  public var start: Int
  public var length: Int
  public var help: String?
}
