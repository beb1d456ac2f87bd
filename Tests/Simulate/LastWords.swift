import Glibc

/// The seeds that are being played: named when the engine traps or never ends, which nothing else can tell.
enum LastWords {
  private static let limit = 256
  nonisolated(unsafe) private static let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: limit)

  static func prepare() {
    seeds.initialize(repeating: .max, count: limit)
    for trap in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGTERM] {
      signal(trap) { number in
        for job in 0..<LastWords.limit where LastWords.seeds[job] != .max {
          LastWords.say(LastWords.seeds[job])
        }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  static func playing(_ seed: UInt64, job: Int) { seeds[job % limit] = seed }

  /// Without memory or locks: the process is broken.
  private static func say(_ seed: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { text in
      var length = 0
      for byte in "being played: seed ".utf8 {
        text[length] = byte
        length += 1
      }
      var divisor: UInt64 = 1
      while seed / divisor >= 10 { divisor *= 10 }
      while divisor > 0 {
        text[length] = UInt8(48 + seed / divisor % 10)
        length += 1
        divisor /= 10
      }
      text[length] = 10
      write(STDERR_FILENO, text.baseAddress, length + 1)
    }
  }
}
