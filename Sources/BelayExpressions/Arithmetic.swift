internal import BelayModel

/// CEL's operators on values.
///
/// - Source: cel-spec, language definition, "Numbers", "Equality", "Ordering", "Overflow".
enum Arithmetic {
  static func apply(_ symbol: String, _ left: Value, _ right: Value) throws(OperationError) -> Value {
    switch symbol {
    case "==": return .bool(equal(left, right))
    case "!=": return .bool(!equal(left, right))
    case "<", "<=", ">", ">=": return .bool(try compare(symbol, left, right))
    case "in": return .bool(try contains(right, left))
    case "+": return try add(left, right)
    case "-": return try subtract(left, right)
    default: return try multiply(symbol, left, right)
    }
  }

  static func negate(_ value: Value) throws(OperationError) -> Value {
    switch value {
    case .int(let number):
      guard number != .min else { throw OperationError("integer overflow") }
      return .int(-number)
    case .double(let number): return .double(-number)
    case .duration(let span): return .duration(TimeSpan(nanoseconds: -span.nanoseconds))
    default: throw OperationError("'-' has no meaning for \(value.typeName)")
    }
  }

  // MARK: Equality and order

  /// Numbers compare by value across their types; other types are simply unequal.
  static func equal(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    // Swift's own `==` takes canonically equivalent texts for equal; CEL compares code points.
    case (.string(let a), .string(let b)): return a.utf8.elementsEqual(b.utf8)
    case (.list(let a), .list(let b)): return a.count == b.count && zip(a, b).allSatisfy(equal)
    case (.map(let a), .map(let b)):
      return a.count == b.count
        && a.entries.allSatisfy { entry in
          find(entry.key, in: b).map { equal(entry.value, $0) } ?? false
        }
    default:
      if let order = numericOrder(left, right) { return order == .equal }
      if isNumber(left), isNumber(right) { return false }
      return left == right
    }
  }

  enum Order { case less, equal, more }

  static func isNumber(_ value: Value) -> Bool {
    switch value {
    case .int, .uint, .double: true
    default: false
    }
  }

  /// Nil when one is no number, or NaN.
  static func numericOrder(_ left: Value, _ right: Value) -> Order? {
    func order<T: Comparable>(_ a: T, _ b: T) -> Order? {
      a < b ? .less : a > b ? .more : a == b ? .equal : nil
    }
    switch (left, right) {
    case (.int(let a), .int(let b)): return order(a, b)
    case (.uint(let a), .uint(let b)): return order(a, b)
    case (.double(let a), .double(let b)): return order(a, b)
    case (.int(let a), .uint(let b)): return a < 0 ? .less : order(UInt64(a), b)
    case (.uint, .int): return numericOrder(right, left).map(flipped)
    case (.int(let a), .double(let b)): return exactOrder(a, b)
    case (.uint(let a), .double(let b)): return exactOrder(a, b)
    case (.double, .int), (.double, .uint): return numericOrder(right, left).map(flipped)
    default: return nil
    }
  }

  private static func flipped(_ order: Order) -> Order {
    switch order {
    case .less: .more
    case .equal: .equal
    case .more: .less
    }
  }

  /// Without rounding the integer: 2⁵³ + 1 is not 2⁵³.
  private static func exactOrder<I: FixedWidthInteger>(_ a: I, _ b: Double) -> Order? {
    guard !b.isNaN else { return nil }
    guard let whole = I(exactly: b.rounded(.towardZero)) else { return b > 0 ? .less : .more }
    if a != whole { return a < whole ? .less : .more }
    let rest = b - b.rounded(.towardZero)
    return rest > 0 ? .less : rest < 0 ? .more : .equal
  }

  private static func compare(_ symbol: String, _ left: Value, _ right: Value) throws(OperationError) -> Bool
  {
    guard let order = try order(left, right) else { return false }
    switch symbol {
    case "<": return order == .less
    case "<=": return order != .more
    case ">": return order == .more
    default: return order != .less
    }
  }

  /// Nil for NaN, which has no order.
  static func order(_ left: Value, _ right: Value) throws(OperationError) -> Order? {
    func order<T: Comparable>(_ a: T, _ b: T) -> Order { a < b ? .less : a > b ? .more : .equal }
    switch (left, right) {
    case (.string(let a), .string(let b)):
      return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        ? .less : b.unicodeScalars.lexicographicallyPrecedes(a.unicodeScalars) ? .more : .equal
    case (.bytes(let a), .bytes(let b)):
      return a.lexicographicallyPrecedes(b) ? .less : b.lexicographicallyPrecedes(a) ? .more : .equal
    case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
    case (.timestamp(let a), .timestamp(let b)): return order(a, b)
    case (.duration(let a), .duration(let b)): return order(a, b)
    default:
      guard isNumber(left), isNumber(right) else {
        throw OperationError("\(left.typeName) and \(right.typeName) have no order")
      }
      return numericOrder(left, right)
    }
  }

  private static func contains(_ container: Value, _ item: Value) throws(OperationError) -> Bool {
    switch container {
    case .list(let items): return items.contains { equal($0, item) }
    case .map(let map): return find(item, in: map) != nil
    default: throw OperationError("'in' needs a list or a map, not \(container.typeName)")
    }
  }

  /// Also a number as the key that it equals: 1u finds 1.
  static func find(_ key: Value, in map: ValueMap) -> Value? {
    if let found = map[key] { return found }
    switch key {
    case .int(let number): return UInt64(exactly: number).flatMap { map[.uint($0)] }
    case .uint(let number): return Int64(exactly: number).flatMap { map[.int($0)] }
    case .double(let number):
      return Int64(exactly: number).flatMap { map[.int($0)] }
        ?? UInt64(exactly: number).flatMap { map[.uint($0)] }
    default: return nil
    }
  }

  static func position(_ key: Value) -> Int? {
    switch key {
    case .int(let number): Int(exactly: number)
    case .uint(let number): Int(exactly: number)
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }

  static func isZero(_ value: Value) -> Bool {
    switch value {
    case .null: true
    case .bool(let flag): !flag
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .list(let items): items.isEmpty
    case .map(let map): map.isEmpty
    case .duration(let span): span == .zero
    case .timestamp, .type: false
    }
  }

  // MARK: Sums and products

  private static func add(_ left: Value, _ right: Value) throws(OperationError) -> Value {
    switch (left, right) {
    case (.int(let a), .int(let b)): return .int(try whole(a.addingReportingOverflow(b)))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.addingReportingOverflow(b)))
    case (.double(let a), .double(let b)): return .double(a + b)
    case (.string(let a), .string(let b)):
      try SizeLimit.require(a.utf8.count + b.utf8.count)
      return .string(a + b)
    case (.bytes(let a), .bytes(let b)): return .bytes(a + b)
    case (.list(let a), .list(let b)): return .list(a + b)
    case (.duration(let a), .duration(let b)):
      return .duration(TimeSpan(nanoseconds: try whole(a.nanoseconds.addingReportingOverflow(b.nanoseconds))))
    case (.timestamp(let moment), .duration(let span)), (.duration(let span), .timestamp(let moment)):
      guard let sum = moment + span else { throw OperationError("timestamp out of range") }
      return .timestamp(sum)
    default: throw mismatch("+", left, right)
    }
  }

  private static func subtract(_ left: Value, _ right: Value) throws(OperationError) -> Value {
    switch (left, right) {
    case (.int(let a), .int(let b)): return .int(try whole(a.subtractingReportingOverflow(b)))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.subtractingReportingOverflow(b)))
    case (.double(let a), .double(let b)): return .double(a - b)
    case (.duration(let a), .duration(let b)):
      return .duration(
        TimeSpan(nanoseconds: try whole(a.nanoseconds.subtractingReportingOverflow(b.nanoseconds))))
    case (.timestamp(let a), .timestamp(let b)):
      guard let span = a.since(b) else { throw OperationError("duration out of range") }
      return .duration(span)
    case (.timestamp(let moment), .duration(let span)):
      guard let sum = moment + TimeSpan(nanoseconds: -span.nanoseconds) else {
        throw OperationError("timestamp out of range")
      }
      return .timestamp(sum)
    default: throw mismatch("-", left, right)
    }
  }

  private static func multiply(_ symbol: String, _ left: Value, _ right: Value) throws(OperationError)
    -> Value
  {
    switch (left, right) {
    case (.int(let a), .int(let b)):
      if symbol == "*" { return .int(try whole(a.multipliedReportingOverflow(by: b))) }
      guard b != 0 else { throw OperationError(symbol == "/" ? "division by zero" : "modulus by zero") }
      return .int(
        try whole(
          symbol == "/" ? a.dividedReportingOverflow(by: b) : a.remainderReportingOverflow(dividingBy: b)))
    case (.uint(let a), .uint(let b)):
      if symbol == "*" { return .uint(try whole(a.multipliedReportingOverflow(by: b))) }
      guard b != 0 else { throw OperationError(symbol == "/" ? "division by zero" : "modulus by zero") }
      return .uint(symbol == "/" ? a / b : a % b)
    case (.double(let a), .double(let b)) where symbol != "%": return .double(symbol == "*" ? a * b : a / b)
    default: throw mismatch(symbol, left, right)
    }
  }

  private static func whole<I>(_ result: (partialValue: I, overflow: Bool)) throws(OperationError) -> I {
    guard !result.overflow else { throw OperationError("integer overflow") }
    return result.partialValue
  }

  private static func mismatch(_ symbol: String, _ left: Value, _ right: Value) -> OperationError {
    OperationError("'\(symbol)' has no meaning for \(left.typeName) and \(right.typeName)")
  }
}
