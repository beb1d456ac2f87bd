internal import BelayModel

/// Reads RE2's syntax, as far as `Pattern` knows it; the rest is refused by name.
struct PatternParser {
  private static let depthLimit = 100
  private static let repetitionLimit = 1000

  private let text: [Unicode.Scalar]
  private var at = 0
  private var depth = 0
  private var flags = Flags()

  private struct Flags {
    var anyCase = false
    var dotAll = false
    var multiline = false
  }

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func parse() throws(PatternError) -> Pattern.Piece {
    let piece = try choice()
    guard at == text.count else { throw PatternError("')' without its '('") }
    return piece
  }

  private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard text[at...].starts(with: word.unicodeScalars) else { return false }
    at += word.unicodeScalars.count
    return true
  }

  private mutating func choice() throws(PatternError) -> Pattern.Piece {
    depth += 1
    defer { depth -= 1 }
    guard depth <= PatternParser.depthLimit else { throw PatternError("nested too deeply") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> Pattern.Piece {
    var pieces: [Pattern.Piece] = []
    while let scalar = peek, scalar != "|", scalar != ")" { pieces.append(try repetition(try atom())) }
    return pieces.count == 1 ? pieces[0] : pieces.isEmpty ? .empty : .sequence(pieces)
  }

  // MARK: Repetition

  private mutating func repetition(_ piece: Pattern.Piece) throws(PatternError) -> Pattern.Piece {
    let repeated: Pattern.Piece
    switch peek {
    case "*": repeated = .repeated(piece, least: 0, most: nil)
    case "+": repeated = .repeated(piece, least: 1, most: nil)
    case "?": repeated = .repeated(piece, least: 0, most: 1)
    case "{":
      guard let bounds = try bounds() else { return piece }
      return try repetition(.repeated(piece, least: bounds.least, most: bounds.most))
    default: return piece
    }
    at += 1
    // Lazy or not makes no difference to whether there is a match.
    if peek == "?" { at += 1 }
    if let next = peek, "*+?".unicodeScalars.contains(next) { throw PatternError("nothing to repeat") }
    return repeated
  }

  /// `{2}`, `{2,}`, `{2,5}`; anything else is a brace.
  private mutating func bounds() throws(PatternError) -> (least: Int, most: Int?)? {
    let start = at
    at += 1
    let first = number()
    var most = first
    if take(",") { most = peek == "}" ? nil : number() }
    guard let least = first, take("}") else {
      at = start
      return nil
    }
    guard least <= PatternParser.repetitionLimit, most ?? 0 <= PatternParser.repetitionLimit,
      most.map({ $0 >= least }) ?? true
    else { throw PatternError("a repetition count out of range") }
    if peek == "?" { at += 1 }
    return (least, most)
  }

  private mutating func number() -> Int? {
    let digits = text[at...].prefix { ("0"..."9").contains($0) }.prefix(6)
    at += digits.count
    return Int(digits.map { String(Character($0)) }.joined())
  }

  // MARK: Atoms

  private mutating func atom() throws(PatternError) -> Pattern.Piece {
    guard let scalar = peek else { return .empty }
    at += 1
    switch scalar {
    case "(": return try group()
    case "[": return .scalar(cased(try characterClass()))
    case ".": return .scalar(flags.dotAll ? ScalarSet(ranges: [0...0x10FFFF]) : ScalarSet.newline.negated)
    case "^": return .anchor(flags.multiline ? .lineStart : .textStart)
    case "$": return .anchor(flags.multiline ? .lineEnd : .textEnd)
    case "\\": return try escape()
    case "*", "+", "?": throw PatternError("nothing to repeat before '\(Character(scalar))'")
    default: return .scalar(cased(ScalarSet(ranges: [scalar.value...scalar.value])))
    }
  }

  private func cased(_ set: ScalarSet) -> ScalarSet { flags.anyCase ? set.anyCase : set }

  private mutating func group() throws(PatternError) -> Pattern.Piece {
    let outer = flags
    if take("?") {
      if take("P<") || take("<") {
        guard peek != "=", peek != "!" else { throw PatternError("looking back is not supported") }
        while let scalar = peek, scalar != ">" { at += 1 }
        guard take(">") else { throw PatternError("a group's name does not end") }
      } else if try setFlags() {
        return .empty
      }
    }
    let inner = try choice()
    guard take(")") else { throw PatternError("'(' without its ')'") }
    flags = outer
    return inner
  }

  /// `(?i)` holds to the end of the group it stands in, `(?i:…)` inside. True for the former.
  private mutating func setFlags() throws(PatternError) -> Bool {
    var value = true
    while let scalar = peek {
      at += 1
      switch scalar {
      case "i": flags.anyCase = value
      case "s": flags.dotAll = value
      case "m": flags.multiline = value
      case "U": break
      case "-": value = false
      case ":": return false
      case ")": return true
      default: throw PatternError("'(?\(Character(scalar))' is not supported")
      }
    }
    throw PatternError("'(' without its ')'")
  }

  private mutating func escape() throws(PatternError) -> Pattern.Piece {
    switch peek {
    case "b": at += 1; return .anchor(.wordBorder)
    case "B": at += 1; return .anchor(.noWordBorder)
    case "A": at += 1; return .anchor(.textStart)
    case "z": at += 1; return .anchor(.textEnd)
    default: return .scalar(cased(try escapedSet()))
    }
  }

  private mutating func escapedSet() throws(PatternError) -> ScalarSet {
    guard let scalar = peek else { throw PatternError("it ends with a backslash") }
    at += 1
    switch scalar {
    case "d": return .digit
    case "D": return ScalarSet.digit.negated
    case "w": return .word
    case "W": return ScalarSet.word.negated
    case "s": return .blank
    case "S": return ScalarSet.blank.negated
    case "x": return try hexadecimal()
    default:
      let plain: [Unicode.Scalar: UInt32] = ["n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7]
      if let code = plain[scalar] { return ScalarSet(ranges: [code...code]) }
      guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
        throw PatternError("'\\\(Character(scalar))' is not supported")
      }
      return ScalarSet(ranges: [scalar.value...scalar.value])
    }
  }

  private mutating func hexadecimal() throws(PatternError) -> ScalarSet {
    let braces = take("{")
    let digits = text[at...].prefix { $0.properties.isASCIIHexDigit }.prefix(braces ? 6 : 2)
    at += digits.count
    guard !braces || take("}"), let code = UInt32(digits.map { String(Character($0)) }.joined(), radix: 16)
    else {
      throw PatternError("'\\x' needs hexadecimal digits")
    }
    return ScalarSet(ranges: [code...code])
  }

  // MARK: Classes

  private mutating func characterClass() throws(PatternError) -> ScalarSet {
    var set = ScalarSet(ranges: [])
    let isNegated = take("^")
    var isFirst = true
    while let scalar = peek, scalar != "]" || isFirst {
      isFirst = false
      try addItem(to: &set)
    }
    guard take("]") else { throw PatternError("'[' without its ']'") }
    set.isNegated = isNegated
    return set
  }

  private mutating func addItem(to set: inout ScalarSet) throws(PatternError) {
    if take("[:") { return try addNamed(to: &set) }
    let item = try classItem()
    guard item.ranges.count == 1, !item.isNegated, let low = item.ranges.first, low.count == 1, peek == "-",
      at + 1 < text.count, text[at + 1] != "]"
    else {
      guard !item.isNegated else { return set.ranges += complement(item) }
      return set.ranges += item.ranges
    }
    at += 1
    let high = try classItem()
    guard let top = high.ranges.first, top.lowerBound >= low.lowerBound else {
      throw PatternError("a range backwards")
    }
    set.ranges.append(low.lowerBound...top.lowerBound)
  }

  private mutating func classItem() throws(PatternError) -> ScalarSet {
    guard let scalar = peek else { throw PatternError("'[' without its ']'") }
    at += 1
    return scalar == "\\" ? try escapedSet() : ScalarSet(ranges: [scalar.value...scalar.value])
  }

  private func complement(_ set: ScalarSet) -> [ClosedRange<UInt32>] {
    var ranges: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in set.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { ranges.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    return ranges + [next...0x10FFFF]
  }

  private mutating func addNamed(to set: inout ScalarSet) throws(PatternError) {
    let named: [(String, [ClosedRange<UInt32>])] = [
      ("alpha", [0x41...0x5A, 0x61...0x7A]), ("digit", [0x30...0x39]),
      ("alnum", [0x30...0x39, 0x41...0x5A, 0x61...0x7A]),
      ("upper", [0x41...0x5A]), ("lower", [0x61...0x7A]), ("space", [0x09...0x0D, 0x20...0x20]),
      ("xdigit", [0x30...0x39, 0x41...0x46, 0x61...0x66]),
      ("punct", [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
      ("word", ScalarSet.word.ranges),
    ]
    for (name, ranges) in named where take(name + ":]") { return set.ranges += ranges }
    throw PatternError("an unknown class after '[:'")
  }
}
