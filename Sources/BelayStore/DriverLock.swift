import BelayJournal
public import BelayModel
import Glibc

/// Who drives a run, by the file of its lock; nil where the driver has not yet written it.
public struct Driver: Hashable, Sendable {
  public var pid: Int?
  public var since: Timestamp?

  public init(pid: Int?, since: Timestamp?) {
    self.pid = pid
    self.since = since
  }

  public var text: String {
    guard let pid, let since else { return "another process" }
    return LockHolder(pid: pid).text + " since \(since.text)"
  }
}

public enum DriverError: Error, Hashable, Sendable {
  /// Another process drives the run.
  case driven(Driver)
  /// The run's folder does not let itself be locked.
  case unusable(String)

  public var message: String {
    switch self {
    case .driven(let driver): "driven by \(driver.text)"
    case .unusable(let text): text
    }
  }
}

/// The right to drive a run: held by one process, let go with this object or by the kernel with the process.
///
/// The file of a recorded run is never unlinked: a lock on a name that is gone would let two drivers in.
public final class DriverLock {
  private let file: OpenFile
  public let driver: Driver

  /// - Parameter runFolder: exists already (``SQLiteStore/makeRunFolder(_:)``).
  public static func take(_ runFolder: String) throws(DriverError) -> DriverLock {
    let other: Driver
    do throws(FileError) {
      let file = try OpenFile(path(runFolder), O_RDWR | O_CREAT)
      // Again for a moment: who only asks whether somebody drives holds a shared lock for microseconds.
      for _ in 0..<20 {
        if try file.lock(LOCK_EX | LOCK_NB) { return try DriverLock(file) }
        usleep(500)
      }
      other = try read(file)
    } catch { throw .unusable(error.message) }
    throw .driven(other)
  }

  private init(_ file: OpenFile) throws(FileError) {
    self.file = file
    let now = Timestamp.now
    driver = Driver(pid: Int(getpid()), since: now)
    // One write of one length: a reader sees the old driver or the new one, never half of each.
    let pid = String(getpid())
    let line = String(repeating: " ", count: 11 - pid.utf8.count) + pid + " " + now.fixedText + "\n"
    try file.write(Array(line.utf8), at: 0)
  }

  /// Others may drive it from here on.
  public func release() { _ = try? file.lock(LOCK_UN) }

  /// Who drives the run now; nil when nobody does, or when the folder cannot be looked into.
  public static func driver(of runFolder: String) -> Driver? {
    guard let file = try? OpenFile(path(runFolder), O_RDONLY) else { return nil }
    guard let isFree = try? file.lock(LOCK_SH | LOCK_NB), !isFree else { return nil }
    return (try? read(file)) ?? Driver(pid: nil, since: nil)
  }

  static let fileName = "drive.lock"

  private static func path(_ runFolder: String) -> String { runFolder + "/" + fileName }

  private static func read(_ file: OpenFile) throws(FileError) -> Driver {
    let words = String(decoding: try file.read(limit: 128), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard words.count == 2, let pid = Int(words[0]), let since = Timestamp(text: words[1]) else {
      return Driver(pid: nil, since: nil)
    }
    return Driver(pid: pid, since: since)
  }
}

extension Timestamp {
  /// - Source: CLOCK_REALTIME of clock_gettime(2)
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }
}
