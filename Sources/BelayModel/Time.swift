/// A span of time in nanoseconds; about 292 years either way.
public struct TimeSpan: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static func milliseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000) }
  public static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000_000) }
  public static let zero = TimeSpan(nanoseconds: 0)

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension TimeSpan {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
    ("s", 1_000_000_000), ("ms", 1_000_000),
  ]

  /// Reads `30s`, `5m`, `1h30m`, `2d`, `1w`, `250ms`; units from large to small, each at most once.
  ///
  /// Nil for anything else, also for a negative, empty or too large one.
  public init?(text: some StringProtocol) {
    var rest = Substring(text)
    var total: Int64 = 0
    var allowed = TimeSpan.units[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let after = rest.dropFirst(digits.count)
      let name = after.prefix { $0.isLetter }
      guard let count = Int64(digits), let at = allowed.firstIndex(where: { $0.name == name }) else {
        return nil
      }
      let (part, tooLarge) = count.multipliedReportingOverflow(by: allowed[at].nanoseconds)
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !tooLarge, !overflow else { return nil }
      total = sum
      allowed = allowed[(at + 1)...]
      rest = after.dropFirst(name.count)
    }
    self.init(nanoseconds: total)
  }

  /// `1h30m`, `0s`, `1m0.5s`-like fractions as milliseconds (`500ms`), a rest below that as `ns`; weeks as days.
  public var text: String {
    guard nanoseconds != 0 else { return "0s" }
    var rest = nanoseconds.magnitude
    var text = nanoseconds < 0 ? "-" : ""
    for unit in TimeSpan.units.dropFirst() {
      let count = rest / UInt64(unit.nanoseconds)
      rest %= UInt64(unit.nanoseconds)
      if count > 0 { text += "\(count)\(unit.name)" }
    }
    return rest > 0 ? text + "\(rest)ns" : text
  }
}

/// A moment, in seconds and nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var seconds: Int64
  /// From 0 to 999,999,999.
  public var nanoseconds: Int32

  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Nil when the sum leaves the years 1 to 9999.
  public static func + (moment: Timestamp, span: TimeSpan) -> Timestamp? {
    let nanoseconds = Int64(moment.nanoseconds) + span.nanoseconds % 1_000_000_000
    let carry = nanoseconds < 0 ? -1 : nanoseconds / 1_000_000_000
    let seconds = moment.seconds + span.nanoseconds / 1_000_000_000 + carry
    guard (minimum...maximum).contains(seconds) else { return nil }
    return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds - carry * 1_000_000_000))
  }

  /// From `other` to this moment; nil when it does not fit.
  public func since(_ other: Timestamp) -> TimeSpan? {
    let (seconds, overflow) = self.seconds.subtractingReportingOverflow(other.seconds)
    let (scaled, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = scaled.addingReportingOverflow(Int64(nanoseconds) - Int64(other.nanoseconds))
    return overflow || tooLarge || carried ? nil : TimeSpan(nanoseconds: sum)
  }

  /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, RFC 3339's range as CEL has it.
  private static let minimum: Int64 = -62_135_596_800
  private static let maximum: Int64 = 253_402_300_799
}

extension Timestamp {
  /// The calendar day and the time of day, in UTC.
  public struct Civil: Hashable, Sendable {
    public var year: Int
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int
  }

  /// Proleptic Gregorian; the era arithmetic counts years from March so that the leap day is the last.
  public var civil: Civil {
    let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
    let second = Int(seconds) - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return Civil(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, hour: second / 3600, minute: second / 60 % 60,
      second: second % 60)
  }

  /// Nil when a field is out of its range or the day is not in the calendar.
  public init?(_ civil: Civil, nanoseconds: Int32 = 0) {
    let year = civil.month <= 2 ? civil.year - 1 : civil.year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let monthFromMarch = civil.month > 2 ? civil.month - 3 : civil.month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + civil.day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    self.init(
      seconds: Int64(days) * 86_400 + Int64(civil.hour * 3600 + civil.minute * 60 + civil.second),
      nanoseconds: nanoseconds)
    guard (1...9999).contains(civil.year), (0...999_999_999).contains(nanoseconds), self.civil == civil else {
      return nil
    }
  }

  /// The same second, without its parts: what people have to read of a moment.
  public var wholeSecond: Timestamp { Timestamp(seconds: seconds) }

  /// RFC 3339 in UTC, with as many decimals (3, 6 or 9) as are needed, or none.
  public var text: String {
    let civil = civil
    var text =
      "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))T"
      + "\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
    if nanoseconds != 0 {
      let digits = nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1000 == 0 ? 6 : 9
      text += "." + padded(Int(nanoseconds), 9).prefix(digits)
    }
    return text + "Z"
  }

  /// Reads RFC 3339 with `T`, any offset, up to nine decimals.
  public init?(text: some StringProtocol) {
    var scanner = Scanner(rest: Array(text.utf8)[...])
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
      let day = scanner.number(2), scanner.take("T") || scanner.take("t"), let hour = scanner.number(2),
      scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2),
      let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.rest.isEmpty,
      let local = Timestamp(
        Civil(year: year, month: month, day: day, hour: hour, minute: minute, second: second),
        nanoseconds: fraction),
      let moment = local + TimeSpan.seconds(Int64(-offset * 60))
    else { return nil }
    self = moment
  }

  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func number(_ digits: Int) -> Int? {
      let part = rest.prefix(digits)
      guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      rest = rest.dropFirst(digits)
      return part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Nanoseconds; 0 where there is no fraction.
    mutating func fraction() -> Int32? {
      guard take(".") else { return 0 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...9).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      let value = digits.reduce(Int32(0)) { $0 * 10 + Int32($1 - 0x30) }
      return (digits.count..<9).reduce(value) { scaled, _ in scaled * 10 }
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int? {
      if take("Z") || take("z") { return 0 }
      let east = take("+")
      guard east || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24,
        minutes < 60
      else { return nil }
      return (hours * 60 + minutes) * (east ? 1 : -1)
    }
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
