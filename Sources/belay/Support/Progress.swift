import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation

/// Told of a run's events as they become durable.
protocol ProgressListener {
  /// Before anything happens: the run as it is recorded, and the folder of what it has printed.
  func begins(_ run: RecordedRun, folder: String)
  func heard(_ event: RunEvent, at time: Timestamp, number: Int)
  /// Something that is no event of the run.
  func say(_ text: String)
  func rested(_ run: RunState)
  /// Questions to people are a part of its picture; else they are said.
  var showsQuestions: Bool { get }
  /// Before the run goes on: where questions are asked.
  func asks(_ prompt: TerminalPrompt)
  /// How often it wants to be asked for a picture though nothing has happened; nil: never.
  var interval: TimeSpan? { get }
  func tick()
  /// What it shows is otherwise now.
  func changed()
}

extension ProgressListener {
  func begins(_ run: RecordedRun, folder: String) {}
  func say(_ text: String) { Output.error.line("belay: \(text)") }
  var showsQuestions: Bool { false }
  func asks(_ prompt: TerminalPrompt) {}
  var interval: TimeSpan? { nil }
  func tick() {}
  func changed() {}
}

/// One plain line for each thing that matters to whoever watches; no control characters.
final class PlainProgress: ProgressListener {
  private let output: Output
  private let run: String
  /// The reason last told of a node: what rests on it does not tell it again.
  private var told: [NodeID: String] = [:]
  /// What they have to say was said as it was decided.
  private var gates: Set<NodeID> = []

  init(output: Output, run: String) {
    self.output = output
    self.run = run
  }

  func begins(_ run: RecordedRun, folder: String) {
    for node in run.plan.nodes { if case .gate = node.detail { gates.insert(node.id) } }
  }

  func heard(_ event: RunEvent, at time: Timestamp, number: Int) {
    if let line = line(of: event, at: time) { output.line(line) }
  }

  /// Nil for what matters to nobody who watches.
  func line(of event: RunEvent, at time: Timestamp) -> String? {
    text(of: event, at: time).map { "\(time.clockText)  \(printable($0))" }
  }

  func rested(_ run: RunState) {
    for line in RestReport(run).lines { output.line(line) }
  }

  func text(of event: RunEvent, at time: Timestamp) -> String? {
    switch event {
    case .driverStarted(let driver): driver.epoch == 1 ? "run \(run)" : "run \(run): \(driver.purpose)"
    case .stopRequested(let request, let actor): "\(request.rawValue) asked for by \(actor.name)"
    case .planAdopted(let adopted): "goes on by another plan, adopted by \(adopted.by.name)"
    case .rollbackStarted(.run, let cause, _): "rolling back: \(cause)"
    case .rollbackStarted(.node(let node), let cause, _): "rolling back \(node): \(cause)"
    case .rollbackStarted(.after(let node), let cause, _): "rolling back to \(node): \(cause)"
    case .nodeStarted(let node, let until):
      "\(anew(node)): \(until.map { "waits until \($0.wall.clockText(at: time))" } ?? "begins")"
    case .nodeSkipped(let node, let reason, let note, _):
      "\(node): skipped, \(reason.text)\(note.map { " (\($0))" } ?? "")"
    case .captured(let node, let name, let value): "\(node): before, \(name) is \(value.text)"
    case .answered(let node, let answer):
      "\(node): \(answer.question.text)\(answer.verdict.rawValue)\(because(answer.reason, node))"
    case .withdrawn(let node): "\(node): goes on with its question when the run does"
    case .nodeFinished(let node, let end): finished(node, end)
    case .retryScheduled(let node, let failure, let moment):
      "\(node): failed: \(failure.message); next attempt at \(moment.wall.clockText(at: time))"
    case .nodeHeld(let node, let reason): "\(node): held\(because(reason, node))"
    case .nodesUndone(let nodes, let group): "\(nodes.joined(separator: ", ")): undone with \(group)"
    case .nodesReset(let nodes, let reason, _): "\(nodes.joined(separator: ", ")): \(reason)"
    case .attemptIntended(let node, let intent):
      "\(anew(node)): starts\(intent.number > 1 || intent.rerun > 0 ? " (attempt \(intent.number + intent.rerun))" : "")"
    case .leftRunning(let node, _, let processes):
      "\(node): left running: \(processes.joined(separator: ", "))"
    case .doubted(let node, _, let reason): "\(node): in doubt\(because(reason, node))"
    case .doubtSettled(let node, _, let settlement):
      settled(node, settlement, at: time)
    case .resolved(let node, let resolution, let note, _, let actor):
      "\(node): \(resolution.rawValue) by \(actor.name): \(note)"
    case .asked(let node, let inquiry): "\(node): \(inquiry.words): \(inquiry.message)"
    case .decided(let node, let decision): "\(node): \(decision.words)"
    case .windowOverridden(let node, let note, let actor):
      "\(node): may pass outside of its window, by \(actor.name): \(note)"
    case .watchAnswered(let watch, let answer):
      "\(watch): \(answer.verdict.rawValue)\(because(answer.reason, watch))"
    case .watchTripped(let watch, let trip): tripped(watch, trip)
    case .overdue(let node, let due): "\(node): overdue since \(due.text)"
    case .escalated(let node, _, let to): "\(node): escalated to \(to.joined(separator: ", "))"
    case .noticeEnded(_, let failure?): "a notice was not sent: \(failure)"
    case .watchEnded, .noticeDue, .noticeEnded, .runCreated, .sampled, .claimsTaken, .claimsReleased,
      .rollbackFinished, .rested, .closed, .attemptStarted,
      .attemptFinished:
      nil
    }
  }

  private func settled(_ node: NodeID, _ settlement: Settlement, at time: Timestamp) -> String {
    let then = settlement.notBefore.map { "; next attempt at \($0.wall.clockText(at: time))" } ?? ""
    let how = "\(settlement.verdict.rawValue), by \(settlement.evidence.rawValue)"
    return "\(node): \(how)\(because(settlement.reason, node))\(then)"
  }

  private func tripped(_ watch: WatchID, _ trip: WatchTrip) -> String {
    let follows =
      switch trip.rule {
      case .stop: ", the run stops"
      case .rollback: ", the run rolls back"
      case .tell: ""
      }
    let first = trip.waitsFor.isEmpty ? "" : " when \(trip.waitsFor.joined(separator: ", ")) has ended"
    return "\(watch): tripped: \(trip.reason)\(follows)\(first)"
  }

  private func anew(_ node: NodeID) -> NodeID {
    told[node] = nil
    return node
  }

  /// `: reason`, without what was told of the node already.
  private func because(_ reason: String, _ node: NodeID) -> String {
    guard !reason.isEmpty else { return "" }
    let whole = ": " + reason
    if let before = told[node], whole.hasSuffix(": " + before) {
      return String(whole.dropLast(before.count + 2))
    }
    told[node] = reason
    return whole
  }

  private func finished(_ node: NodeID, _ end: NodeEnd) -> String {
    let word = end.status.rawValue + (end.continued ? ", the run goes on" : "")
    let failure = end.failure.map { because($0.message, node) } ?? ""
    let known = gates.contains(node) ? [] : end.outputs.entries
    let outputs = known.map { " \($0.key.text)=\(shortened($0.value.text))" }.joined()
    return "\(node): \(word)\(failure)\(outputs)"
  }
}

func shortened(_ text: String, to limit: Int = 120) -> String {
  text.count <= limit ? text : String(text.prefix(limit - 1)) + "…"
}

/// Nothing, for commands that answer with one JSON object.
struct SilentProgress: ProgressListener {
  func heard(_ event: RunEvent, at time: Timestamp, number: Int) {}
  func rested(_ run: RunState) {}
}

/// How a run came to rest, with the evidence and what may be typed next.
struct RestReport {
  let run: RunState

  init(_ run: RunState) { self.run = run }

  var lines: [String] {
    var lines = [printable("\(run.status.words)\(run.cause.isEmpty ? "" : ": \(run.cause)")")]
    if run.status == .failed || run.status == .held, let node = run.restNode { lines += evidence(node) }
    lines += run.left.filter { !run.cause.hasSuffix($0) }.map { "  " + printable($0) }
    lines += next.map { "  \($0)" }
    return lines
  }

  private func evidence(_ node: NodeID) -> [String] {
    let stderr = run[node].failure?.stderr ?? ""
    return stderr.split(separator: "\n").suffix(10).map { "  | " + printable(String($0)) }
  }

  private var next: [String] {
    let id = run.run
    switch run.status {
    case .failed: return afterFailure + ["undo all:    \(typed("rollback \(id)"))", closing]
    case .held:
      let decisions = run.undecided.prefix(5).map {
        "decide:      \(typed("resolve \(id) \($0) --as done|not_done|failed --note '…'"))"
      }
      return decisions + (decisions.isEmpty ? [] : RestReport.meanings) + [
        "then:        \(typed("resume \(id)"))", closing,
      ]
    case .waiting:
      return run.standing.prefix(5).map(answering) + ["go on:       \(typed("resume \(id)"))"] + unwatched
    case .paused: return ["go on:       \(typed("resume \(id)"))"]
    case .rollbackIncomplete:
      let marks = run.undecided.prefix(5).map {
        "mark undone: \(typed("resolve \(id) \($0) --as done --note '…'"))"
      }
      return ["try again:   \(typed("resume \(id) --retry"))"] + marks + [closing]
    default: return []
    }
  }

  /// What nobody looks at while the run rests.
  private var unwatched: [String] {
    let names = run.watches.keys.sorted().joined(separator: ", ")
    return names.isEmpty ? [] : ["not watched: \(printable(names)), until the run goes on"]
  }

  private static let meanings = [
    "             done: look, it has taken effect; the run goes on behind it",
    "             not_done: it has not; it is done again",
    "             failed: it went wrong; what a failure of it leads to follows",
  ]

  private func answering(_ node: NodeID, _ asking: Asking) -> String {
    asking.inquiry.subject.isApproval
      ? "approve:     \(typed("approve \(run.run) \(node)")), or reject"
      : "answer:      \(typed("answer \(run.run) \(node)"))"
  }

  private var closing: String { "give it up:  \(typed("close \(run.run) --note '…'"))" }

  private var afterFailure: [String] {
    guard let node = run.undecided.first else { return ["go on:       \(typed("resume \(run.run)"))"] }
    return [
      "try again:   \(typed("resume \(run.run) --retry"))",
      "skip it:     \(typed("resume \(run.run) --skip \(node) --note '…'"))",
      "mark done:   \(typed("resolve \(run.run) \(node) --as done --note '…'"))",
    ]
  }

  var json: JSON {
    .object([
      "run": .string(run.run), "playbook": run.created.map { .string($0.playbook) },
      "environment": run.created?.environment.map(JSON.string),
      "status": .string(run.status.rawValue), "cause": .string(run.cause),
      "node": run.restNode.map(JSON.string), "left": .array(run.left.map(JSON.string)),
      "nodes": .object(run.touched.map { JSON.Member($0, run[$0].json) }),
      "watches": run.watches.isEmpty
        ? nil : .object(run.watches.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }),
    ])
  }
}

extension WatchRecord {
  var json: JSON {
    .object([
      "answer": answer.map { .string($0.verdict.rawValue) }, "reason": answer.map { .string($0.reason) },
      "tripped": tripped.map { .string($0.reason) }, "passed": .int(Int64(tally.passed)),
      "failed": .int(Int64(tally.failed)), "unknown": .int(Int64(tally.unknown)),
    ])
  }
}

extension NodeRecord {
  var json: JSON {
    .object([
      "status": .string(status.rawValue), "round": round == 1 ? nil : .int(Int64(round)),
      "started_at": startedAt.map { .string($0.text) }, "finished_at": finishedAt.map { .string($0.text) },
      "outputs": outputs.isEmpty ? nil : Value.map(outputs).plainJSON,
      "found": found.map(JSON.string),
      "captures": captures.isEmpty ? nil : Value.map(captures).plainJSON,
      "asking": asking.flatMap { $0.isTaken ? nil : $0.json },
      "skipped": skipped.map { .string($0.rawValue) }, "continued": continued ? .bool(true) : nil,
      "held_because": heldBecause.map(JSON.string),
      "failure": failure.map { failure in
        .object([
          "kind": .string(failure.kind), "message": .string(failure.message),
          "exit_code": failure.exitCode.map { .int(Int64($0)) },
          "stderr": failure.stderr.isEmpty ? nil : .string(failure.stderr),
        ])
      },
    ])
  }
}

extension Answer.Question {
  fileprivate var text: String {
    switch self {
    case .ask: ""
    case .recheck: "asked again: "
    case .verify: "verify: "
    case .skipIf: "skip_if: "
    }
  }
}
