internal import Glibc

/// What keeper.log says of each attempt of a run.
public struct KeeperRecords: Hashable, Sendable {
  public struct Attempt: Hashable, Sendable {
    public var accepted: AcceptRecord?
    public var started: StartRecord?
    public var signals: [SignalRecord] = []
    public var exited: ExitRecord?
    /// The slot of its `A`.
    var acceptedAt: UInt32?
    /// Monotonic nanoseconds of its `S`.
    var startedAt: UInt64?
  }

  public internal(set) var attempts: [AttemptID: Attempt] = [:]
  /// Where the keepers of each driver ran.
  public internal(set) var spaces: [UInt32: Set<ProcessSpace>] = [:]
  /// Slots that hold neither a record nor nothing, and those that hold nothing before one that holds something.
  public internal(set) var damaged = 0
  /// The last of them.
  var damagedAt: UInt32?
  /// The last `N` of each epoch.
  var drivenAt: [UInt32: UInt32] = [:]
  /// Records may be missing at the end.
  var isCut = false
  /// Where the keeper that lives has begun; nil: none lives. Nothing that was asked of it before is still to be started.
  var keeperBegunAt: UInt32?
  /// Attempts of earlier keepers whose end the one that lives will tell.
  public var adopted: Set<AttemptID> = []

  public init() {}

  /// Reads what is there now, whether or not a keeper is writing; no log is an empty one.
  public init(runFolder: String) throws(KeeperError) {
    try self.init(log: runFolder + "/" + Keeper.logName)
  }

  /// What became of an attempt, by the algorithm of the log's format; looks at processes now.
  public func fate(of attempt: AttemptID) -> Fate {
    guard let here = try? ProcessSpace.current() else { return .unknown("/proc cannot be read") }
    return fate(of: attempt, here: here, process: ProcessStatus.init(pid:))
  }

  /// - Parameter process: what /proc says of a pid; nil when there is none.
  func fate(of attempt: AttemptID, here: ProcessSpace, process: (Int32) -> ProcessStatus?) -> Fate {
    let records = attempts[attempt] ?? Attempt()
    if let exited = records.exited { return .exited(exited) }
    if isWatched(attempt, records) { return .running(records.started) }
    if let started = records.started { return fate(of: started, here: here, process: process) }
    if records.accepted != nil { return .unknown("the keeper ended while it was starting it") }
    guard let spaces = spaces[attempt.epoch] else {
      return .unknown("no keeper of its engine has left a record")
    }
    guard spaces == [here] else {
      return .unknown("its keeper ran before the machine's last start, or elsewhere")
    }
    if isCut { return .unknown("keeper.log was cut off: records may be missing") }
    // Where the `A` would stand: behind the last driver of an earlier epoch.
    let earlier = drivenAt.filter { $0.key < attempt.epoch }.values.max()
    if let damagedAt, damagedAt >= earlier ?? 0 { return .unknown("keeper.log is damaged") }
    return .notStarted
  }

  /// Attempts whose end a living keeper will tell.
  public var watched: [AttemptID] {
    attempts.filter { $0.value.exited == nil && isWatched($0.key, $0.value) || adopted.contains($0.key) }
      .keys.sorted()
  }

  /// Signals were sent to it, as far as the log was read.
  public func isBeingStopped(_ attempt: AttemptID) -> Bool {
    guard let known = attempts[attempt] else { return false }
    return !known.signals.isEmpty || known.exited != nil
  }

  /// Its end is recorded.
  public func hasEnd(_ attempt: AttemptID) -> Bool { attempts[attempt]?.exited != nil }

  /// Somebody lives who will tell its end.
  private func isWatched(_ attempt: AttemptID, _ records: Attempt) -> Bool {
    if adopted.contains(attempt) { return true }
    guard let keeperBegunAt, let acceptedAt = records.acceptedAt else { return false }
    return acceptedAt > keeperBegunAt
  }

  private func fate(
    of start: StartRecord, here: ProcessSpace, process: (Int32) -> ProcessStatus?
  ) -> Fate {
    guard start.space == here else {
      return .unknown("it ran before the machine's last start, or elsewhere, and its keeper is gone")
    }
    guard let found = process(start.pid), found.isAlive, start.startTicks.contains(found.startTicks) else {
      return .endedUnobserved
    }
    return .runningUnobserved(start)
  }
}

/// What became of an attempt.
public enum Fate: Hashable, Sendable {
  /// Proven: it can be started under its intent.
  case notStarted
  /// A keeper has it, and will tell its end.
  case running(StartRecord?)
  /// It runs, and nobody will see how it ends.
  case runningUnobserved(StartRecord)
  case endedUnobserved
  case exited(ExitRecord)
  case unknown(String)
}
