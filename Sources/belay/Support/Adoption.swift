import BelayDigest
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld
import Glibc

/// Takes the files as they are now into a run that rests, where nothing that has happened is otherwise in them.
struct Adoption {
  let store: SQLiteStore
  let recorded: RecordedRun

  /// - Parameter ready: whoever adopts drives the run, so that nobody else appends meanwhile.
  init(of row: RunRow, in store: SQLiteStore, _ ready: Driving.Ready) throws {
    self.store = store
    recorded = try withExtendedLifetime(ready.lock) {
      try RecordedRun(try store.run(row.run) ?? row, in: store)
    }
  }

  private static let resting: Set<RunStatus> = [.held, .paused, .failed, .waiting, .rollbackIncomplete]

  /// One commit: before it the run goes on by the old plan, after it by the new one.
  ///
  /// - Returns: what is otherwise, for people; empty: nothing is, and nothing was written.
  /// - Throws: exit 6, with what has happened and is otherwise.
  func adopt(history: PlanHistory) throws -> [String] {
    let state = recorded.state
    guard Adoption.resting.contains(state.status) else {
      throw Failure(
        .usage,
        "run \(state.run) is \(state.status.words): another plan is adopted by one that has come to rest",
        hints: [typed("resume \(state.run)")])
    }
    let after = try recorded.plan.again(history: history)
    let differences = recorded.plan.differences(to: after)
    if differences.isEmpty { return [] }
    let adoption = PlanAdoption(of: after, for: recorded.plan)
    let conflicts = adoption.conflicts(touched: state.touched, closed: closed)
    guard conflicts.isEmpty else {
      throw Failure(
        .planDiffers, "run \(state.run) keeps its plan: what has happened by it is otherwise now",
        hints: conflicts)
    }
    try append(after, voided: adoption.voided(passed: passed))
    return differences
  }

  /// Groups in which nothing can begin any more.
  private var closed: Set<NodeID> {
    let ended: Set<NodeStatus> = [.succeeded, .skipped, .compensated]
    return Set(
      recorded.plan.nodes.filter { $0.kindName == "group" && ended.contains(recorded.state[$0.id].status) }
        .map(\.id))
  }

  /// Main nodes that have succeeded, outside of what has ended.
  private var passed: [NodeID] {
    let nodes = recorded.plan.nodes
    let closed = closed
    return nodes.filter { node in
      guard node.role == .main, recorded.state[node.id].status == .succeeded else { return false }
      var outer = node.parent
      while let group = outer {
        if closed.contains(nodes[group].id) { return false }
        outer = nodes[group].parent
      }
      return true
    }.map(\.id)
  }

  private func append(_ after: Plan, voided: [NodeID]) throws {
    let bytes = after.encoded()
    let before = recorded.state.planDigest
    let file = "plan-\(before).json"
    try keep(recorded.planBytes, as: file)
    let event = RunEvent.planAdopted(
      PlanAdopted(
        plan: Plan.digest(of: bytes).description, before: before, file: file, voided: voided,
        by: Caller.actor()))
    var state = recorded.state
    let now = SystemClock.wall()
    do {
      try state.apply(event, at: now)
      guard let row = state.row else { return }
      let line = EventLine.encode(event, run: state.run, number: state.events, epoch: state.epoch, at: now)
      _ = try store.append(
        AppendBatch(
          run: state.run, epoch: state.epoch, firstNumber: state.events, lines: [line], row: row,
          plan: bytes))
    } catch let error as StoreError {
      throw Failure(error)
    } catch let error as FoldError {
      throw Failure(.unusable, error.message)
    }
  }

  /// Durable, with its name, before the event that names it.
  private func keep(_ bytes: [UInt8], as name: String) throws {
    let folder = store.runFolder(recorded.state.run)
    let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw unwritten(name) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw unwritten(name) }
      rest = rest.dropFirst(count)
    }
    let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(parent) }
    guard parent >= 0, fsync(descriptor) == 0, fsync(parent) == 0 else { throw unwritten(name) }
  }

  private func unwritten(_ name: String) -> Failure {
    Failure(.unusable, "\(name) cannot be written: \(String(cString: strerror(errno))); nothing has changed")
  }
}
