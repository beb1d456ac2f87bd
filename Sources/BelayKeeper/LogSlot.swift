internal import BelayDigest

/// One slot of keeper.log that holds a record; KeeperLogFormat.md has the layout.
struct LogSlot: Hashable {
  enum Kind: UInt8 {
    case begun = 0x42  // B
    case driven = 0x4E  // N
    case accepted = 0x41  // A
    case started = 0x53  // S
    case signal = 0x4B  // K
    case part = 0x50  // P
    case exited = 0x58  // X
    case ended = 0x45  // E
  }

  static let size = 256
  static let format: UInt8 = 1
  static let payloadLimit = 220
  private static let headerSize = 32
  private static let checkedSize = 252

  var kind: Kind
  /// Sequence 0: not of an attempt.
  var attempt: AttemptID
  /// Wall clock, nanoseconds since 1970.
  var time: UInt64
  /// Nanoseconds.
  var monotonic: UInt64
  /// At most ``payloadLimit`` bytes.
  var payload: [UInt8]

  /// The bytes of the slot at a place of the file.
  func encoded(number: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes.reserveCapacity(LogSlot.size)
    writer.append(kind.rawValue)
    writer.append(LogSlot.format)
    writer.append(UInt16(payload.count))
    writer.append(number)
    writer.append(attempt.epoch)
    writer.append(attempt.sequence)
    writer.append(time)
    writer.append(monotonic)
    writer.bytes += payload
    writer.bytes += repeatElement(0, count: LogSlot.checkedSize - writer.bytes.count)
    writer.append(CRC32C.checksum(writer.bytes))
    return writer.bytes
  }
}

/// What a slot is.
enum LogSlotReading: Hashable {
  case record(LogSlot)
  /// Never written.
  case empty
  case damaged
  /// A record of a format that came later.
  case newer(UInt8)

  /// - Parameter bytes: exactly one slot.
  init(_ bytes: [UInt8], number: UInt32) {
    self = .damaged
    if bytes.allSatisfy({ $0 == 0 }) {
      self = .empty
    } else if let slot = try? LogSlotReading.checked(bytes, number: number) {
      self = slot
    }
  }

  private static func checked(_ bytes: [UInt8], number: UInt32) throws(KeeperError) -> LogSlotReading {
    var reader = ByteReader(bytes)
    let kind = LogSlot.Kind(rawValue: try reader.integer())
    let format: UInt8 = try reader.integer()
    let length: UInt16 = try reader.integer()
    let place: UInt32 = try reader.integer()
    let attempt = AttemptID(epoch: try reader.integer(), sequence: try reader.integer())
    let time: UInt64 = try reader.integer()
    let monotonic: UInt64 = try reader.integer()
    let payload = try reader.bytes(LogSlot.payloadLimit)
    guard try reader.integer() == CRC32C.checksum(bytes.prefix(LogSlot.size - 4)) else { return .damaged }
    if format != LogSlot.format { return .newer(format) }
    guard let kind, place == number, length <= LogSlot.payloadLimit else { return .damaged }
    return .record(
      LogSlot(
        kind: kind, attempt: attempt, time: time, monotonic: monotonic,
        payload: Array(payload.prefix(Int(length)))))
  }
}
