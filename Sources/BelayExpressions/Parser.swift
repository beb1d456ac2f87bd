internal import BelayModel

/// Tokens to syntax: precedence by one function a level, as the specification's grammar has it.
///
/// - Source: cel-spec, language definition, "Grammar".
struct Parser {
  /// Of brackets, calls and conditionals within one another.
  static let nestingLimit = 128
  /// Of operators in a row, whose tree leans to the left.
  static let treeLimit = 600
  /// In Unicode scalars.
  static let lengthLimit = 65_536

  private let tokens: [Token]
  private var at = 0
  private var nesting = 0

  private let refusesUnknownCalls: Bool

  /// - Parameter refusesUnknownCalls: else they fail when they are evaluated, as in CEL without its check.
  init(_ text: String, refusesUnknownCalls: Bool = true) throws(SyntaxError) {
    self.refusesUnknownCalls = refusesUnknownCalls
    guard text.unicodeScalars.count <= Parser.lengthLimit else {
      throw SyntaxError(message: "the expression is longer than \(Parser.lengthLimit) characters", start: 0)
    }
    var lexer = Lexer(text)
    tokens = try lexer.tokens()
  }

  mutating func parse() throws(SyntaxError) -> Syntax {
    if tokens.count == 1 { throw SyntaxError(message: "an expression expected", start: 0) }
    let syntax = try expression()
    guard token.kind == .end else { throw unexpected() }
    return syntax
  }

  private var token: Token { tokens[at] }

  private func unexpected(_ wanted: String? = nil) -> SyntaxError {
    let what: String
    var help: String?
    switch token.kind {
    case .end: what = "the expression ends"
    case .identifier(let name):
      what = "'\(name)'"
      help = ["and": "and is '&&'", "or": "or is '||'", "not": "not is '!'"][name]
    case .symbol(let symbol): what = "'\(symbol)'"
    case .literal: what = "a value"
    case .quotedName(let name): what = "'`\(name)`'"
    }
    let place = token.kind == .end ? "" : " stands here"
    let message = wanted.map { "\($0) expected, but \(what)\(place)" } ?? "\(what) is not expected here"
    return SyntaxError(message: message, start: token.start, length: token.length, help: help)
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    at += 1
    return true
  }

  private mutating func require(_ symbol: String) throws(SyntaxError) {
    guard take(symbol) else { throw unexpected("'\(symbol)'") }
  }

  private var lastEnd: Int { at == 0 ? 0 : tokens[at - 1].start + tokens[at - 1].length }

  private func checked(_ syntax: Syntax) throws(SyntaxError) -> Syntax {
    guard syntax.depth <= Parser.treeLimit else {
      throw SyntaxError(message: "more than \(Parser.treeLimit) operators in a row", start: syntax.start)
    }
    return syntax
  }

  // MARK: Levels

  private mutating func expression() throws(SyntaxError) -> Syntax {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.nestingLimit else {
      throw SyntaxError(message: "nested deeper than \(Parser.nestingLimit) levels", start: token.start)
    }
    let condition = try or()
    guard take("?") else { return condition }
    let yes = try or()
    try require(":")
    let no = try expression()
    return Syntax(.conditional(condition, yes, no), condition.start, no.end, over: [condition, yes, no])
  }

  private mutating func or() throws(SyntaxError) -> Syntax {
    var parts = [try and()]
    while take("||") { parts.append(try and()) }
    return parts.count == 1 ? parts[0] : Syntax(.or(parts), parts[0].start, lastEnd, over: parts)
  }

  private mutating func and() throws(SyntaxError) -> Syntax {
    var parts = [try relation()]
    while take("&&") { parts.append(try relation()) }
    return parts.count == 1 ? parts[0] : Syntax(.and(parts), parts[0].start, lastEnd, over: parts)
  }

  private mutating func relation() throws(SyntaxError) -> Syntax {
    var left = try sum()
    while let symbol = takeOne(of: ["==", "!=", "<=", ">=", "<", ">", "in"]) {
      let right = try sum()
      left = try checked(Syntax(.binary(symbol, left, right), left.start, right.end, over: [left, right]))
    }
    return left
  }

  private mutating func sum() throws(SyntaxError) -> Syntax {
    var left = try product()
    while let symbol = takeOne(of: ["+", "-"]) {
      let right = try product()
      left = try checked(Syntax(.binary(symbol, left, right), left.start, right.end, over: [left, right]))
    }
    return left
  }

  private mutating func product() throws(SyntaxError) -> Syntax {
    var left = try unary()
    while let symbol = takeOne(of: ["*", "/", "%"]) {
      let right = try unary()
      left = try checked(Syntax(.binary(symbol, left, right), left.start, right.end, over: [left, right]))
    }
    return left
  }

  private mutating func takeOne(of symbols: [String]) -> String? {
    guard case .symbol(let symbol) = token.kind, symbols.contains(symbol) else { return nil }
    at += 1
    return symbol
  }

  private mutating func unary() throws(SyntaxError) -> Syntax {
    let start = token.start
    var signs: [String] = []
    while let sign = takeOne(of: ["!", "-"]) {
      signs.append(sign)
      // Recursion is bounded here, too: a thousand signs are a tree a thousand levels deep.
      guard signs.count <= Parser.nestingLimit else {
        throw SyntaxError(message: "nested deeper than \(Parser.nestingLimit) levels", start: start)
      }
    }
    var inner: Syntax
    if signs.last == "-", let number = negativeLiteral() {
      signs.removeLast()
      inner = try members(of: number)
    } else {
      inner = try members(of: try primary())
    }
    for sign in signs.reversed() {
      inner = Syntax(sign == "!" ? .not(inner) : .negate(inner), start, inner.end, over: [inner])
    }
    return inner
  }

  private mutating func negativeLiteral() -> Syntax? {
    let value: Value
    switch token.kind {
    case .literal(.int(let number)): value = .int(-number)
    case .literal(.uint(let number)) where number == 1 << 63 && !isMarkedUnsigned: value = .int(.min)
    case .literal(.double(let number)): value = .double(-number)
    default: return nil
    }
    defer { at += 1 }
    return Syntax(.literal(value), token.start - 1, token.start + token.length)
  }

  /// `9223372036854775808u` is a token one longer than its digits.
  private var isMarkedUnsigned: Bool { token.length == 20 }

  // MARK: Members and primaries

  private mutating func members(of start: Syntax) throws(SyntaxError) -> Syntax {
    var target = start
    while true {
      if take(".") {
        let optional = take("?")
        target = try checked(try member(of: target, optional: optional))
      } else if take("[?") {
        target = try checked(try index(of: target, optional: true))
      } else if take("[") {
        target = try checked(try index(of: target, optional: take("?")))
      } else {
        return target
      }
    }
  }

  private mutating func index(of target: Syntax, optional: Bool) throws(SyntaxError) -> Syntax {
    let key = try expression()
    try require("]")
    return Syntax(.index(target, key, optional: optional), target.start, lastEnd, over: [target, key])
  }

  private mutating func member(of target: Syntax, optional: Bool) throws(SyntaxError) -> Syntax {
    let nameToken = token
    let name: String
    switch token.kind {
    case .identifier(let plain): name = plain
    case .quotedName(let quoted):
      at += 1
      return Syntax(.select(target, quoted, optional: optional), target.start, lastEnd, over: [target])
    default: throw unexpected("a name")
    }
    at += 1
    guard !optional, take("(") else {
      return Syntax(.select(target, name, optional: optional), target.start, lastEnd, over: [target])
    }
    let arguments = try arguments()
    if let macro = Macro(named: name) {
      return try macro.expand(nameToken, target, arguments, end: lastEnd)
    }
    if case .name(let space) = target.kind, Functions.namespaces.contains(space) {
      let qualified = "\(space).\(name)"
      if Functions.isKnown(qualified) {
        return try call(qualified, nameToken, nil, arguments, from: target.start)
      }
    }
    return try call(name, nameToken, target, arguments, from: target.start)
  }

  private func call(
    _ name: String, _ token: Token, _ target: Syntax?, _ arguments: [Syntax], from start: Int
  ) throws(SyntaxError) -> Syntax {
    do {
      try Functions.require(name, token, onTarget: target, arguments.count)
    } catch {
      guard !refusesUnknownCalls else { throw error }
      let message = error.message + (error.help.map { "; \($0)" } ?? "")
      return Syntax(.unknownCall(message), start, lastEnd)
    }
    return Syntax(
      .call(name, target: target, arguments), start, lastEnd, over: (target.map { [$0] } ?? []) + arguments)
  }

  private mutating func arguments() throws(SyntaxError) -> [Syntax] {
    var list: [Syntax] = []
    if take(")") { return list }
    repeat { list.append(try expression()) } while take(",")
    try require(")")
    return list
  }

  private mutating func primary() throws(SyntaxError) -> Syntax {
    let first = token
    switch first.kind {
    case .literal(let value):
      at += 1
      if value == .uint(1 << 63), first.length == 19 {
        throw SyntaxError(message: "no number of 64 bits", start: first.start, length: first.length)
      }
      return Syntax(.literal(value), first.start, lastEnd)
    case .identifier(let name):
      at += 1
      return try nameOrCall(name, first)
    case .symbol("("):
      at += 1
      let inner = try expression()
      try require(")")
      return inner
    case .symbol("["), .symbol("[?"): return try list(first)
    case .symbol("{"): return try map(first)
    case .symbol("."):
      at += 1
      guard case .identifier(let name) = token.kind else { throw unexpected("a name") }
      at += 1
      return try nameOrCall(name, first)
    case .quotedName, .symbol, .end: throw unexpected("a value")
    }
  }

  private mutating func nameOrCall(_ name: String, _ first: Token) throws(SyntaxError) -> Syntax {
    guard take("(") else { return Syntax(.name(name), first.start, lastEnd) }
    let arguments = try arguments()
    if name == "has" { return try Macro.has(first, arguments, end: lastEnd) }
    return try call(name, first, nil, arguments, from: first.start)
  }

  private mutating func list(_ first: Token) throws(SyntaxError) -> Syntax {
    at += 1
    var elements: [Syntax.Element] = []
    var optional = first.kind == .symbol("[?")
    while optional || !take("]") {
      optional = take("?") || optional
      elements.append(Syntax.Element(value: try expression(), optional: optional))
      optional = false
      if !take(",") {
        try require("]")
        break
      }
    }
    return Syntax(.list(elements), first.start, lastEnd, over: elements.map(\.value))
  }

  private mutating func map(_ first: Token) throws(SyntaxError) -> Syntax {
    at += 1
    var entries: [Syntax.Entry] = []
    while !take("}") {
      let optional = take("?")
      let key = try expression()
      try require(":")
      entries.append(Syntax.Entry(key: key, value: try expression(), optional: optional))
      if !take(",") {
        try require("}")
        break
      }
    }
    return Syntax(.map(entries), first.start, lastEnd, over: entries.flatMap { [$0.key, $0.value] })
  }
}
