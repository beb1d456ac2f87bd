internal import BelayModel

/// One statement of SQL, its values taken out of its text.
///
/// It is read just far enough to know what stands inside a literal, a name in quotes or a comment, where it ends, and
/// how it begins.
///
/// - Source: PostgreSQL, "Lexical Structure", and its `scan.l` and `psqlscan.l`.
struct SQLStatement {
  enum Part {
    case text(String)
    /// `$1`, `$2`, … in the order written.
    case parameter(Expression)
    case name(Expression)
  }

  /// A word in small letters, or one sign; comments and literals are left out.
  struct Token {
    var text: String
    var isWord: Bool
    /// Open parentheses around it.
    var depth: Int
    /// In units.
    var index: Int
    var isValue = false
  }

  let units: TextUnits
  private(set) var parts: [Part] = []
  private(set) var tokens: [Token] = []
  private(set) var mistakes: [Diagnostic] = []

  private var text = String.UnicodeScalarView()
  private var index = 0
  private var depth = 0
  /// Bodies of functions that are written `BEGIN ATOMIC … END`, and `CASE … END` in them.
  private var blocks = 0
  private var isOver = false
  /// Of the last literal: whether a backslash escapes in it, and where it ended.
  private var lastLiteral: (escapes: Bool, end: Int)?

  /// - Parameter isName: whether a value is `identifier(…)`.
  init(_ template: Template, isName: (Expression) -> Bool) {
    units = TextUnits(template)
    while let unit = units[index], mistakes.isEmpty { read(unit, isName) }
    flush()
    if tokens.isEmpty, mistakes.isEmpty {
      report("empty", "'query' holds no statement", at: template.span, help: "query: select …")
    }
  }

  private mutating func report(_ code: String, _ message: String, at span: SourceSpan, help: String?) {
    mistakes.append(Diagnostic(code: code, message, at: span, help: help))
  }

  private mutating func flush() {
    guard !text.isEmpty else { return }
    parts.append(.text(String(text)))
    text = String.UnicodeScalarView()
  }

  private mutating func read(_ unit: TextUnits.Unit, _ isName: (Expression) -> Bool) {
    if let value = unit.value { return bind(value, asName: isName(value)) }
    switch unit.scalar {
    case " ", "\t", "\n", "\r", "\u{B}", "\u{C}": take(1)
    case "-" where units.starts(with: "--", at: index): take(upTo: endOfLine(), "comment", opened: 2)
    case "/" where units.starts(with: "/*", at: index): take(upTo: endOfComment(), "comment", opened: 2)
    case "'": readLiteral(escapes: continuesEscapes)
    case "\"": token("\"", isWord: false) { $0.take(upTo: $0.endOfQuotes("\""), "name in quotes", opened: 1) }
    case "$": readDollar()
    case ";": semicolon()
    case let scalar where SQLStatement.startsWord(scalar): readWord()
    case "0"..."9":
      token("0", isWord: false) { statement in
        statement.take(statement.length { SQLStatement.isOfWord($0) && $0 != "$" || $0 == "." })
      }
    default: sign(unit.scalar)
    }
  }

  private mutating func sign(_ scalar: Unicode.Scalar) {
    if scalar == ")" { depth = max(0, depth - 1) }
    token(String([scalar]), isWord: false) { $0.take(1) }
    if scalar == "(" { depth += 1 }
  }

  private mutating func token(_ text: String, isWord: Bool, _ body: (inout SQLStatement) -> Void) {
    if isOver {
      return report(
        "several-statements", "this is the second statement of one text", at: units.span(index),
        help: "make 'query' a list: its statements are one transaction")
    }
    tokens.append(Token(text: text, isWord: isWord, depth: depth, index: index))
    body(&self)
  }

  // MARK: Taking

  private mutating func take(_ count: Int) {
    for _ in 0..<count {
      if let scalar = units.scalar(index) { text.append(scalar) }
      index += 1
    }
  }

  /// What stands inside is text: a value in it would be read as a part of it.
  private mutating func take(upTo end: Int?, _ what: String, opened: Int) {
    let last = end ?? units.count
    for inside in index..<last {
      guard let value = units[inside]?.value else { continue }
      report(
        "unsafe-binding", "this value stands inside a \(what)", at: value.span,
        help: what == "literal"
          ? "bind the whole value, without quotes: … = ${{ … }}" : "bind it outside of the \(what)")
      return
    }
    guard let end else {
      return report(
        "sql-syntax", "this \(what) is never closed", at: units.span(index, length: opened), help: nil)
    }
    take(end - index)
  }

  private func length(_ isInside: (Unicode.Scalar) -> Bool) -> Int {
    var end = index
    while let scalar = units.scalar(end), isInside(scalar) { end += 1 }
    return end - index
  }

  private func endOfLine() -> Int {
    var end = index
    while let unit = units[end], unit.value != nil || unit.scalar != "\n" && unit.scalar != "\r" { end += 1 }
    return end
  }

  /// They nest.
  private func endOfComment() -> Int? {
    var open = 0
    var at = index
    while at < units.count {
      if units.starts(with: "/*", at: at) {
        open += 1
        at += 2
      } else if units.starts(with: "*/", at: at) {
        open -= 1
        at += 2
        if open == 0 { return at }
      } else {
        at += 1
      }
    }
    return nil
  }

  /// Two quotes are one; a backslash escapes where it does.
  private func endOfQuotes(_ quote: Unicode.Scalar, escapes: Bool = false) -> Int? {
    var at = index + 1
    while let unit = units[at] {
      if unit.value == nil, escapes, unit.scalar == "\\" {
        at += 2
      } else if unit.value == nil, unit.scalar == quote {
        guard units.scalar(at + 1) == quote else { return at + 1 }
        at += 2
      } else {
        at += 1
      }
    }
    return nil
  }

  // MARK: Literals and words

  private mutating func readLiteral(escapes: Bool) {
    token("'", isWord: false) { statement in
      statement.take(upTo: statement.endOfQuotes("'", escapes: escapes), "literal", opened: 1)
      statement.lastLiteral = (escapes, statement.index)
    }
  }

  /// `E'a'`, a line end, `'b'` are one literal: the backslash goes on to escape.
  private var continuesEscapes: Bool {
    guard let last = lastLiteral, last.escapes else { return false }
    var at = last.end
    var isNewLine = false
    while at < index {
      guard let scalar = units.scalar(at) else { return false }
      if units.starts(with: "--", at: at) {
        while at < index, let inside = units.scalar(at), inside != "\n", inside != "\r" { at += 1 }
        continue
      }
      guard scalar.properties.isWhitespace else { return false }
      isNewLine = isNewLine || scalar == "\n" || scalar == "\r"
      at += 1
    }
    return isNewLine
  }

  /// `$tag$ … $tag$`, or a `$1` of the author's own.
  private mutating func readDollar() {
    var end = index + 1
    while let scalar = units.scalar(end), SQLStatement.isOfWord(scalar), scalar != "$" { end += 1 }
    let name = (index + 1..<end).compactMap { units.scalar($0) }
    if let first = name.first, ("0"..."9").contains(first) {
      return report(
        "sql-syntax", "'$\(String(name))' is for what is bound here",
        at: units.span(index, length: name.count + 1),
        help: "bind the value: ${{ … }}")
    }
    guard units.scalar(end) == "$" else { return token("$", isWord: false) { $0.take(1) } }
    let mark = "$" + String(name) + "$"
    var close = end + 1
    while close < units.count, !units.starts(with: mark, at: close) { close += 1 }
    let last = close < units.count ? close + mark.unicodeScalars.count : nil
    token("'", isWord: false) { $0.take(upTo: last, "literal", opened: mark.unicodeScalars.count) }
  }

  private mutating func readWord() {
    let count = length(SQLStatement.isOfWord)
    let word = String((index..<index + count).compactMap { units.scalar($0) }).lowercased()
    // A literal's letter belongs to it: E'…', B'…', N'…', U&'…' and U&"…".
    if units.scalar(index + count) == "'", ["e", "b", "x", "n"].contains(word) {
      take(count)
      return readLiteral(escapes: word == "e")
    }
    if word == "u", units.scalar(index + count) == "&", let quote = units.scalar(index + count + 1),
      quote == "'" || quote == "\""
    {
      return take(count + 1)
    }
    token(word, isWord: true) { $0.take(count) }
    countBlocks(word)
  }

  private mutating func countBlocks(_ word: String) {
    let isRoutine = tokens.prefix(4).contains { $0.text == "function" || $0.text == "procedure" }
    guard tokens.first?.text == "create", isRoutine, depth == 0 else { return }
    switch word {
    case "begin": blocks += 1
    case "case" where blocks > 0: blocks += 1
    case "end" where blocks > 0: blocks -= 1
    default: break
    }
  }

  private mutating func semicolon() {
    // Inside parentheses, of a rule, and in the body of a function it ends nothing.
    if depth > 0 || blocks > 0 { return token(";", isWord: false) { $0.take(1) } }
    isOver = true
    index += 1
  }

  // MARK: Values

  private mutating func bind(_ value: Expression, asName: Bool) {
    let (before, after) = (units[index - 1], units[index + 1])
    let isGlued = SQLStatement.isGlued(before, asName) || SQLStatement.isGlued(after, asName)
    if isGlued {
      return report(
        "unsafe-binding", "this value stands right beside a word or a quote, and would be read with it",
        at: value.span, help: "put a blank between them, or bind the whole of it")
    }
    if !asName, let last = tokens.last, SQLStatement.beforeNames.contains(last.text) {
      return report(
        "sql-syntax", "after '\(last.text)' stands a name, and a value is none", at: value.span,
        help: "write ${{ identifier(\(value.source)) }}")
    }
    token("$", isWord: false) { statement in
      statement.flush()
      statement.parts.append(asName ? .name(value) : .parameter(value))
      statement.index += 1
    }
    if !tokens.isEmpty { tokens[tokens.count - 1].isValue = true }
  }

  /// `from` is none of them: `extract(epoch from $1)`, `is distinct from $1`.
  private static let beforeNames: Set<String> = [
    ".", "into", "table", "join", "update", "database", "schema", "index", "view", "sequence",
  ]

  private static func isGlued(_ unit: TextUnits.Unit?, _ asName: Bool) -> Bool {
    guard let unit else { return false }
    if unit.value != nil || isOfWord(unit.scalar) { return true }
    return asName && ["\"", "'", "&"].contains(unit.scalar)
  }

  static func startsWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_": true
    default: scalar.value > 0x7F
    }
  }

  static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
    startsWord(scalar) || ("0"..."9").contains(scalar) || scalar == "$"
  }
}
