import BelayJournal
import Glibc

// Whether there is a store. A place that may not be looked into is not the same as one where nothing is, and a
// database that is gone is not the same as one that never was.

extension StoreFolder {
  /// What of a run lies beside the database, and so after it: only a store that had runs has these.
  struct Traces {
    var names: [String] = []

    /// - Throws: `broken` when there are any.
    func refuse(_ what: String, in folder: StoreFolder) throws(StoreError) {
      guard !names.isEmpty else { return }
      throw .broken(
        "\(folder.database) \(what), though \(names.joined(separator: " and ")) in \(folder.path) tell of runs: "
          + "put it back from a copy, or begin a new store: mv \(folder.path) \(folder.path).old")
    }
  }

  /// - Returns: false when there is no store and never was one.
  /// - Throws: `unusable` when that cannot be told; `broken` when the database is gone and what it wrote is not.
  func isThere() throws(StoreError) -> Bool {
    guard try exists(path, as: S_IFDIR, "a folder") else { return false }
    try checkAccess(path, R_OK | X_OK)
    // Asked first: who makes a store makes its database before these.
    let traces = try traces()
    guard try exists(database, as: S_IFREG, "a plain file") else {
      try traces.refuse("is missing", in: self)
      return false
    }
    try checkAccess(database, R_OK)
    return true
  }

  /// An empty `heads.log` is none: a power loss may have left its name alone of a store that was just made.
  func traces() throws(StoreError) -> Traces {
    var traces = Traces()
    do throws(FileError) {
      if try AnchorLog(path: heads).size() > 0 { traces.names.append("heads.log") }
      if try AnchorLog(path: checkpoints).size() > 0 { traces.names.append(Checkpoint.fileName) }
      if try !StoreFolder.names(in: runs).isEmpty { traces.names.append("runs") }
    } catch { throw StoreFolder.unreadable(error) }
    return traces
  }

  /// The names in a folder; none when it is not there, or is none.
  static func names(in path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw FileError(call: "open", path: path, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  private func exists(_ path: String, as kind: mode_t, _ word: String) throws(StoreError) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let error = FileError(call: "stat", path: path, code: errno)
      if error.code == ENOENT { return false }
      throw StoreFolder.unreadable(error)
    }
    guard status.st_mode & S_IFMT == kind else {
      throw .unusable("\(path) is not \(word): it can be no part of a store")
    }
    return true
  }

  private func checkAccess(_ path: String, _ rights: Int32) throws(StoreError) {
    if faccessat(AT_FDCWD, path, rights, AT_EACCESS) == 0 { return }
    throw StoreFolder.unreadable(FileError(call: "access", path: path, code: errno))
  }

  private static func unreadable(_ error: FileError) -> StoreError {
    .unusable("\(error.path) may not be read: \(String(cString: strerror(error.code)))")
  }
}
