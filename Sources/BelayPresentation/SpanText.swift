public import BelayModel

extension TimeSpan {
  /// As a clock that runs: `0:42`, `1:02:10`, from a day on `3d 4h`.
  public var counted: String {
    let seconds = max(0, nanoseconds / 1_000_000_000)
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
    if days > 0 { return "\(days)d \(hours)h" }
    let rest = two(seconds % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(rest)" : "\(minutes):\(rest)"
  }

  /// As people say it: `45 s`, `8 min`, `2 h 10 min`, `3 d`.
  public var rounded: String {
    let seconds = max(0, nanoseconds / 1_000_000_000)
    if seconds < 100 { return "\(seconds) s" }
    let minutes = (seconds + 30) / 60
    if minutes < 100 { return "\(minutes) min" }
    let hours = minutes / 60
    if hours < 48 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
    return "\((hours + 12) / 24) d"
  }

  private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Timestamp {
  /// `02:11:09`, UTC.
  public var clockText: String {
    let civil = civil
    return [civil.hour, civil.minute, civil.second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(
      separator: ":")
  }

  /// `02:11:09 UTC`, with its day where that is another one: `2026-03-02 02:11:09 UTC`.
  public func clockText(at now: Timestamp) -> String {
    let day = text.prefix(10)
    return day == now.text.prefix(10) ? "\(clockText) UTC" : "\(day) \(clockText) UTC"
  }
}
