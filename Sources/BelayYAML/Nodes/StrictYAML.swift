internal import BelayModel

/// What YAML 1.2 forbids and libyaml lets through: it is found in the text around and inside the events.
///
/// Lines are looked at in the order of the file, the last one kept as scalars, so that all of it is linear.
struct StrictYAML {
  let source: SourceText
  private(set) var found = DiagnosticList()
  private var cached: (number: Int, scalars: [Unicode.Scalar]) = (-1, [])
  private var lastEnd = Mark(line: 0, column: 0)

  init(_ source: SourceText) { self.source = source }

  private mutating func line(_ number: Int) -> [Unicode.Scalar] {
    if cached.number != number { cached = (number, source.scalars(ofLine: number)) }
    return cached.scalars
  }

  private mutating func report(_ code: String, _ message: String, at mark: Mark, help: String? = nil) {
    found.append(
      Diagnostic(code: code, message, at: source.span(line: mark.line, column: mark.column), help: help))
  }

  /// The text between two events: blanks, indicators and comments.
  mutating func between(_ start: Mark, and end: Mark, isFlow: Bool) {
    defer { lastEnd = max(lastEnd, end) }
    guard start > lastEnd else { return }
    for number in lastEnd.line...start.line {
      let scalars = line(number)
      let first = number == lastEnd.line ? lastEnd.column : 0
      let last = number == start.line ? min(start.column, scalars.count) : scalars.count
      guard first < last else { continue }
      gap(scalars, first..<last, line: number, isFlow: isFlow)
    }
  }

  /// A collection starts; only with `[` and `{` does its start take room.
  mutating func opens(_ start: Mark, _ end: Mark, isFlow: Bool, inFlow: Bool) {
    let scalars = line(start.line)
    let opener = start.column < scalars.count ? scalars[start.column] : " "
    let takesRoom = isFlow && (opener == "[" || opener == "{")
    between(start, and: takesRoom ? end : start, isFlow: inFlow)
  }

  /// Names of anchors end at a blank; libyaml ends them at a colon as well.
  mutating func nameEnds(_ mark: Mark) {
    let scalars = line(mark.line)
    guard mark.column < scalars.count else { return }
    let next = scalars[mark.column]
    guard !StrictYAML.isBlank(next), next != ",", next != "]", next != "}" else { return }
    report(
      "ambiguous-anchor", "the name of an anchor goes on after '\(next)' in YAML 1.2", at: mark,
      help: "put a blank before it, or use letters, digits, '_' and '-' only")
  }

  /// To the end of the file, after the last event.
  mutating func end() {
    let last = source.lineCount - 1
    between(
      Mark(line: last, column: line(last).count), and: Mark(line: last, column: line(last).count),
      isFlow: false)
  }

  private mutating func gap(_ scalars: [Unicode.Scalar], _ range: Range<Int>, line: Int, isFlow: Bool) {
    for column in range {
      if scalars[column] == "#" {
        if column > 0, !StrictYAML.isBlank(scalars[column - 1]) {
          report(
            "comment-without-space", "a comment needs a blank before its '#'",
            at: Mark(line: line, column: column), help: "put a blank before it, or the text in quotes")
        }
        return
      }
      let next = column + 1 < scalars.count ? scalars[column + 1] : " "
      if isFlow, scalars[column] == "?", !StrictYAML.isBlank(next) {
        report(
          "ambiguous-flow", "'?' at the start of a text in '[ ]' or '{ }' is read differently by YAML 1.1",
          at: Mark(line: line, column: column), help: "put the text in quotes")
      }
    }
  }

  /// A scalar below a block collection at column `indent` (-1 for none).
  mutating func scalar(_ node: YAMLNode, indent: Int, isFlow: Bool) {
    guard case .scalar(let text, let style) = node.content else { return }
    let (start, end) = (node.start, node.end)
    if isFlow { firstOnLine(start, indent: indent) }
    switch style {
    case .plain:
      if isFlow, text == "-" {
        report("ambiguous-flow", "a '-' alone in '[ ]' or '{ }' is no text", at: start, help: "write \"-\"")
      }
    case .single, .double:
      guard end.line > start.line else { return }
      for number in (start.line + 1)...end.line { continuation(number, indent: indent) }
    case .literal, .folded: blockScalar(start, indent: indent)
    }
  }

  /// In `[…]` and `{…}` over several lines, each line is indented deeper than what holds them.
  mutating func firstOnLine(_ mark: Mark, indent: Int) {
    let scalars = line(mark.line)
    guard mark.column <= scalars.count, scalars[..<mark.column].allSatisfy(StrictYAML.isBlank) else { return }
    continuation(mark.line, indent: indent)
  }

  private mutating func continuation(_ number: Int, indent: Int) {
    let scalars = line(number)
    let spaces = scalars.prefix { $0 == " " }.count
    guard spaces <= indent, scalars.contains(where: { !StrictYAML.isBlank($0) }) else { return }
    if spaces < scalars.count, scalars[spaces] == "\t" {
      report(
        "tab-indentation", "a tab in the indentation", at: Mark(line: number, column: spaces),
        help: "indent with blanks")
    } else {
      report(
        "wrong-indentation", "this line must be indented deeper than the key it belongs to",
        at: Mark(line: number, column: spaces), help: "indent it by at least \(indent + 1) blanks")
    }
  }

  /// The header's comment, and blank lines that are indented deeper than the text.
  private mutating func blockScalar(_ start: Mark, indent: Int) {
    let header = line(start.line).dropFirst(start.column + 1)
    let indicators = header.prefix { $0 == "+" || $0 == "-" || ("1"..."9").contains($0) }
    if header.dropFirst(indicators.count).first == "#" {
      report(
        "comment-without-space", "a comment needs a blank before its '#'",
        at: Mark(line: start.line, column: start.column + 1 + indicators.count))
    }
    guard !indicators.contains(where: { ("1"..."9").contains($0) }) else { return }
    var deepest = 0
    for number in (start.line + 1)..<max(start.line + 1, source.lineCount) {
      let scalars = line(number)
      let spaces = scalars.prefix { $0 == " " }.count
      guard spaces < scalars.count else {
        deepest = max(deepest, spaces)
        continue
      }
      if spaces > indent, deepest > spaces {
        report(
          "wrong-indentation", "a blank line before this text is indented deeper than the text",
          at: Mark(line: number, column: spaces), help: "take the blanks out of the empty lines")
      }
      return
    }
  }

  /// Where a scalar's content starts, behind its anchor and tag.
  mutating func contentStart(_ start: Mark, _ end: Mark) -> Mark {
    var mark = start
    while mark < end {
      let scalars = line(mark.line)
      guard mark.column < scalars.count, scalars[mark.column] != "#" else {
        mark = Mark(line: mark.line + 1, column: 0)
        continue
      }
      switch scalars[mark.column] {
      case " ", "\t": mark.column += 1
      case "&":
        mark.column += 1
        while mark.column < scalars.count, StrictYAML.isName(scalars[mark.column]) { mark.column += 1 }
        nameEnds(mark)
      case "!":
        while mark.column < scalars.count, !StrictYAML.isBlank(scalars[mark.column]) { mark.column += 1 }
      default: return mark
      }
    }
    return end
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

  /// As libyaml has it.
  private static func isName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "-" || scalar.isASCII && scalar.properties.isAlphabetic
      || ("0"..."9").contains(scalar)
  }
}
