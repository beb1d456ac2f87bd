internal import BelayModel

/// The functions that make a value of one type from one of another.
///
/// - Source: cel-spec, language definition, "List of Standard Definitions".
enum Conversions {
  /// Nil when the function is none of them.
  static func call(_ name: String, _ value: Value) throws(OperationError) -> Value? {
    switch name {
    case "dyn": return value
    case "type": return .type(value.typeName)
    case "int": return .int(try int(value))
    case "uint": return .uint(try uint(value))
    case "double": return .double(try double(value))
    case "string": return .string(try string(value))
    case "bytes": return .bytes(try bytes(value))
    case "bool": return .bool(try bool(value))
    case "timestamp": return .timestamp(try timestamp(value))
    case "duration": return .duration(try duration(value))
    default: return nil
    }
  }

  private static func cannot(_ value: Value, _ type: String) -> OperationError {
    if case .string(let text) = value { return OperationError("'\(text.prefix(60))' is no \(type)") }
    return OperationError("\(value.typeName) cannot become \(type)")
  }

  private static func int(_ value: Value) throws(OperationError) -> Int64 {
    switch value {
    case .int(let number): return number
    case .uint(let number):
      guard let exact = Int64(exactly: number) else { throw OperationError("integer overflow") }
      return exact
    case .double(let number):
      // Both ends are excluded: the nearest doubles are beyond what 64 bits hold.
      guard number > -9.223372036854775808e18, number < 9.223372036854775807e18 else {
        throw OperationError("integer overflow")
      }
      return Int64(number.rounded(.towardZero))
    case .string(let text):
      guard let number = Int64(text) else { throw cannot(value, "int") }
      return number
    case .timestamp(let moment): return moment.seconds
    default: throw cannot(value, "int")
    }
  }

  private static func uint(_ value: Value) throws(OperationError) -> UInt64 {
    switch value {
    case .uint(let number): return number
    case .int(let number):
      guard let exact = UInt64(exactly: number) else { throw OperationError("integer overflow") }
      return exact
    case .double(let number):
      guard number >= 0, number < 18_446_744_073_709_551_616 else { throw OperationError("integer overflow") }
      return UInt64(number.rounded(.towardZero))
    case .string(let text):
      guard let number = UInt64(text) else { throw cannot(value, "uint") }
      return number
    default: throw cannot(value, "uint")
    }
  }

  private static func double(_ value: Value) throws(OperationError) -> Double {
    switch value {
    case .double(let number): return number
    case .int(let number): return Double(number)
    case .uint(let number): return Double(number)
    case .string(let text):
      guard let number = Double(text) else { throw cannot(value, "double") }
      return number
    default: throw cannot(value, "double")
    }
  }

  static func string(_ value: Value) throws(OperationError) -> String {
    switch value {
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else { throw OperationError("invalid UTF-8") }
      return text
    case .duration(let span): return seconds(span)
    case .double(let number): return shortest(number)
    case .bool, .int, .uint, .string, .timestamp: return value.text
    default: throw cannot(value, "string")
    }
  }

  private static func shortest(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
    return "\(number)"
  }

  /// CEL's own form: `5400s`, `1.5s`.
  private static func seconds(_ span: TimeSpan) -> String {
    let whole = span.nanoseconds.magnitude / 1_000_000_000
    let rest = span.nanoseconds.magnitude % 1_000_000_000
    let sign = span.nanoseconds < 0 ? "-" : ""
    guard rest > 0 else { return "\(sign)\(whole)s" }
    var digits = String(rest)
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits)s"
  }

  private static func bytes(_ value: Value) throws(OperationError) -> [UInt8] {
    switch value {
    case .bytes(let bytes): return bytes
    case .string(let text): return Array(text.utf8)
    default: throw cannot(value, "bytes")
    }
  }

  private static func bool(_ value: Value) throws(OperationError) -> Bool {
    switch value {
    case .bool(let flag): return flag
    case .string(let text):
      if ["1", "t", "true", "TRUE", "True"].contains(text) { return true }
      if ["0", "f", "false", "FALSE", "False"].contains(text) { return false }
      throw cannot(value, "bool")
    default: throw cannot(value, "bool")
    }
  }

  private static func timestamp(_ value: Value) throws(OperationError) -> Timestamp {
    switch value {
    case .timestamp(let moment): return moment
    case .int(let seconds):
      guard let moment = Timestamp(seconds: 0) + .zero, (-62_135_596_800...253_402_300_799).contains(seconds)
      else {
        throw OperationError("timestamp out of range")
      }
      return Timestamp(seconds: seconds, nanoseconds: moment.nanoseconds)
    case .string(let text):
      guard let moment = Timestamp(text: text) else { throw cannot(value, "RFC 3339 timestamp") }
      return moment
    default: throw cannot(value, "timestamp")
    }
  }

  private static func duration(_ value: Value) throws(OperationError) -> TimeSpan {
    switch value {
    case .duration(let span): return span
    case .string(let text):
      guard let span = parseDuration(text) else {
        throw OperationError(
          "'\(text.prefix(60))' is no duration such as 90s or 1h30m; CEL has no days or weeks: 48h")
      }
      return span
    default: throw cannot(value, "duration")
    }
  }

  /// As Go's: a sign, then numbers with fractions and the units h m s ms us ns, in any order.
  private static func parseDuration(_ text: String) -> TimeSpan? {
    var rest = Substring(text)
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
    if rest == "0" { return .zero }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    var exact: Int64 = 0
    let units: [(String, Int64)] = [
      ("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
      ("h", 3_600_000_000_000),
    ]
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
      rest = rest.dropFirst(digits.count)
      guard let unit = units.first(where: { rest.hasPrefix($0.0) && !(rest.hasPrefix("ms") && $0.0 == "m") }),
        let number = Double(digits)
      else { return nil }
      rest = rest.dropFirst(unit.0.count)
      total += number * Double(unit.1)
      if let whole = Int64(digits) {
        let (part, overflow) = whole.multipliedReportingOverflow(by: unit.1)
        guard !overflow else { return nil }
        exact &+= part
      } else {
        exact &+= Int64((number * Double(unit.1)).rounded())
      }
    }
    guard total <= 9.2e18 else { return nil }
    return TimeSpan(nanoseconds: isNegative ? -exact : exact)
  }
}
