/// What keeper.log says of each attempt of a run.
public struct KeeperRecords: Hashable, Sendable {
  public struct Attempt: Hashable, Sendable {
    public var accepted: AcceptRecord?
    public var started: StartRecord?
    public var signals: [SignalRecord] = []
    public var exited: ExitRecord?
  }

  public internal(set) var attempts: [AttemptID: Attempt] = [:]
  /// Where each driver's keeper ran.
  public internal(set) var spaces: [UInt32: ProcessSpace] = [:]
  /// Slots that hold neither a record nor nothing.
  public internal(set) var damaged = 0
  /// The keeper lives, and nothing that was asked of it before is still to be started.
  public internal(set) var keeperLives = false

  public init() {}
}

/// What became of an attempt.
public enum Fate: Hashable, Sendable {
  /// Proven: it can be started under its intent.
  case notStarted
  /// The keeper has it, and will tell its end.
  case running(StartRecord?)
  /// It runs, and nobody will see how it ends.
  case runningUnobserved(StartRecord)
  case endedUnobserved
  case exited(ExitRecord)
  case unknown(String)
}
