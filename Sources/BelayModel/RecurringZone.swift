/// A zone whose clocks change every year by the same rules, or never: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// - Source: POSIX, Environment Variables, TZ; RFC 8536 3.3.1 lets times reach from -167 to 167 hours.
struct RecurringZone: Hashable, Sendable {
  struct Change: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// Month, week (5: the last), day of the week (0: Sunday).
      case weekday(month: Int, week: Int, day: Int)
      /// From 1; 29 February is not counted.
      case julian(Int)
      /// From 0; 29 February is counted.
      case ordinal(Int)
    }

    var day: Day
    /// Seconds after midnight by the clocks before the change.
    var time: Int64
  }

  struct Summer: Hashable, Sendable {
    var offset: Int64
    var start: Change
    var end: Change
  }

  /// Seconds east of UTC.
  var standard: Int64
  var summer: Summer?

  func offset(at moment: Int64) -> Int64 {
    guard let summer else { return standard }
    let year = Timestamp(seconds: moment + standard).civil.year
    let start = summer.start.local(in: year) - standard
    let end = summer.end.local(in: year) - summer.offset
    let isSummer = start < end ? start <= moment && moment < end : moment < end || start <= moment
    return isSummer ? summer.offset : standard
  }
}

extension RecurringZone.Change {
  /// Seconds since 1970 by the clocks before the change.
  fileprivate func local(in year: Int) -> Int64 {
    let days =
      switch day {
      case .ordinal(let day): RecurringZone.days(year, 1, 1) + day
      case .julian(let day):
        RecurringZone.days(year, 1, 1) + day - 1 + (day > 59 && RecurringZone.isLeap(year) ? 1 : 0)
      case .weekday(let month, let week, let day): RecurringZone.days(year, month, week, day)
      }
    return Int64(days) * 86_400 + time
  }
}

extension RecurringZone {
  fileprivate static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Since 1970; 0 outside of the years 1 to 9999.
  fileprivate static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let civil = Timestamp.Civil(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
    return Int((Timestamp(civil)?.seconds ?? 0) / 86_400)
  }

  fileprivate static func days(_ year: Int, _ month: Int, _ week: Int, _ weekday: Int) -> Int {
    let first = days(year, month, 1)
    // 1970-01-01 was a Thursday.
    let firstWeekday = ((first + 4) % 7 + 7) % 7
    let day = first + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
    let next = month == 12 ? days(year + 1, 1, 1) : days(year, month + 1, 1)
    return day < next ? day : day - 7
  }
}

extension RecurringZone {
  /// Nil for an empty text and for one that says nothing of the kind.
  init?(_ text: String) {
    var reader = Reader(rest: text[...])
    guard reader.name(), let standard = reader.offset() else { return nil }
    self.standard = -standard
    guard !reader.rest.isEmpty else { return }
    guard reader.name() else { return nil }
    var offset = self.standard + 3600
    if reader.rest.first != "," {
      guard let written = reader.offset() else { return nil }
      offset = -written
    }
    guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  private struct Reader {
    var rest: Substring

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func number() -> Int64? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return digits.count <= 3 ? Int64(digits) : nil
    }

    /// `CET`, `<+0330>`.
    mutating func name() -> Bool {
      if take("<") {
        guard let end = rest.firstIndex(of: ">") else { return false }
        rest = rest[rest.index(after: end)...]
        return true
      }
      let letters = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(letters.count)
      return letters.count >= 3
    }

    /// Seconds of `-5`, `+5:30`, `167:59:59`.
    mutating func offset() -> Int64? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard var total = number().map({ $0 * 3600 }) else { return nil }
      for unit: Int64 in [60, 1] where take(":") {
        guard let part = number() else { return nil }
        total += part * unit
      }
      return isNegative ? -total : total
    }

    mutating func change() -> Change? {
      guard take(","), let day = day() else { return nil }
      guard take("/") else { return Change(day: day, time: 7200) }
      return offset().map { Change(day: day, time: $0) }
    }

    private mutating func day() -> Change.Day? {
      if take("M") {
        guard let month = number(), take("."), let week = number(), take("."), let day = number(),
          (1...12).contains(month), (1...5).contains(week), (0...6).contains(day)
        else { return nil }
        return .weekday(month: Int(month), week: Int(week), day: Int(day))
      }
      if take("J") { return number().flatMap { (1...365).contains($0) ? .julian(Int($0)) : nil } }
      return number().flatMap { (0...365).contains($0) ? .ordinal(Int($0)) : nil }
    }
  }
}
