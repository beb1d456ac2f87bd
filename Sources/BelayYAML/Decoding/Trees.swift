internal import BelayModel

// Data whose texts may be bound, and lists of names.
extension Reading {
  func tree(_ node: YAMLNode, warns: Bool = true) -> TemplateTree {
    switch node.content {
    case .scalar(let text, let style): return scalarTree(node, text, style, warns: warns)
    case .sequence(let items): return TemplateTree(.list(items.map { tree($0, warns: warns) }), at: node.span)
    case .mapping(let entries):
      return TemplateTree(.map(entries.map { entry($0, warns: warns) }), at: node.span)
    }
  }

  func entry(_ entry: YAMLEntry, warns: Bool = true) -> TemplateTree.Entry {
    TemplateTree.Entry(key: entry.name, keySpan: entry.key.span, value: tree(entry.value, warns: warns))
  }

  private func scalarTree(
    _ node: YAMLNode, _ text: String, _ style: YAMLNode.Style, warns: Bool
  ) -> TemplateTree {
    let isText = style != .plain || node.tag == CoreSchema.stringTag || node.tag == "!"
    let value = isText ? taggedValue(node, text) : CoreSchema.value(text)
    if case .string = value {
      if warns { warnOfOlderReading(node) }
      if !isText, CoreSchema.isInteger(text) {
        error("out-of-range", "'\(text)' does not fit 64 bits", at: node.span, help: "write it in quotes")
      }
      let template = template(node) ?? Template(literal: text, at: node.span)
      return TemplateTree(.text(template), at: template.span)
    }
    if warns { warnOfOlderReading(node) }
    return TemplateTree(.scalar(value, text: text), at: node.span)
  }

  /// A quoted scalar is a text unless a tag says otherwise: `!!int "5"`.
  private func taggedValue(_ node: YAMLNode, _ text: String) -> Value {
    guard let tag = node.tag, tag != CoreSchema.stringTag, tag != "!" else { return .string(text) }
    return CoreSchema.value(text)
  }

  /// Data without bindings, as the environment file holds.
  func value(_ node: YAMLNode) -> Value {
    switch node.content {
    case .scalar:
      switch tree(node).content {
      case .scalar(let value, let text):
        warnOfLostDigits(node, value, text)
        return value
      case .text(let template):
        if let binding = template.expressions.first {
          error(
            "binding-not-allowed", "nothing can be bound in an environment file", at: binding.span,
            help: "write the value")
        }
        return .string(template.source)
      case .list, .map: return .null
      }
    case .sequence(let items): return .list(items.map(value))
    case .mapping(let entries): return .map(ValueMap(entries.map { ($0.name, value($0.value)) }))
    }
  }

  /// `version: 1.10` is the number 1.1 where no type says otherwise.
  func warnOfLostDigits(_ node: YAMLNode, _ value: Value, _ text: String) {
    guard case .double(let number) = value, text.hasSuffix("0"), text.contains("."), "\(number)" != text
    else {
      return
    }
    warn(
      "number-loses-digits", "'\(text)' is the number \(number) here", at: node.span,
      help: "write it in quotes if it is a text: \"\(text)\"")
  }

  func warnOfLostDigits(_ node: YAMLNode) {
    switch node.content {
    case .scalar(let text, .plain) where node.tag == nil: warnOfLostDigits(node, CoreSchema.value(text), text)
    case .scalar: break
    case .sequence(let items): for item in items { warnOfLostDigits(item) }
    case .mapping(let entries): for entry in entries { warnOfLostDigits(entry.value) }
    }
  }

  /// `env`: names to texts.
  func variables(_ entry: YAMLEntry) -> [NamedTemplate] {
    guard let fields = Fields(entry.value, of: entry.name, reading: self) else { return [] }
    return fields.entries.compactMap { variable in
      guard checkVariableName(variable.key) else { return nil }
      guard let template = template(variable) else { return nil }
      if EvaluatedVariables.contains(variable.name), let expression = template.expressions.first {
        error(
          "unsafe-binding",
          "this value cannot be bound safely: '\(variable.name)' says what is run, or is run itself",
          at: expression.span, help: "write its value, or bind a variable of the command's own")
      }
      return NamedTemplate(name: variable.name, nameSpan: variable.key.span, template: template)
    }
  }

  /// `pass`: names of variables.
  func variableNames(_ entry: YAMLEntry) -> [String] {
    texts(entry).filter(checkVariableName).compactMap(\.text)
  }

  private func checkVariableName(_ node: YAMLNode) -> Bool {
    let name = node.text ?? ""
    warnOfOlderReading(node)
    guard Identifier.isVariable(name) else {
      error("bad-variable", "'\(name)' is no name of a variable: letters, digits and '_'", at: node.span)
      return false
    }
    guard !name.hasPrefix("BELAY_") else {
      error(
        "bad-variable", "variables that start with 'BELAY_' are set by belay itself", at: node.span,
        help: "choose another name")
      return false
    }
    return true
  }
}
