internal import BelayModel

/// A URL with values bound in it, each encoded for the place where it stands.
///
/// - Source: RFC 3986, sections 2 and 3.
struct HTTPAddress {
  enum Place {
    /// The start of the whole: scheme, host and perhaps more, taken as it is.
    case base
    /// Host and port.
    case authority
    case path
    case query
  }

  private enum Part {
    case text(String, Place)
    case value(Expression, Place)
  }

  /// In scalars. Servers refuse less.
  private static let lengthLimit = 8 << 10

  var template: Template { units.template }

  private var parts: [Part] = []
  private let units: TextUnits
  /// What has been read of the next part.
  private var literal = String.UnicodeScalarView()
  private var literalPlace = Place.authority
  private(set) var mistake: Diagnostic?
  /// Nil where the start is bound.
  private(set) var scheme: String?

  init(_ template: Template) {
    units = TextUnits(template)
    read()
  }

  private mutating func refuse(_ message: String, _ index: Int, length: Int = 1, help: String) {
    guard mistake == nil else { return }
    mistake = Diagnostic(code: "bad-url", message, at: units.span(index, length: length), help: help)
  }

  // MARK: Reading

  private mutating func read() {
    guard units.count <= HTTPAddress.lengthLimit else {
      return refuse("a URL of more than 8 KiB", 0, help: "send long values in 'json', 'form' or 'body'")
    }
    guard let first = units[0] else { return refuse("the URL is empty", 0, help: "write https://…") }
    guard let base = first.value else { return readScheme() }
    parts.append(.value(base, .base))
    if let next = units[1], next.value != nil || next.scalar != "/" && next.scalar != "?" {
      return refuse(
        "a value that starts a URL is scheme and host: a path or a query follows it", 1,
        help: "write \"https://${{ … }}…\", or \"${{ … }}/path\"")
    }
    readPath(1)
  }

  private mutating func readScheme() {
    var end = 0
    while let scalar = units.scalar(end), HTTPAddress.isOfScheme(scalar) { end += 1 }
    guard end > 0, units.starts(with: "://", at: end) else {
      return refuse(
        "this is no URL of http or https", 0, length: units.template.source.unicodeScalars.count,
        help: "write https://… or http://…")
    }
    let scheme = String(units.units[..<end].map(\.scalar)).lowercased()
    guard scheme == "http" || scheme == "https" else {
      return refuse(
        "'http' asks http:// and https:// only, this is \(scheme)://", 0, length: end, help: "write https://…"
      )
    }
    self.scheme = scheme
    literal = (scheme + "://").unicodeScalars
    readAuthority(end + 3)
  }

  private mutating func readAuthority(_ start: Int) {
    var index = start
    while let unit = units[index], unit.value != nil || !["/", "?", "#"].contains(unit.scalar) {
      if unit.scalar == "@", unit.value == nil {
        return refuse(
          "user and password do not stand in a URL: it is shown", index,
          help: "write auth: { basic: { user: …, password: \"${{ secrets.… }}\" } }")
      }
      take(unit, .authority, index)
      index += 1
    }
    guard index > start else {
      return refuse("this URL has no host", start - 1, help: "write https://host/…")
    }
    readPath(index)
  }

  private mutating func readPath(_ start: Int) {
    defer { endLiteral() }
    var place = Place.path
    for index in start..<max(start, units.count) {
      guard let unit = units[index] else { continue }
      if unit.value == nil, unit.scalar == "?" { place = .query }
      take(unit, place, index)
    }
  }

  private mutating func take(_ unit: TextUnits.Unit, _ place: Place, _ index: Int) {
    guard let value = unit.value else {
      check(unit.scalar, index)
      if place != literalPlace { endLiteral() }
      literalPlace = place
      return literal.append(unit.scalar)
    }
    endLiteral()
    parts.append(.value(value, place))
  }

  private mutating func endLiteral() {
    if !literal.isEmpty { parts.append(.text(String(literal), literalPlace)) }
    literal = String.UnicodeScalarView()
  }

  private mutating func check(_ scalar: Unicode.Scalar, _ index: Int) {
    switch scalar {
    case "#":
      refuse("what follows '#' is never sent", index, help: "leave it out, or write %23 for the character")
    case "{", "}", "<", ">":
      refuse("'\(scalar)' does not stand in a URL", index, help: "bind a value: ${{ params.… }}")
    case "\\", "^", "`", "|", "\"", " ", "\u{0}"..."\u{1F}", "\u{7F}":
      let code = String(scalar.value, radix: 16, uppercase: true)
      refuse(
        scalar.value > 0x20 && scalar.value < 0x7F
          ? "'\(scalar)' does not stand in a URL" : "a URL holds no blanks and no line ends", index,
        help: "write %\(code.count == 1 ? "0" : "")\(code) for the character")
    case "%":
      let digits = [units.scalar(index + 1), units.scalar(index + 2)]
      guard !digits.allSatisfy({ $0?.properties.isASCIIHexDigit == true }) else { return }
      refuse("'%' stands before two hexadecimal digits", index, help: "write %25 for the character")
    default: break
    }
  }

  private static func isOfScheme(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "+", "-", ".": true
    default: false
    }
  }
}

// Binding.
extension HTTPAddress {
  /// The URL with its values.
  ///
  /// - Throws: for a value that would make another host, path or request of it.
  func text(
    _ look: (Expression) throws(StepFailure) -> ShownValue
  ) throws(StepFailure) -> String {
    var text = ""
    var segment = Segment()
    for part in parts {
      switch part {
      case .text(let literal, let place):
        if text.hasSuffix("/"), literal.hasPrefix("/"), place == .path, segment.isBase { text.removeLast() }
        segment.isBase = false
        if place == .path { try segment.pass(literal) } else { try segment.end() }
        text += place == .authority ? literal : HTTPEncoding.ascii(literal)
      case .value(let expression, let place):
        let encoded = try HTTPAddress.encoded(try look(expression), place, expression)
        segment.isBase = place == .base
        if place == .path { segment.add(encoded, of: expression) }
        text += encoded
      }
    }
    try segment.end()
    return text
  }

  private static func encoded(
    _ value: ShownValue, _ place: Place, _ expression: Expression
  ) throws(StepFailure) -> String {
    guard case .known(let known) = value else { return value.text }
    let text = try HTTPEncoding.scalar(known, of: expression)
    switch place {
    case .path, .query: return HTTPEncoding.percent(text)
    case .authority:
      guard text.unicodeScalars.allSatisfy(isOfHost), !text.isEmpty else {
        throw refused(expression, "is no host: '\(text.prefix(60))'")
      }
      return text
    case .base:
      let address = HTTPAddress(Template(literal: text, at: expression.span))
      guard let mistake = address.mistake else { return HTTPEncoding.ascii(text) }
      throw refused(expression, "cannot start a URL: \(mistake.message)")
    }
  }

  private static func refused(_ expression: Expression, _ why: String) -> StepFailure {
    StepFailure(kind: "expression", message: "the value of '\(expression.source)' \(why)")
  }

  private static func isOfHost(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0x7F || HTTPEncoding.isUnreserved(scalar) || ":[]".unicodeScalars.contains(scalar)
  }

  /// What stands between two slashes of a path. `..`, and nothing, would ask for another path.
  private struct Segment {
    var isBase = false
    private var text = ""
    private var value: Expression?

    mutating func add(_ encoded: String, of expression: Expression) {
      text += encoded
      value = expression
    }

    mutating func pass(_ literal: String) throws(StepFailure) {
      let pieces = literal.split(separator: "/", omittingEmptySubsequences: false)
      text += pieces.first ?? ""
      guard pieces.count > 1 else { return }
      try end()
      text = String(pieces.last ?? "")
    }

    mutating func end() throws(StepFailure) {
      defer {
        text = ""
        value = nil
      }
      guard let value, ["", ".", ".."].contains(text) else { return }
      throw refused(value, "would ask for another path: this part of it would be '\(text)'")
    }
  }
}

enum HTTPEncoding {
  static func percent(_ text: String) -> String { PercentEncoding.text(text) }

  /// What is not ASCII.
  static func ascii(_ text: String) -> String { PercentEncoding.text(text) { $0 < 0x80 } }

  static func isUnreserved(_ scalar: Unicode.Scalar) -> Bool {
    UInt8(exactly: scalar.value).map(PercentEncoding.isUnreserved) ?? false
  }

  /// A value that is one text.
  static func scalar(_ value: Value, of expression: Expression) throws(StepFailure) -> String {
    switch value {
    case .null: throw StepFailure(kind: "expression", message: "'\(expression.source)' has no value")
    case .list, .map:
      throw StepFailure(
        kind: "expression", message: "'\(expression.source)' is a \(value.typeName), and stands in a URL")
    default: return value.text
    }
  }
}
