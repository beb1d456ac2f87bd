public import BelayModel

/// What a watch was told, where that is new: its first answer for a driver, and each change.
public struct WatchAnswer: Hashable, Sendable {
  public var verdict: Verdict
  /// The violated condition with its values, the missing answer's reason.
  public var reason: String
  public var outputs: ValueMap
  /// When the first of the answers was asked for that have all failed since; nil: the newest one has not.
  public var failingSince: Moment?
  /// When the first of the questions was asked that have got no answer since.
  public var silentSince: Moment?

  public init(
    verdict: Verdict, reason: String, outputs: ValueMap = ValueMap(), failingSince: Moment? = nil,
    silentSince: Moment? = nil
  ) {
    self.verdict = verdict
    self.reason = reason
    self.outputs = outputs
    self.failingSince = failingSince
    self.silentSince = silentSince
  }
}

/// A watch has failed, or has had no answer, for as long as it may.
public struct WatchTrip: Hashable, Sendable {
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    case stop, rollback
    /// Only told: as its author says, or while the run goes back anyway.
    case tell
  }

  /// `fail` or `unknown`.
  public var verdict: Verdict
  public var reason: String
  public var rule: Rule
  /// Steps that run and end first.
  public var waitsFor: [NodeID]

  public init(verdict: Verdict, reason: String, rule: Rule, waitsFor: [NodeID] = []) {
    self.verdict = verdict
    self.reason = reason
    self.rule = rule
    self.waitsFor = waitsFor
  }
}

/// How often a watch was asked by one driver, and what it got.
public struct WatchTally: Hashable, Sendable {
  public var passed: Int
  public var failed: Int
  public var unknown: Int

  public init(passed: Int = 0, failed: Int = 0, unknown: Int = 0) {
    self.passed = passed
    self.failed = failed
    self.unknown = unknown
  }
}

/// What is known of one watch.
public struct WatchRecord: Hashable, Sendable {
  public internal(set) var answer: WatchAnswer?
  /// What it has tripped by since it last passed, or since the run last rested.
  public internal(set) var tripped: WatchTrip?
  /// Of all drivers that have told it.
  public internal(set) var tally = WatchTally()

  public init() {}

  mutating func take(_ new: WatchAnswer) {
    answer = new
    if new.verdict == .pass { tripped = nil }
  }

  mutating func add(_ more: WatchTally) {
    tally.passed += more.passed
    tally.failed += more.failed
    tally.unknown += more.unknown
  }

  /// Who goes on after a rest looks with fresh eyes.
  mutating func rest() {
    tripped = nil
    answer?.failingSince = nil
    answer?.silentSince = nil
  }
}

/// A trip whose consequence has not been drawn.
public struct PendingTrip: Hashable, Sendable {
  public var watch: NodeID
  public var trip: WatchTrip

  public init(watch: NodeID, trip: WatchTrip) {
    self.watch = watch
    self.trip = trip
  }
}
