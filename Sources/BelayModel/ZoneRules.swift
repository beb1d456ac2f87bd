/// A time zone's offsets from UTC, read from the bytes of its TZif file. No file, no clock: a value.
///
/// - Source: RFC 8536; after the last change of the table its footer holds, a POSIX TZ string.
public struct ZoneRules: Hashable, Sendable {
  struct Change: Hashable, Sendable {
    /// Seconds since 1970 in UTC.
    var at: Int64
    /// In seconds east of UTC, from then on.
    var offset: Int64
  }

  let changes: [Change]
  /// Before the first change.
  let first: Int64
  /// After the last one; nil: nothing changes any more.
  let recurring: RecurringZone?

  public static let utc = ZoneRules(changes: [], first: 0, recurring: nil)

  /// Seconds east of UTC at a moment.
  public func offset(at moment: Int64) -> Int64 {
    guard let last = changes.last, moment < last.at else {
      return recurring?.offset(at: moment) ?? changes.last?.offset ?? first
    }
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].at <= moment { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : changes[low - 1].offset
  }

  /// The moment at which clocks there show a time: of one that comes twice the first, of one that is left out the
  /// moment at which it is.
  ///
  /// - Parameter local: seconds since 1970 by those clocks.
  public func moment(ofLocal local: Int64) -> Int64 {
    // No change is further away, and no two of them so near.
    let reach: Int64 = 26 * 3600
    let offsets = [offset(at: local - reach), offset(at: local + reach)]
    let moments = offsets.map { local - $0 }.filter { offset(at: $0) == local - $0 }
    if let moment = moments.min() { return moment }
    var before = local - reach
    var after = local + reach
    while after - before > 1 {
      let middle = (before + after) / 2
      if offset(at: middle) == offsets[0] { before = middle } else { after = middle }
    }
    return after
  }
}

extension ZoneRules {
  /// Nil for bytes that are no TZif file of version 2 or newer.
  public init?(tzif bytes: [UInt8]) {
    var reader = TZifReader(bytes: bytes)
    guard let old = reader.header(), old.version >= UInt8(ascii: "2"), reader.skip(old.size(timeSize: 4)),
      let header = reader.header(), header.types > 0,
      let times = reader.numbers(header.times, size: 8), let kinds = reader.numbers(header.times, size: 1)
    else { return nil }
    var offsets: [Int64] = []
    for _ in 0..<header.types {
      guard let offset = reader.number(4), reader.skip(2) else { return nil }
      offsets.append(offset)
    }
    guard reader.skip(header.characters + header.leaps * 12 + header.standards + header.universals),
      let footer = reader.footer(), kinds.allSatisfy({ offsets.indices.contains(Int($0)) })
    else { return nil }
    let recurring = RecurringZone(footer)
    if !footer.isEmpty, recurring == nil { return nil }
    self.init(
      changes: zip(times, kinds).map { Change(at: $0, offset: offsets[Int($1)]) }, first: offsets[0],
      recurring: recurring)
  }
}

/// The parts of a TZif file, one after the other.
private struct TZifReader {
  struct Header {
    var version: UInt8
    var universals: Int
    var standards: Int
    var leaps: Int
    var times: Int
    var types: Int
    var characters: Int

    func size(timeSize: Int) -> Int {
      times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards + universals
    }
  }

  let bytes: [UInt8]
  var at = 0

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= bytes.count - at else { return false }
    at += count
    return true
  }

  /// Signed, the highest byte first.
  mutating func number(_ size: Int) -> Int64? {
    guard size <= bytes.count - at else { return nil }
    var value: UInt64 = size > 1 && bytes[at] >= 0x80 ? .max : 0
    for byte in bytes[at..<(at + size)] { value = value << 8 | UInt64(byte) }
    at += size
    return Int64(bitPattern: value)
  }

  mutating func numbers(_ count: Int, size: Int) -> [Int64]? {
    guard count * size <= bytes.count - at else { return nil }
    return (0..<count).compactMap { _ in number(size) }
  }

  mutating func header() -> Header? {
    guard bytes.dropFirst(at).starts(with: Array("TZif".utf8)), bytes.count - at >= 44 else { return nil }
    let version = bytes[at + 4]
    at += 20
    guard let counts = numbers(6, size: 4), counts.allSatisfy({ (0...100_000).contains($0) }) else {
      return nil
    }
    return Header(
      version: version, universals: Int(counts[0]), standards: Int(counts[1]), leaps: Int(counts[2]),
      times: Int(counts[3]), types: Int(counts[4]), characters: Int(counts[5]))
  }

  mutating func footer() -> String? {
    guard at < bytes.count, bytes[at] == 0x0A, let end = bytes[(at + 1)...].firstIndex(of: 0x0A) else {
      return nil
    }
    return String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
  }
}
