import BelaySimulation

/// What holds other nodes.
struct GroupSketch: Hashable, Sendable {
  enum Mode: String, Hashable, Sendable { case sequence, parallel, choice }

  var mode = Mode.sequence
  var maxParallel: Int?
  /// In all, the first one counted.
  var attempts = 1
  var captures = false
  var rollback = GroupRollback.absent
  var undoActs: [Act] = []
  /// A claim of its own, which other groups may have too.
  var locks = false
  var watches: [WatchSketch] = []
  var nodes: [SketchNode] = []

  static let claim = "inner"

  var lines: [String] {
    var lines = mode == .sequence ? [] : ["mode: \(mode.rawValue)"]
    if let maxParallel { lines.append("max_parallel: \(maxParallel)") }
    if attempts > 1 { lines.append("retry: { attempts: \(attempts), delay: 4s }") }
    if captures { lines.append(GroupSketch.capture) }
    if locks { lines.append("locks: [\(GroupSketch.claim)]") }
    return lines + rollback.lines
  }

  static let capture = "capture: { before: { exec: [read], value: \"lines[0]\" } }"
}

/// In place of the rollbacks of what stands in it.
enum GroupRollback: Hashable, Sendable {
  case absent, nothing
  case step(idempotent: Bool)

  var lines: [String] {
    switch self {
    case .absent: []
    case .nothing: ["rollback: nothing"]
    case .step(let idempotent): ["rollback: { exec: [undo]\(idempotent ? ", idempotent: true" : "") }"]
    }
  }
}

/// A playbook inside the playbook.
struct CallSketch: Hashable, Sendable {
  var onFailure = "stop"
  /// In all, the first one counted.
  var attempts = 1
  /// A check calls it: there are checks in it alone, and all of it is asked again for so many seconds.
  var within: Int?
  /// A parameter that is known only when it is called.
  var isGiven = false
  var captures = false
  /// The groups' claim, while it is at work.
  var locks = false
  var rollback = GroupRollback.absent
  var undoActs: [Act] = []
  var watches: [WatchSketch] = []
  var nodes: [SketchNode] = []
  /// How the check of its steady state ends; nil: there is none.
  var steady: [Act]?

  func lines(_ id: String) -> [String] {
    var lines = ["\(within == nil ? "step" : "check"): \(id)", "playbook: p_\(id)"]
    if attempts > 1 { lines.append("retry: { attempts: \(attempts), delay: 4s }") }
    if let within { lines += ["within: \(within)s", "every: 5s"] }
    if isGiven { lines.append("with: { since: \"${{ run.started_at }}\" }") }
    if captures { lines.append(GroupSketch.capture) }
    return lines + rollback.lines
  }

  func text(_ id: String) -> String {
    var text = "belay: 1\non_failure: \(onFailure)\n"
    if isGiven { text += "params: { since: { type: timestamp } }\noutputs: { since: params.since }\n" }
    if locks { text += "locks: [\(GroupSketch.claim)]\n" }
    text += WatchSketch.text(watches, indent: "")
    text += "steps:\n" + nodes.map { $0.text(indent: "  ") }.joined()
    if steady != nil { text += "steady_state:\n  - check: \(id)_steady\n    exec: [ask]\n" }
    return text
  }
}
