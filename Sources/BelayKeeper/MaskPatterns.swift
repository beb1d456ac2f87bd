/// The values that must not be seen, in every form in which they are looked for; made once, used by any thread.
public final class MaskPatterns: Sendable {
  /// What stands in a value's place.
  public static let mark = "•••"
  /// Shorter values are looked for as they stand only: encoded ones would be found everywhere.
  private static let shortest = 8

  let pool: [UInt8]
  let patterns: [MaskPattern]
  let starts: MaskStarts

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
    starts = MaskStarts(patterns, pool: pool)
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
