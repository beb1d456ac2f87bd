internal import Glibc

/// Reads keeper.log slot by slot; never writes.
struct LogReader {
  private static let pieceSlots = 1024
  private static let zeros = [UInt8](repeating: 0, count: LogSlot.size)

  /// Hands out every slot up to the end of the file or of the count.
  ///
  /// - Throws: `system` with ENOENT where there is no log; `newerFormat`.
  static func read(
    _ path: String, slots limit: UInt32 = .max, each: (UInt32, LogSlotReading) throws(KeeperError) -> Void
  ) throws(KeeperError) {
    let file = try Descriptor(opening: path, O_RDONLY)
    var number: UInt32 = 0
    var offset = 0
    while number < limit {
      let piece = try bytes(of: file, at: offset, path: path)
      let whole = piece.count / LogSlot.size
      if whole == 0 { return }
      for start in stride(from: 0, to: whole * LogSlot.size, by: LogSlot.size) where number < limit {
        let slot = Array(piece[start..<(start + LogSlot.size)])
        let reading = slot == zeros ? .empty : LogSlotReading(slot, number: number)
        if case .newer(let format) = reading { throw .newerFormat(format) }
        try each(number, reading)
        number += 1
      }
      offset += whole * LogSlot.size
    }
  }

  private static func bytes(
    of file: Descriptor, at offset: Int, path: String
  ) throws(KeeperError) -> [UInt8] {
    let limit = pieceSlots * LogSlot.size
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      while count < limit, let start = buffer.baseAddress {
        let got = pread(file.number, start + count, limit - count, off_t(offset + count))
        if got > 0 {
          count += got
        } else if got == 0 || errno != EINTR {
          if got < 0 { code = errno }
          return
        }
      }
    }
    if code != 0 { throw .system(call: "read", path: path, code: code) }
    return bytes
  }
}

extension KeeperRecords {
  /// Reads a run's log; no log is an empty one.
  ///
  /// - Parameter slots: no more are read.
  init(log path: String, slots: UInt32 = .max) throws(KeeperError) {
    var parts: [LogSlot] = []
    var count: UInt32 = 0
    var empty: UInt32 = 0
    do {
      try LogReader.read(path, slots: slots) { (number, reading) throws(KeeperError) in
        count = number + 1
        if reading == .empty {
          empty += 1
          return
        }
        if empty > 0 {
          // Slots are written in rising order: these were.
          damaged += Int(empty)
          damagedAt = number - 1
          empty = 0
          parts.removeAll()
        }
        switch reading {
        case .empty, .newer: break
        case .damaged:
          damaged += 1
          damagedAt = number
          parts.removeAll()
        case .record(let slot):
          if slot.kind == .part {
            parts.append(slot)
          } else {
            take(slot, number, parts: parts)
            parts.removeAll()
          }
        }
      }
    } catch .system("open", _, ENOENT) { return }
    // Space is allocated ahead of what is written: behind the last record of a whole log there is an empty slot.
    isCut = slots == .max ? empty == 0 : count < slots
  }

  /// Reads the log of a keeper that lives: what it has written up to its welcome.
  init(log path: String, of keeper: Welcome) throws(KeeperError) {
    try self.init(log: path, slots: keeper.slots)
    keeperBegunAt = keeper.begunAt
    adopted = Set(keeper.adopted)
  }

  private mutating func take(_ slot: LogSlot, _ number: UInt32, parts: [LogSlot]) {
    do {
      switch slot.kind {
      case .begun, .ended, .part: break
      case .driven:
        spaces[slot.attempt.epoch, default: []].insert(try DrivenRecord(slot).space)
        drivenAt[slot.attempt.epoch] = number
      case .accepted:
        attempts[slot.attempt, default: Attempt()].accepted = try AcceptRecord(slot)
        attempts[slot.attempt]?.acceptedAt = number
      case .started:
        attempts[slot.attempt, default: Attempt()].started = try StartRecord(slot)
        attempts[slot.attempt]?.startedAt = slot.monotonic
      case .signal: attempts[slot.attempt, default: Attempt()].signals.append(try SignalRecord(slot))
      case .exited:
        if attempts[slot.attempt]?.exited != nil { return }
        let own = parts.filter { $0.attempt == slot.attempt }.map(\.payload)
        attempts[slot.attempt, default: Attempt()].exited = try ExitRecord(slot, parts: own)
      }
    } catch {
      // A right checksum over a payload that makes no sense: no keeper wrote it.
      damaged += 1
      damagedAt = number
    }
  }
}
