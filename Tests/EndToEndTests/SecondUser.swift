import Glibc
import Testing

/// Tests that become another user are left out by name where nobody can: only root may.
enum SecondUser {
  static let isThere = geteuid() == 0
  static let why: Comment = "needs a second user, and only root can become one"

  /// Another user can start what was built.
  static let reachesBinaries: Bool = {
    var folder = ""
    return Sandbox.binaries.split(separator: "/").allSatisfy { part in
      folder += "/" + part
      var facts = stat()
      return stat(folder, &facts) == 0 && facts.st_mode & 0o001 != 0
    }
  }()
  static let whyNotReached: Comment = "needs a build in a folder that every user may enter"
}
