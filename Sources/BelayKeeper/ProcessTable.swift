internal import CSystem
internal import Glibc

/// Looks for the processes of an attempt in /proc. Costs a few µs for every process of the machine: only asked when an
/// attempt is stopped or is known to have left something.
enum ProcessTable {
  private static let largestEnvironment = 2 << 20

  /// Everything alive below this process that is in the session of an attempt, or marked as its own by the environment.
  ///
  /// As the reaper this process is an ancestor of all that its attempts have started: a process that carries the mark
  /// without being below (of another store's run with the same name) is not theirs. A descendant that made a session
  /// of its own and cleaned its environment is not found.
  static func members(of start: StartRecord, mark: String) -> [ProcessStatus] {
    let mark = Array(mark.utf8)
    let all = all()
    let parents = Dictionary(all.map { ($0.pid, $0.parent) }) { first, _ in first }
    return all.filter { process in
      // Its processes are not older than it; of most others no environment need be read.
      guard process.isAlive, process.startTicks >= start.startTicks.lowerBound else { return false }
      let isNamed = process.session == start.session || environment(of: process.pid, holds: mark)
      return isNamed && isBelow(process, parents)
    }
  }

  private static func isBelow(
    _ process: ProcessStatus, _ parents: [Int32: Int32], looksLeft: Int = 3
  ) -> Bool {
    let own = getpid()
    var parent = process.parent
    // Chains are short; one that runs in circles was read while numbers changed hands.
    for _ in 0..<1000 {
      if parent == own { return true }
      if parent <= 1 { return false }
      // One that ended meanwhile has handed its children to its own reaper: to us, if they are ours.
      guard let next = parents[parent] ?? ProcessStatus(pid: parent)?.parent else {
        guard looksLeft > 0, let now = ProcessStatus(pid: process.pid) else { return false }
        return isBelow(now, parents, looksLeft: looksLeft - 1)
      }
      parent = next
    }
    return false
  }

  /// - Parameter attempts: marks by session.
  static func belongs(_ process: ProcessStatus, toAnyOf attempts: [Int32: String]) -> Bool {
    if attempts[process.session] != nil { return true }
    return attempts.values.contains { environment(of: process.pid, holds: Array($0.utf8)) }
  }

  static func all() -> [ProcessStatus] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    let own = getpid()
    var found: [ProcessStatus] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = Int32(name), pid != own, let process = ProcessStatus(pid: pid) else { continue }
      found.append(process)
    }
    return found
  }

  private static func environment(of pid: Int32, holds mark: [UInt8]) -> Bool {
    // Another user's cannot be read: sudo cleans the environment anyway.
    guard let bytes = try? SmallRead.bytes(of: "/proc/\(pid)/environ", limit: largestEnvironment) else {
      return false
    }
    return bytes.split(separator: 0).contains { $0.elementsEqual(mark) }
  }

  /// This process's children; nil where the kernel does not list them (CONFIG_PROC_CHILDREN).
  static func children() -> [Int32]? {
    let path = "/proc/self/task/\(getpid())/children"
    guard let text = try? SmallRead.bytes(of: path, limit: 1 << 16) else { return nil }
    return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
  }

  /// Whether there is any child, also one that has ended and was not waited for.
  static func hasChildren() -> Bool {
    var status = siginfo_t()
    return waitid(P_ALL, 0, &status, WEXITED | WNOHANG | WNOWAIT) == 0
  }
}

/// A process that cannot be another one by chance: its number and when it began.
struct ProcessName: Hashable {
  var pid: Int32
  var startTicks: UInt64

  init(_ process: ProcessStatus) {
    pid = process.pid
    startTicks = process.startTicks
  }

  enum Delivery {
    case sent
    case gone
    case forbidden
  }

  /// Sends to this very process, or to none: between looking and signalling its number may get another owner, which a
  /// descriptor of the process rules out.
  func send(_ signal: Int32) -> Delivery {
    let descriptor = Descriptor(owning: belay_process_descriptor(pid))
    guard descriptor.number >= 0 else { return .gone }
    guard let now = ProcessStatus(pid: pid), ProcessName(now) == self else { return .gone }
    if belay_process_signal(descriptor.number, signal) == 0 { return .sent }
    return errno == EPERM ? .forbidden : .gone
  }
}
