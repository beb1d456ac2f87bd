internal import BelayModel

/// A file's bytes and where its lines start.
final class SourceText: Sendable {
  /// 32 MiB.
  static let sizeLimit = 32 << 20
  static let lineLimit = 1_000_000
  /// In bytes. What is found on a line is looked for from its start.
  static let lineLengthLimit = 1 << 20

  let path: String
  /// Without a byte order mark at its start.
  let bytes: [UInt8]
  private let lineStarts: [Int]

  init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes
    lineStarts = SourceText.starts(of: self.bytes)
  }

  /// Line ends are `\n`, `\r\n` and a lone `\r`, as YAML has them. Of a file that is too large only the first are found.
  private static func starts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    bytes.withUnsafeBufferPointer { bytes in
      for index in bytes.indices {
        let byte = bytes[index]
        if byte == 0x0A || byte == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A) {
          starts.append(index + 1)
          if starts.count > lineLimit { return }
        }
      }
    }
    return starts
  }

  var lineCount: Int { lineStarts.count }

  /// The bytes of a line, from 0, without its end.
  func line(_ number: Int) -> ArraySlice<UInt8> {
    guard lineStarts.indices.contains(number) else { return [] }
    var end = number + 1 < lineStarts.count ? lineStarts[number + 1] : bytes.count
    let start = lineStarts[number]
    while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return bytes[start..<end]
  }

  /// The scalars of a line, from 0, without its end.
  func scalars(ofLine number: Int) -> [Unicode.Scalar] {
    Array(String(decoding: line(number), as: UTF8.self).unicodeScalars)
  }

  /// A span from a line and column counted from 0; the length is cut at the end of the line.
  func span(line: Int, column: Int, length: Int = 1) -> SourceSpan {
    SourceSpan(file: path, line: line + 1, column: column + 1, length: max(1, length))
  }

  /// From a mark to the end of its line, trailing blanks left out.
  func restOfLine(_ mark: Mark) -> SourceSpan {
    var end = scalars(ofLine: mark.line)[...]
    while let last = end.last, last == " " || last == "\t" { end = end.dropLast() }
    return span(line: mark.line, column: mark.column, length: end.count - mark.column)
  }
}

/// A place in a text, both from 0, the column in Unicode scalars.
struct Mark: Hashable, Comparable {
  var line: Int
  var column: Int

  static func < (left: Mark, right: Mark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

// What no parser should have to see.
extension SourceText {
  /// Bytes that are no text, and characters that must not stand in a file that a person reviews.
  func check() -> [Diagnostic] {
    if bytes.count > SourceText.sizeLimit {
      return [
        Diagnostic(code: "too-large", "the file is larger than 32 MiB", at: span(line: 0, column: 0))
      ]
    }
    if let tooLong = checkLines() { return [tooLong] }
    guard let text = String(validating: bytes, as: UTF8.self) else { return [invalidUTF8()] }
    // Nearly every file is ASCII without controls: one pass over the bytes settles it.
    let isSuspect = bytes.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D || $0 >= 0x7F }
    return isSuspect ? checkCharacters(text) : []
  }

  private func checkLines() -> Diagnostic? {
    if lineCount > SourceText.lineLimit {
      return Diagnostic(
        code: "too-large", "the file has more than 1,000,000 lines", at: span(line: 0, column: 0))
    }
    guard let long = (0..<lineCount).first(where: { line($0).count > SourceText.lineLengthLimit }) else {
      return nil
    }
    return Diagnostic(
      code: "too-large", "a line of more than 1 MiB", at: span(line: long, column: 0),
      help: "keep large data in a file of its own")
  }

  private func invalidUTF8() -> Diagnostic {
    let number = (0..<lineCount).first { String(validating: line($0), as: UTF8.self) == nil } ?? 0
    var decoder = UTF8()
    var iterator = line(number).makeIterator()
    var column = 0
    while case .scalarValue = decoder.decode(&iterator) { column += 1 }
    return Diagnostic(
      code: "invalid-utf8", "these bytes are not valid UTF-8", at: span(line: number, column: column),
      help: "save the file as UTF-8")
  }

  private func checkCharacters(_ text: String) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var line = 0
    var column = 0
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if let mistake = SourceText.mistake(scalar), found.count < 100 {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        found.append(
          Diagnostic(
            code: mistake.code, "\(mistake.name) (U+\(code)) in the text",
            at: span(line: line, column: column), help: "in double quotes it can be written as \\u\(code)"))
      }
      if scalar == "\n" || scalar == "\r" {
        if !(scalar == "\n" && previous == "\r") { line += 1 }
        column = 0
      } else {
        column += 1
      }
      previous = scalar
    }
    return found
  }

  private static func mistake(_ scalar: Unicode.Scalar) -> (code: String, name: String)? {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20..<0x7F: nil
    case 0: ("nul", "a NUL character")
    case 0..<0x20, 0x7F..<0x85, 0x86..<0xA0: ("control-character", "a control character")
    case 0x85, 0x2028, 0x2029:
      ("line-separator", "a line separator that YAML 1.1 and 1.2 read differently")
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
      ("bidi-control", "a character that turns the direction of writing")
    case 0xFEFF: ("control-character", "an invisible byte order mark")
    case 0xFFFE, 0xFFFF: ("control-character", "a code point that is no character")
    default: nil
    }
  }
}
