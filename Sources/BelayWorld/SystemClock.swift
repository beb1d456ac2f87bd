public import BelayEngine
public import BelayModel
private import CSystem
private import Glibc

/// The machine's clocks, read once for each input.
public struct SystemClock: Sendable {
  /// Of this boot of the machine.
  public let bootID: String

  public init() { bootID = (try? SmallFile.read("/proc/sys/kernel/random/boot_id")).map(trimmed) ?? "" }

  public func read() -> Clock { Clock(wall: SystemClock.wall(), boot: boot(), bootID: bootID) }

  /// - Source: CLOCK_BOOTTIME of clock_gettime(2): sleep of the machine counts.
  public func boot() -> TimeSpan {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return TimeSpan(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// In whole microseconds, as event lines keep it: what is folded live is what is read back.
  ///
  /// - Source: CLOCK_REALTIME of clock_gettime(2)
  public static func wall() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec / 1000 * 1000))
  }
}

func trimmed(_ text: String) -> String {
  var text = text[...]
  while text.last?.isNewline == true { text.removeLast() }
  return String(text)
}
