/// Where in the output a value can begin: asked for every byte of it, so by tables.
struct MaskStarts {
  /// 16 KiB: stays in the processor's nearest cache.
  private static let filterBits = 17

  /// A bit for each hash of three bytes; a clear one means that no pattern begins with them.
  let filter: [UInt64]
  /// By two bytes, the first high: 0, or the number of the list of patterns that can begin with them.
  let pairs: [UInt16]
  /// By one byte, for the last one of what is there.
  let singles: [UInt16]
  let lists: [[Int32]]

  init(_ patterns: [MaskPattern], pool: [UInt8]) {
    var building = Building()
    pool.withUnsafeBufferPointer { pool in
      for number in patterns.indices { building.add(Int32(number), patterns[number], pool) }
    }
    filter = building.filter
    (pairs, singles, lists) = building.finish()
  }

  /// - Parameter bytes: three, the first lowest; the fourth is not looked at.
  @inline(__always) static func hash(_ bytes: UInt32) -> Int {
    Int(((bytes & 0xFF_FFFF) &* 0x9E37_79B1) >> UInt32(32 - filterBits))
  }

  private struct Building {
    var filter = [UInt64](repeating: 0, count: 1 << (MaskStarts.filterBits - 6))
    private var bySingle: [Int: [Int32]] = [:]
    private var byPair: [Int: [Int32]] = [:]
    private var lists: [[Int32]] = [[]]
    private var places: [[Int32]: UInt16] = [:]

    /// Follows a pattern through every beginning of three bytes.
    mutating func add(_ number: Int32, _ pattern: MaskPattern, _ pool: UnsafeBufferPointer<UInt8>) {
      let alphabet = Building.alphabet(pattern, pool)
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3) { beginning in
        beginning.initialize(repeating: 0)
        follow(number, pattern, pool, alphabet, beginning, length: 0)
      }
    }

    private mutating func follow(
      _ number: Int32, _ pattern: MaskPattern, _ pool: UnsafeBufferPointer<UInt8>, _ alphabet: [UInt8],
      _ beginning: UnsafeMutableBufferPointer<UInt8>, length: Int
    ) {
      for byte in alphabet {
        beginning[length] = byte
        let output = UnsafeBufferPointer(rebasing: beginning[...length])
        switch MaskWalk(output: output, pool: pool).match(pattern, at: 0, isEnd: false) {
        case .none: break
        case .whole: note(whole: Array(output), number)
        case .open:
          note(Array(output), number)
          if length < 2 { follow(number, pattern, pool, alphabet, beginning, length: length + 1) }
        }
      }
    }

    /// Bytes that can stand in the first three of a pattern's output.
    private static func alphabet(_ pattern: MaskPattern, _ pool: UnsafeBufferPointer<UInt8>) -> [UInt8] {
      if pattern.form.alignment != nil {
        return Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_\r\n\t ".utf8)
      }
      let signs = "0123456789ABCDEFabcdef" + "%+" + "\\xuUntrv" + "'\"" + "\r\n\t "
      // Three bytes of output stand for at most three of the value.
      let own = pool[pattern.start..<(pattern.start + min(pattern.count, 3))]
      return Array(Set(Array(signs.utf8) + own)).sorted()
    }

    private mutating func note(_ beginning: [UInt8], _ number: Int32) {
      switch beginning.count {
      case 1: bySingle[Int(beginning[0]), default: []].append(number)
      case 2: byPair[Int(beginning[0]) << 8 | Int(beginning[1]), default: []].append(number)
      default: set(beginning[0], beginning[1], beginning[2])
      }
    }

    /// A value of one, two or three bytes: whatever follows it.
    private mutating func note(whole beginning: [UInt8], _ number: Int32) {
      if beginning.count == 1 { note(beginning, number) }
      for second in beginning.count > 1 ? beginning[1]...beginning[1] : 0...255 {
        if beginning.count < 3 { note([beginning[0], second], number) }
        for third in beginning.count > 2 ? beginning[2]...beginning[2] : 0...255 {
          set(beginning[0], second, third)
        }
      }
    }

    private mutating func set(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
      let hash = MaskStarts.hash(UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16)
      filter[hash >> 6] |= 1 << UInt64(hash & 63)
    }

    mutating func finish() -> (pairs: [UInt16], singles: [UInt16], lists: [[Int32]]) {
      var pairs = [UInt16](repeating: 0, count: 1 << 16)
      var singles = [UInt16](repeating: 0, count: 1 << 8)
      for (byte, list) in bySingle.sorted(by: { $0.key < $1.key }) { singles[byte] = place(of: list) }
      for (pair, list) in byPair.sorted(by: { $0.key < $1.key }) { pairs[pair] = place(of: list) }
      return (pairs, singles, lists)
    }

    private mutating func place(of list: [Int32]) -> UInt16 {
      if let place = places[list] { return place }
      guard lists.count < UInt16.max else {
        // Thousands of values: a list that names too many patterns costs time, and misses none.
        if lists.count == UInt16.max { lists.append([]) }
        lists[Int(UInt16.max)] += list
        return .max
      }
      lists.append(list)
      let place = UInt16(lists.count - 1)
      places[list] = place
      return place
    }
  }
}
