import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation

// What a report says node by node.

extension ReportText {
  var checks: [String] {
    let rows = nodes { if case .check = $0.detail { true } else { false } }.map { node, record in
      [
        markdown(node.id), question(of: node), record.status.words, record.finishedAt?.secondText ?? "",
        markdown(record.failure?.message ?? record.found ?? ""), values(record.outputs),
      ]
    }
    return rows.isEmpty
      ? [] : table(["check", "asks, and expects", "result", "at", "because", "values"], rows)
  }

  /// As the plan shows it.
  private func question(of node: PlanNode) -> String {
    guard case .check(let check) = node.detail else { return "" }
    return asked(node.preview.action, check.body)
  }

  private func asked(_ action: String?, _ body: PlanBody) -> String {
    let words = (action ?? "").split(separator: "\n").prefix(1).map(String.init) + body.meaning
    return words.map { markdown(shortened($0, to: ReportText.valueLimit)) }.joined(separator: "<br>")
  }

  var watches: [String] {
    let rows = plan.watches.compactMap { watch -> [String]? in
      guard let record = state.watches[watch.id] else { return nil }
      let tally = record.tally
      return [
        markdown(watch.id), asked(watch.action, watch.body), "\(tally.passed)", "\(tally.failed)",
        "\(tally.unknown)", trips(of: watch.id),
      ]
    }
    return rows.isEmpty
      ? [] : table(["watch", "asks, and expects", "passed", "failed", "no answer", "tripped"], rows)
  }

  private func trips(of watch: WatchID) -> String {
    events.compactMap { line -> String? in
      guard case .watchTripped(watch, let trip) = line.event else { return nil }
      return "\(line.at.secondText) (\(trip.rule.rawValue)): \(markdown(trip.reason))"
    }.joined(separator: "<br>")
  }

  var steps: [String] {
    let rows = nodes { if case .step = $0.detail { !$0.isOfRollback } else { false } }.map { node, record in
      let action = (node.preview.action ?? "").split(separator: "\n").first.map(String.init) ?? ""
      return [
        markdown(node.id), markdown(shortened(action, to: ReportText.valueLimit)), outcome(record),
        took(record),
        attempts(of: node.id), captures(record) + values(record.outputs),
      ]
    }
    return rows.isEmpty ? [] : table(["step", "does", "result", "took", "attempts", "values"], rows)
  }

  private func captures(_ record: NodeRecord) -> String {
    record.captures.isEmpty
      ? "" : "before: " + values(record.captures) + (record.outputs.isEmpty ? "" : "<br>")
  }

  /// What it has come to by itself, and what was made of it since.
  private func outcome(_ record: NodeRecord) -> String {
    guard let ending = record.ending, ending != record.status else { return record.status.words }
    return "\(ending.words), \(record.status.words)"
  }

  /// What was undone and how, and what cannot be; then whether the state is as it should be.
  var rollback: [String] {
    let rows = plan.nodes.compactMap { node -> [String]? in
      guard case .rollback(let index) = node.role, node.parent == nil, let record = state.nodes[node.id]
      else { return nil }
      return [
        markdown(plan.nodes[index].id), record.status.words, record.finishedAt?.secondText ?? "",
        took(record), markdown(record.failure?.message ?? record.heldBecause ?? ""),
      ]
    }
    guard state.rollback != nil || !rows.isEmpty else { return [] }
    let steady = plan.nodes.first { $0.role == .steadyState && $0.parent == nil }
    let holds =
      steady.flatMap { state.nodes[$0.id] }.map { ["", "The steady state: **\($0.status.words)**."] } ?? []
    let why = state.rollbackCause.isEmpty ? [] : ["Because: \(markdown(state.rollbackCause))", ""]
    let undone =
      rows.isEmpty ? ["Nothing was undone."] : table(["of", "result", "at", "took", "because"], rows)
    return why + undone + holds
  }

  /// By name and digest, so that a file beside this report can be told to be the one.
  var kept: [String] {
    let rows = KeptFiles(run).files.map { file in
      [
        markdown(file.path), "\(file.stream.bytes)" + (file.stream.truncated ? ", cut" : ""),
        file.stream.digest ?? "",
      ]
    }
    return rows.isEmpty ? [] : table(["file", "bytes", "SHA-256"], rows)
  }

  /// How each attempt ended, and the digests of what it has printed: `belay logs` shows that.
  var evidence: [String] {
    let attempts = state.attempts.values.sorted {
      ($0.intendedAt, $0.intent.attempt) < ($1.intendedAt, $1.intent.attempt)
    }
    let rows = attempts.map { attempt in
      let end = attempt.end
      return [
        markdown(attempt.node), attempt.intent.attempt, attempt.intendedAt.secondText,
        end.map(ending) ?? attempt.settlement.map { "\($0.verdict.rawValue), by \($0.evidence.rawValue)" }
          ?? "open",
        end.map {
          [("stdout", $0.stdout), ("stderr", $0.stderr), ("answer", $0.answer)].compactMap { printed($0, $1) }
        }?
        .joined(separator: "<br>") ?? "",
      ]
    }
    return rows.isEmpty ? [] : table(["node", "attempt", "began", "ended", "printed"], rows)
  }

  private func ending(_ end: AttemptEnd) -> String {
    let how =
      end.exitCode.map { "exit status \($0)" } ?? end.signal.map { "signal \($0)" }
      ?? end.status.map { "status \($0)" } ?? end.outcome.rawValue
    return "\(how), after \(end.duration.rounded)\(end.recovered ? ", told by the keeper's log" : "")"
  }

  private func printed(_ name: String, _ stream: KeptStream) -> String? {
    guard stream.bytes > 0 else { return nil }
    let digest = stream.digest.map { ", SHA-256 \($0.prefix(16))…" } ?? ", not kept"
    return
      "\(name): \(counted(stream.bytes, "byte"))\(digest)\(stream.file.map { ", \(markdown($0))" } ?? "")"
  }
}

extension PlanNode {
  fileprivate var isOfRollback: Bool { if case .rollback = role { true } else { false } }
}
