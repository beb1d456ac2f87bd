internal import BelayDigest
internal import Glibc

/// Appends to keeper.log: one writer, the holder of keeper.lock.
final class LogWriter {
  private static let chunk = 1 << 20

  private let file: Descriptor
  private let path: String
  /// The slot that comes next: so many are written.
  private(set) var count: UInt32 = 0
  /// Bytes that the file has; slots within them can be written on a full disk.
  private var allocated: Int
  /// The highest name accepted so far of each epoch: a higher one is new.
  private var highest: [UInt32: UInt32] = [:]
  /// Set by the first write that failed: what follows it in the file cannot be trusted to be there.
  private(set) var isBroken = false

  /// Opens the log, or makes it; goes on after the last slot that is not all zero.
  init(_ path: String) throws(KeeperError) {
    self.path = path
    file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW)
    var status = stat()
    guard fstat(file.number, &status) == 0 else { throw .system(call: "stat", path: path, code: errno) }
    allocated = Int(status.st_size)
    var used: UInt32 = 0
    var isCut = allocated > 0
    var highest: [UInt32: UInt32] = [:]
    try LogReader.read(path) { number, reading in
      if reading != .empty { used = number + 1 }
      isCut = reading != .empty
      guard case .record(let slot) = reading, slot.kind == .accepted else { return }
      highest[slot.attempt.epoch] = max(highest[slot.attempt.epoch] ?? 0, slot.attempt.sequence)
    }
    count = used
    self.highest = highest
    if isCut { try markCut() }
  }

  /// Records may be missing here: a slot that is none says so to every later reader, who could not see it any more.
  private func markCut() throws(KeeperError) {
    let mark = [UInt8](repeating: 0xFF, count: LogSlot.size)
    guard reserve(1), mark.withUnsafeBytes({ write($0, at: Int(count) * LogSlot.size) }) else {
      throw .system(call: "write", path: path, code: ENOSPC)
    }
    count += 1
  }

  /// Makes sure that so many more slots can be written whatever happens to the disk's free space, with an empty one
  /// behind them: it tells a whole log from one that was cut.
  ///
  /// - Returns: false when the disk has no room for them.
  func reserve(_ slots: Int) -> Bool {
    let needed = (Int(count) + slots + 1) * LogSlot.size
    while allocated < needed {
      let start = allocated - allocated % LogSlot.size
      guard posix_fallocate(file.number, off_t(start), off_t(LogWriter.chunk)) == 0 else { return false }
      allocated = start + LogWriter.chunk
    }
    return true
  }

  /// One write for all of them.
  ///
  /// - Returns: false when it failed, now or earlier: nothing can be recorded any more.
  @discardableResult func append(_ slots: [LogSlot]) -> Bool {
    if isBroken { return false }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(slots.count * LogSlot.size)
    for (index, slot) in slots.enumerated() {
      bytes += slot.encoded(number: count + UInt32(index))
      if slot.kind == .accepted {
        highest[slot.attempt.epoch] = max(highest[slot.attempt.epoch] ?? 0, slot.attempt.sequence)
      }
    }
    let start = Int(count) * LogSlot.size
    count += UInt32(slots.count)
    allocated = max(allocated, Int(count) * LogSlot.size)
    isBroken = !bytes.withUnsafeBytes { write($0, at: start) }
    return !isBroken
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let put = pwrite(file.number, rest.baseAddress, rest.count, off_t(start + done))
      if put > 0 { done += put } else if put == 0 || errno != EINTR { return false }
    }
    return true
  }

  /// Whether a name was accepted before, by this keeper or one before it.
  ///
  /// A driver counts up, so the log is searched only for the rare name that comes late: one whose driver died before it
  /// could be started.
  func hasAccepted(_ attempt: AttemptID) -> Bool {
    guard attempt.sequence <= highest[attempt.epoch] ?? 0 else { return false }
    var found = false
    do {
      try LogReader.read(path, slots: count) { _, reading in
        if case .record(let slot) = reading, slot.kind == .accepted, slot.attempt == attempt { found = true }
      }
    } catch { return true }
    return found
  }
}
