import BelayJournal
import BelayModel

// Questions to people and their answers, for people.

extension Requirement {
  /// `2 of oncall or ana, not initiator, by signature`.
  var words: String {
    let who = by.isEmpty ? "anyone" : by.joined(separator: " or ")
    let number = count == 1 ? "" : "\(count) of "
    let without = exclude.isEmpty ? "" : ", not \(exclude.joined(separator: " or "))"
    return number + who + without + (assurance > .os ? ", by \(assurance.rawValue)" : "")
  }
}

extension Inquiry {
  /// `waits for oncall until 02:30:00`.
  var words: String {
    let whom = requirements.map(\.words).joined(separator: "; and ")
    return "waits for \(whom)\(expiresAt.map { " until \($0.text)" } ?? "")"
  }
}

extension Decision {
  /// `approved by ana: looks good`.
  var words: String {
    let sure = by.assurance == .signature ? ", signed" : ""
    let recorded = values.entries.map { " \($0.key.text)=\(shortened($0.value.text))" }.joined()
    return "\(word.rawValue) by \(person ?? by.name)\(sure)\(recorded)\(note.map { ": \($0)" } ?? "")"
  }
}

extension Asking {
  /// `waits for oncall since 2026-03-01T02:11:00Z, until 2026-03-01T02:41:00Z`.
  var words: String {
    let whom = missing.map(\.words).joined(separator: "; and ")
    let until = inquiry.expiresAt.map { ", until \($0.text)" } ?? ""
    return "waits for \(whom) since \(askedAt.text)\(until): \(shortened(inquiry.message))"
  }

  var json: JSON {
    .object([
      "subject": .string(inquiry.subject.text), "message": .string(inquiry.message),
      "asked": .int(Int64(number)), "asked_at": .string(askedAt.text),
      "expires_at": inquiry.expiresAt.map { .string($0.text) },
      "waits_for": .array(missing.map { .string($0.words) }),
      "decisions": .array(decisions.map { .string($0.words) }),
    ])
  }
}
