import BelayJournal
import BelayPlan

/// How often each thing has happened: what never did is not proven.
struct Coverage {
  private(set) var counts: [String: Int] = [:]

  mutating func add(_ name: String, _ count: Int = 1) { counts[name, default: 0] += count }

  mutating func merge(_ other: Coverage) {
    for (name, count) in other.counts { add(name, count) }
  }

  /// - Returns: the changes of status.
  mutating func note(_ event: RunEvent, from before: Snapshot, to after: Snapshot) -> [String] {
    add("event \(event.type)")
    var changes: [String] = []
    if before.run != after.run { changes.append("run \(before.run.rawValue) -> \(after.run.rawValue)") }
    for (from, to) in zip(before.nodes, after.nodes) where from != to {
      changes.append("node \(from.rawValue) -> \(to.rawValue)")
    }
    for change in changes { add(change) }
    if case .doubtSettled(_, _, let settlement) = event {
      add("settled \(settlement.verdict.rawValue) by \(settlement.evidence.rawValue)")
    }
    return changes
  }
}

/// The statuses that an event may change.
struct Snapshot {
  var run: RunStatus
  var nodes: [NodeStatus]

  init(_ state: RunState, _ event: RunEvent) {
    run = state.status
    nodes = event.nodes.map { state[$0].status }
  }
}

extension RunEvent {
  /// The nodes whose records it may change.
  var nodes: [NodeID] {
    switch self {
    case .runCreated, .driverStarted, .claimsTaken, .claimsReleased, .stopRequested, .rollbackStarted,
      .rollbackFinished, .rested, .closed, .planAdopted, .watchAnswered, .watchTripped, .watchEnded,
      .noticeDue,
      .noticeEnded:
      []
    case .nodesReset(let nodes, _, _), .nodesUndone(let nodes, _): nodes
    case .nodeStarted(let node, _), .nodeSkipped(let node, _, _, _), .captured(let node, _, _),
      .answered(let node, _), .sampled(let node, _), .withdrawn(let node), .overdue(let node, _),
      .escalated(let node, _, _), .nodeFinished(let node, _), .retryScheduled(let node, _, _),
      .nodeHeld(let node, _), .attemptIntended(let node, _), .attemptStarted(let node, _, _),
      .attemptFinished(let node, _, _), .leftRunning(let node, _, _), .doubted(let node, _, _),
      .doubtSettled(let node, _, _), .resolved(let node, _, _, _, _),
      .asked(let node, _), .decided(let node, _), .windowOverridden(let node, _, _):
      [node] + (RollbackName.undone(by: node).map { [$0] } ?? [])
    }
  }
}
