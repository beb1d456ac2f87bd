import BelayJournal
import Glibc

// A store of one user, mode 0700; or of a group, mode 2770: whoever is in it may run, look and approve, and the kernel
// says who did. Who may write to its files may also change them: what tells is a copy of `heads.log`, and signatures.

extension StoreFolder {
  /// Set-group-ID, so that what is made inside belongs to the group too, all rights for it, none for others.
  static let sharedMode: mode_t = 0o2770

  /// - Throws: `unusable` for a folder that others may look into, or that is another user's and no group's.
  func checkRights(_ status: stat) throws(StoreError) {
    let mode = status.st_mode & 0o7777
    let isOwn = status.st_uid == geteuid()
    if isOwn, mode & 0o077 == 0 { return }
    if mode & 0o077 == 0o070, mode & S_ISGID != 0 {
      if isOwn || StoreFolder.isMember(of: status.st_gid) { return }
      throw .unusable(
        "\(path) is shared with the group \(StoreFolder.groupName(status.st_gid)), in which uid \(geteuid()) is not"
      )
    }
    guard isOwn else {
      throw .unusable(
        "\(path) belongs to uid \(status.st_uid), not to uid \(geteuid()) that runs this, and is shared with no "
          + "group: its owner shares it with chgrp GROUP \(path) && chmod 2770 \(path)")
    }
    // An empty folder that was made for it becomes the store; what holds other files may be open on purpose.
    if rmdirWouldWork, chmod(path, 0o700) == 0 { return }
    throw .unusable(
      "\(path) is open to other users: chmod 700 \(path), or, for a group, chgrp GROUP \(path) && chmod 2770 \(path)"
    )
  }

  /// The group that a store is shared with; nil where it is one user's own.
  static func sharingGroup(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o7070 == 0o2070 else { return nil }
    return groupName(status.st_gid)
  }

  private static func isMember(of group: gid_t) -> Bool {
    if getegid() == group || geteuid() == 0 { return true }
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = getgroups(Int32(groups.count), &groups)
    return count > 0 && groups[..<Int(count)].contains(group)
  }

  private static func groupName(_ id: gid_t) -> String {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 65_536)
    guard getgrgid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return "\(id)" }
    return String(cString: entry.gr_name)
  }

  /// What is made in a shared folder is the group's, whatever the umask of who makes it.
  ///
  /// - Parameter mode: for the group as for the owner.
  static func share(_ path: String, as mode: mode_t) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var folder = stat()
    guard stat(parent, &folder) == 0, folder.st_mode & 0o2070 == 0o2070 else { return }
    var status = stat()
    if stat(path, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o7777 != mode {
      chmod(path, mode)
    }
  }
}

extension SQLiteStore {
  /// The group that it is shared with; nil where it is one user's own.
  public var group: String? { StoreFolder.sharingGroup(of: location) }
}
