internal import Glibc

/// The last of what a running attempt has printed, masked, where whoever may read the run's folder can follow it.
///
/// `live/ATTEMPT`: the number of bytes that the attempt has printed so far on both streams, in decimal, a line end, and
/// the last of them, in the order in which they were read. It is put in place by rename, is never synced, and is gone
/// when the attempt has ended: what is kept is elsewhere.
final class LiveOutput {
  private static let folder = "live"
  private static let size = 8 << 10
  /// Nanoseconds. What lives no longer has no such file: making one costs more than many a step.
  private static let youngest: UInt64 = 1_000_000_000
  private static let interval: UInt64 = 200_000_000

  private let path: String
  private var recent: [UInt8] = []
  private var count: UInt64 = 0
  private var nextAt: UInt64
  private var isDirty = false
  private var isWritten = false

  /// - Parameter startedAt: monotonic nanoseconds.
  init(of attempt: AttemptID, startedAt: UInt64) {
    path = "\(LiveOutput.folder)/\(attempt)"
    nextAt = startedAt + LiveOutput.youngest
  }

  func take(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    isDirty = true
    if bytes.count >= LiveOutput.size {
      recent = Array(bytes.suffix(LiveOutput.size))
    } else {
      recent.append(contentsOf: bytes)
      if recent.count > 2 * LiveOutput.size { recent.removeFirst(recent.count - LiveOutput.size) }
    }
  }

  /// When there will be something to write.
  var writeAt: UInt64? { isDirty ? nextAt : nil }

  /// What cannot be written is not followed; it stops nothing.
  func write(now time: UInt64) {
    guard isDirty, time >= nextAt else { return }
    isDirty = false
    nextAt = time + LiveOutput.interval
    let content = Array("\(count)\n".utf8) + recent.suffix(LiveOutput.size)
    if !isWritten, mkdir(LiveOutput.folder, 0o700) != 0, errno != EEXIST { return }
    let new = path + ".new"
    guard let file = try? Descriptor(opening: new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW),
      Glibc.write(file.number, content, content.count) == content.count, rename(new, path) == 0
    else {
      unlink(new)
      return
    }
    isWritten = true
  }

  func remove() {
    if isWritten { unlink(path) }
  }

  /// What a keeper that was killed has left.
  static func clear() {
    guard let open = opendir(folder) else { return }
    defer { closedir(open) }
    while let entry = readdir(open) {
      withUnsafePointer(to: &entry.pointee.d_name) { name in
        _ = name.withMemoryRebound(to: CChar.self, capacity: 256) { unlinkat(dirfd(open), $0, 0) }
      }
    }
  }
}
