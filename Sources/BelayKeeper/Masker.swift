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

  /// Nothing more is taken.
  ///
  /// - Parameter isCut: the stream goes on without us. What could have become a value is masked then: that nobody waited
  ///   for its rest does not make it harmless.
  public func finish(isCut: Bool = false, to sink: (UnsafeRawBufferPointer) -> Void) {
    if !isCut {
      _ = held.withUnsafeBufferPointer { scan($0, isEnd: true, to: sink) }
    } else if held.count > maskedAhead {
      Masker.mark.withUnsafeBytes(sink)
    }
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
    let starts = patterns.starts
    var place = start
    while let likely = likelyPlace(output, from: place, starts.filter) {
      let list = starts.pairs[Int(output[likely]) << 8 | Int(output[likely + 1])]
      if list != 0 { return (likely, starts.lists[Int(list)]) }
      place = likely + 1
    }
    // The last two bytes may be a beginning too.
    for last in max(start, output.count - 2)..<max(start, output.count) {
      let list =
        last + 1 < output.count
        ? starts.pairs[Int(output[last]) << 8 | Int(output[last + 1])] : starts.singles[Int(output[last])]
      if list != 0 { return (last, starts.lists[Int(list)]) }
    }
    return nil
  }

  /// The next three bytes that pass the filter.
  private func likelyPlace(
    _ output: UnsafeBufferPointer<UInt8>, from start: Int, _ filter: [UInt64]
  ) -> Int? {
    let end = output.count - 2
    guard start < end else { return nil }
    return filter.withUnsafeBufferPointer { filter in
      var bytes = UInt32(output[start]) << 8 | UInt32(output[start + 1]) << 16
      for place in start..<end {
        bytes = bytes >> 8 | UInt32(output[place + 2]) << 16
        let hash = MaskStarts.hash(bytes)
        if filter[hash >> 6] >> UInt64(hash & 63) & 1 == 1 { return place }
      }
      return nil
    }
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
