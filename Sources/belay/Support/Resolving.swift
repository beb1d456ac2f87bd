import BelayJournal
import BelayModel
import BelayPresentation
import BelayStore
import BelayWorld

/// A person's word on a node in doubt, held or failed, put on the record of a run that nobody drives.
struct Resolving {
  let store: SQLiteStore
  let row: RunRow
  let node: NodeID
  let resolution: Resolution
  /// What it rests on.
  let note: String
  var values = ValueMap()

  /// - Throws: exit 2 when there is nothing of it to settle, 3 while it still runs, 7 when somebody drives the run.
  func record() throws {
    let folder = store.runFolder(row.run)
    do {
      let lock = try DriverLock.take(folder)
      defer { withExtendedLifetime(lock) {} }
      let recorded = try RecordedRun(try store.run(row.run) ?? row, in: store)
      try recorded.requireNode(node)
      // First what runs: until it has ended, no other word helps.
      try requireEnded(recorded, folder)
      try requireOpen(recorded)
      let event = RunEvent.resolved(node, as: resolution, note: note, values: values, by: Caller.actor())
      _ = try recorded.append(event, at: SystemClock.wall(), in: store)
    } catch let error as DriverError {
      throw Failure(error, run: row.run)
    }
  }

  /// - Throws: exit 2 with the nodes that there are to settle, when this is none of them.
  private func requireOpen(_ recorded: RecordedRun) throws {
    let state = recorded.state
    guard !state.status.isFinal else {
      throw Failure(.usage, "run \(row.run) is \(state.status.words): there is nothing to resolve")
    }
    guard !state.canBeResolved(node) else { return }
    if [.intended, .running, .compensating].contains(state[node].status) {
      throw Failure(
        .usage, "\(node) is \(state[node].status.words), and nobody drives the run",
        hints: ["first look what has become of it: \(typed("resume \(row.run)"))"])
    }
    let root = RollbackName.root(of: node)
    let others = ([root].filter(state.canBeResolved) + state.undecided).reduce(into: [NodeID]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let hints = others.prefix(5).map {
      typed("resolve \(row.run) \($0) --as \(resolution.rawValue) --note '…'")
    }
    throw Failure(
      .usage, "\(node) is \(state[node].status.words): there is nothing to resolve",
      hints: hints.isEmpty
        ? ["\(typed("status \(row.run)")) shows every node"] : ["what can be resolved:"] + hints)
  }

  /// What its effect is, nobody can say while it is at work.
  private func requireEnded(_ recorded: RecordedRun, _ folder: String) throws {
    do {
      let living = try LivingAttempt.all(of: recorded.state, folder: folder).filter { $0.node == node }
      if !living.isEmpty { throw Failure(stillRunning: living, of: row.run) }
    } catch let error as WorldError { throw Failure(error, run: row.run) }
  }
}
