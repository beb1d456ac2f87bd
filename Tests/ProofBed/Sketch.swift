import BelayJournal
import BelaySimulation

/// A playbook made by chance, as a tree that can be cut down; its text is what the engine gets.
struct Sketch: Hashable, Sendable {
  var maxParallel = 8
  /// Who began it approves nothing, and signatures are asked for.
  var isProtected = false
  /// Somebody at a terminal is waited for.
  var isAttended = false
  var onFailure = "stop"
  var locks = false
  var nodes: [SketchNode] = []
  /// How the checks of the steady state end; nil: there is none.
  var steady: [Act]?
  var watches: [WatchSketch] = []
  var notices: [NoticeSketch] = []

  /// Of the file that is run, first, and of those that it calls: by the name of the playbook.
  var texts: [(name: String, text: String)] {
    [(Sketch.playbook, main)] + nodes.flatMap(\.calledTexts)
  }

  static let playbook = "simulated"

  /// For people: all of them.
  var text: String { texts.map { "# playbooks/\($0.name).yaml\n\($0.text)" }.joined() }

  private var main: String {
    var text = "belay: 1\nmax_parallel: \(maxParallel)\non_failure: \(onFailure)\n"
    if locks { text += "locks: [\(Sketch.claim)]\n" }
    text += WatchSketch.text(watches, indent: "") + NoticeSketch.text(notices)
    text += "steps:\n" + nodes.map { $0.text(indent: "  ") }.joined()
    if steady != nil { text += "steady_state:\n  - check: steady\n    exec: [ask]\n" }
    return text
  }

  static let claim = "simulated"

  /// What the commands of each node do, in the order in which they are started.
  var acts: [String: [Act]] {
    var acts: [String: [Act]] = [:]
    for node in nodes { node.collect(&acts) }
    if let steady { acts["steady"] = steady }
    for (index, notice) in notices.enumerated() { acts[NoticeName.of(index)] = notice.acts }
    return acts
  }

  /// Nodes whose effects have receipts, as the files have them.
  var once: Set<String> { nodes.reduce(into: []) { $0.formUnion($1.once) } }

  /// By id.
  var measures: [String: WatchSketch] {
    let all = watches + nodes.flatMap(\.measures)
    return Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Nodes in all, those of groups counted.
  var count: Int { nodes.reduce(0) { $0 + $1.count } }
}

struct SketchNode: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case step(StepSketch)
    case check(CheckSketch)
    case gate(GateSketch)
    case manual(ManualSketch)
    case group(GroupSketch)
    /// A playbook of its own.
    case call(CallSketch)
  }

  var id: String
  var kind: Kind
  var when: String?
  var needs: [String]?
  var onFailure: String?
  /// The items that there is a copy for.
  var each: [String]?
  /// Seconds from the run's start.
  var due: Int?
  /// Seconds after which somebody is told that it waits.
  var escalates: Int?

  /// What stands in it: in a group, in a called playbook.
  var inner: [SketchNode] {
    switch kind {
    case .group(let group): group.nodes
    case .call(let call): call.nodes
    case .step, .check, .gate, .manual: []
    }
  }

  var measures: [WatchSketch] {
    let own: [WatchSketch] =
      switch kind {
      case .group(let group): group.watches
      case .call(let call): call.watches
      case .step, .check, .gate, .manual: []
      }
    return own + inner.flatMap(\.measures)
  }

  var once: Set<String> {
    var once = inner.reduce(into: Set<String>()) { $0.formUnion($1.once) }
    guard case .step(let step) = kind else { return once }
    if step.carrier == .receipt { once.insert(id) }
    if step.undoCarrier == .receipt { once.insert(id + "~rollback") }
    return once
  }

  var count: Int { 1 + inner.reduce(0) { $0 + $1.count } }

  func collect(_ acts: inout [String: [Act]]) {
    switch kind {
    case .step(let step):
      acts[id] = step.acts
      acts[id + "~rollback"] = step.undoActs
      acts[id + "_u1"] = step.undoActs
    case .check(let check): acts[id] = check.acts
    case .manual: acts[id + "~rollback"] = [Act.undoes]
    case .gate: break
    case .group(let group): acts[id + "~rollback"] = group.undoActs
    case .call(let call):
      acts[id + "~rollback"] = call.undoActs
      if let steady = call.steady { acts["\(id)_steady"] = steady }
    }
    for node in inner { node.collect(&acts) }
  }

  var calledTexts: [(name: String, text: String)] {
    var texts = inner.flatMap(\.calledTexts)
    if case .call(let call) = kind { texts.append(("p_\(id)", call.text(id))) }
    return texts
  }

  func text(indent: String) -> String {
    var lines: [String]
    switch kind {
    case .step(let step): lines = ["step: \(id)"] + step.lines(id)
    case .check(let check): lines = ["check: \(id)"] + check.lines
    case .gate(let gate): lines = ["gate: \(id)"] + gate.lines
    case .manual(let manual): lines = manual.lines(id)
    case .group(let group): lines = ["group: \(id)"] + group.lines
    case .call(let call): lines = call.lines(id)
    }
    if let each { lines.append("each: { item: [\(each.joined(separator: ", "))] }") }
    if let when { lines.append("when: \(when)") }
    if let needs { lines.append("needs: [\(needs.joined(separator: ", "))]") }
    if let onFailure { lines.append("on_failure: \(onFailure)") }
    if let due { lines.append("due: \(due)s") }
    if let escalates { lines.append("escalate: [{ after: \(escalates)s, to: ana }]") }
    var text = indent + "- " + lines.joined(separator: "\n" + indent + "  ") + "\n"
    if case .group(let group) = kind {
      text += WatchSketch.text(group.watches, indent: indent + "  ")
      text += indent + "  steps:\n" + group.nodes.map { $0.text(indent: indent + "    ") }.joined()
    }
    return text
  }
}

struct CheckSketch: Hashable, Sendable {
  var carrier = Carrier.process
  var within: Int?
  var staysFor: Int?
  /// Asked again before the steps that need it.
  var recheck = false
  var acts: [Act] = []

  var lines: [String] {
    [carrier.question, "every: 5s"] + (recheck ? ["recheck: true"] : [])
      + (within.map { ["within: \($0)s"] } ?? [])
      + (staysFor.map { ["stays_for: \($0)s", "tolerate: 1"] } ?? [])
  }
}

struct StepSketch: Hashable, Sendable {
  enum Rollback: Hashable, Sendable {
    case absent, nothing
    case step(idempotent: Bool)
    /// A step and a check after it.
    case list
  }

  enum Verify: Hashable, Sendable {
    case plain
    /// Exit status 3 proves that the effect is not there.
    case canDeny
    /// Never says anything.
    case blind
  }

  var carrier = Carrier.process
  var attempts = 1
  var timeout = 60
  var idempotent = false
  var interrupt = false
  var sensitive = false
  var temporary = false
  var irreversible = false
  var captures = false
  var verify: Verify?
  /// `verified` or a question of its own.
  var skipIf: String?
  /// Exit status 7 says that nobody knows.
  var unknownIf = false
  var rollback = Rollback.absent
  /// Of a rollback that is one step.
  var undoCarrier = Carrier.process
  var acts: [Act] = []
  var undoActs: [Act] = []

  func lines(_ id: String) -> [String] {
    var lines = [carrier.text("do"), "timeout: \(timeout)s"]
    if attempts > 1 { lines.append("retry: { attempts: \(attempts), delay: 4s }") }
    if idempotent { lines.append("idempotent: true") }
    if interrupt { lines.append("interrupt: true") }
    if sensitive { lines.append("sensitive: true") }
    if captures { lines.append("capture: { before: { exec: [read], value: \"lines[0]\" } }") }
    if unknownIf { lines.append("unknown_if: exit_code == 7") }
    switch verify {
    case nil: break
    case .plain: lines.append("verify: { exec: [look], within: 10s, every: 5s }")
    case .blind: lines.append("verify: { exec: [blind] }")
    case .canDeny: lines.append("verify: { exec: [look], fail_if: exit_code == 3 }")
    }
    if let skipIf { lines.append("skip_if: \(skipIf)") }
    if temporary { lines.append("temporary: true") }
    if irreversible { lines.append("irreversible: { why: It is gone, recover: Restore it }") }
    return lines + rollbackLines(id)
  }

  private func rollbackLines(_ id: String) -> [String] {
    switch rollback {
    case .absent: []
    case .nothing: ["rollback: nothing"]
    case .step(let idempotent):
      ["rollback: { \(undoCarrier.text("undo"))\(idempotent ? ", idempotent: true" : "") }"]
    case .list:
      [
        "rollback:", "  - step: \(id)_u1", "    exec: [undo]", "    rollback: nothing",
        "  - check: \(id)_u2", "    exec: [ask]",
      ]
    }
  }
}
