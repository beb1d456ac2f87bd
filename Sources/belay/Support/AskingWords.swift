import BelayJournal
import BelayModel
import BelayPresentation

// What people have answered, for people, and both for tools.

extension Decision {
  /// `approved by ana: looks good`.
  var words: String {
    let sure = by.assurance == .signature ? ", signed" : ""
    let recorded = values.entries.map { " \($0.key.text)=\(shortened($0.value.text))" }.joined()
    return "\(word.rawValue) by \(person ?? by.name)\(sure)\(recorded)\(note.map { ": \($0)" } ?? "")"
  }
}

extension Asking {
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
