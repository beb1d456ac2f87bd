internal import BelayModel

/// The mend for an expression that YAML took apart: the same text in quotes.
enum QuotedForm {
  static func diagnostic(of node: YAMLNode, why: String) -> Diagnostic {
    let isOneLine = node.start.line == node.end.line
    let flowEnd = node.isFlow && isOneLine ? node.end.column : nil
    return diagnostic(at: node.tagStart, in: node.source, endColumn: flowEnd, why: why)
  }

  /// The expression is taken to reach from the mark to the end of its line, or to the column given.
  static func diagnostic(at mark: Mark, in source: SourceText, endColumn: Int? = nil, why: String)
    -> Diagnostic
  {
    var rest = source.scalars(ofLine: mark.line)
    if let endColumn { rest = Array(rest.prefix(endColumn)) }
    rest = Array(rest.dropFirst(mark.column))
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: rest)
    return Diagnostic(
      code: "expression-needs-quotes", "this expression needs quotes: \(why)",
      at: source.span(line: mark.line, column: mark.column, length: rest.count),
      help: "write \(quoted(String(text)))")
  }

  /// In single quotes, or in double ones where that needs no escape.
  static func quoted(_ text: String) -> String {
    let bytes = text.utf8
    if bytes.contains(UInt8(ascii: "'")), !bytes.contains(UInt8(ascii: "\"")),
      !bytes.contains(UInt8(ascii: "\\"))
    {
      return "\"\(text)\""
    }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// What libyaml's error really means where it stands in an expression, and the text with it mended.
  static func mend(_ error: YAMLParser.SyntaxError, _ parser: YAMLParser) -> (Diagnostic, SourceText)? {
    for line in [error.mark.line, error.context?.line].compactMap({ $0 }) {
      guard let found = diagnostic(onLine: line, parser) else { continue }
      return (found, parser.source.quotingLine(line, from: found.span.column - 1))
    }
    return nil
  }

  private static func diagnostic(onLine number: Int, _ parser: YAMLParser) -> Diagnostic? {
    let line = parser.source.scalars(ofLine: number)
    var start = line.firstIndex { $0 != " " } ?? line.count
    // One that stands on the line itself is looked at with it.
    let isInside = parser.frames.contains {
      $0.key.map { $0.start.line < number && ExpressionKeys.holdsExpressions($0.text ?? "") } ?? false
    }
    var isItem = false
    while start + 1 < line.count, line[start] == "-", line[start + 1] == " " {
      isItem = true
      start = line[(start + 1)...].firstIndex { $0 != " " } ?? line.count
    }
    var key = String.UnicodeScalarView()
    key.append(contentsOf: line[start...].prefix { $0 != ":" && $0 != " " })
    let colon = start + key.count
    if colon + 1 < line.count, line[colon] == ":", line[colon + 1] == " ", Identifier.isValid(String(key)) {
      guard isInside || ExpressionKeys.holdsExpressions(String(key)), String(key) != "outputs" else {
        return nil
      }
      start = line[(colon + 1)...].firstIndex { $0 != " " } ?? line.count
    } else if !(isItem && isInside) {
      return nil
    }
    guard start < line.count, let why = reason(line[start...]) else { return nil }
    return diagnostic(at: Mark(line: number, column: start), in: parser.source, why: why)
  }

  private static func reason(_ text: ArraySlice<Unicode.Scalar>) -> String? {
    switch text.first {
    case "\"", "'": return "YAML ends the text at the closing quote"
    case "[", "{": return "YAML takes it for a list or a map"
    case "!", "&", "*", "%", "@", "`", "|", ">": return "YAML gives its first character a meaning of its own"
    default: break
    }
    let hasColon = zip(text, text.dropFirst()).contains { $0 == ":" && ($1 == " " || $1 == "\t") }
    return hasColon ? "YAML takes ': ' for the end of a key" : nil
  }
}

extension SourceText {
  /// The same text with one line in quotes from a column on: what stands on other lines keeps its place.
  fileprivate func quotingLine(_ number: Int, from column: Int) -> SourceText {
    let scalars = scalars(ofLine: number)
    var head = String.UnicodeScalarView()
    head.append(contentsOf: scalars[..<column])
    var tail = String.UnicodeScalarView()
    tail.append(contentsOf: scalars[column...])
    let old = line(number)
    let mended = String(head) + QuotedForm.quoted(String(tail))
    return SourceText(
      path: path, bytes: Array(bytes[..<old.startIndex] + Array(mended.utf8) + bytes[old.endIndex...]))
  }
}
