public import BelayJournal
internal import BelayKeeper

/// An attempt of a run of which something still runs, with a keeper or without one.
public struct LivingAttempt: Hashable, Sendable {
  public var attempt: AttemptName
  /// Nil for a question, and for what this driver has started itself: the record it began with does not know them.
  public var node: NodeID?
  /// `4711 server`, by pid.
  public var processes: [String]
  /// It was to be ended, and could not be.
  public var isGivenUp: Bool

  /// Looks at processes now.
  ///
  /// - Throws: `keeper` where the keeper's log cannot be read.
  public static func all(of run: RunState, folder: String) throws(WorldError) -> [LivingAttempt] {
    do throws(KeeperError) {
      return all(of: run, records: try KeeperRecords(runFolder: folder))
    } catch { throw .keeper("\(error)") }
  }

  static func all(of run: RunState, records: KeeperRecords) -> [LivingAttempt] {
    records.survivors(of: run.run).map { survivor in
      let name = survivor.attempt.description
      return LivingAttempt(
        attempt: name, node: run.attempts[name]?.node, processes: survivor.processes,
        isGivenUp: survivor.isGivenUp)
    }
  }

  /// `migrate (attempt 1.2) still runs: process 4711 bash`
  public var text: String {
    let what = node.map { "\($0) (attempt \(attempt))" } ?? "attempt \(attempt)"
    let list = processes.map { "process \($0)" }.joined(separator: ", ")
    return "\(what) still runs\(isGivenUp ? " and cannot be signalled" : ""): \(list)"
  }
}
