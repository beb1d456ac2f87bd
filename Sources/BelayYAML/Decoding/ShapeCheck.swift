internal import BelayModel

/// A file that is only looked at: whether it has the shape of its kind.
struct ShapeCheck {
  let reading: Reading
  private let definitions: [String: Shape]

  init(_ reading: Reading) {
    self.reading = reading
    definitions = Dictionary(
      uniqueKeysWithValues: Language(actions: reading.actions).definitions.map { ($0.name, $0.shape) })
  }

  /// - Parameter key: as the value is called in a message.
  func check(_ node: YAMLNode, _ key: String, _ shape: Shape) {
    let entry = YAMLEntry(key: node, value: node)
    switch shape {
    case .any: break
    case .named("id"): _ = reading.identifier(node, "'\(key)'")
    case .named(let name): check(node, key, definitions[name] ?? .any)
    case .table(let table): self.table(node, key, table)
    case .list(let item, let least): list(node, key, item, least)
    case .oneOrMany(let item, let least, _):
      if node.items == nil { check(node, key, item) } else { list(node, key, item, least) }
    case .map(let names, let value, _): map(node, key, names, value)
    case .integer(1...1): version(node)
    case .boolean: boolean(node, key)
    case .words(let words): word(node, key, words)
    case .form(let pattern, let example), .plainForm(let pattern, let example):
      form(node, key, pattern, example)
    case .script, .filledText:
      if let text = reading.text(entry, of: key), !text.contains(where: { !$0.isWhitespace }) {
        reading.error("empty", "'\(key)' says nothing", at: node.span)
      }
    default: _ = reading.text(entry, of: key)
    }
  }

  private func table(_ node: YAMLNode, _ key: String, _ table: KeyTable) {
    guard var fields = Fields(node, of: key, reading: reading) else { return }
    for known in table.keys {
      let entry = known.isRequired ? fields.required(known.name, in: "'\(key)'") : fields.take(known.name)
      if let entry { check(entry.value, known.name, known.shape) }
    }
    fields.finish(known: table.keys.names)
  }

  private func list(_ node: YAMLNode, _ key: String, _ item: Shape, _ least: Int) {
    guard let items = node.items else {
      return reading.wrongType(node, key, takes: "a list", help: "start each item with '- '")
    }
    if items.count < least { reading.error("empty", "'\(key)' is empty", at: node.span) }
    for node in items { check(node, key, item) }
  }

  private func map(_ node: YAMLNode, _ key: String, _ names: Shape.Names, _ value: Shape) {
    guard let fields = Fields(node, of: key, reading: reading) else { return }
    for entry in fields.entries {
      if case .identifiers = names { _ = reading.identifier(entry.key, "'\(key)'") }
      check(entry.value, entry.name, value)
    }
  }

  private func version(_ node: YAMLNode) {
    guard node.text != "1" || node.style != .plain else { return }
    reading.error(
      "wrong-version", "this version reads the language 'belay: 1'", at: node.span, help: "write belay: 1")
  }

  private func boolean(_ node: YAMLNode, _ key: String) {
    guard node.style != .plain || CoreSchema.bool(node.text ?? "") == nil else { return }
    reading.wrongType(node, key, takes: "true or false")
  }

  private func word(_ node: YAMLNode, _ key: String, _ words: [String]) {
    guard let text = node.text else { return reading.wrongType(node, key, takes: "one word") }
    guard !words.contains(text) else { return }
    reading.error(
      "bad-value", "'\(key)' takes \(words.joined(separator: ", ")), not '\(text)'", at: node.span,
      help: reading.nearest(text, words).map { "did you mean '\($0)'?" })
  }

  private func form(_ node: YAMLNode, _ key: String, _ pattern: String, _ example: String) {
    guard let text = node.text, !node.isNull else { return reading.wrongType(node, key, takes: "a text") }
    guard let regex = try? Regex(pattern), text.firstMatch(of: regex) == nil else { return }
    reading.error(
      "bad-value", "'\(text)' is not what '\(key)' takes", at: node.span, help: "write \(example)")
  }
}
