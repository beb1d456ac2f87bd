public import BelayJournal
private import BelayModel
private import CSystem
private import Glibc

/// Who runs this program, as far as the kernel knows.
public enum Caller {
  /// The uid's name, and the login uid, which outlives `sudo` (proc(5), /proc/[pid]/loginuid).
  public static func actor() -> Actor {
    let login = (try? SmallFile.read("/proc/self/loginuid")).flatMap { Int(trimmed($0)) }
    return actor(uid: getuid(), loginUid: login)
  }

  /// The peer of a Unix socket.
  ///
  /// - Source: SO_PEERCRED of unix(7)
  static func actor(of connection: Int32) -> Actor? {
    var credentials = ucred()
    var size = socklen_t(MemoryLayout<ucred>.size)
    guard getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    let login = (try? SmallFile.read("/proc/\(credentials.pid)/loginuid")).flatMap { Int(trimmed($0)) }
    return actor(uid: credentials.uid, loginUid: login)
  }

  /// Who drives the run, or the superuser.
  static func isTrusted(_ actor: Actor) -> Bool { actor.uid == Int(getuid()) || actor.uid == 0 }

  private static func actor(uid: uid_t, loginUid: Int?) -> Actor {
    // 2³² - 1: no login.
    let login = loginUid.flatMap { $0 == 4_294_967_295 ? nil : $0 }
    let name = userName(login.map(uid_t.init) ?? uid) ?? "uid \(uid)"
    return Actor(name: name, assurance: .os, uid: Int(uid), loginUid: login)
  }

  private static func userName(_ uid: uid_t) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return String(cString: entry.pw_name)
  }
}
