internal import BelayModel

extension YAMLNode {
  /// The span of a scalar's text, quotes and block header left out, and the places of what is inside.
  var textPlace: (span: SourceSpan, places: TextPlaces) {
    guard case .scalar(let text, let style) = content else { return (span, TextPlaces()) }
    if style == .plain || style == .single || style == .double, start.line == end.line {
      let quote = style == .plain ? 0 : 1
      let length = end.column - start.column - 2 * quote
      let place = source.span(line: start.line, column: start.column + quote, length: length)
      // Equal lengths: nothing was unescaped.
      guard style != .plain, length != text.unicodeScalars.count else { return (place, TextPlaces()) }
    }
    var walk = ScalarWalk(self, style: style)
    let places = style.isBlock ? walk.block(text) : walk.flow()
    guard let first = places.points.first else { return (span, TextPlaces()) }
    let line = source.scalars(ofLine: first.line - 1).count
    return (
      SourceSpan(
        file: source.path, line: first.line, column: first.column, length: max(1, line - first.column + 1)),
      places
    )
  }
}

/// Follows a scalar in its source, as a YAML parser does, to learn where each part of its text came from.
///
/// - Source: YAML 1.2.2, 6.5 "Line Folding", 7.3 and 8.1.
private struct ScalarWalk {
  let source: SourceText
  let start: Mark
  let end: Mark
  let style: YAMLNode.Style
  var line: Int
  var scalars: [Unicode.Scalar]
  var column: Int
  var offset = 0
  var points: [TextPlaces.Point] = []

  init(_ node: YAMLNode, style: YAMLNode.Style) {
    source = node.source
    start = node.start
    end = node.end
    self.style = style
    line = node.start.line
    column = node.start.column + (style == .plain ? 0 : 1)
    scalars = node.source.scalars(ofLine: node.start.line)
  }

  private mutating func mark() {
    points.append(TextPlaces.Point(offset: offset, line: line + 1, column: column + 1))
  }

  mutating func flow() -> TextPlaces {
    mark()
    while line < end.line || line == end.line && column < end.column - (style == .plain ? 0 : 1) {
      guard column < lineEnd else {
        nextLine()
        continue
      }
      let scalar = scalars[column]
      if style == .double, scalar == "\\" {
        escape()
      } else if style == .single, scalar == "'" {
        column += 2
        offset += 1
        mark()
      } else {
        column += 1
        offset += 1
      }
    }
    return TextPlaces(points)
  }

  /// Of the current line, blanks before the line's end left out: folding takes them.
  private var lineEnd: Int {
    guard line < end.line else { return scalars.count }
    var end = scalars.count
    while end > column, scalars[end - 1] == " " || scalars[end - 1] == "\t" { end -= 1 }
    return end
  }

  private mutating func escape() {
    let next = column + 1 < scalars.count ? scalars[column + 1] : nil
    guard let next else {
      // A backslash at the end of a line: the next line goes on at once.
      goToLine(line + 1)
      skipBlanks()
      return mark()
    }
    switch next {
    case "x": column += 4
    case "u": column += 6
    case "U": column += 10
    default: column += 2
    }
    offset += 1
    mark()
  }

  /// One line end is a blank, more are one less.
  private mutating func nextLine() {
    var breaks = 0
    repeat {
      goToLine(line + 1)
      skipBlanks()
      breaks += 1
    } while column >= scalars.count && line < end.line
    offset += max(1, breaks - 1)
    mark()
  }

  private mutating func goToLine(_ number: Int) {
    line = number
    column = 0
    scalars = source.scalars(ofLine: number)
  }

  private mutating func skipBlanks() {
    while column < scalars.count, scalars[column] == " " || scalars[column] == "\t" { column += 1 }
  }

  /// The lines below the header, their indentation taken off.
  mutating func block(_ text: String) -> TextPlaces {
    let text = Array(text.unicodeScalars)
    let indent = indentation(text)
    for number in (start.line + 1)..<max(start.line + 2, min(source.lineCount, end.line + 1)) {
      goToLine(number)
      guard offset < text.count else { break }
      let content = scalars.dropFirst(indent)
      if content.isEmpty {
        if style == .literal { offset += 1 }
        continue
      }
      if style == .folded { skipSeparator(text, before: content) }
      column = min(indent, scalars.count)
      mark()
      offset += content.count + (style == .literal ? 1 : 0)
    }
    return TextPlaces(points)
  }

  /// Between two lines of a folded text: one blank, or line ends.
  private mutating func skipSeparator(_ text: [Unicode.Scalar], before content: ArraySlice<Unicode.Scalar>) {
    if offset > 0, offset < text.count, text[offset] == " " { return offset += 1 }
    while offset < text.count, text[offset] == "\n" { offset += 1 }
  }

  /// Blanks before the first line that holds more than blanks, less those that belong to the text.
  private func indentation(_ text: [Unicode.Scalar]) -> Int {
    let firstLine = text.split(separator: "\n").first { $0.contains { $0 != " " } }
    for number in (start.line + 1)..<max(start.line + 2, source.lineCount) {
      let line = source.scalars(ofLine: number)
      guard line.contains(where: { $0 != " " }) else { continue }
      return max(0, blanks(line) - blanks(Array(firstLine ?? [])))
    }
    return 0
  }

  private func blanks(_ line: [Unicode.Scalar]) -> Int { line.prefix { $0 == " " }.count }
}
