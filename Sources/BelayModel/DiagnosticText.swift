// A diagnostic for people and for machines. Both are functions of the diagnostic and its source alone.

/// The lines of a source, found once for all diagnostics of a file.
public struct SourceLines: Sendable {
  private let bytes: [UInt8]
  private let starts: [Int]
  private let isASCII: Bool
  /// Of longer lines only a part around the place is looked at: a file may be one line with a thousand mistakes.
  private static let longLine = 4096
  /// No file of so many lines is read.
  private static let lineLimit = 1_000_001

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isASCII = !bytes.contains { $0 >= 0x80 }
    var starts = [0]
    for (index, byte) in bytes.enumerated() {
      let isLoneReturn = byte == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)
      if byte == 0x0A || isLoneReturn { starts.append(index + 1) }
      if starts.count > SourceLines.lineLimit { break }
    }
    self.starts = starts
  }

  public init(_ text: String) { self.init(Array(text.utf8)) }

  /// The line's text without its end, from line 1; invalid UTF-8 replaced. Nil past the end.
  public subscript(line: Int) -> String? { range(line).map { String(decoding: bytes[$0], as: UTF8.self) } }

  private func range(_ line: Int) -> Range<Int>? {
    guard line >= 1, line <= starts.count else { return nil }
    var end = line < starts.count ? starts[line] : bytes.count
    let start = starts[line - 1]
    while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// The line, or a part of a long one, and how many scalars were left out before it; nil where finding the place
  /// would cost a walk through a long line.
  func part(of line: Int, around column: Int) -> (text: String, skipped: Int, isCut: Bool)? {
    guard let range = range(line) else { return nil }
    if range.count <= SourceLines.longLine {
      return (String(decoding: bytes[range], as: UTF8.self), 0, false)
    }
    guard isASCII else { return nil }
    let place = min(range.lowerBound + max(0, column - 1), range.upperBound)
    let start = max(range.lowerBound, place - SourceLines.longLine / 2)
    let end = min(range.upperBound, place + SourceLines.longLine / 2)
    return (
      String(decoding: bytes[start..<end], as: UTF8.self), start - range.lowerBound, end < range.upperBound
    )
  }
}

extension Diagnostic {
  /// As compilers print it: place and message, the line with a caret, then help and notes; no line end at the end.
  ///
  /// Control characters of file and message are shown, not sent to the terminal.
  public func text(source: SourceLines?) -> String {
    var lines = ["\(place(span)): \(severity.rawValue): \(DisplayText.visible(message))"]
    lines += excerpt(span, of: source)
    if let help { lines.append("  help: " + DisplayText.visible(help)) }
    for note in notes {
      lines.append("\(place(note.span)): note: \(DisplayText.visible(note.message))")
      if note.span.file == span.file { lines += excerpt(note.span, of: source) }
    }
    return lines.joined(separator: "\n")
  }

  public func text(source: String) -> String { text(source: SourceLines(source)) }

  /// `{severity, code, message, file, line, column, length, help?, notes?}`.
  public var json: JSON {
    let notes = notes.map { note in
      JSON.object([JSON.Member("message", .string(note.message))] + Diagnostic.members(note.span))
    }
    var members = [
      JSON.Member("severity", .string(severity.rawValue)), JSON.Member("code", .string(code)),
      JSON.Member("message", .string(message)),
    ]
    members += Diagnostic.members(span)
    if let help { members.append(JSON.Member("help", .string(help))) }
    if !notes.isEmpty { members.append(JSON.Member("notes", .array(notes))) }
    return .object(members)
  }

  private static func members(_ span: SourceSpan) -> [JSON.Member] {
    [
      JSON.Member("file", .string(span.file)), JSON.Member("line", .int(Int64(span.line))),
      JSON.Member("column", .int(Int64(span.column))), JSON.Member("length", .int(Int64(span.length))),
    ]
  }

  private func place(_ span: SourceSpan) -> String {
    let file = DisplayText.visible(span.file)
    return span.line == 0 ? file : "\(file):\(span.line):\(span.column)"
  }

  private func excerpt(_ span: SourceSpan, of source: SourceLines?) -> [String] {
    guard let part = source?.part(of: span.line, around: span.column) else { return [] }
    return DisplayText.excerpt(
      part.text, column: span.column - part.skipped, length: span.length, startsCut: part.skipped > 0,
      endsCut: part.isCut)
  }
}

/// Texts as a terminal shows them: by columns of the screen, nothing that could steer it.
public enum DisplayText {
  /// Wider lines are shown in part, around the caret.
  private static let limit = 120
  private static let tabStop = 8

  /// Control characters and those that turn the direction of writing, as `\u{1B}`.
  static func visible(_ text: String) -> String { escaping(shortened(text)) { isDangerous($0) } }

  /// A line with all that it holds; tabs stay.
  public static func line(_ text: String) -> String { escaping(text) { $0 != "\t" && isDangerous($0) } }

  /// Columns of a text without line ends; a tab counts as one.
  public static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// As much of the start as fits into so many columns.
  public static func prefix(_ text: String, columns: Int) -> String {
    var rest = columns
    var end = text.unicodeScalars.startIndex
    for index in text.unicodeScalars.indices {
      rest -= width(text.unicodeScalars[index])
      if rest < 0 { break }
      end = text.unicodeScalars.index(after: index)
    }
    return String(text.unicodeScalars[..<end])
  }

  private static func escaping(_ text: String, _ isEscaped: (Unicode.Scalar) -> Bool) -> String {
    guard text.unicodeScalars.contains(where: isEscaped) else { return text }
    return text.unicodeScalars.map { isEscaped($0) ? escaped($0) : String($0) }.joined()
  }

  /// A message quotes what stands in the file, however long that is.
  private static func shortened(_ text: String) -> String {
    let limit = 1000
    guard text.utf8.count > limit else { return text }
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex) else {
      return text
    }
    return String(scalars[..<end]) + "…"
  }

  /// The line and its caret, both indented by four.
  static func excerpt(
    _ line: String, column: Int, length: Int, startsCut: Bool = false, endsCut: Bool = false
  ) -> [String] {
    let scalars = Array(line.unicodeScalars)
    let caret = min(max(0, column - 1), scalars.count)
    let end = min(caret + max(1, length), max(scalars.count, caret + 1))
    let window = window(scalars, caret: caret)
    let isCut = startsCut || window.lowerBound > 0
    var shown = isCut ? "…" : ""
    var width = isCut ? 1 : 0
    var caretStart = width
    var caretWidth = 0
    for index in window {
      if index == caret { caretStart = width }
      let cell = cell(scalars[index], at: width)
      shown += cell.text
      width += cell.width
      if index >= caret, index < end { caretWidth += cell.width }
    }
    if caret >= window.upperBound { caretStart = width }
    if endsCut || window.upperBound < scalars.count { shown += "…" }
    let tail = String(repeating: "~", count: max(0, caretWidth - 1))
    return ["    " + shown, "    " + String(repeating: " ", count: caretStart) + "^" + tail]
  }

  private static func window(_ scalars: [Unicode.Scalar], caret: Int) -> Range<Int> {
    guard scalars.count > limit else { return 0..<scalars.count }
    let start = max(0, min(caret - limit / 2, scalars.count - limit))
    return start..<start + limit
  }

  private static func cell(_ scalar: Unicode.Scalar, at width: Int) -> (text: String, width: Int) {
    if scalar == "\t" {
      let blanks = tabStop - width % tabStop
      return (String(repeating: " ", count: blanks), blanks)
    }
    if isDangerous(scalar) {
      let text = escaped(scalar)
      return (text, text.unicodeScalars.count)
    }
    return (String(scalar), self.width(scalar))
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
  }

  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
      || scalar.value == 0x2028 || scalar.value == 0x2029
  }

  /// Columns on a terminal: 0 for combining marks and joiners, 2 for East Asian wide and emoji, else 1.
  ///
  /// - Source: the ranges of Unicode's EastAsianWidth.txt with W or F, in blocks.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    let isWide: Bool =
      switch value {
      case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: true
      case 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F: true
      case 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF: true
      case 0x20000...0x3FFFD: true
      default: scalar.properties.isEmojiPresentation
      }
    return isWide ? 2 : 1
  }
}
