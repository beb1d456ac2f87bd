import BelayJournal
import Glibc

/// Blocks kept back for the moment when the disk is full: what finished, and that the run holds, must still be
/// recorded.
struct Reserve {
  static let size = 16 << 20
  let path: String

  var isThere: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_size == Reserve.size
  }

  /// Takes the blocks again; without effect when they are there. Leaves as much for the work itself: a reserve
  /// that takes the last block would be what fills the disk.
  ///
  /// - Throws: `full` with how much is needed, and where.
  func restore() throws(StoreError) {
    if isThere { return }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try Room.require(
      2 * Reserve.size, in: folder, why: "half of it is set aside, to record what ends when the disk is full")
    do throws(FileError) {
      let file = try OpenFile(path, O_RDWR | O_CREAT)
      do throws(FileError) { try file.allocate(Reserve.size) } catch {
        // A part of it would be taken for nothing: it is released only whole.
        try file.truncate(to: 0)
        throw error
      }
    } catch { throw .full("\(Reserve.size >> 20) MiB must be free in \(folder): \(error.message)") }
  }

  /// - Returns: false when there was nothing left to release.
  func release() throws(FileError) -> Bool {
    guard isThere else { return false }
    let file = try OpenFile(path, O_RDWR)
    try file.truncate(to: 0)
    // Freed blocks can be had once the file system has committed that they are free.
    try file.sync()
    return true
  }
}

/// Free space, looked at before anything is begun that needs it.
enum Room {
  /// For a keeper's log, and for what the journal grows by until somebody can see that the disk is nearly full.
  static let forWork = 8 << 20

  /// - Throws: `full` with how much is needed, and where.
  static func require(_ bytes: Int, in folder: String, why: String) throws(StoreError) {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else {
      throw FileError(call: "statvfs", path: folder, code: errno).asStoreError
    }
    let free = status.f_bavail * status.f_frsize
    guard free >= UInt(bytes) else {
      throw .full(
        "\(bytes >> 20) MiB must be free in \(folder), \(free >> 10) KiB are: \(why)")
    }
  }

  /// What is free may not be ours to take, by a quota or a limit: takes it for a moment.
  static func take(_ bytes: Int, in folder: String) throws(StoreError) {
    let path = folder + "/.room"
    do throws(FileError) {
      let file = try OpenFile(path, O_RDWR | O_CREAT)
      defer { unlink(path) }
      try file.allocate(bytes)
    } catch {
      throw .full("\(bytes >> 20) MiB must be free in \(folder): \(error.message)")
    }
  }
}
