import BelayModel
import BelaySimulation

/// Something that is measured, and how it goes over time.
struct WatchSketch: Hashable, Sendable {
  enum Reading: String, Hashable, Sendable { case good, bad, blind, hung }

  /// From a second of the simulation on.
  struct Phase: Hashable, Sendable {
    var from: Int
    var shows: Reading
  }

  var id: String
  var every = 5
  var tripsAfter = 0
  var onFailure = "stop"
  var onUnknown = "stop"
  var phases: [Phase] = []

  var lines: [String] {
    [
      "check: \(id)", "exec: [measure]", "every: \(every)s", "timeout: 4s", "trips_after: \(tripsAfter)s",
      "unknown_if: exit_code == 7", "on_failure: \(onFailure)", "on_unknown: \(onUnknown)",
    ]
  }

  /// - Parameter now: nanoseconds since the simulation began.
  func act(at now: Int64) -> Act {
    let second = now / 1_000_000_000
    let reading = phases.last { Int64($0.from) <= second }?.shows ?? .good
    var act = Act()
    act.takes = .milliseconds(300)
    switch reading {
    case .good: act.exitCode = 0
    case .bad: act.exitCode = 1
    case .blind: act.exitCode = 7
    case .hung: act.takes = .seconds(1000)
    }
    return act
  }

  static func text(_ watches: [WatchSketch], indent: String) -> String {
    guard !watches.isEmpty else { return "" }
    return indent + "watch:\n"
      + watches.map { indent + "  - " + $0.lines.joined(separator: "\n\(indent)    ") + "\n" }.joined()
  }
}

/// Who is told, and how that goes.
struct NoticeSketch: Hashable, Sendable {
  /// Nil: `every`.
  var events: [String]?
  var every = 20
  var acts: [Act] = []

  static func text(_ notices: [NoticeSketch]) -> String {
    guard !notices.isEmpty else { return "" }
    return "notify:\n"
      + notices.map { notice in
        let when =
          notice.events.map { "events: [\($0.joined(separator: ", "))]" } ?? "every: \(notice.every)s"
        return "  - \(when)\n    uses: tell\n    with: { text: \"${{ event.kind }} ${{ event.text }}\" }\n"
      }.joined()
  }

  /// The action file that they use.
  static let action = """
    belay: 1
    effect: write
    params: { text: { type: string } }
    exec: [tell, "${{ params.text }}"]
    """
}
