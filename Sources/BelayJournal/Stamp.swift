public import BelayModel

/// The store's own word on an event: when it was stored, and for whom by the kernel's account.
///
/// One commit gives all its events the same stamp.
public struct Stamp: Hashable, Sendable {
  /// By the store's clock.
  public var at: Timestamp
  /// Effective uid of the process that appended.
  public var uid: Int
  /// Who logged in, whatever su and sudo did since (/proc/self/loginuid); nil where the kernel has none.
  public var loginUid: Int?
  public var pid: Int
  public var host: String

  public init(at: Timestamp, uid: Int, loginUid: Int?, pid: Int, host: String) {
    self.at = at
    self.uid = uid
    self.loginUid = loginUid
    self.pid = pid
    self.host = host
  }

  /// The exact bytes.
  public var text: String {
    var writer = LineWriter()
    writer.time("at", at)
    writer.int("uid", uid)
    writer.int("login_uid", loginUid)
    writer.int("pid", pid)
    writer.text("host", host)
    return writer.line()
  }

  public init(parsing text: String) throws(EventLineError) {
    var fields = try LineFields(parsing: text)
    at = try fields.time("at")
    uid = try fields.int("uid")
    loginUid = try fields.optionalInt("login_uid")
    pid = try fields.int("pid")
    host = try fields.text("host")
    try fields.finish()
  }
}
