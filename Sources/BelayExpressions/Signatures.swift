/// What functions take and give, the value on which they are called first.
///
/// - Source: cel-spec, "List of Standard Definitions"; the string extension; optionals.
enum Signatures {
  struct Signature {
    var takes: [StaticType]
    var gives: StaticType

    init(_ takes: StaticType..., gives: StaticType) {
      self.takes = takes
      self.gives = gives
    }
  }

  private static func each(_ types: [StaticType], gives: StaticType) -> [Signature] {
    types.map { Signature($0, gives: gives) }
  }

  private static let ofText = Signature(.string, .string, gives: .bool)
  private static let change = [Signature(.string, gives: .string)]
  private static let ofMoment = [
    Signature(.timestamp, gives: .int), Signature(.timestamp, .string, gives: .int),
  ]
  private static let ofMomentOrSpan = ofMoment + [Signature(.duration, gives: .int)]
  private static let search = [
    Signature(.string, .string, gives: .int), Signature(.string, .string, .int, gives: .int),
  ]

  static let all: [String: [Signature]] = [
    "size": each([.string, .bytes, .list(.dyn), .map(.dyn)], gives: .int),
    "int": each([.int, .uint, .double, .string, .timestamp], gives: .int),
    "uint": each([.int, .uint, .double, .string], gives: .uint),
    "double": each([.int, .uint, .double, .string], gives: .double),
    "string": each(
      [.bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration], gives: .string),
    "bytes": each([.bytes, .string], gives: .bytes), "bool": each([.bool, .string], gives: .bool),
    "timestamp": each([.timestamp, .int, .string], gives: .timestamp),
    "duration": each([.duration, .string], gives: .duration),
    "dyn": [Signature(.dyn, gives: .dyn)], "identifier": change, "strings.quote": change,
    "contains": [ofText], "startsWith": [ofText], "endsWith": [ofText], "matches": [ofText],
    "charAt": [Signature(.string, .int, gives: .string)], "indexOf": search, "lastIndexOf": search,
    "lowerAscii": change, "upperAscii": change, "trim": change,
    "replace": [
      Signature(.string, .string, .string, gives: .string),
      Signature(.string, .string, .string, .int, gives: .string),
    ],
    "split": [
      Signature(.string, .string, gives: .list(.string)),
      Signature(.string, .string, .int, gives: .list(.string)),
    ],
    "substring": [
      Signature(.string, .int, gives: .string), Signature(.string, .int, .int, gives: .string),
    ],
    "join": [
      Signature(.list(.string), gives: .string), Signature(.list(.string), .string, gives: .string),
    ],
    "reverse": change + [Signature(.list(.dyn), gives: .list(.dyn))],
    "flatten": [
      Signature(.list(.dyn), gives: .list(.dyn)), Signature(.list(.dyn), .int, gives: .list(.dyn)),
    ],
    "format": [Signature(.string, .list(.dyn), gives: .string)],
    "getFullYear": ofMoment, "getMonth": ofMoment, "getDate": ofMoment, "getDayOfMonth": ofMoment,
    "getDayOfWeek": ofMoment, "getDayOfYear": ofMoment, "getHours": ofMomentOrSpan,
    "getMinutes": ofMomentOrSpan, "getSeconds": ofMomentOrSpan, "getMilliseconds": ofMomentOrSpan,
  ]

  /// Of an operator: what it gives; nil where it has no meaning.
  static func result(of symbol: String, _ left: StaticType, _ right: StaticType) -> StaticType? {
    let known = operators[symbol] ?? []
    let fitting = known.filter { $0.takes[0].takes(left) && $0.takes[1].takes(right) }
    guard let first = fitting.first else { return nil }
    return fitting.dropFirst().reduce(first.gives) { $0.joined(with: $1.gives) }
  }

  private static func same(_ types: [StaticType]) -> [Signature] {
    types.map { Signature($0, $0, gives: $0) }
  }

  private static let order: [Signature] = {
    let numbers: [StaticType] = [.int, .uint, .double]
    let mixed = numbers.flatMap { left in numbers.map { Signature(left, $0, gives: .bool) } }
    let alike: [StaticType] = [.string, .bytes, .bool, .timestamp, .duration]
    return mixed + alike.map { Signature($0, $0, gives: .bool) }
  }()

  private static let operators: [String: [Signature]] = [
    "<": order, "<=": order, ">": order, ">=": order,
    "+": same([.int, .uint, .double, .string, .bytes, .list(.dyn), .duration]) + [
      Signature(.timestamp, .duration, gives: .timestamp),
      Signature(.duration, .timestamp, gives: .timestamp),
    ],
    "-": same([.int, .uint, .double, .duration]) + [
      Signature(.timestamp, .timestamp, gives: .duration),
      Signature(.timestamp, .duration, gives: .timestamp),
    ],
    "*": same([.int, .uint, .double]), "/": same([.int, .uint, .double]), "%": same([.int, .uint]),
  ]
}
