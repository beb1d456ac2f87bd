/// Masks one stream as it arrives: what could be the beginning of a value is held back until that is decided.
///
/// Where values overlap, everything that belongs to any of them is masked. Used by one thread.
public final class Masker {
  private let patterns: MaskPatterns
  /// Undecided bytes; at most the longest encoded value.
  private var held: [UInt8] = []
  /// So many bytes from the first held one on belong to a value whose mark is written already.
  private var maskedAhead = 0

  private static let mark = Array(MaskPatterns.mark.utf8)

  public init(_ patterns: MaskPatterns) { self.patterns = patterns }

  /// Takes more of the stream.
  ///
  /// - Parameter sink: gets what is decided, in pieces; the bytes are valid during the call.
  public func write(_ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) -> Void) {
    if patterns.isEmpty { return sink(bytes) }
    if held.isEmpty {
      let output = bytes.assumingMemoryBound(to: UInt8.self)
      let decided = scan(output, isEnd: false, to: sink)
      held.append(contentsOf: output[decided...])
    } else {
      held.append(contentsOf: bytes)
      let decided = held.withUnsafeBufferPointer { scan($0, isEnd: false, to: sink) }
      held.removeFirst(decided)
    }
  }

  /// The stream has ended: what is held back is decided.
  public func finish(to sink: (UnsafeRawBufferPointer) -> Void) {
    _ = held.withUnsafeBufferPointer { scan($0, isEnd: true, to: sink) }
    held = []
    maskedAhead = 0
  }

  /// - Returns: how many bytes are decided.
  private func scan(
    _ output: UnsafeBufferPointer<UInt8>, isEnd: Bool, to sink: (UnsafeRawBufferPointer) -> Void
  ) -> Int {
    func emit(_ range: Range<Int>) {
      if !range.isEmpty { sink(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: output[range]))) }
    }
    // Bytes before `masked` are taken care of; those from it on are clean so far.
    var masked = maskedAhead
    var place = 0
    var undecided: Int?
    while undecided == nil, let (start, list) = candidate(output, from: place) {
      switch longest(list, output, at: start, isEnd: isEnd) {
      case .open: undecided = start
      case .none: break
      case .whole(let length):
        if start >= masked {
          emit(masked..<start)
          Masker.mark.withUnsafeBytes(sink)
        }
        masked = max(masked, start + length)
      }
      place = start + 1
    }
    let end = undecided ?? output.count
    if masked < end { emit(masked..<end) }
    maskedAhead = max(0, masked - end)
    return end
  }

  /// The next place at which a value can begin, and the patterns that can.
  private func candidate(_ output: UnsafeBufferPointer<UInt8>, from start: Int) -> (Int, [Int32])? {
    let last = output.count - 1
    var place = start
    let found = patterns.pairs.withUnsafeBufferPointer { pairs in
      while place < last {
        let list = pairs[Int(output[place]) << 8 | Int(output[place + 1])]
        if list != 0 { return list }
        place += 1
      }
      return 0
    }
    if found != 0 { return (place, patterns.lists[Int(found)]) }
    guard place == last else { return nil }
    let list = patterns.singles[Int(output[last])]
    return list == 0 ? nil : (last, patterns.lists[Int(list)])
  }

  private func longest(
    _ list: [Int32], _ output: UnsafeBufferPointer<UInt8>, at start: Int, isEnd: Bool
  ) -> MaskMatch {
    patterns.pool.withUnsafeBufferPointer { pool in
      let walk = MaskWalk(output: output, pool: pool)
      var longest = 0
      for number in list {
        switch walk.match(patterns.patterns[Int(number)], at: start, isEnd: isEnd) {
        case .none: break
        case .open: return .open
        case .whole(let length): longest = max(longest, length)
        }
      }
      return longest == 0 ? .none : .whole(longest)
    }
  }
}
