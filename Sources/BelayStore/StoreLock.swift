import BelayJournal
import Glibc

/// Who holds a lock.
public struct LockHolder: Hashable, Sendable {
  public var pid: Int
  /// Its command's name; empty when it is gone.
  public var command: String
  /// By SIGSTOP, Ctrl-Z or a debugger: it will not let go until it goes on.
  public var isStopped: Bool

  public var text: String {
    command.isEmpty ? "process \(pid)" : "process \(pid) (\(command)\(isStopped ? ", stopped" : ""))"
  }

  /// - Source: proc(5), /proc/pid/stat: the name stands in brackets and may contain any character.
  public init(pid: Int) {
    self.pid = pid
    command = ""
    isStopped = false
    guard let file = try? OpenFile("/proc/\(pid)/stat", O_RDONLY),
      let bytes = try? file.read(limit: 1024), let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close, close + 2 < bytes.count
    else { return }
    command = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
    isStopped = [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(bytes[close + 2])
  }
}

/// The lock under which everything is written.
///
/// SQLite's own waiting sleeps and starves; a queue in the kernel serves in order, and keeps commits and
/// checkpoints of two processes from ever meeting (the WAL-reset bug of 3.7.0 to 3.51.2).
final class StoreLock {
  private let file: OpenFile
  private let onLongWait: @Sendable (LockHolder) -> Void
  private let pidLine: [UInt8]

  /// - Parameter onLongWait: told once, from a thread of its own, when a wait has taken 5 s.
  init(path: String, onLongWait: @escaping @Sendable (LockHolder) -> Void) throws(FileError) {
    file = try OpenFile(path, O_RDWR | O_CREAT)
    self.onLongWait = onLongWait
    let pid = String(getpid())
    pidLine = Array((pid + String(repeating: " ", count: 19 - pid.utf8.count) + "\n").utf8)
  }

  /// Runs `body` while it is held. Ctrl-Z waits meanwhile in this thread: a stopped holder would stop every run
  /// of the machine. A program with more threads blocks SIGTSTP in those.
  func held<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    let mask = SignalMask(blocking: SIGTSTP)
    defer { mask.restore() }
    do throws(FileError) { try take() } catch { throw error.asStoreError }
    defer { _ = try? file.lock(LOCK_UN) }
    return try body()
  }

  /// As ``held(_:)`` where nobody else holds it; else nil, at once.
  func heldIfFree<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result? {
    let mask = SignalMask(blocking: SIGTSTP)
    defer { mask.restore() }
    let isFree: Bool
    do throws(FileError) { isFree = try file.lock(LOCK_EX | LOCK_NB) } catch { throw error.asStoreError }
    guard isFree else { return nil }
    defer { _ = try? file.lock(LOCK_UN) }
    try? signAsHolder()
    return try body()
  }

  private func take() throws(FileError) {
    if try !file.lock(LOCK_EX | LOCK_NB) {
      let watch = LongWait(file.path, onLongWait)
      defer { watch?.end() }
      _ = try file.lock(LOCK_EX)
    }
    // For people only; a full disk must not keep us from the lock.
    try? signAsHolder()
  }

  private func signAsHolder() throws(FileError) {
    // Unchanged bytes are not written: that would dirty the inode before every sync.
    if try file.read(limit: pidLine.count) != pidLine { try file.write(pidLine, at: 0) }
  }

  /// Who last took the lock.
  static func holder(path: String) -> LockHolder? {
    guard let file = try? OpenFile(path, O_RDONLY), let bytes = try? file.read(limit: 20),
      let pid = Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
    else { return nil }
    return LockHolder(pid: pid)
  }
}

/// A thread that tells when a wait takes long. flock(2) knows no timeout, and asking again and again would lose
/// the place in the queue.
private final class LongWait {
  private static let limit: Int32 = 5000

  private struct Watch: Sendable {
    var end: Int32
    var path: String
    var tell: @Sendable (LockHolder) -> Void
  }

  private let thread: pthread_t
  private let writeEnd: Int32
  private let readEnd: Int32

  /// Nil when there is no thread or pipe to be had: waiting works without.
  init?(_ path: String, _ tell: @escaping @Sendable (LockHolder) -> Void) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (readEnd, writeEnd) = (ends[0], ends[1])
    let watch = Unmanaged.passRetained(WatchBox(Watch(end: ends[0], path: path, tell: tell)))
    var thread = pthread_t()
    // Signals are for the program's own threads.
    let mask = SignalMask.blockingAll()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        LongWait.watch(Unmanaged<WatchBox>.fromOpaque(argument).takeRetainedValue().watch)
        return nil
      }, watch.toOpaque())
    mask.restore()
    guard code == 0 else {
      watch.release()
      close(ends[0])
      close(ends[1])
      return nil
    }
    self.thread = thread
  }

  private final class WatchBox {
    let watch: Watch
    init(_ watch: Watch) { self.watch = watch }
  }

  private static func watch(_ watch: Watch) {
    var ends = [pollfd(fd: watch.end, events: Int16(POLLIN), revents: 0)]
    if poll(&ends, 1, limit) == 0, let holder = StoreLock.holder(path: watch.path) { watch.tell(holder) }
  }

  func end() {
    // The closed pipe wakes it with POLLHUP.
    close(writeEnd)
    pthread_join(thread, nil)
    close(readEnd)
  }
}

/// Signals blocked in this thread until they are restored.
struct SignalMask {
  private var before: sigset_t

  init(blocking signal: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    self.init(set)
  }

  static func blockingAll() -> SignalMask {
    var set = sigset_t()
    sigfillset(&set)
    return SignalMask(set)
  }

  private init(_ set: sigset_t) {
    var set = set
    before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &set, &before)
  }

  func restore() {
    var set = before
    pthread_sigmask(SIG_SETMASK, &set, nil)
  }
}
