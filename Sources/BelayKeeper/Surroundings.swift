internal import Glibc

/// The unit of start times in /proc is a hundredth of a second on every Linux (proc(5), USER_HZ).
let nanosecondsPerTick: UInt64 = 10_000_000

func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
