public import BelayModel

/// What has happened to one node, as far as it matters for what may happen next.
public struct NodeRecord: Hashable, Sendable {
  public internal(set) var status = NodeStatus.pending
  /// How it ended by itself, whatever was undone since: succeeded, failed, unknown; nil: it has not.
  public internal(set) var ending: NodeStatus?
  /// From 1; grows when a node is set back to be done again.
  public internal(set) var round = 1
  public internal(set) var startedAt: Timestamp?
  public internal(set) var finishedAt: Timestamp?
  public internal(set) var outputs = ValueMap()
  public internal(set) var captures = ValueMap()
  public internal(set) var failure: Failure?
  /// Of a check that has passed: the values that its conditions speak of.
  public internal(set) var found: String?
  public internal(set) var skipped: SkipReason?
  public internal(set) var continued = false
  public internal(set) var heldBecause: String?
  /// Of a gate, a retry, or a check that is asked until then.
  public internal(set) var waitsUntil: Moment?
  /// How long a wait between two attempts was to be when it began.
  public internal(set) var retryDelay = TimeSpan.zero
  /// It waits to repeat an attempt of which nobody knows, not one that has failed.
  public internal(set) var repeatsDoubt = false
  public internal(set) var lastAnswer: Answer?
  /// The answer with which a check with `keep` has ended.
  public internal(set) var kept = KeptStream()
  /// Of a check that has passed and has to stay so.
  public internal(set) var soak: SoakProgress?
  /// Past its `due`, which has been told.
  public internal(set) var isOverdue = false
  /// How many of those who are told when it waits have been.
  public internal(set) var escalated = 0
  /// What people were asked last.
  public internal(set) var asking: Asking?
  /// A person lets it pass outside of its window.
  public internal(set) var override: WindowOverride?
  /// Of the next attempt; grows only after a definite failure.
  public internal(set) var number = 1
  /// Repetitions after a doubt, of whatever number.
  public internal(set) var reruns = 0
  /// Intended and not known to have ended, or ended and not judged yet.
  public internal(set) var openAttempt: AttemptName?
  /// Attempts since the last compensation that may have changed something.
  public internal(set) var effects = 0

  /// The number of the event by which it was first to change something, in whatever round.
  public internal(set) var firstIntent: Int?

  public init() {}

  mutating func intend(_ intent: Intent, number event: Int, at time: Timestamp) {
    status = .intended
    firstIntent = firstIntent ?? event
    startedAt = startedAt ?? time
    openAttempt = intent.attempt
    number = intent.number
    reruns = intent.rerun
    asking?.isTaken = true
    waitsUntil = nil
    effects += 1
  }

  mutating func end(_ end: AttemptEnd) {
    asking?.isTaken = true
    outputs = end.outputs
    failure = end.failure
    if end.changedNothing { effects -= 1 }
  }

  /// It ended otherwise than well, and the run did not go on over it.
  public var hasFailed: Bool { (ending == .failed || ending == .unknown) && !continued }

  /// Why nothing can be rolled back to it, after "it"; nil: it has begun, or was passed over, and stands.
  public var whyNothingComesAfter: String? {
    switch status {
    case .pending: "has not begun"
    case .compensated: "was undone itself"
    default: nil
    }
  }

  mutating func finish(_ end: NodeEnd, at time: Timestamp) {
    status = end.status
    ending = end.status
    outputs = end.outputs
    failure = end.failure
    found = end.found
    continued = end.continued
    kept = end.kept
    finishedAt = time
    waitsUntil = nil
    openAttempt = nil
    asking?.isTaken = true
  }

  /// The effect of the doubtful attempt is there or not; who settles it says what comes next.
  mutating func settle(_ settlement: Settlement, at time: Timestamp) {
    asking?.isTaken = true
    switch settlement.verdict {
    case .done, .failed: status = .running
    case .notDone:
      if settlement.evidence != .notStarted { reruns += 1 }
      effects -= 1
      goBack(until: settlement.notBefore, at: time)
    case .again:
      reruns += 1
      goBack(until: settlement.notBefore, at: time)
    }
  }

  private mutating func goBack(until moment: Moment?, at time: Timestamp) {
    status = .pending
    openAttempt = nil
    if let moment { wait(until: moment, at: time, repeatingDoubt: true) }
  }

  mutating func wait(until moment: Moment, at time: Timestamp, repeatingDoubt: Bool) {
    status = .waiting
    repeatsDoubt = repeatingDoubt
    waitsUntil = moment
    retryDelay = moment.wall.since(time) ?? .zero
  }

  mutating func ask(_ inquiry: Inquiry, number: Int, at time: Timestamp) {
    asking = Asking(number: number, inquiry: inquiry, askedAt: time)
    startedAt = startedAt ?? time
    // A doubt stays one while somebody looks.
    if status != .inDoubt { status = .waiting }
  }

  mutating func take(_ decision: Decision) {
    asking?.decisions.append(decision)
    if status == .waiting, asking?.state != .open { status = .running }
  }

  /// What somebody has seen is known by now.
  mutating func takeLook() {
    if case .look? = asking?.inquiry.subject, asking?.state != .open { asking?.isTaken = true }
  }

  mutating func resolve(_ resolution: Resolution, note: String, values: ValueMap, at time: Timestamp) {
    heldBecause = nil
    waitsUntil = nil
    asking?.isTaken = true
    switch resolution {
    case .done:
      status = .succeeded
      ending = .succeeded
      failure = nil
      finishedAt = time
      openAttempt = nil
      for (name, value) in values.entries { outputs[name] = value }
    case .failed:
      status = .failed
      ending = .failed
      failure = Failure(kind: "person", message: note)
      finishedAt = time
      openAttempt = nil
    case .notDone:
      if openAttempt != nil { effects -= 1 }
      status = .pending
      ending = nil
      openAttempt = nil
      finishedAt = nil
    }
  }

  /// What it did is gone again, by the rollback of the group around it.
  mutating func undo() {
    status = .compensated
    effects = 0
    openAttempt = nil
    heldBecause = nil
  }

  /// Back to the start. Captures hold the state before the first change, so they stay while there is a change.
  mutating func reset() {
    let before = self
    self = NodeRecord()
    round = before.round + 1
    isOverdue = before.isOverdue
    effects = before.effects
    firstIntent = before.firstIntent
    number = before.failure == nil ? before.number : before.number + 1
    if before.effects > 0 { captures = before.captures }
  }
}

/// A person's word that a gate may pass outside of its window.
public struct WindowOverride: Hashable, Sendable {
  public var note: String
  public var by: Actor

  public init(note: String, by: Actor) {
    self.note = note
    self.by = by
  }
}

/// One attempt of a step, from its intent on.
public struct AttemptRecord: Hashable, Sendable {
  public var node: NodeID
  public var intent: Intent
  public var intendedAt: Timestamp
  public var process: ProcessIdentity?
  public var end: AttemptEnd?
  public var doubt: String?
  public var settlement: Settlement?
  public var leftRunning: [String] = []

  public init(node: NodeID, intent: Intent, intendedAt: Timestamp) {
    self.node = node
    self.intent = intent
    self.intendedAt = intendedAt
  }
}
