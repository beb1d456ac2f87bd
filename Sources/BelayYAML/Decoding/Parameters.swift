internal import BelayModel

// `params` with all their constraints.
extension Reading {
  func parameters(_ entry: YAMLEntry) -> [Parameter] {
    guard let fields = Fields(entry.value, of: entry.name, reading: self), hasFewNames(fields, entry) else {
      return []
    }
    return fields.entries.compactMap(parameter)
  }

  private func parameter(_ entry: YAMLEntry) -> Parameter? {
    let name = identifier(entry.key, "a parameter")
    guard var fields = Fields(entry.value, of: entry.name, help: "{ type: string }", reading: self) else {
      return nil
    }
    let kind = kind(&fields, in: "a parameter")
    var parameter = Parameter(name: name ?? "", span: entry.key.span, kind: kind ?? .string)
    parameter.description = fields.take("description").flatMap { text($0) }
    parameter.example = fields.take("example").flatMap { text($0) }
    bounds(&fields, &parameter)
    let given = fields.take("default")
    let required = fields.take("required")
    fields.finish(known: Keys.parameter)
    parameter.defaultValue = given.map { tree($0.value) }
    requirement(required, &parameter)
    // One whose type is wrong still has a name, so that its references are not mistakes as well.
    if kind != nil, let tree = parameter.defaultValue { checkDefault(tree, parameter) }
    return name == nil ? nil : parameter
  }

  private func requirement(_ entry: YAMLEntry?, _ parameter: inout Parameter) {
    parameter.required = parameter.defaultValue == nil
    guard let entry, let flag = bool(entry) else { return }
    if flag, parameter.defaultValue != nil {
      error(
        "contradiction", "a required parameter takes no default", at: entry.key.span,
        help: "leave one of both out")
    }
    parameter.required = flag
  }

  /// `type` with `of` and `fields`, as deep as they go.
  private func kind(_ fields: inout Fields, in what: String) -> Parameter.Kind? {
    let of = fields.take("of")
    let inner = fields.take("fields")
    guard let entry = fields.required("type", in: what) else { return nil }
    guard let text = entry.value.text else {
      wrongType(entry.value, "type", takes: "one word", help: "type: string")
      return nil
    }
    if text != "list", let of { error("misplaced-key", "only a list has 'of'", at: of.key.span) }
    if text != "map", let inner { error("misplaced-key", "only a map has 'fields'", at: inner.key.span) }
    if let kind = simpleKinds[text] { return kind }
    switch text {
    case "list": return listKind(of, entry)
    case "map":
      guard let inner else {
        error(
          "missing-key", "a map needs 'fields'", at: entry.value.span,
          help: "fields: { name: { type: string } }")
        return nil
      }
      return .map(fields: parameters(inner))
    default: return unknownKind(text, at: entry.value.span, simpleKinds.keys.sorted() + ["list", "map"])
    }
  }

  private func unknownKind(_ text: String, at span: SourceSpan, _ known: [String]) -> Parameter.Kind? {
    error(
      "bad-value", "there is no type '\(text)'", at: span,
      help: nearest(text, known).map { "did you mean '\($0)'?" } ?? "types: " + known.joined(separator: ", "))
    return nil
  }

  /// `of: string` or `of: { type: … }`.
  private func listKind(_ of: YAMLEntry?, _ type: YAMLEntry) -> Parameter.Kind? {
    guard let of else {
      error("missing-key", "a list needs 'of'", at: type.value.span, help: "of: { type: string }")
      return nil
    }
    if let text = of.value.text {
      let kind = simpleKinds[text] ?? unknownKind(text, at: of.value.span, simpleKinds.keys.sorted())
      return kind.map { .list(of: $0) }
    }
    guard var fields = Fields(of.value, of: "of", reading: self) else { return nil }
    let kind = kind(&fields, in: "'of'")
    fields.finish(known: ["type", "of", "fields"])
    return kind.map { .list(of: $0) }
  }

  private func bounds(_ fields: inout Fields, _ parameter: inout Parameter) {
    let kind = parameter.kind
    if let entry = fields.take("enum") { parameter.allowed = allowed(entry, kind) }
    if let entry = fields.take("min") { parameter.minimum = bound(entry, kind) }
    if let entry = fields.take("max") { parameter.maximum = bound(entry, kind) }
    if let entry = fields.take("min_length") { parameter.minLength = length(entry, kind) }
    if let entry = fields.take("max_length") { parameter.maxLength = length(entry, kind) }
    if let entry = fields.take("pattern") {
      parameter.pattern = pattern(entry)
      if kind != .string { misfit(entry, "a string") }
    }
    if let least = parameter.minLength, let most = parameter.maxLength, least > most {
      error("contradiction", "'min_length' is larger than 'max_length'", at: parameter.span)
    }
    if let least = parameter.minimum, let most = parameter.maximum, TypedValue.isLess(most, least) {
      error("contradiction", "'min' is larger than 'max'", at: parameter.span)
    }
  }

  private func pattern(_ entry: YAMLEntry) -> String? {
    guard let pattern = text(entry) else { return nil }
    guard let mistake = TypedValue.mistake(inPattern: pattern) else { return pattern }
    error(
      "bad-pattern", "this is no pattern: \(mistake)", at: entry.value.span,
      help: "patterns are written as RE2 has them")
    return nil
  }

  private func misfit(_ entry: YAMLEntry, _ what: String) {
    error("misplaced-key", "'\(entry.name)' is for \(what)", at: entry.key.span)
  }

  private func allowed(_ entry: YAMLEntry, _ kind: Parameter.Kind) -> [Value] {
    if entry.value.items?.isEmpty == true {
      error("empty", "'enum' holds no value", at: entry.value.span)
      return []
    }
    guard let items = entry.value.items else {
      wrongType(entry.value, "enum", takes: "a list of values")
      return []
    }
    return items.compactMap { literal(tree($0), kind) }
  }

  private func bound(_ entry: YAMLEntry, _ kind: Parameter.Kind) -> Value? {
    switch kind {
    case .integer, .number, .duration, .timestamp: return literal(tree(entry.value), kind)
    case .string, .list, .map:
      misfit(entry, "numbers, durations and timestamps; 'min_length' and 'max_length' count")
    case .boolean: misfit(entry, "numbers, durations and timestamps")
    }
    return nil
  }

  private func length(_ entry: YAMLEntry, _ kind: Parameter.Kind) -> Int? {
    switch kind {
    case .string, .list, .map: return integer(entry, in: 0...1_000_000_000)
    default:
      misfit(entry, "strings, lists and maps")
      return nil
    }
  }

  private func literal(_ tree: TemplateTree, _ kind: Parameter.Kind) -> Value? {
    do throws(TypedValue.Misfit) {
      return try TypedValue.decode(tree, as: kind)
    } catch {
      self.error("wrong-type", error.message, at: error.span, help: error.help)
      return nil
    }
  }

  private func checkDefault(_ tree: TemplateTree, _ parameter: Parameter) {
    guard !tree.templates.contains(where: { !$0.expressions.isEmpty }),
      let value = literal(tree, parameter.kind), let why = TypedValue.violation(of: value, parameter)
    else { return }
    error("bad-default", "the default is not allowed: \(why)", at: tree.span)
  }
}

/// The types that are said by one word.
private let simpleKinds: [String: Parameter.Kind] = [
  "string": .string, "integer": .integer, "number": .number, "boolean": .boolean, "duration": .duration,
  "timestamp": .timestamp,
]
