import BelayJournal
import Glibc

/// Blocks kept back for the moment when the disk is full: what finished, and that the run holds, must still be
/// recorded.
struct Reserve {
  static let size = 16 << 20
  let path: String

  var isThere: Bool { (try? OpenFile(path, O_RDONLY).size()) == Reserve.size }

  /// Takes the blocks again; without effect when they are there. Leaves as much for the work itself: a reserve
  /// that takes the last block would be what fills the disk.
  func restore() throws(FileError) {
    if isThere { return }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { throw FileError(call: "statvfs", path: folder, code: errno) }
    guard status.f_bavail * status.f_frsize >= UInt(2 * Reserve.size) else {
      throw FileError(call: "reserve 16 MiB in", path: path, code: ENOSPC)
    }
    let file = try OpenFile(path, O_RDWR | O_CREAT)
    do throws(FileError) { try file.allocate(Reserve.size) } catch {
      // A part of it would be taken for nothing: it is released only whole.
      try file.truncate(to: 0)
      throw error
    }
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
