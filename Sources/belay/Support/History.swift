import BelayJournal
import BelayModel
import BelayPlan
import BelayStore

/// How long the last runs of a playbook took, from the store as it is: none is made, and nothing in it is changed.
struct History {
  let store: StoreOptions

  /// Runs that are looked at, the newest first.
  private static let runs = 10
  /// Of one run: a longer one is passed over.
  private static let events = 20_000

  /// What cannot be read is no reason not to plan: there is less to go by then.
  func past(of playbook: String, in environment: String?) -> PlanHistory {
    guard let opened = try? store.openForReading() else { return .none }
    var filter = RunFilter()
    filter.statuses = [.succeeded]
    filter.limit = 200
    let rows = ((try? opened.runs(filter)) ?? []).filter {
      $0.playbook == playbook && $0.environment == environment ?? "" && $0.events <= History.events
    }
    return PlanHistory(rows.prefix(History.runs).compactMap { try? past($0, in: opened) })
  }

  private func past(_ row: RunRow, in opened: SQLiteStore) throws -> PlanHistory.Past? {
    var state = RunState(run: row.run)
    try RecordedRun.forEachEvent(of: row.run, in: opened) { line, _ in
      try state.apply(line.event, at: line.at)
    }
    guard let total = row.changedAt.since(row.createdAt), total >= .zero else { return nil }
    var nodes: [String: TimeSpan] = [:]
    for (id, record) in state.nodes where record.status == .succeeded {
      guard let started = record.startedAt, let finished = record.finishedAt,
        let span = finished.since(started), span >= .zero
      else { continue }
      nodes[id] = span
    }
    return PlanHistory.Past(total: total, nodes: nodes)
  }
}
