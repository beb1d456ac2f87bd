internal import BelayModel

/// A piece of an expression's text, with its place in Unicode scalars.
struct Token: Hashable {
  enum Kind: Hashable {
    case identifier(String)
    /// A key that is no name, in backquotes: a.`content-type`.
    case quotedName(String)
    case literal(Value)
    /// Operators and punctuation.
    case symbol(String)
    case end
  }

  var kind: Kind
  var start: Int
  var length: Int
}

struct SyntaxError: Error, Hashable {
  var message: String
  var start: Int
  var length = 1
  var help: String?
}

/// Cuts an expression's text into tokens.
///
/// - Source: cel-spec, language definition, "Syntax".
struct Lexer {
  private let text: [Unicode.Scalar]
  private var at = 0

  private static let symbols = [
    "&&", "||", "==", "!=", "<=", ">=", "[?", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "!", "<", ">",
    "+", "-", "*", "/", "%",
  ].map { (Array($0.unicodeScalars), $0) }

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func tokens() throws(SyntaxError) -> [Token] {
    var tokens: [Token] = []
    while true {
      let token = try next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    at + ahead < text.count ? text[at + ahead] : nil
  }

  private mutating func next() throws(SyntaxError) -> Token {
    skipBlanks()
    let start = at
    guard let scalar = peek() else { return Token(kind: .end, start: start, length: 1) }
    let kind: Token.Kind
    if isQuoted() {
      kind = .literal(try quoted())
    } else if isDigit(scalar) || (scalar == "." && peek(1).map(isDigit) == true) {
      kind = .literal(try number())
    } else if isLetter(scalar) {
      kind = word()
    } else if scalar == "`" {
      kind = .quotedName(try quotedName())
    } else {
      kind = .symbol(try symbol())
    }
    return Token(kind: kind, start: start, length: at - start)
  }

  private mutating func skipBlanks() {
    while let scalar = peek() {
      if scalar == "/", peek(1) == "/" {
        while at < text.count, text[at] != "\n" { at += 1 }
      } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}" {
        at += 1
      } else {
        return
      }
    }
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }

  private mutating func word() -> Token.Kind {
    let start = at
    while let scalar = peek(), isLetter(scalar) || isDigit(scalar) { at += 1 }
    let name = string(text[start..<at])
    switch name {
    case "true": return .literal(.bool(true))
    case "false": return .literal(.bool(false))
    case "null": return .literal(.null)
    case "in": return .symbol("in")
    default: return .identifier(name)
    }
  }

  /// - Source: cel-spec, "Grammar", ESC_IDENT.
  private mutating func quotedName() throws(SyntaxError) -> String {
    let start = at
    at += 1
    while let scalar = peek(), isLetter(scalar) || isDigit(scalar) || "_.-/ ".unicodeScalars.contains(scalar)
    {
      at += 1
    }
    guard peek() == "`", at > start + 1 else {
      throw SyntaxError(
        message: "a key in backquotes is letters, digits, blanks and _ . - /", start: start,
        length: max(1, at - start), help: "write any other key as an index: a[\"key\"]")
    }
    at += 1
    return string(text[(start + 1)..<(at - 1)])
  }

  private mutating func symbol() throws(SyntaxError) -> String {
    for (scalars, symbol) in Lexer.symbols where text[at...].starts(with: scalars) {
      at += scalars.count
      return symbol
    }
    let found = string(text[at...at])
    let help: String? =
      switch found {
      case "=": "equality is '=='"
      case "&": "and is '&&'"
      case "|": "or is '||'"
      case "$": "inside an expression there is no '${{ }}': write the name alone"
      default: nil
      }
    throw SyntaxError(message: "'\(found)' has no meaning here", start: at, help: help)
  }

  private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  // MARK: Numbers

  private mutating func number() throws(SyntaxError) -> Value {
    let start = at
    if peek() == "0", peek(1) == "x" || peek(1) == "X" { return try hexadecimal(start) }
    skipDigits()
    var isDouble = false
    if peek() == ".", peek(1).map(isDigit) == true {
      isDouble = true
      at += 1
      skipDigits()
    }
    if peek() == "e" || peek() == "E" {
      isDouble = true
      at += 1
      if peek() == "+" || peek() == "-" { at += 1 }
      skipDigits()
    }
    let digits = string(text[start..<at])
    if isDouble, let value = Double(digits) { return .double(value) }
    return try integer(digits, radix: 10, start)
  }

  private mutating func hexadecimal(_ start: Int) throws(SyntaxError) -> Value {
    at += 2
    let first = at
    while let scalar = peek(), scalar.properties.isASCIIHexDigit { at += 1 }
    return try integer(string(text[first..<at]), radix: 16, start)
  }

  private mutating func integer(_ digits: String, radix: Int, _ start: Int) throws(SyntaxError) -> Value {
    if peek() == "u" || peek() == "U" {
      at += 1
      if let value = UInt64(digits, radix: radix) { return .uint(value) }
    } else if let value = Int64(digits, radix: radix) {
      return .int(value)
    } else if UInt64(digits, radix: radix) == 1 << 63 {
      // Only as -9223372036854775808; the parser joins the sign.
      return .uint(1 << 63)
    }
    throw SyntaxError(message: "'\(digits)' is no number of 64 bits", start: start, length: at - start)
  }

  private mutating func skipDigits() {
    while let scalar = peek(), isDigit(scalar) { at += 1 }
  }

  // MARK: Strings

  private func isQuoted() -> Bool {
    for ahead in 0...2 {
      guard let scalar = peek(ahead) else { return false }
      if scalar == "\"" || scalar == "'" { return true }
      guard "rRbB".unicodeScalars.contains(scalar) else { return false }
    }
    return false
  }

  private mutating func quoted() throws(SyntaxError) -> Value {
    let start = at
    var isRaw = false
    var isBytes = false
    while let scalar = peek(), scalar != "\"", scalar != "'" {
      isRaw = isRaw || scalar == "r" || scalar == "R"
      isBytes = isBytes || scalar == "b" || scalar == "B"
      at += 1
    }
    guard let quote = peek() else { throw SyntaxError(message: "a string expected", start: start) }
    let isTriple = peek(1) == quote && peek(2) == quote
    at += isTriple ? 3 : 1
    var bytes: [UInt8] = []
    while true {
      guard let scalar = peek(), isTriple || (scalar != "\n" && scalar != "\r") else {
        throw SyntaxError(message: "the string does not end", start: start, length: max(1, at - start))
      }
      if scalar == quote, !isTriple || (peek(1) == quote && peek(2) == quote) { break }
      at += 1
      if scalar == "\\", !isRaw {
        try escape(into: &bytes, isBytes: isBytes)
      } else {
        bytes += String(Character(scalar)).utf8
      }
    }
    at += isTriple ? 3 : 1
    if isBytes { return .bytes(bytes) }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  private mutating func escape(into bytes: inout [UInt8], isBytes: Bool) throws(SyntaxError) {
    let start = at - 1
    guard let scalar = peek() else { throw SyntaxError(message: "the string does not end", start: start) }
    at += 1
    let plain: [Unicode.Scalar: UInt8] = [
      "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "\"": 34, "'": 39, "`": 96,
      "?": 63,
    ]
    if let byte = plain[scalar] { return bytes.append(byte) }
    let code: UInt32?
    switch scalar {
    case "x", "X": code = digits(2, radix: 16)
    case "u" where !isBytes: code = digits(4, radix: 16)
    case "U" where !isBytes: code = digits(8, radix: 16)
    case "0"..."3":
      at -= 1
      code = digits(3, radix: 8)
    default: code = nil
    }
    guard let code else {
      throw SyntaxError(
        message: "'\\\(Character(scalar))' is no escape", start: start, length: 2,
        help: "a backslash is '\\\\', or write a raw string: r\"…\"")
    }
    if isBytes {
      bytes.append(UInt8(code & 255))
    } else if let character = Unicode.Scalar(code) {
      bytes += String(Character(character)).utf8
    } else {
      throw SyntaxError(message: "no Unicode character", start: start, length: at - start)
    }
  }

  private mutating func digits(_ count: Int, radix: Int) -> UInt32? {
    guard at + count <= text.count else { return nil }
    defer { at += count }
    return UInt32(string(text[at..<at + count]), radix: radix)
  }
}
