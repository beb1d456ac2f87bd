internal import Glibc

/// Ends everything of an attempt: TERM, a time of grace, KILL, again and again until nothing is left.
struct StopLadder {
  private enum Rung {
    /// Until so late.
    case asking(until: UInt64)
    case killing(until: UInt64)
  }

  /// What does not go away after KILL for this long (another user's, or stuck in the kernel) is given up.
  private static let patience: UInt64 = 5_000_000_000
  private static let killInterval: UInt64 = 10_000_000
  private static let askInterval: UInt64 = 50_000_000

  let cause: StopCause
  private(set) var isDone = false
  /// Monotonic nanoseconds.
  private(set) var nextSweep: UInt64
  private var rung: Rung
  private var asked: Set<ProcessName> = []
  private var forbidden: [ProcessName: String] = [:]
  private var left: [String] = []

  /// `4711 sudo`: what could not be stopped.
  var notStopped: [String] { isDone ? (forbidden.values + left).sorted() : [] }

  init(_ cause: StopCause, grace: UInt64, at now: UInt64) {
    self.cause = cause
    rung = .asking(until: now.addingReportingOverflow(grace).overflow ? .max : now + grace)
    nextSweep = now
  }

  /// True when the next sweep sends KILL and has not done so before.
  func turnsToKill(at now: UInt64) -> Bool {
    if case .asking(let until) = rung { return now >= until }
    return false
  }

  /// The first process has ended: perhaps that was all.
  mutating func lookSoon(_ now: UInt64) { nextSweep = min(nextSweep, now) }

  /// Signals what is there now.
  ///
  /// - Parameters:
  ///   - mark: of the attempt's processes, in their environment.
  ///   - firstEnded: the first process was waited for.
  mutating func sweep(_ start: StartRecord, mark: String, firstEnded: Bool, now time: UInt64) {
    climb(at: time)
    // A group is signalled at once, whatever it forks meanwhile; its number is safe until its leader was waited for.
    if case .killing = rung, !firstEnded { kill(-start.pid, SIGKILL) }
    let alive = ProcessTable.members(of: start, mark: mark).filter { signal($0) }
    if alive.isEmpty, firstEnded { return end(leaving: []) }
    settle(alive, now: time)
  }

  /// Signals what is there now of an attempt that is not a child of ours.
  ///
  /// - Parameter others: of which it is not proven that they are the attempt's. They are only named.
  mutating func sweep(_ members: [ProcessStatus], besides others: [ProcessStatus], now time: UInt64) {
    climb(at: time)
    let alive = members.filter { signal($0) }
    if alive.isEmpty { return end(leaving: others) }
    settle(alive + others, now: time)
  }

  private mutating func climb(at time: UInt64) {
    if turnsToKill(at: time) { rung = .killing(until: time + StopLadder.patience) }
  }

  private mutating func settle(_ alive: [ProcessStatus], now time: UInt64) {
    if case .killing(let until) = rung, time >= until { return end(leaving: alive) }
    schedule(after: time)
  }

  private mutating func schedule(after time: UInt64) {
    let end = now(CLOCK_MONOTONIC)
    switch rung {
    case .asking(let until):
      // On a machine with very many processes looking takes long: at most a tenth of the time is spent on it.
      nextSweep = min(until, end + max(StopLadder.askInterval, 10 * (end - time)))
    case .killing(let until): nextSweep = min(until, end + max(StopLadder.killInterval, end - time))
    }
  }

  private mutating func end(leaving alive: [ProcessStatus]) {
    isDone = true
    left = alive.map { "\($0.pid) \($0.command)" }
    forbidden = forbidden.filter { name, _ in
      ProcessStatus(pid: name.pid).map { ProcessName($0) == name && $0.isAlive } ?? false
    }
  }

  /// - Returns: whether it still has to go.
  private mutating func signal(_ process: ProcessStatus) -> Bool {
    let name = ProcessName(process)
    let number: Int32
    if case .killing = rung { number = SIGKILL } else { number = SIGTERM }
    if number == SIGTERM, asked.contains(name) { return true }
    switch name.send(number) {
    case .gone: return false
    case .forbidden:
      forbidden[name] = "\(process.pid) \(process.command)"
      return false
    case .sent:
      // A stopped process sees TERM only when it goes on.
      if asked.insert(name).inserted, number == SIGTERM { _ = name.send(SIGCONT) }
      return true
    }
  }
}
