internal import BelayModel

/// Fields of moments and spans.
///
/// - Source: cel-spec, "Timestamp and Duration": months, days of the year and of the month count from 0, Sunday is 0.
enum Calendar {
  static func field(_ name: String, _ moment: Timestamp, _ values: [Value]) throws(OperationError) -> Int {
    let local = values.count > 1 ? try shifted(moment, by: values[1]) : moment
    let civil = local.civil
    switch name {
    case "getFullYear": return civil.year
    case "getMonth": return civil.month - 1
    case "getDate": return civil.day
    case "getDayOfMonth": return civil.day - 1
    case "getDayOfWeek":
      let days = (local.seconds >= 0 ? local.seconds : local.seconds - 86_399) / 86_400
      return Int(((days + 4) % 7 + 7) % 7)
    case "getDayOfYear":
      var first = civil
      (first.month, first.day, first.hour, first.minute, first.second) = (1, 1, 0, 0, 0)
      guard let start = Timestamp(first) else { throw OperationError("timestamp out of range") }
      return Int((local.seconds - start.seconds) / 86_400)
    case "getHours": return civil.hour
    case "getMinutes": return civil.minute
    case "getSeconds": return civil.second
    case "getMilliseconds": return Int(moment.nanoseconds) / 1_000_000
    default: throw OperationError("a timestamp has no function \(name)()")
    }
  }

  static func field(_ name: String, _ span: TimeSpan) throws(OperationError) -> Int64 {
    switch name {
    case "getHours": return span.nanoseconds / 3_600_000_000_000
    case "getMinutes": return span.nanoseconds / 60_000_000_000
    case "getSeconds": return span.nanoseconds / 1_000_000_000
    case "getMilliseconds": return span.nanoseconds / 1_000_000 % 1000
    default: throw OperationError("a duration has no function \(name)()")
    }
  }

  /// `UTC` or a fixed offset such as `+02:00`.
  private static func shifted(_ moment: Timestamp, by zone: Value) throws(OperationError) -> Timestamp {
    guard case .string(let text) = zone else { throw OperationError("a zone must be a string") }
    if text == "UTC" { return moment }
    let sign = text.hasPrefix("-") ? -1 : 1
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]), hours < 24, minutes < 60,
      let local = moment + TimeSpan.seconds(Int64(sign * (hours * 3600 + minutes * 60)))
    else { throw OperationError("'\(text)' is no zone: UTC, or an offset such as +02:00") }
    return local
  }
}
