/// The values that must not be seen, in every form in which they are looked for; made once, used by any thread.
public final class MaskPatterns: Sendable {
  /// What stands in a value's place.
  public static let mark = "•••"
  /// Shorter values are looked for as they stand only: encoded ones would be found everywhere.
  private static let shortest = 8

  let pool: [UInt8]
  let patterns: [MaskPattern]
  /// By two bytes, the first high: 0, or the place in ``lists`` of the patterns that can begin with them.
  let pairs: [UInt16]
  /// By one byte, for the last one of what is there.
  let singles: [UInt16]
  let lists: [[Int32]]

  public var isEmpty: Bool { patterns.isEmpty }

  /// - Parameter values: in any order; empty and repeated ones do no harm. Of a value of several lines each line of at
  ///   least 8 characters is a value of its own, and so is one without the white space around it.
  public init(_ values: [String]) {
    var pool: [UInt8] = []
    var patterns: [MaskPattern] = []
    for value in MaskPatterns.expanded(values) {
      let bytes = Array(value.utf8)
      for form in MaskPatterns.forms(of: value) {
        let start = pool.count
        if let alignment = form.alignment {
          let (digits, masks) = base64Digits(bytes, alignment: alignment)
          pool += digits + masks
          patterns.append(MaskPattern(form: form, start: start, count: digits.count))
        } else {
          pool += bytes
          patterns.append(MaskPattern(form: form, start: start, count: bytes.count))
        }
      }
    }
    self.pool = pool
    self.patterns = patterns
    var index = StartIndex()
    index.add(patterns, pool: pool)
    pairs = index.pairs
    singles = index.singles
    lists = index.lists
  }

  private static func forms(of value: String) -> [MaskForm] {
    if value.unicodeScalars.count < shortest { return [.raw] }
    return MaskForm.allCases.filter { form in
      switch form {
      // The other forms take an unencoded value for their own, but for these characters.
      case .raw: value.utf8.contains(UInt8(ascii: "%"))
      case .singleQuoted: value.utf8.contains(UInt8(ascii: "'"))
      default: true
      }
    }
  }

  private static func expanded(_ values: [String]) -> [String] {
    var all: [String] = []
    var seen: Set<[UInt8]> = []
    // Compared as bytes: as texts, values that differ in composed accents would be one.
    func add(_ value: some StringProtocol) {
      if !value.isEmpty, seen.insert(Array(value.utf8)).inserted { all.append(String(value)) }
    }
    for value in values {
      add(value)
      let lines = value.utf8.split { $0 == 10 || $0 == 13 }.map { String(Substring($0)) }
      let trimmed = String(Substring(value.utf8.trimmed))
      for part in lines + [trimmed] where part.unicodeScalars.count >= shortest { add(part) }
    }
    return all
  }

  /// A text in which no value is seen.
  public func masked(_ text: String) -> String {
    if isEmpty { return text }
    var bytes: [UInt8] = []
    let masker = Masker(self)
    var copy = text
    copy.withUTF8 { masker.write(UnsafeRawBufferPointer($0)) { bytes.append(contentsOf: $0) } }
    masker.finish { bytes.append(contentsOf: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Substring.UTF8View {
  fileprivate var trimmed: Substring.UTF8View {
    let rest = drop { $0 <= 32 }
    guard let last = rest.lastIndex(where: { $0 > 32 }) else { return rest }
    return rest[...last]
  }
}

extension String.UTF8View {
  fileprivate var trimmed: Substring.UTF8View { self[...].trimmed }
}

/// Which patterns can begin with one byte, with two.
private struct StartIndex {
  var pairs = [UInt16](repeating: 0, count: 1 << 16)
  var singles = [UInt16](repeating: 0, count: 1 << 8)
  var lists: [[Int32]] = [[]]
  private var places: [[Int32]: UInt16] = [:]

  mutating func add(_ patterns: [MaskPattern], pool: [UInt8]) {
    var bySingle: [Int: [Int32]] = [:]
    var byPair: [Int: [Int32]] = [:]
    for (number, pattern) in patterns.enumerated() {
      for first in 0..<256 where StartIndex.canBegin(pattern, [UInt8(first)], pool) {
        bySingle[first, default: []].append(Int32(number))
        for second in 0..<256
        where StartIndex.canBegin(pattern, [UInt8(first), UInt8(second)], pool) {
          byPair[first << 8 | second, default: []].append(Int32(number))
        }
      }
    }
    for (byte, list) in bySingle.sorted(by: { $0.key < $1.key }) { singles[byte] = place(of: list) }
    for (pair, list) in byPair.sorted(by: { $0.key < $1.key }) { pairs[pair] = place(of: list) }
  }

  private static func canBegin(_ pattern: MaskPattern, _ start: [UInt8], _ pool: [UInt8]) -> Bool {
    start.withUnsafeBufferPointer { output in
      pool.withUnsafeBufferPointer { pool in
        let match = MaskWalk(output: output, pool: pool).match(pattern, at: 0, isEnd: false)
        if case .none = match { return false }
        return true
      }
    }
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
