import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation

/// What happened in a run, in Markdown: for the ticket of a deployment, and the timeline of an incident.
struct ReportText {
  private static let valueLimit = 160
  private static let evidenceLines = 20

  let run: RecordedRun
  let events: [EventLine]

  private var plan: Plan { run.plan }
  private var state: RunState { run.state }

  var text: String {
    var lines = ["# \(markdown(plan.title))", ""]
    lines += facts + section("Timeline (UTC)", timeline) + section("Decisions", decisions)
    lines += section("Checks", checks) + section("Steps", steps) + section("Rollback", rollback)
    lines += section("Kept", kept) + section("What failed", failures)
    lines += section("Left to do", state.left.map { "- \(markdown($0))" })
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : ["", "## \(title)", ""] + lines
  }

  // MARK: The head

  private var facts: [String] {
    var rows: [(String, String)] = [("run", plan.run), ("playbook", "\(plan.playbook) (\(plan.path))")]
    if let environment = plan.environment { rows.append(("environment", environment)) }
    let cause = state.cause.isEmpty ? "" : ": \(markdown(state.cause))"
    rows.append(("status", "**\(state.status.words)**\(cause)"))
    if let created = state.created, let at = state.createdAt {
      rows.append(("started", "\(at.minuteText) by \(markdown(created.initiator.name))"))
      let isDirty = created.dirty ? ", with changes that are not committed" : ""
      if let commit = created.commit { rows.append(("playbooks at", "\(commit)\(isDirty)")) }
    }
    if let end = state.changedAt, let start = state.createdAt, let span = end.since(start) {
      rows.append(("last change", "\(end.minuteText), after \(span.rounded)"))
    }
    for (name, value) in plan.scopes.first?.params.entries.map({ ($0.key.text, $0.value.text) }) ?? [] {
      rows.append(("parameter \(name)", markdown(shortened(value, to: ReportText.valueLimit))))
    }
    rows.append(("plan", run.row.planDigest))
    return table(["", ""], rows.map { [$0.0, $0.1] })
  }

  // MARK: What happened

  private var timeline: [String] {
    let words = PlainProgress(output: .standard, run: plan.run)
    let rows = events.compactMap { line -> [String]? in
      guard let text = words.text(of: line.event) ?? line.event.endWords else { return nil }
      return [line.at.secondText, markdown(line.event.actor?.name ?? ""), markdown(text)]
    }
    return table(["time", "who", "what"], rows)
  }

  private var decisions: [String] {
    let rows = events.compactMap { line -> [String]? in
      guard let (subject, decision, note) = line.event.decision, let actor = line.event.actor else {
        return nil
      }
      return [line.at.secondText, markdown(subject), decision, actor.words, markdown(note)]
    }
    return rows.isEmpty ? [] : table(["time", "node", "decision", "by", "note"], rows)
  }

  private var checks: [String] {
    let rows = nodes { if case .check = $0.detail { true } else { false } }.map { node, record in
      [
        markdown(node.id), record.status.words, record.finishedAt?.secondText ?? "",
        markdown(record.failure?.message ?? ""), values(record.outputs),
      ]
    }
    return rows.isEmpty ? [] : table(["check", "result", "at", "because", "values"], rows)
  }

  private var steps: [String] {
    let rows = nodes { if case .step = $0.detail { true } else { false } }.map { node, record in
      [
        markdown(node.id), outcome(record), took(record), attempts(of: node.id), values(record.outputs),
      ]
    }
    return rows.isEmpty ? [] : table(["step", "result", "took", "attempts", "values"], rows)
  }

  /// What it has come to by itself, and what was made of it since.
  private func outcome(_ record: NodeRecord) -> String {
    guard let ending = record.ending, ending != record.status else { return record.status.words }
    return "\(ending.words), \(record.status.words)"
  }

  private var rollback: [String] {
    let rows = plan.nodes.compactMap { node -> [String]? in
      guard case .rollback(let index) = node.role, node.parent == nil, let record = state.nodes[node.id]
      else {
        return nil
      }
      return [
        markdown(plan.nodes[index].id), record.status.words, record.finishedAt?.secondText ?? "",
        took(record),
      ]
    }
    return rows.isEmpty ? [] : table(["of", "result", "at", "took"], rows)
  }

  /// By name and digest, so that a file beside this report can be told to be the one.
  private var kept: [String] {
    let rows = KeptFiles(run).files.map { file in
      [
        markdown(file.path), "\(file.stream.bytes)" + (file.stream.truncated ? ", cut" : ""),
        file.stream.digest ?? "",
      ]
    }
    return rows.isEmpty ? [] : table(["file", "bytes", "SHA-256"], rows)
  }

  private var failures: [String] {
    state.touched.flatMap { node -> [String] in
      guard let failure = state[node].failure else { return [] }
      let evidence = failure.stderr.split(separator: "\n").suffix(ReportText.evidenceLines)
      let lines = ["- **\(markdown(node))**: \(markdown(failure.message))"]
      return evidence.isEmpty
        ? lines : lines + ["", "  ```"] + evidence.map { "  \(printable(String($0)))" } + ["  ```"]
    }
  }

  // MARK: Small things

  private func nodes(_ belongs: (PlanNode) -> Bool) -> [(PlanNode, NodeRecord)] {
    plan.nodes.filter(belongs).compactMap { node in state.nodes[node.id].map { (node, $0) } }
  }

  private func took(_ record: NodeRecord) -> String {
    guard let start = record.startedAt, let end = record.finishedAt else { return "" }
    return end.since(start)?.rounded ?? ""
  }

  private func attempts(of node: NodeID) -> String {
    let count = state.attempts.values.count { $0.node == node }
    return count == 0 ? "" : "\(count)"
  }

  private func values(_ map: ValueMap) -> String {
    map.entries.map { entry in
      "\(markdown(entry.key.text)) = \(markdown(shortened(entry.value.text, to: ReportText.valueLimit)))"
    }.joined(separator: "<br>")
  }

  private func table(_ heads: [String], _ rows: [[String]]) -> [String] {
    let lines = [heads, heads.map { _ in "---" }] + rows
    return lines.map { "| \($0.joined(separator: " | ")) |" }
  }

  /// As text that no Markdown reader takes for anything else.
  private func markdown(_ text: String) -> String {
    printable(text).map { character in
      switch character {
      case "|", "\\", "`", "*", "_", "[", "]", "#": "\\\(character)"
      case "<": "&lt;"
      case ">": "&gt;"
      case "&": "&amp;"
      default: String(character)
      }
    }.joined()
  }
}

extension RunEvent {
  /// Who did it; nil for what the engine did by itself.
  fileprivate var actor: Actor? {
    switch self {
    case .runCreated(let facts): facts.initiator
    case .driverStarted(let driver): driver.actor
    case .stopRequested(_, let actor), .closed(_, let actor), .resolved(_, _, _, _, let actor): actor
    case .rollbackStarted(_, _, let actor), .nodeSkipped(_, _, _, let actor), .nodesReset(_, _, let actor):
      actor
    default: nil
    }
  }

  /// A person's word: of what, which, why.
  fileprivate var decision: (String, String, String)? {
    switch self {
    case .resolved(let node, let resolution, let note, _, _): (node, resolution.rawValue, note)
    case .nodeSkipped(let node, .person, let note, _): (node, "skip", note ?? "")
    case .stopRequested(let request, _): ("", request.rawValue, "")
    case .closed(let note, _): ("", "close", note)
    default: nil
    }
  }

  fileprivate var endWords: String? {
    switch self {
    case .runCreated: "the run is on the record"
    case .rollbackFinished: "the rollback is done"
    case .rested(let rest): rest.cause.isEmpty ? rest.status.words : "\(rest.status.words): \(rest.cause)"
    case .closed(let note, _): "closed: \(note)"
    default: nil
    }
  }
}

extension Actor {
  /// With how sure that is: `ana (os, uid 1000)`.
  fileprivate var words: String {
    "\(name) (\(assurance.rawValue)\(uid.map { ", uid \($0)" } ?? ""))"
  }
}

extension Timestamp {
  /// `2026-03-01 02:11 UTC`.
  fileprivate var minuteText: String { "\(text.prefix(10)) \(clockText.prefix(5)) UTC" }
  /// `03-01 02:11:09`.
  fileprivate var secondText: String { "\(text.prefix(10).dropFirst(5)) \(clockText)" }
}
