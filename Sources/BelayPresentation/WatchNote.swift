internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// How a watch stands, in a few words.
struct WatchNote {
  let text: String
  let ink: Ink
  /// It fails, has no answer, or has tripped: somebody should look.
  let isTrouble: Bool

  /// - Parameter isOver: what it watched is.
  init(_ record: WatchRecord, of watch: PlanWatch, isOver: Bool, now: Timestamp) {
    if let trip = record.tripped {
      text = "tripped: \(trip.reason)"
      ink = .bad
      isTrouble = !isOver
      return
    }
    guard let answer = record.answer, !isOver else {
      let tally = record.tally
      let misses =
        (tally.failed > 0 ? ", \(tally.failed) failed" : "")
        + (tally.unknown > 0 ? ", \(tally.unknown) without an answer" : "")
      text = isOver ? "\(tally.passed) passed\(misses)" : "is being asked"
      ink = .dim
      isTrouble = false
      return
    }
    let since = (answer.failingSince ?? answer.silentSince).flatMap { now.since($0.wall) }
    let trips = watch.tripsAfter.literal.flatMap { TimeSpan(text: $0) }.map { " of \($0.counted)" } ?? ""
    let long = since.map { " for \(max(.zero, $0).counted)\(trips)" } ?? ""
    switch answer.verdict {
    case .pass: (text, ink) = ("passes", .good)
    case .fail: (text, ink) = ("fails\(long): \(answer.reason)", .bad)
    case .unknown: (text, ink) = ("no answer\(long): \(answer.reason)", .attention)
    }
    isTrouble = answer.verdict != .pass
  }
}
