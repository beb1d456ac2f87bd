/// From when to when a window is open; the end is not counted in.
public struct Opening: Hashable, Sendable {
  public var opensAt: Timestamp
  public var closesAt: Timestamp

  public init(opensAt: Timestamp, closesAt: Timestamp) {
    self.opensAt = opensAt
    self.closesAt = closesAt
  }
}

extension Window {
  /// The opening that is going on at a moment, or the next one.
  ///
  /// It opens and closes when the clocks of its zone show `from` and `to`. A time that comes twice when they are set
  /// back counts the first time; one that is left out when they are set forward is the moment at which that happens.
  /// What is empty by that is no opening; openings that touch are one, up to a week.
  /// - Parameter rules: of the window's zone.
  /// - Returns: nil where no day is named, or the calendar ends.
  public func opening(at moment: Timestamp, in rules: ZoneRules) -> Opening? {
    let today = floor(moment.seconds + rules.offset(at: moment.seconds), 86_400)
    var found: (opens: Int64, closes: Int64)?
    // Also the day before yesterday: what opened then may close a day later, by clocks that were set back.
    for day in (today - 2)...(today + 15) where opens(on: day) {
      let opens = rules.moment(ofLocal: day * 86_400 + Int64(from) * 60)
      let closes = rules.moment(ofLocal: (to <= from ? day + 1 : day) * 86_400 + Int64(to) * 60)
      guard opens < closes else { continue }
      if let before = found, before.closes >= opens, closes - before.opens <= 7 * 86_400 {
        found = (before.opens, max(before.closes, closes))
      } else if found.map({ $0.closes <= moment.seconds }) ?? true {
        found = (opens, closes)
      } else {
        break
      }
    }
    guard let found, found.closes > moment.seconds, Timestamp.isInCalendar(found.closes) else { return nil }
    return Opening(opensAt: Timestamp(seconds: found.opens), closesAt: Timestamp(seconds: found.closes))
  }

  /// - Parameter day: since 1970, a Thursday.
  private func opens(on day: Int64) -> Bool {
    let weekday = Int(((day + 3) % 7 + 7) % 7)
    return days.contains(Day.allCases[weekday])
  }

  private func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : (number - divisor + 1) / divisor
  }
}

extension Timestamp {
  fileprivate static func isInCalendar(_ seconds: Int64) -> Bool {
    Timestamp(seconds: seconds) + .zero != nil
  }
}
