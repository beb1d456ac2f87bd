internal import BelayModel

// Scalars by the type that their key declares, from their text.
extension Reading {
  /// A text as written, whatever else it could be; a binding in it stays as it is.
  func text(_ entry: YAMLEntry, of key: String? = nil) -> String? {
    let key = key ?? entry.name
    guard let text = entry.value.text, !entry.value.isNull else {
      wrongType(entry.value, key, takes: "a text")
      return nil
    }
    warnOfOlderReading(entry.value)
    return text
  }

  func template(_ entry: YAMLEntry, of key: String? = nil) -> Template? {
    let key = key ?? entry.name
    guard entry.value.text != nil, !entry.value.isNull else {
      wrongType(entry.value, key, takes: "a text", help: bindingHelp(entry.value))
      return nil
    }
    warnOfOlderReading(entry.value)
    return template(entry.value)
  }

  /// Of a node that is known to be a scalar.
  func template(_ node: YAMLNode) -> Template? {
    let text = node.text ?? ""
    guard !hasExaminedTooMuch else { return Template(literal: "", at: node.span) }
    let (span, places) = node.textPlace
    do {
      let template = try Template(parsing: text, at: span, places: places)
      let bound = template.expressions
      guard !bound.isEmpty else { return template }
      let bytes = bound.reduce(0) { $0 + $1.source.utf8.count }
      let patterns = bound.reduce(0) { $0 + Reading.patterns(in: $1.source) }
      return mayExamine(bytes: bytes, bindings: bound.count, patterns: patterns, at: span)
        ? template : Template(literal: "", at: span)
    } catch {
      self.error(
        "unclosed-binding", "this '${{' is never closed", at: places.place(error.offset, length: 3, in: span),
        help: "end it with '}}'")
      return nil
    }
  }

  /// `{ ${{ x }} }` and `key: ${{ x }}` in a flow map read as maps: YAML takes the braces for itself.
  private func bindingHelp(_ node: YAMLNode) -> String? {
    node.isFlow && node.entries != nil
      ? "in '[ ]' and '{ }' a binding is written in quotes: \"${{ … }}\"" : nil
  }

  /// A duration as text, kept as a template because it may be bound; a literal one is checked here.
  func duration(_ entry: YAMLEntry, allowsZero: Bool = false) -> Template? {
    guard let template = template(entry) else { return nil }
    guard let literal = template.literal else { return template }
    guard let span = TimeSpan(text: literal) else {
      error(
        "bad-duration", "'\(literal)' is no duration", at: template.span,
        help: Int64(literal) == nil
          ? "write 30s, 5m, 1h30m, 2d or 1w" : "say the unit: \(literal)s, \(literal)m")
      return nil
    }
    guard span > .zero || allowsZero else {
      error("out-of-range", "'\(entry.name)' must be longer than 0", at: template.span)
      return nil
    }
    return template
  }

  /// Written, or bound to what is known when the plan is made.
  func scalar<Value>(_ entry: YAMLEntry, _ read: (YAMLEntry) -> Value?) -> Scalar<Value>? {
    guard entry.value.text?.hasPrefix("${{") == true, let template = template(entry) else {
      return read(entry).map(Scalar.value)
    }
    guard template.whole != nil else {
      error(
        "wrong-type", "'\(entry.name)' takes one binding alone", at: template.span, help: "\"${{ … }}\"")
      return nil
    }
    return .bound(template)
  }

  func integer(_ entry: YAMLEntry, in range: ClosedRange<Int>) -> Int? {
    guard let text = entry.value.text, entry.value.style == .plain, CoreSchema.isInteger(text) else {
      wrongType(entry.value, entry.name, takes: "a whole number")
      return nil
    }
    guard let number = CoreSchema.integer(text), let value = Int(exactly: number), range.contains(value)
    else {
      error(
        "out-of-range", "'\(entry.name)' must be from \(range.lowerBound) to \(range.upperBound)",
        at: entry.value.span)
      return nil
    }
    return value
  }

  func number(_ entry: YAMLEntry, in range: ClosedRange<Double>) -> Double? {
    guard let text = entry.value.text, entry.value.style == .plain, let number = CoreSchema.float(text) else {
      wrongType(entry.value, entry.name, takes: "a number")
      return nil
    }
    guard range.contains(number) else {
      error(
        "out-of-range", "'\(entry.name)' must be from \(range.lowerBound) to \(range.upperBound)",
        at: entry.value.span)
      return nil
    }
    return number
  }

  func bool(_ entry: YAMLEntry) -> Bool? {
    if let text = entry.value.text, entry.value.style == .plain {
      if let flag = CoreSchema.bool(text) { return flag }
      if let older = CoreSchema.olderReading(text), older == "true" || older == "false" {
        error("wrong-type", "'\(text)' is a text in YAML 1.2", at: entry.value.span, help: "write \(older)")
        return nil
      }
    }
    wrongType(entry.value, entry.name, takes: "true or false")
    return nil
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ entry: YAMLEntry, _: Choice.Type, without refused: [String: String] = [:]
  ) -> Choice? where Choice.RawValue == String {
    guard let text = entry.value.text else {
      wrongType(entry.value, entry.name, takes: "one word")
      return nil
    }
    if let help = refused[text] {
      error("bad-value", "'\(text)' is not allowed here", at: entry.value.span, help: help)
      return nil
    }
    if let choice = Choice(rawValue: text) { return choice }
    let known = Choice.allCases.map(\.rawValue).filter { refused[$0] == nil }
    error(
      "bad-value", "'\(entry.name)' takes \(known.joined(separator: ", ")), not '\(text)'",
      at: entry.value.span,
      help: nearest(text, known).map { "did you mean '\($0)'?" })
    return nil
  }

  /// One text or a list of them.
  func texts(_ entry: YAMLEntry) -> [YAMLNode] {
    let nodes = entry.value.items ?? [entry.value]
    return nodes.filter { node in
      guard node.text != nil, !node.isNull else {
        wrongType(node, entry.name, takes: "texts")
        return false
      }
      warnOfOlderReading(node)
      return true
    }
  }

  /// One text or a list with something in it.
  func someTexts(_ entry: YAMLEntry) -> [YAMLNode] {
    if entry.value.items?.isEmpty == true { error("empty", "'\(entry.name)' is empty", at: entry.value.span) }
    return texts(entry)
  }

  func warnOfOlderReading(_ node: YAMLNode) {
    guard case .scalar(let text, .plain) = node.content, node.tag == nil,
      let older = CoreSchema.olderReading(text)
    else { return }
    warn(
      "yaml-1.1", "'\(text)' is read as written here, but YAML 1.1 reads \(older)", at: node.span,
      help: "write it in quotes: \"\(text)\"")
  }

  /// `[a-z][a-z0-9_]*`
  func identifier(_ node: YAMLNode, _ what: String) -> String? {
    guard let text = node.text, !node.isNull else {
      error("bad-id", "\(what) takes a name, this is \(node.kindName)", at: node.span)
      return nil
    }
    warnOfOlderReading(node)
    guard !Identifier.wordsOfExpressions.contains(text) else {
      error(
        "bad-id", "'\(text)' is a word of expressions, and no name", at: node.span,
        help: "choose another name")
      return nil
    }
    guard text.firstRange(of: "${{") == nil else {
      error(
        "bad-id", "nothing can be bound in a name", at: node.span,
        help: "write the name; 'each' makes a copy of a node for each item")
      return nil
    }
    guard Identifier.isValid(text) else {
      let mended = Identifier.mended(text)
      error(
        "bad-id", "'\(text)' is no name: small letters, digits and '_', a letter first", at: node.span,
        help: mended.map { "write \($0)" })
      return nil
    }
    return text
  }
}

enum Identifier {
  /// Literals and the operator of CEL that are spelt as names: `steps.true` would be no expression.
  static let wordsOfExpressions = ["true", "false", "null", "in"]

  /// As `isValid` and those words say it, for schemas.
  static let pattern = "^(?!(\(wordsOfExpressions.joined(separator: "|")))$)[a-z][a-z0-9_]*$"

  static func isValid(_ text: String) -> Bool {
    guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
    return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }

  /// Of variables of a process.
  static func isVariable(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
    }
  }

  static func mended(_ text: String) -> String? {
    let mended = String(text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return isValid(mended) ? mended : nil
  }
}
