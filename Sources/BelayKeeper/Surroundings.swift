internal import BelayDigest
internal import Glibc

/// The unit of start times in /proc is a hundredth of a second on every Linux (proc(5), USER_HZ).
let nanosecondsPerTick: UInt64 = 10_000_000

func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// Nanoseconds of a clock.
func now(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

extension ProcessSpace {
  /// Of this process.
  static func current() throws(KeeperError) -> ProcessSpace {
    let path = "/proc/sys/kernel/random/boot_id"
    let text = try SmallRead.bytes(of: path, limit: 64)
    guard let bootID = [UInt8](hex: String(decoding: text.filter { $0 > 0x2D }, as: UTF8.self)),
      bootID.count == 16
    else { throw .system(call: "read", path: path, code: EINVAL) }
    var status = stat()
    guard stat("/proc/self/ns/pid", &status) == 0 else {
      throw .system(call: "stat", path: "/proc/self/ns/pid", code: errno)
    }
    return ProcessSpace(bootID: bootID, namespace: UInt64(status.st_ino))
  }
}

/// Files of the kernel's, read whole.
enum SmallRead {
  /// - Parameter limit: more is cut off.
  static func bytes(of path: String, limit: Int) throws(KeeperError) -> [UInt8] {
    let file = try Descriptor(opening: path, O_RDONLY)
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      while count < limit, let start = buffer.baseAddress {
        let got = read(file.number, start + count, limit - count)
        if got > 0 {
          count += got
        } else if got == 0 || errno != EINTR {
          if got < 0 { code = errno }
          return
        }
      }
    }
    if code != 0 { throw .system(call: "read", path: path, code: code) }
    return bytes
  }
}
