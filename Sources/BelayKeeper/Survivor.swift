internal import Glibc

/// An attempt of which something still runs.
public struct Survivor: Hashable, Sendable {
  public var attempt: AttemptID
  public var start: StartRecord
  /// Somebody has begun to end everything of it.
  public var stopBegun: Bool
  /// Its keeper could not end it (another user's, after sudo), and has recorded that.
  public var isGivenUp: Bool
  /// `4711 server`, by pid.
  public var processes: [String]
}

extension KeeperRecords {
  /// What still runs of this run's attempts, with a keeper or without one. Looks at processes now.
  ///
  /// - Parameter run: the run's name, as in `BELAY_ATTEMPT`.
  public func survivors(of run: String) -> [Survivor] {
    guard let here = try? ProcessSpace.current() else { return [] }
    let unfinished = attempts.filter { $0.value.isUnfinished(in: here) }
    if unfinished.isEmpty { return [] }
    let snapshot = ProcessSnapshot()
    return unfinished.sorted { $0.key < $1.key }.compactMap { id, known in
      known.survivor(id, mark: Program.mark(run: run, attempt: id), in: snapshot)
    }
  }
}

extension KeeperRecords.Attempt {
  /// Something of it may still run: no end is recorded, or one that left processes which should have ended.
  fileprivate func isUnfinished(in here: ProcessSpace) -> Bool {
    guard (started?.space ?? accepted?.space) == here else { return false }
    guard let exited else { return true }
    return exited.ending == .stillRunning || !exited.notStopped.isEmpty
  }

  fileprivate func survivor(_ id: AttemptID, mark: String, in snapshot: ProcessSnapshot) -> Survivor? {
    guard let start = started ?? snapshot.leader(marked: mark).map(recovered) else { return nil }
    let stopBegun = !signals.isEmpty || exited != nil
    let alive = snapshot.members(of: start, mark: mark).atWork(stopBegun: stopBegun)
    guard !alive.isEmpty else { return nil }
    return Survivor(
      attempt: id, start: start, stopBegun: stopBegun, isGivenUp: exited != nil, processes: alive.named)
  }

  /// The record that its keeper did not live to write.
  private func recovered(_ leader: ProcessStatus) -> StartRecord {
    let began = leader.startTicks * nanosecondsPerTick
    return StartRecord(
      pid: leader.pid, session: leader.session,
      space: accepted?.space ?? ProcessSpace(bootID: [], namespace: 0),
      startedBetween: began...(began + nanosecondsPerTick - 1), time: accepted?.time ?? 0)
  }
}

extension [ProcessStatus] {
  /// `4711 server`, by pid.
  var named: [String] { sorted { $0.pid < $1.pid }.map { "\($0.pid) \($0.command.onOneLine)" } }
}

extension String {
  /// A process may put anything in its name.
  var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
  }
}
