import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation

/// What happened in a run, in Markdown: for the ticket of a deployment, and the timeline of an incident.
struct ReportText {
  static let valueLimit = 160
  private static let evidenceLines = 20

  let run: RecordedRun
  let events: [EventLine]

  var plan: Plan { run.plan }
  var state: RunState { run.state }

  var text: String {
    var lines = ["# \(markdown(plan.title))", ""]
    lines += facts + section("Timeline (UTC)", timeline)
    lines += section("Approvals and answers", approvals) + section("Decisions", decisions)
    lines += section("Checks", checks) + section("Watches", watches) + section("Steps", steps)
    lines += section("Rollback", rollback) + section("What failed", failures)
    lines += section("Left to do", state.left.map { "- \(markdown($0))" })
    lines += section("Kept", kept) + section("Evidence", evidence)
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : ["", "## \(title)", ""] + lines
  }

  // MARK: The head

  private var facts: [String] {
    var rows: [(String, String)] = [("run", plan.run), ("playbook", "\(plan.playbook) (\(plan.path))")]
    if let environment = plan.environment { rows.append(("environment", environment)) }
    // That of its last rest: what runs has gone on since.
    let cause = state.cause.isEmpty || state.status == .running ? "" : ": \(markdown(state.cause))"
    rows.append(("status", "**\(state.status.words)**\(cause)"))
    if let created = state.created, let at = state.createdAt {
      rows.append(
        ("started", "\(at.minuteText) by \(markdown(created.initiator.words)) on \(markdown(created.host))"))
      let isDirty = created.dirty ? ", with changes that are not committed" : ""
      if let commit = created.commit { rows.append(("playbooks at", "\(commit)\(isDirty)")) }
    }
    if let end = state.changedAt, let start = state.createdAt, let span = end.since(start) {
      rows.append(("last change", "\(end.minuteText), after \(span.rounded)"))
    }
    for (name, value) in plan.scopes.first?.params.entries.map({ ($0.key.text, $0.value.text) }) ?? [] {
      rows.append(("parameter \(name)", markdown(shortened(value, to: ReportText.valueLimit))))
    }
    if !state.claims.isEmpty { rows.append(("holds", markdown(state.claims.joined(separator: ", ")))) }
    rows.append(("plan", run.row.planDigest))
    rows.append(("record", "\(counted(state.events, "event")), belay \(state.created?.version ?? "")"))
    return table(["", ""], rows.map { [$0.0, $0.1] })
  }

  // MARK: What happened

  private var timeline: [String] {
    let words = PlainProgress(output: .standard, run: plan.run)
    words.begins(run, folder: "")
    let rows = events.compactMap { line -> [String]? in
      guard let text = line.event.reportWords ?? words.text(of: line.event, at: line.at) else { return nil }
      return [line.at.secondText, markdown(line.event.actor?.name ?? ""), markdown(text)]
    }
    return table(["time", "who", "what"], rows)
  }

  /// Each question to people, and what each of them said to it.
  private var approvals: [String] {
    var rows: [[String]] = []
    for line in events {
      switch line.event {
      case .asked(let node, let inquiry):
        rows.append([
          line.at.secondText, markdown(node), "asked: \(markdown(inquiry.message))", markdown(inquiry.whom),
          "",
        ])
      case .decided(let node, let decision):
        let recorded = values(decision.values)
        let note = [markdown(decision.note ?? ""), recorded].filter { !$0.isEmpty }.joined(separator: "<br>")
        rows.append([
          line.at.secondText, markdown(node), "**\(decision.word.rawValue)**", markdown(decision.speaker),
          note,
        ])
      default: break
      }
    }
    return rows.isEmpty ? [] : table(["time", "node", "what", "who", "note"], rows)
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

  func nodes(_ belongs: (PlanNode) -> Bool) -> [(PlanNode, NodeRecord)] {
    plan.nodes.filter(belongs).compactMap { node in state.nodes[node.id].map { (node, $0) } }
  }

  func took(_ record: NodeRecord) -> String {
    guard let start = record.startedAt, let end = record.finishedAt else { return "" }
    return end.since(start)?.rounded ?? ""
  }

  func attempts(of node: NodeID) -> String {
    let count = state.attempts.values.count { $0.node == node }
    return count == 0 ? "" : "\(count)"
  }

  func values(_ map: ValueMap) -> String {
    map.entries.map { entry in
      "\(markdown(entry.key.text)) = \(markdown(shortened(entry.value.text, to: ReportText.valueLimit)))"
    }.joined(separator: "<br>")
  }

  func table(_ heads: [String], _ rows: [[String]]) -> [String] {
    let lines = [heads, heads.map { _ in "---" }] + rows
    return lines.map { "| \($0.joined(separator: " | ")) |" }
  }

  /// As text that no Markdown reader takes for anything else.
  func markdown(_ text: String) -> String {
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
    case .stopRequested(_, let actor), .closed(_, let actor, _), .resolved(_, _, _, _, let actor): actor
    case .rollbackStarted(_, _, let actor), .nodeSkipped(_, _, _, let actor), .nodesReset(_, _, let actor):
      actor
    case .decided(_, let decision): decision.by
    case .windowOverridden(_, _, let actor): actor
    case .planAdopted(let adopted): adopted.by
    default: nil
    }
  }

  /// A person's word: of what, which, why.
  fileprivate var decision: (String, String, String)? {
    switch self {
    case .resolved(let node, let resolution, let note, _, _): (node, resolution.rawValue, note)
    case .nodeSkipped(let node, .person, let note, _): (node, "skip", note ?? "")
    case .stopRequested(let request, _): ("", request.rawValue, "")
    case .closed(let note, _, _): ("", "close", note)
    case .windowOverridden(let node, let note, _): (node, "outside of its window", note)
    case .planAdopted(let adopted): ("", "another plan", adopted.voided.joined(separator: ", "))
    default: nil
    }
  }

  /// Of what a terminal is not told, or is told otherwise.
  fileprivate var reportWords: String? {
    switch self {
    case .runCreated: "the run is on the record"
    case .driverStarted(let driver): "\(driver.purpose): driven by process \(driver.pid) on \(driver.host)"
    case .noticeDue(let due):
      "tells \(due.to.isEmpty ? "" : due.to.joined(separator: ", ") + ": ")\(due.text)"
    case .claimsTaken(let names): "takes \(names.joined(separator: ", "))"
    case .claimsReleased(let names): "lets go of \(names.joined(separator: ", "))"
    case .rollbackFinished: "the rollback is done"
    case .rested(let rest): rest.cause.isEmpty ? rest.status.words : "\(rest.status.words): \(rest.cause)"
    case .closed(let note, _, _): "closed: \(note)"
    default: nil
    }
  }
}

extension Inquiry {
  fileprivate var whom: String {
    requirements.map(\.words).joined(separator: "; and ")
      + (expiresAt.map { " until \($0.secondText)" } ?? "")
  }
}

extension Decision {
  /// Who it is in the roster, and how sure that is.
  fileprivate var speaker: String { (person.map { "\($0): " } ?? "") + by.words }
}

extension Actor {
  /// With how sure that is: `ana (os, uid 1000)`.
  fileprivate var words: String {
    "\(name) (\(assurance.rawValue)\(uid.map { ", uid \($0)" } ?? ""))"
  }
}

extension Timestamp {
  /// `2026-03-01 02:11 UTC`.
  var minuteText: String { "\(text.prefix(10)) \(clockText.prefix(5)) UTC" }
  /// `03-01 02:11:09`.
  var secondText: String { "\(text.prefix(10).dropFirst(5)) \(clockText)" }
}
