internal import Glibc

/// What keeper.log says of each attempt of a run.
public struct KeeperRecords: Hashable, Sendable {
  public struct Attempt: Hashable, Sendable {
    public var accepted: AcceptRecord?
    public var started: StartRecord?
    public var signals: [SignalRecord] = []
    public var exited: ExitRecord?
  }

  public internal(set) var attempts: [AttemptID: Attempt] = [:]
  /// Where the keepers of each driver ran.
  public internal(set) var spaces: [UInt32: Set<ProcessSpace>] = [:]
  /// Slots that hold neither a record nor nothing.
  public internal(set) var damaged = 0
  /// The keeper lives, and nothing that was asked of it before is still to be started.
  public internal(set) var keeperLives = false

  public init() {}

  /// What became of an attempt, by the algorithm of the log's format; looks at processes now.
  public func fate(of attempt: AttemptID) -> Fate {
    guard let here = try? ProcessSpace.current() else { return .unknown("/proc cannot be read") }
    return fate(of: attempt, here: here, process: ProcessStatus.init(pid:))
  }

  /// - Parameter process: what /proc says of a pid; nil when there is none.
  func fate(of attempt: AttemptID, here: ProcessSpace, process: (Int32) -> ProcessStatus?) -> Fate {
    let records = attempts[attempt] ?? Attempt()
    if let exited = records.exited { return .exited(exited) }
    if let started = records.started { return fate(of: started, here: here, process: process) }
    if records.accepted != nil {
      return keeperLives ? .running(nil) : .unknown("the keeper ended while it was starting it")
    }
    guard let spaces = spaces[attempt.epoch] else {
      return .unknown("no keeper of its engine has left a record")
    }
    guard spaces == [here] else {
      return .unknown("its keeper ran before the machine's last start, or elsewhere")
    }
    return .notStarted
  }

  private func fate(
    of start: StartRecord, here: ProcessSpace, process: (Int32) -> ProcessStatus?
  ) -> Fate {
    if keeperLives { return .running(start) }
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
  /// The keeper has it, and will tell its end.
  case running(StartRecord?)
  /// It runs, and nobody will see how it ends.
  case runningUnobserved(StartRecord)
  case endedUnobserved
  case exited(ExitRecord)
  case unknown(String)
}
