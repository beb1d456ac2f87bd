internal import CSystem
internal import Glibc

/// The processes of one moment, for finding those of attempts whose keeper was killed: they hang below nobody of ours.
final class ProcessSnapshot {
  private static let largestEnvironment = 2 << 20

  /// Zombies too.
  private let processes: [ProcessStatus]
  private let byPid: [Int32: ProcessStatus]
  /// What `BELAY_ATTEMPT` says, by pid, of those that were looked at.
  private var marks: [Int32: [UInt8]] = [:]

  init() {
    processes = ProcessTable.all()
    byPid = Dictionary(processes.map { ($0.pid, $0) }) { first, _ in first }
  }

  /// - Parameters:
  ///   - mark: `BELAY_ATTEMPT=<run>/<attempt>`.
  ///   - known: processes that were the attempt's when they were looked for before.
  func members(of start: StartRecord, mark: String, known: Set<ProcessName> = []) -> AttemptProcesses {
    let mark = Array(mark.utf8)
    var found = AttemptProcesses()
    let leader = byPid[start.pid].flatMap { start.startTicks.contains($0.startTicks) ? $0 : nil }
    let candidates = processes.filter { $0.isAlive && $0.startTicks >= start.startTicks.lowerBound }
    var inSession: [ProcessStatus] = []
    // A session's number belongs to it as long as anybody is in it. That it still is this attempt's is proven by its
    // leader (dead and not waited for will do), by a mark, or by one who was in it when that was proven.
    var isProven = leader != nil
    for process in candidates {
      let isKnown = known.contains(ProcessName(process))
      let isMarked = isKnown || environment(of: process.pid) == mark
      if process.session == start.session {
        inSession.append(process)
        isProven = isProven || isMarked
      } else if isMarked {
        found.detached.append(process)
      }
    }
    found.leaderLives = leader?.isAlive ?? false
    if isProven {
      found.inSession = inSession
    } else if byPid[start.session] == nil {
      found.doubtful = inSession
    }
    return found
  }

  /// The process of an attempt whose keeper was killed before it had recorded the start: it leads a session, carries the
  /// mark, and writes into a keeper's pipe. A server that a step has left running has the first two of these as well.
  func leader(marked mark: String) -> ProcessStatus? {
    let mark = Array(mark.utf8)
    return processes.first {
      $0.isAlive && $0.pid == $0.session && environment(of: $0.pid) == mark && writesIntoPipe($0.pid)
    }
  }

  private func writesIntoPipe(_ pid: Int32) -> Bool {
    let pipe = Array("pipe:".utf8)
    return [STDOUT_FILENO, STDERR_FILENO].contains { file in
      var target = [CChar](repeating: 0, count: pipe.count)
      guard readlink("/proc/\(pid)/fd/\(file)", &target, target.count) == pipe.count else { return false }
      return target.map { UInt8(bitPattern: $0) } == pipe
    }
  }

  /// The variable that names the attempt; nothing for another user's process, which cannot be read.
  private func environment(of pid: Int32) -> [UInt8] {
    if let known = marks[pid] { return known }
    let prefix = Array((Program.markName + "=").utf8)
    let path = "/proc/\(pid)/environ"
    let bytes = (try? SmallRead.bytes(of: path, limit: ProcessSnapshot.largestEnvironment)) ?? []
    let mark = bytes.split(separator: 0).first { $0.starts(with: prefix) }.map(Array.init) ?? []
    marks[pid] = mark
    return mark
  }
}

/// What lives of one attempt that nobody has watched.
struct AttemptProcesses {
  var leaderLives = false
  /// In the session that its first process has made, that one too.
  var inSession: [ProcessStatus] = []
  /// Marked, in sessions of their own: what a step that ended well may have left running.
  var detached: [ProcessStatus] = []
  /// In a session of this number, unmarked, and nobody there who could prove that it still is the same session. They are
  /// named, not signalled.
  var doubtful: [ProcessStatus] = []

  /// All that may be signalled.
  var proven: [ProcessStatus] { inSession + detached }

  /// What must have ended before anything else of the node is started.
  ///
  /// - Parameter stopBegun: everything was to be ended, also what has detached itself.
  func atWork(stopBegun: Bool) -> [ProcessStatus] {
    inSession + doubtful + (stopBegun ? detached : [])
  }
}
