import BelayJournal
import BelayModel
import Glibc

/// Who appends, by the kernel's account; read once.
struct StampSource {
  private let uid = Int(geteuid())
  private let loginUid = StampSource.readLoginUid()
  private let host = StampSource.readHost()

  func stamp(at moment: Timestamp) -> Stamp {
    Stamp(at: moment, uid: uid, loginUid: loginUid, pid: Int(getpid()), host: host)
  }

  /// - Source: /proc/self/loginuid; 4294967295 means that nobody has logged in.
  private static func readLoginUid() -> Int? {
    guard let bytes = try? OpenFile("/proc/self/loginuid", O_RDONLY).read(limit: 16),
      let number = UInt32(String(decoding: bytes, as: UTF8.self)), number != .max
    else { return nil }
    return Int(number)
  }

  private static func readHost() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
