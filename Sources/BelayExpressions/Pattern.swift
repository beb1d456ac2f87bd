internal import BelayModel

struct PatternError: Error, Hashable {
  var message: String

  init(_ message: String) { self.message = message }
}

/// A regular expression in RE2's syntax, matched in time linear in the text: all states at once, nothing tried twice.
///
/// Literals, classes, anchors, alternation, groups, bounded repetition, `(?i)` `(?s)` `(?m)`. No back references.
/// - Source: RE2's syntax document; the construction of K. Thompson, 1968.
struct Pattern {
  /// Instructions of the program: bounds memory, and the time for each character.
  static let sizeLimit = 20_000

  indirect enum Piece {
    case empty
    case scalar(ScalarSet)
    case anchor(Anchor)
    case sequence([Piece])
    case choice([Piece])
    case repeated(Piece, least: Int, most: Int?)
  }

  enum Anchor { case textStart, textEnd, lineStart, lineEnd, wordBorder, noWordBorder }

  enum Instruction {
    case scalar(ScalarSet)
    case anchor(Anchor)
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private var program: [Instruction] = []

  init(_ text: String) throws(PatternError) {
    var parser = PatternParser(text)
    try compile(try parser.parse())
    program.append(.match)
  }

  private mutating func emit(_ instruction: Instruction) throws(PatternError) {
    guard program.count < Pattern.sizeLimit else { throw PatternError("it is too large") }
    program.append(instruction)
  }

  private mutating func compile(_ piece: Piece) throws(PatternError) {
    switch piece {
    case .empty: break
    case .scalar(let set): try emit(.scalar(set))
    case .anchor(let anchor): try emit(.anchor(anchor))
    case .sequence(let pieces): for piece in pieces { try compile(piece) }
    case .choice(let pieces): try compile(choice: pieces)
    case .repeated(let inner, let least, let most): try compile(repeated: inner, least, most)
    }
  }

  private mutating func compile(choice pieces: [Piece]) throws(PatternError) {
    var jumps: [Int] = []
    for (index, piece) in pieces.enumerated() {
      guard index < pieces.count - 1 else {
        try compile(piece)
        continue
      }
      let split = program.count
      try emit(.split(split + 1, 0))
      try compile(piece)
      jumps.append(program.count)
      try emit(.jump(0))
      program[split] = .split(split + 1, program.count)
    }
    for jump in jumps { program[jump] = .jump(program.count) }
  }

  private mutating func compile(repeated inner: Piece, _ least: Int, _ most: Int?) throws(PatternError) {
    for _ in 0..<least { try compile(inner) }
    guard let most else {
      let split = program.count
      try emit(.split(split + 1, 0))
      try compile(inner)
      try emit(.jump(split))
      program[split] = .split(split + 1, program.count)
      return
    }
    var splits: [Int] = []
    for _ in least..<max(least, most) {
      splits.append(program.count)
      try emit(.split(0, 0))
      try compile(inner)
    }
    for split in splits { program[split] = .split(split + 1, program.count) }
  }

  // MARK: Matching

  /// True when the pattern is found anywhere in the text.
  func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var states = States(program.count)
    for position in 0...scalars.count {
      // The pattern may begin anywhere.
      if add(0, to: &states.now, scalars, position) { return true }
      guard position < scalars.count else { return false }
      for state in states.now.list {
        guard case .scalar(let set) = program[state], set.contains(scalars[position]) else { continue }
        if add(state + 1, to: &states.next, scalars, position + 1) { return true }
      }
      states.step()
    }
    return false
  }

  private struct StateList {
    var list: [Int] = []
    var isIn: [Bool]
  }

  private struct States {
    var now: StateList
    var next: StateList

    init(_ count: Int) {
      now = StateList(isIn: [Bool](repeating: false, count: count))
      next = now
    }

    mutating func step() {
      for state in now.list { now.isIn[state] = false }
      now.list.removeAll(keepingCapacity: true)
      swap(&now, &next)
    }
  }

  /// Follows everything that takes no character. True when the end is among it.
  private func add(_ start: Int, to states: inout StateList, _ text: [Unicode.Scalar], _ position: Int)
    -> Bool
  {
    var open = [start]
    var matched = false
    while let state = open.popLast() {
      guard !states.isIn[state] else { continue }
      states.isIn[state] = true
      states.list.append(state)
      switch program[state] {
      case .match: matched = true
      case .jump(let target): open.append(target)
      case .split(let first, let second): open += [second, first]
      case .anchor(let anchor): if holds(anchor, text, position) { open.append(state + 1) }
      case .scalar: break
      }
    }
    return matched
  }

  private func holds(_ anchor: Anchor, _ text: [Unicode.Scalar], _ position: Int) -> Bool {
    let isWord: (Int) -> Bool = { text.indices.contains($0) && ScalarSet.word.contains(text[$0]) }
    switch anchor {
    case .textStart: return position == 0
    case .textEnd: return position == text.count
    case .lineStart: return position == 0 || text[position - 1] == "\n"
    case .lineEnd: return position == text.count || text[position] == "\n"
    case .wordBorder: return isWord(position - 1) != isWord(position)
    case .noWordBorder: return isWord(position - 1) == isWord(position)
    }
  }
}

/// A class of characters: ranges, or everything but them.
struct ScalarSet {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false

  static let digit = ScalarSet(ranges: [0x30...0x39])
  static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let blank = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
  static let newline = ScalarSet(ranges: [0x0A...0x0A])

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } != isNegated
  }

  var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

  /// ASCII letters in both cases.
  var anyCase: ScalarSet {
    var copy = self
    for range in ranges {
      for (letters, shift) in [(UInt32(0x41)...0x5A, Int32(32)), (0x61...0x7A, -32)]
      where range.overlaps(letters) {
        let part = range.clamped(to: letters)
        copy.ranges.append(
          UInt32(Int32(part.lowerBound) + shift)...UInt32(Int32(part.upperBound) + shift))
      }
    }
    return copy
  }
}
