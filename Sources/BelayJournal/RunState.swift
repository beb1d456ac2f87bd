public import BelayModel

/// What a run's events amount to. A pure fold: the same events give the same state, live and after a crash.
public struct RunState: Hashable, Sendable {
  public let run: String
  public private(set) var created: RunCreated?
  public private(set) var createdAt: Timestamp?
  public private(set) var changedAt: Timestamp?
  public private(set) var status = RunStatus.planned
  public private(set) var cause = ""
  /// The node that brought the run to rest.
  public private(set) var restNode: NodeID?
  /// What is left to do by hand, or still in force.
  public private(set) var left: [String] = []
  /// Of the newest driver; 0 before the first.
  public private(set) var epoch = 0
  /// Number of events.
  public private(set) var events = 0
  public private(set) var claims: [String] = []
  /// Of the plan by which it goes on.
  public private(set) var planDigest = ""
  /// Gates that are asked again before anything goes on: their approval was for a plan before.
  public private(set) var voided: Set<NodeID> = []
  public private(set) var nodes: [NodeID: NodeRecord] = [:]
  /// In the order in which things first happened to them.
  public private(set) var touched: [NodeID] = []
  public private(set) var attempts: [AttemptName: AttemptRecord] = [:]
  /// Being undone, from its start to its end, also while the run rests in between.
  public private(set) var rollback: RollbackScope?
  /// Why, also after the run has rested in between for another reason.
  public private(set) var rollbackCause = ""
  /// Asked for, and not done since.
  public private(set) var stop: StopRequest?
  public internal(set) var watches: [WatchID: WatchRecord] = [:]
  /// A watch has tripped, and what it asks for has not been done since.
  public internal(set) var trip: PendingTrip?
  /// Due, and not known to be sent, by number.
  public internal(set) var notices: [Int: NoticeDue] = [:]
  public internal(set) var noticeCount = 0
  /// When each of the plan's notices was last due.
  public internal(set) var toldAt: [Int: Timestamp] = [:]

  public init(run: String) { self.run = run }

  /// The node's record; a node to which nothing has happened is pending.
  public subscript(node: NodeID) -> NodeRecord { nodes[node] ?? NodeRecord() }

  /// Applies the next event. The one place that says which transitions are legal.
  ///
  /// - Throws: `FoldError` when the event cannot follow what came before; the state is then as it was.
  public mutating func apply(_ event: RunEvent, at time: Timestamp) throws(FoldError) {
    try admit(event, at: time)
    switch event {
    case .runCreated(let facts):
      created = facts
      createdAt = time
      planDigest = facts.planDigest
      claims = facts.claims
    case .driverStarted(let driver):
      epoch = driver.epoch
      status = rollback == nil ? .running : .rollingBack
    case .claimsTaken(let names): claims += names.filter { !claims.contains($0) }
    case .claimsReleased(let names): claims.removeAll { names.contains($0) }
    case .stopRequested(let request, _): stop = request
    case .rollbackStarted(let scope, let why, _):
      rollback = scope
      rollbackCause = why
      trip = nil
      status = .rollingBack
      cause = why
    case .rollbackFinished:
      rollback = nil
      status = .running
    case .rested(let rest): applyRest(rest)
    case .closed(let note, _, let left):
      status = .closed
      cause = note
      self.left = left
      claims = []
    case .planAdopted(let adopted):
      planDigest = adopted.plan
      voided.formUnion(adopted.voided)
      for node in adopted.voided { change(node) { $0.reset() } }
      // What was said of another plan does not count: whoever goes on asks anew.
      for node in touched where nodes[node]?.asking?.isTaken == false { nodes[node]?.asking = nil }
    case .nodeStarted, .nodeSkipped, .captured, .answered, .sampled, .withdrawn, .nodeFinished,
      .retryScheduled, .nodeHeld, .nodesReset, .nodesUndone, .resolved:
      applyToNode(event, at: time)
    case .asked, .decided, .windowOverridden: applyToPeople(event, at: time)
    case .attemptIntended, .attemptStarted, .attemptFinished, .leftRunning, .doubted, .doubtSettled:
      applyToAttempt(event, at: time)
    case .watchAnswered, .watchTripped, .watchEnded, .overdue, .escalated,
      .noticeDue, .noticeEnded:
      applyBeside(event, at: time)
    }
    events += 1
    changedAt = time
  }

  private mutating func applyRest(_ rest: Rest) {
    status = rest.status
    cause = rest.cause
    restNode = rest.node
    left = rest.left
    // A cancel that a person has to help with is still to be done.
    if rest.status != .held || stop != .cancel { stop = nil }
    if rest.status == .rolledBack { rollback = nil }
    if rest.status.hasLetGo { claims = [] }
    restWatches(rest)
  }

  private mutating func applyToNode(_ event: RunEvent, at time: Timestamp) {
    switch event {
    case .nodeStarted(let node, let until):
      change(node) { record in
        record.status = until == nil ? .running : .waiting
        record.startedAt = record.startedAt ?? time
        record.waitsUntil = until
      }
      follow(node, .compensating)
    case .nodeSkipped(let node, let reason, _, _):
      change(node) { record in
        record.status = .skipped
        record.skipped = reason
        record.finishedAt = time
      }
      // Who skips a compensation leaves what it would have undone in the world.
      follow(node, reason == .person ? .compensationFailed : .compensated)
    case .captured(let node, let name, let value):
      change(node) { record in
        record.captures[name] = value
        record.takeLook()
      }
    case .answered(let node, let answer):
      change(node) { record in
        record.lastAnswer = answer
        record.takeLook()
      }
    case .sampled(let node, let progress): change(node) { $0.soak = progress }
    case .withdrawn(let node): change(node) { $0.status = .pending }
    case .nodeFinished(let node, let end):
      change(node) { $0.finish(end, at: time) }
      voided.remove(node)
      follow(node, end.status == .succeeded ? .compensated : .compensationFailed)
    case .retryScheduled(let node, let failure, let moment):
      change(node) { record in
        record.wait(until: moment, at: time, repeatingDoubt: false)
        record.failure = failure
        record.number += 1
        record.openAttempt = nil
      }
    case .nodeHeld(let node, let reason):
      change(node) { record in
        record.status = .held
        record.heldBecause = reason
      }
    case .nodesReset(let ids, _, _):
      for id in ids { change(id) { $0.reset() } }
    case .nodesUndone(let ids, _):
      for id in ids { change(id) { $0.undo() } }
    case .resolved(let node, let resolution, let note, let values, _):
      change(node) { $0.resolve(resolution, note: note, values: values, at: time) }
      switch resolution {
      case .done: follow(node, .compensated)
      case .failed: follow(node, .compensationFailed)
      case .notDone: break
      }
    default: break
    }
  }

  private mutating func applyToPeople(_ event: RunEvent, at time: Timestamp) {
    switch event {
    case .asked(let node, let inquiry):
      let number = events + 1
      change(node) { $0.ask(inquiry, number: number, at: time) }
      follow(node, .compensating)
    case .decided(let node, let decision): change(node) { $0.take(decision) }
    case .windowOverridden(let node, let note, let actor):
      change(node) { $0.override = WindowOverride(note: note, by: actor) }
    default: break
    }
  }

  private mutating func applyToAttempt(_ event: RunEvent, at time: Timestamp) {
    switch event {
    case .attemptIntended(let node, let intent):
      attempts[intent.attempt] = AttemptRecord(node: node, intent: intent, intendedAt: time)
      let number = events + 1
      change(node) { $0.intend(intent, number: number, at: time) }
      follow(node, .compensating)
    case .attemptStarted(let node, let name, let process):
      attempts[name]?.process = process
      change(node) { if $0.status == .intended { $0.status = .running } }
    case .attemptFinished(let node, let name, let end):
      attempts[name]?.end = end
      change(node) { $0.end(end) }
    case .leftRunning(_, let name, let processes): attempts[name]?.leftRunning = processes
    case .doubted(let node, let name, let reason):
      attempts[name]?.doubt = reason
      change(node) { record in
        record.status = .inDoubt
        record.asking?.isTaken = true
      }
    case .doubtSettled(let node, let name, let settlement):
      attempts[name]?.settlement = settlement
      change(node) { $0.settle(settlement, at: time) }
    default: break
    }
  }

  mutating func change(_ node: NodeID, _ body: (inout NodeRecord) -> Void) {
    if nodes[node] == nil { touched.append(node) }
    body(&nodes[node, default: NodeRecord()])
  }

  /// What happens to the root of a rollback shows on the node that it undoes.
  private mutating func follow(_ node: NodeID, _ status: NodeStatus) {
    guard let undone = RollbackName.undone(by: node) else { return }
    change(undone) { record in
      record.status = status
      if status == .compensated { record.effects = 0 }
    }
  }
}

/// The names that the plan gives to what is not in the file under a name of its own.
public enum RollbackName {
  private static let suffix = "~rollback"
  /// The group of the playbook's `steady_state`.
  public static let steadyState = "~steady_state"

  public static func root(of node: NodeID) -> NodeID { node + suffix }

  /// The node that this root undoes; nil when it is no root.
  public static func undone(by root: NodeID) -> NodeID? {
    root.hasSuffix(suffix) ? String(root.dropLast(suffix.count)) : nil
  }
}
