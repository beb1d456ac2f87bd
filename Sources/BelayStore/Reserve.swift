import BelayJournal
import Glibc

/// Blocks kept back for the moment when the disk is full: what finished, and that the run holds, must still be
/// recorded.
struct Reserve {
  static let size = 16 << 20
  let path: String

  var isThere: Bool { (try? OpenFile(path, O_RDONLY).size()) == Reserve.size }

  /// Takes the blocks again; without effect when they are there.
  func restore() throws(FileError) {
    if isThere { return }
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
