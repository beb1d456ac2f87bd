public import BelayEngine
public import BelayModel
private import CSystem
private import Glibc

extension Accounts {
  /// Looks up the users of this machine that the roster's people have: `accounts: { os: ana }`, or a number.
  ///
  /// Who has none, or one that there is not, is nobody here.
  public init(of roster: Roster?) {
    var uids: [String: Int] = [:]
    for person in roster?.people ?? [] {
      guard case .string(let name)? = person.accounts["os"] else {
        if case .int(let number)? = person.accounts["os"] { uids[person.id] = Int(number) }
        continue
      }
      uids[person.id] = Accounts.uid(of: name)
    }
    self.init(uids: uids)
  }

  private static func uid(of name: String) -> Int? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    if getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil { return Int(entry.pw_uid) }
    return Int(name)
  }
}
