internal import BelayModel

/// The functions there are, and what they do.
enum Functions {
  static let ofOptionals: Set<String> = ["hasValue", "value", "orValue", "or"]

  /// Names that stand for a type.
  static let typeNames = [
    "bool": "bool", "int": "int", "uint": "uint", "double": "double", "string": "string", "bytes": "bytes",
    "list": "list", "map": "map", "type": "type", "null_type": "null_type", optionalType: optionalType,
  ]

  static let optionalType = "optional_type"

  /// Called alone: how many arguments.
  private static let global: [String: ClosedRange<Int>] = [
    "size": 1...1, "int": 1...1, "uint": 1...1, "double": 1...1, "string": 1...1, "bytes": 1...1,
    "bool": 1...1,
    "timestamp": 1...1, "duration": 1...1, "type": 1...1, "dyn": 1...1, "matches": 2...2,
    "identifier": 1...1, "strings.quote": 1...1, "optional.none": 0...0, "optional.of": 1...1,
    "optional.ofNonZeroValue": 1...1,
  ]

  /// First words of names that have two.
  static let namespaces: Set<String> = ["optional", "strings"]

  /// What looks at all that its arguments hold.
  static let readsDeeply: Set<String> = ["format"]

  /// Called on a value: how many arguments beside it.
  private static let member: [String: ClosedRange<Int>] = [
    "size": 0...0, "contains": 1...1, "startsWith": 1...1, "endsWith": 1...1, "matches": 1...1,
    "charAt": 1...1,
    "indexOf": 1...2, "lastIndexOf": 1...2, "lowerAscii": 0...0, "upperAscii": 0...0, "replace": 2...3,
    "split": 1...2, "substring": 1...2, "trim": 0...0, "join": 0...1, "reverse": 0...0, "flatten": 0...1,
    "getFullYear": 0...1, "getMonth": 0...1, "getDate": 0...1, "getDayOfMonth": 0...1, "getDayOfWeek": 0...1,
    "getDayOfYear": 0...1, "getHours": 0...1, "getMinutes": 0...1, "getSeconds": 0...1,
    "getMilliseconds": 0...1,
    "hasValue": 0...0, "value": 0...0, "orValue": 1...1, "or": 1...1, "format": 1...1,
  ]

  /// Called alone, as its whole name.
  static func isKnown(_ name: String) -> Bool { global[name] != nil }

  /// - Throws: for a function that there is not, or with another number of arguments.
  static func require(
    _ name: String, _ token: Token, onTarget target: Syntax?, _ count: Int
  ) throws(SyntaxError) {
    let known = target == nil ? global : member
    guard let allowed = known[name] else {
      let nearest = Suggestion.nearest(
        to: name, in: known.keys.sorted() + (target == nil ? ["has"] : Macro.names))
      throw SyntaxError(
        message: "there is no function '\(name)'", start: token.start, length: token.length,
        help: nearest.map { "did you mean '\($0)'?" })
    }
    guard allowed.contains(count) else {
      let wanted =
        allowed.count == 1 ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
      throw SyntaxError(
        message: "\(name)() takes \(wanted) argument\(wanted == "1" ? "" : "s"), not \(count)",
        start: token.start,
        length: token.length)
    }
  }

  /// - Parameter values: the target first where there is one.
  static func call(_ name: String, isMember: Bool, _ values: [Value]) throws(OperationError) -> Value {
    guard let first = values.first else { throw OperationError("\(name)() needs a value") }
    if !isMember, let converted = try Conversions.call(name, first) { return converted }
    switch name {
    case "size": return .int(Int64(try size(first)))
    case "identifier": return try identifier(first)
    case "strings.quote": return .string(try Strings.quoted(try text(first, name)))
    case "format": return .string(try Format.apply(try text(first, name), values[1]))
    case "flatten": return .list(try flatten(first, values))
    case "join": return try join(first, values)
    case "reverse":
      if case .list(let items) = first { return .list(items.reversed()) }
      return .string(String(String.UnicodeScalarView(try text(first, name).unicodeScalars.reversed())))
    default:
      switch first {
      case .timestamp(let moment): return .int(Int64(try Calendar.field(name, moment, values)))
      case .duration(let span): return .int(try Calendar.field(name, span))
      default: return try Strings.call(name, try text(first, name), Array(values.dropFirst()))
      }
    }
  }

  static func text(_ value: Value, _ name: String) throws(OperationError) -> String {
    guard case .string(let text) = value else {
      throw OperationError("\(name)() needs a string, not \(value.typeName)")
    }
    return text
  }

  private static func size(_ value: Value) throws(OperationError) -> Int {
    switch value {
    case .string(let text): return text.unicodeScalars.count
    case .bytes(let bytes): return bytes.count
    case .list(let items): return items.count
    case .map(let map): return map.count
    default: throw OperationError("size() needs a string, bytes, a list or a map, not \(value.typeName)")
    }
  }

  private static func flatten(_ value: Value, _ values: [Value]) throws(OperationError) -> [Value] {
    guard case .list(let items) = value else {
      throw OperationError("flatten() needs a list, not \(value.typeName)")
    }
    var depth: Int64 = 1
    if values.count > 1 {
      guard case .int(let given) = values[1], given >= 0 else {
        throw OperationError("flatten() needs a depth from 0")
      }
      depth = given
    }
    var flat = items
    while depth > 0, flat.contains(where: { if case .list = $0 { true } else { false } }) {
      let count = flat.reduce(0) { if case .list(let inner) = $1 { $0 + inner.count } else { $0 + 1 } }
      try SizeLimit.require(items: count)
      flat = flat.flatMap { if case .list(let inner) = $0 { inner } else { [$0] } }
      depth -= 1
    }
    return flat
  }

  private static func join(_ value: Value, _ values: [Value]) throws(OperationError) -> Value {
    guard case .list(let items) = value else {
      throw OperationError("join() needs a list, not \(value.typeName)")
    }
    var texts: [String] = []
    for item in items { texts.append(try text(item, "join")) }
    let separator = values.count > 1 ? try text(values[1], "join") : ""
    try SizeLimit.require(texts.reduce(texts.count * separator.utf8.count) { $0 + $1.utf8.count })
    return .string(texts.joined(separator: separator))
  }
}
