import BelayModel
import BelaySimulation

/// What waits for people or the clock.
struct GateSketch: Hashable, Sendable {
  enum Wait: Hashable, Sendable {
    /// Requirements as they are written.
    case approve([String])
    /// Minutes after midnight, in UTC.
    case window(from: Int, to: Int)
    /// Seconds after the start of the run.
    case until(Int)
    /// Seconds.
    case wait(Int)
  }

  var wait: Wait
  /// Seconds.
  var within: Int?

  var lines: [String] {
    let within = within.map { ["within: \($0)s"] } ?? []
    switch wait {
    case .approve(let requirements):
      return ["approve: [\(requirements.joined(separator: ", "))]", "message: Go on?"] + within
    case .window(let from, let to):
      let days = "[mon, tue, wed, thu, fri, sat, sun]"
      return [
        "window: { days: \(days), from: \"\(clock(from))\", to: \"\(clock(to))\", zone: UTC }"
      ] + within
    case .until(let seconds): return ["until: run.started_at + duration(\"\(seconds)s\")"] + within
    case .wait(let seconds): return ["wait: \(seconds)s"] + within
    }
  }

  private func clock(_ minutes: Int) -> String {
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(minutes / 60)):\(two(minutes % 60))"
  }
}

/// What a person does or looks at.
struct ManualSketch: Hashable, Sendable {
  var isStep = true
  /// Who may answer; nil: anyone in the roster.
  var by: String?
  /// Seconds.
  var within: Int?

  func lines(_ id: String) -> [String] {
    let who = by.map { ", by: [\($0)]" } ?? ""
    let lines = [isStep ? "step: \(id)" : "check: \(id)", "manual: { text: Look\(who) }"]
    let within = within.map { ["within: \($0)s"] } ?? []
    return lines + within + (isStep ? ["rollback: { exec: [undo] }"] : [])
  }
}

extension Act {
  static let undoes: Act = {
    var act = Act()
    act.takes = .milliseconds(300)
    act.effectAt = 500
    return act
  }()
}
