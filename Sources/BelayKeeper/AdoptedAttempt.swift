internal import CSystem
internal import Glibc

/// An attempt whose keeper was killed, watched by the one that came after: it can be stopped, its timeout holds, and its
/// end is seen. How it ends is not: its parent would know, and is dead.
final class AdoptedAttempt {
  let id: AttemptID
  let start: StartRecord
  let grace: UInt64
  /// Monotonic nanoseconds.
  let deadline: UInt64?
  var stop: StopLadder?
  /// Seen to be its processes.
  var known: Set<ProcessName> = []
  /// Any process of it, in epoll until it ends; then the others are looked at.
  var watched: (process: Descriptor, tag: UInt64)?
  /// When to look, though nothing was heard.
  var lookAt: UInt64?

  init(_ survivor: Survivor, _ known: KeeperRecords.Attempt) {
    id = survivor.attempt
    start = survivor.start
    grace = known.accepted?.grace ?? SpawnRequest.defaultGrace
    deadline = known.startedAt.flatMap { at in known.accepted?.timeout.map { at &+ $0 } }
  }

  var wakeAt: UInt64? {
    if let stop { return stop.isDone ? 0 : stop.nextSweep }
    return [deadline, lookAt].compactMap { $0 }.min()
  }
}

extension Keeper {
  /// Where the kernel gives no descriptor of a process: how often it is looked for.
  private static let lookInterval: UInt64 = 100_000_000

  /// Takes over what keepers before this one have left at work.
  func adopt() throws(KeeperError) {
    let records = try KeeperRecords(log: Keeper.logName)
    for survivor in records.survivors(of: run) {
      guard let known = records.attempts[survivor.attempt] else { continue }
      let attempt = AdoptedAttempt(survivor, known)
      adopted[attempt.id] = attempt
      if known.started == nil {
        log.append([slot(.started, attempt.id, attempt.start.payload, time: attempt.start.time)])
      }
      watch(attempt)
      if survivor.stopBegun { stop(attempt, records.stopCause(of: attempt.id)) }
    }
  }

  /// Looks whether anything of it is left, and waits for one that is.
  func watch(_ attempt: AdoptedAttempt) {
    if let (process, tag) = attempt.watched { forget(tag, process.number) }
    attempt.watched = nil
    attempt.lookAt = nil
    let members = members(of: attempt)
    // What has detached itself is the step's to leave running, as long as nobody has asked to stop it.
    guard let next = members.atWork(stopBegun: false).min(by: { $0.pid < $1.pid }) else {
      return finish(attempt, leftRunning: members.detached)
    }
    let process = Descriptor(owning: belay_process_descriptor(next.pid))
    if process.number < 0 {
      attempt.lookAt = now(CLOCK_MONOTONIC) + Keeper.lookInterval
    } else {
      attempt.watched = (process, watch(process.number, .adopted(attempt)))
    }
  }

  private func members(of attempt: AdoptedAttempt) -> AttemptProcesses {
    let members = ProcessSnapshot().members(
      of: attempt.start, mark: mark(attempt.id), known: attempt.known)
    attempt.known.formUnion(members.proven.map(ProcessName.init))
    return members
  }

  func stop(_ attempt: AdoptedAttempt, _ cause: StopCause) {
    if attempt.stop != nil { return }
    if let (process, tag) = attempt.watched { forget(tag, process.number) }
    attempt.watched = nil
    attempt.stop = StopLadder(cause, grace: attempt.grace, at: now(CLOCK_MONOTONIC))
    recordSignal(attempt.id, SIGTERM, cause)
  }

  /// Does what is due for an adopted attempt.
  func advance(_ attempt: AdoptedAttempt, now time: UInt64) {
    if attempt.stop == nil, let deadline = attempt.deadline, time >= deadline { stop(attempt, .timeout) }
    if attempt.stop == nil, let lookAt = attempt.lookAt, time >= lookAt { return watch(attempt) }
    guard var stop = attempt.stop, time >= stop.nextSweep else { return }
    if stop.turnsToKill(at: time) { recordSignal(attempt.id, SIGKILL, stop.cause) }
    let members = members(of: attempt)
    stop.sweep(members.proven, besides: members.doubtful, now: time)
    attempt.stop = stop
    if stop.isDone { finish(attempt, leftRunning: []) }
  }

  private func finish(_ attempt: AdoptedAttempt, leftRunning: [ProcessStatus]) {
    adopted[attempt.id] = nil
    var lost = StreamRecord()
    lost.missing = .unobserved
    lost.truncated = true
    let left = attempt.stop?.notStopped ?? []
    let time = now(CLOCK_BOOTTIME)
    let exit = ExitRecord(
      ending: left.isEmpty ? .unobserved : .stillRunning, stopped: attempt.stop?.cause,
      duration: time - min(time, attempt.start.startedBetween.lowerBound), usage: ResourceUse(),
      stdout: lost, stderr: lost, leftRunning: list(leftRunning.named), notStopped: list(left),
      time: now(CLOCK_REALTIME))
    record(exit, of: attempt.id)
  }
}

extension KeeperRecords {
  fileprivate func stopCause(of attempt: AttemptID) -> StopCause {
    attempts[attempt]?.signals.last?.cause ?? attempts[attempt]?.exited?.stopped ?? .timeout
  }
}
