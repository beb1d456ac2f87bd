public import BelayJournal
public import BelayModel

// Questions to people, for people.

extension Requirement {
  /// `2 of oncall or ana, not initiator, by signature`.
  public var words: String {
    let who = by.isEmpty ? "anyone" : by.joined(separator: " or ")
    let number = count == 1 ? "" : "\(count) of "
    let without = exclude.isEmpty ? "" : ", not \(exclude.joined(separator: " or "))"
    return number + who + without + (assurance > .os ? ", by \(assurance.rawValue)" : "")
  }
}

extension Inquiry {
  /// `waits for oncall until 2026-03-01T02:30:00Z`.
  public var words: String {
    let whom = requirements.map(\.words).joined(separator: "; and ")
    return "waits for \(whom)\(expiresAt.map { " until \($0.wholeSecond.text)" } ?? "")"
  }

  /// `waits for oncall until 02:41:00 UTC, for 30 min more`, as it stands at a moment.
  public func words(at now: Timestamp) -> String {
    words(for: requirements.map(\.words).joined(separator: "; and "), at: now)
  }

  fileprivate func words(for whom: String, at now: Timestamp) -> String {
    guard let until = expiresAt, let rest = until.since(now) else { return "waits for \(whom)" }
    return "waits for \(whom) until \(until.clockText(at: now)), for \(max(.zero, rest).rounded) more"
  }
}

extension Asking {
  /// Who has not spoken yet: `oncall; and 2 of dba`.
  public var whom: String { missing.map(\.words).joined(separator: "; and ") }

  /// `waits for oncall since 2026-03-01T02:11:00Z, until 2026-03-01T02:41:00Z`.
  public var words: String {
    let until = inquiry.expiresAt.map { ", until \($0.wholeSecond.text)" } ?? ""
    return "waits for \(whom) since \(askedAt.wholeSecond.text)\(until)"
  }

  public func words(at now: Timestamp) -> String { inquiry.words(for: whom, at: now) }
}
