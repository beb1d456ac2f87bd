import BelayJournal
import BelayModel
import BelayWorld

/// Prints what attempts print while they do, each piece once.
///
/// A running attempt shows its last 8 KiB of both streams as they came; what was printed faster than it was read is
/// counted here, and stands in `belay logs` afterwards.
struct LogFollower {
  private var shown: [AttemptName: Int] = [:]
  private var done: Set<AttemptName> = []
  /// Of which the last piece was.
  private var current: AttemptName?

  mutating func goesOn(_ attempt: AttemptRecord, _ tail: LiveTail?) {
    let name = attempt.intent.attempt
    guard let tail, tail.count > shown[name, default: 0] else { return }
    let new = tail.after(shown[name, default: 0])
    let missed = tail.count - shown[name, default: 0] - new.count
    head(attempt)
    if missed > 0 { Output.standard.line("… \(missed) bytes more …") }
    Output.standard.write(String(decoding: new, as: UTF8.self))
    shown[name] = tail.count
  }

  /// - Parameter whole: what is kept of both streams, one after the other.
  mutating func ended(_ attempt: AttemptRecord, whole: String) {
    let name = attempt.intent.attempt
    guard done.insert(name).inserted else { return }
    head(attempt)
    let known = shown[name, default: 0]
    let printed = attempt.end.map { Int($0.stdout.bytes) + Int($0.stderr.bytes) } ?? 0
    if known == 0 {
      Output.standard.write(whole.isEmpty || whole.hasSuffix("\n") ? whole : whole + "\n")
    } else if printed > known {
      // In which order the rest of the two streams came is not known.
      let rest = Array(whole.utf8).suffix(min(printed - known, whole.utf8.count))
      Output.standard.write(String(decoding: rest, as: UTF8.self))
    }
    if let end = attempt.end { Output.standard.line("== \(attempt.node): \(end.outcome.rawValue)") }
  }

  private mutating func head(_ attempt: AttemptRecord) {
    guard current != attempt.intent.attempt else { return }
    current = attempt.intent.attempt
    Output.standard.line("== \(attempt.node), attempt \(attempt.intent.number)")
  }
}
