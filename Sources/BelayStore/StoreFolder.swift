import BelayJournal
import CSQLite
import Glibc

/// The folder of a store: what lies where, and whether it may lie there.
struct StoreFolder {
  let path: String

  var database: String { path + "/store.db" }
  var lock: String { path + "/store.lock" }
  var reserve: String { path + "/reserve" }
  var heads: String { path + "/heads.log" }
  var checkpoints: String { path + "/" + Checkpoint.fileName }
  var runs: String { path + "/runs" }

  /// In bytes.
  ///
  /// - Source: SQLite's MAX_PATHNAME (512) in os_unix.c, less `/store.db` and what it adds to that.
  private static let longestPath = 490

  func runFolder(_ run: String) -> String { runs + "/" + run }

  /// Lower-case ASCII letters, digits, `-`, `_` and `.`, not starting with a point: a file name everywhere, and
  /// one text per name.
  static func isRunName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.utf8.count <= 128 && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x5F, 0x2E: true
        default: false
        }
      }
  }

  /// Made empty, so that it and the files that SQLite makes after it have mode 0600. An existing one is never
  /// opened here: closing it would let go of the locks that SQLite has on it in this process (fcntl(2)).
  func makeDatabase() throws(FileError) {
    do throws(FileError) { _ = try OpenFile(database, O_RDWR | O_CREAT | O_EXCL) } catch {
      if error.code != EEXIST { throw error }
    }
  }

  /// Makes it where it is missing, with its parents, 0700; refuses a place that cannot be trusted.
  func prepare() throws(StoreError) {
    let length = path.utf8.count
    guard length <= StoreFolder.longestPath else {
      throw .unusable(
        "\(path) is too long a path for a store: \(length) bytes, \(StoreFolder.longestPath) at most")
    }
    try StoreFolder.makeFolders(path)
    try checkOwner()
    try checkFileSystem()
    try StoreFolder.makeFolders(runs)
  }

  /// Makes a folder where it is missing, with its parents, 0700, in a shared one 2770; the names of those it makes are
  /// durable.
  static func makeFolders(_ path: String) throws(StoreError) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    if mkdir(path, 0o700) != 0 {
      if errno == EEXIST { return }
      guard errno == ENOENT, !parent.isEmpty else {
        throw FileError(call: "create folder", path: path, code: errno).asStoreError
      }
      try makeFolders(parent)
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw FileError(call: "create folder", path: path, code: errno).asStoreError
      }
    }
    share(path, as: sharedMode)
    try syncNames(in: parent.isEmpty ? "/" : parent)
  }

  private func checkOwner() throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw FileError(call: "stat", path: path, code: errno).asStoreError
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .unusable("\(path) is no folder") }
    try checkRights(status)
  }

  var rmdirWouldWork: Bool {
    guard let folder = opendir(path) else { return false }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count <= 2
  }

  /// Locks and shared memory must work between processes, and a sync must mean it.
  func checkFileSystem() throws(StoreError) {
    let magic = belay_file_system(path)
    guard magic != -1 else { throw FileError(call: "statfs", path: path, code: errno).asStoreError }
    if let name = StoreFolder.unfit(magic) {
      throw .unusable(
        "\(path) lies on \(name), where locks between processes cannot be relied on: "
          + "name a folder on a local disk with --store or XDG_STATE_HOME")
    }
  }

  /// The file system's name when a store cannot live on it.
  ///
  /// - Parameter magic: `f_type` of statfs(2), whose manual lists them.
  static func unfit(_ magic: Int) -> String? {
    switch magic & 0xFFFF_FFFF {
    case 0x6969: "NFS"
    case 0x517B, 0xFF53_4D42, 0xFE53_4D42: "SMB"
    case 0x0102_1997: "9p"
    case 0x6573_5546: "FUSE"
    case 0x00C3_6400: "Ceph"
    case 0x5346_414F, 0x6B41_4653: "AFS"
    case 0x7375_7245: "Coda"
    case 0x564C: "NCP"
    case 0x0BD0_0BD0: "Lustre"
    case 0x0116_1970: "GFS2"
    case 0x7461_636F: "OCFS2"
    case 0x786F_4256: "a VirtualBox shared folder"
    case 0x4750_4653: "GPFS"
    default: nil
    }
  }

  /// Makes directory entries durable: a synced file in a folder that forgot its name is lost.
  static func syncNames(in path: String) throws(StoreError) {
    do throws(FileError) { try OpenFile(path, O_RDONLY | O_DIRECTORY).sync() } catch {
      throw error.asStoreError
    }
  }
}
