internal import BelayModel

// CEL stands bare in YAML, and YAML sometimes takes parts of it for itself: here that is noticed.
extension Reading {
  /// One condition or a list of them.
  func conditions(_ entry: YAMLEntry) -> [Expression] {
    guard case .sequence(let items) = entry.value.content else {
      return expression(entry.value, of: entry.name).map { [$0] } ?? []
    }
    guard items.count <= 200 else {
      error("out-of-range", "'\(entry.name)' holds more than 200 conditions", at: entry.value.span)
      return []
    }
    if items.isEmpty {
      error("empty", "'\(entry.name)' holds no condition", at: entry.value.span)
    }
    // One broken condition of `[f(a, b)]` reads as two: said once, about the whole list.
    if entry.value.isFlow, items.contains(where: isCutByFlow) {
      cutByFlow(entry.value)
      return []
    }
    return items.compactMap { expression($0, of: entry.name) }
  }

  /// Names to expressions, in the order written.
  ///
  /// - Parameter areOfNode: read as `steps.<id>.<name>`, where some names are taken.
  func namedExpressions(_ entry: YAMLEntry, areOfNode: Bool = true) -> [NamedExpression] {
    guard let fields = Fields(entry.value, of: entry.name, reading: self), hasFewNames(fields, entry) else {
      return []
    }
    if entry.value.isFlow, fields.entries.contains(where: { isCutByFlow($0.value) || isCutKey($0) }) {
      cutByFlow(entry.value)
      return []
    }
    return fields.entries.compactMap { output in
      guard let name = identifier(output.key, "an output"), !areOfNode || checkReserved(name, output.key)
      else { return nil }
      guard let expression = expression(output.value, of: name) else { return nil }
      return NamedExpression(name: name, nameSpan: output.key.span, expression: expression)
    }
  }

  /// Each of them is looked up among those before it.
  func hasFewNames(_ fields: Fields, _ entry: YAMLEntry) -> Bool {
    guard fields.entries.count > Limits.names else { return true }
    error("out-of-range", "'\(entry.name)' holds more than \(Limits.names) names", at: entry.key.span)
    return false
  }

  func checkReserved(_ name: String, _ key: YAMLNode) -> Bool {
    guard ReservedNames.ofNodes.contains(name) else { return true }
    error(
      "reserved-name", "'\(name)' is a name that every node has", at: key.span,
      help: "choose another name; reserved: " + ReservedNames.ofNodes.joined(separator: ", "))
    return false
  }

  func expression(_ entry: YAMLEntry) -> Expression? { expression(entry.value, of: entry.name) }

  func expression(_ node: YAMLNode, of key: String) -> Expression? {
    guard case .scalar(let text, let style) = node.content else {
      brokenByYAML(
        node, node.entries != nil ? "YAML reads a map here" : "YAML reads a list here")
      return nil
    }
    if let tag = node.tag, tag.hasPrefix("!"), tag != "!" {
      brokenByYAML(node, "YAML takes what starts with '!' for a tag")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      error("empty", "'\(key)' holds no expression", at: node.span)
      return nil
    }
    let patterns = Reading.patterns(in: text)
    guard mayExamine(bytes: text.utf8.count, patterns: patterns, at: node.span) else { return nil }
    if style == .plain, isCutByComment(node, text) {
      brokenByYAML(node, "YAML takes ' #' and what follows for a comment")
      return nil
    }
    return bareExpression(node, text)
  }

  /// Without the `${{ }}` that people write around a whole condition.
  private func bareExpression(_ node: YAMLNode, _ text: String) -> Expression? {
    let (span, places) = node.textPlace
    guard text.utf8.contains(UInt8(ascii: "$")), let template = template(node), !template.expressions.isEmpty
    else { return trimmed(text, span, places) }
    let around = template.segments.filter { segment in
      if case .text(let text) = segment { text.contains { !$0.isWhitespace } } else { false }
    }
    guard around.isEmpty, template.expressions.count == 1 else {
      error(
        "binding-in-expression", "this is an expression already: nothing is bound in it",
        at: template.expressions[0].span, help: "leave '${{' and '}}' out")
      return nil
    }
    return template.expressions[0]
  }

  private func trimmed(_ text: String, _ span: SourceSpan, _ places: TextPlaces) -> Expression {
    let blank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    guard let last = text.unicodeScalars.last, blank(last) || blank(text.unicodeScalars.first ?? "x") else {
      return Expression(text, at: span, places: places)
    }
    let scalars = Array(text.unicodeScalars)
    let start = scalars.firstIndex { !blank($0) } ?? 0
    let end = (scalars.lastIndex { !blank($0) } ?? 0) + 1
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[start..<end])
    return Expression(
      String(view), at: places.place(start, length: end - start, in: span),
      places: places.part(from: start, length: end - start))
  }

  /// A comment right after plain text that leaves a quote or bracket open.
  private func isCutByComment(_ node: YAMLNode, _ text: String) -> Bool {
    let rest = source.scalars(ofLine: node.end.line).dropFirst(node.end.column)
    guard let comment = rest.first(where: { $0 != " " && $0 != "\t" }), comment == "#" else { return false }
    return Balance(text) != .closed
  }

  private func isCutByFlow(_ node: YAMLNode) -> Bool {
    guard case .scalar(let text, .plain) = node.content else { return node.entries != nil && node.isFlow }
    return Balance(text) != .closed
  }

  /// `{ m: lines.map(l, l.trim()) }`: the rest of the expression became a key.
  private func isCutKey(_ entry: YAMLEntry) -> Bool {
    entry.value.isNull && entry.value.start == entry.value.end && !Identifier.isValid(entry.name)
  }

  private func brokenByYAML(_ node: YAMLNode, _ why: String) {
    report(QuotedForm.diagnostic(of: node, why: why))
  }

  private func cutByFlow(_ node: YAMLNode) {
    error(
      "expression-needs-quotes", "an expression in here needs quotes: a comma in '[ ]' or '{ }' ends it",
      at: node.span, help: "write each on a line of its own, or each in quotes")
  }
}

/// Whether quotes and brackets of a CEL text are closed.
enum Balance {
  case closed, open, tooManyClosed

  init(_ text: String) {
    var depth = 0
    var quote: UInt8?
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped {
        isEscaped = false
      } else if let open = quote {
        if byte == UInt8(ascii: "\\") { isEscaped = true } else if byte == open { quote = nil }
      } else {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
          depth -= 1
          if depth < 0 {
            self = .tooManyClosed
            return
          }
        default: break
        }
      }
    }
    self = depth == 0 && quote == nil ? .closed : .open
  }
}

/// What every node has, and no output or capture may be called.
enum ReservedNames {
  static let ofNodes = ["state", "started_at", "finished_at", "error", "chosen"]
}
