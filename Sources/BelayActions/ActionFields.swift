internal import BelayModel

/// The fields of an action that is written as a map, each taken once; what nobody took is unknown.
struct ActionFields {
  typealias Entry = TemplateTree.Entry

  /// Of the action, or of one of its fields: `http`, `auth`.
  let name: String
  let span: SourceSpan
  private(set) var entries: [Entry]
  private(set) var diagnostics: [Diagnostic] = []

  /// Nil when it is no map.
  init?(_ tree: TemplateTree, of name: String) {
    guard case .map(let entries) = tree.content else { return nil }
    self.name = name
    span = entries.first?.keySpan ?? tree.span
    self.entries = entries
  }

  mutating func report(_ code: String, _ message: String, at span: SourceSpan, help: String? = nil) {
    diagnostics.append(Diagnostic(code: code, message, at: span, help: help))
  }

  mutating func warn(_ code: String, _ message: String, at span: SourceSpan, help: String? = nil) {
    diagnostics.append(Diagnostic(.warning, code: code, message, at: span, help: help))
  }

  mutating func add(_ more: [Diagnostic]) { diagnostics += more }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  mutating func take(_ key: String) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
    return entries.remove(at: index)
  }

  mutating func required(_ key: String, help: String) -> Entry? {
    if let entry = take(key) { return entry }
    report("missing-key", "'\(name)' needs '\(key)'", at: span, help: help)
    return nil
  }

  /// A scalar's text as written.
  mutating func text(_ entry: Entry, _ help: String? = nil) -> Template? {
    if let template = entry.value.asTemplate { return template }
    report("wrong-type", "'\(entry.key)' takes a text", at: entry.value.span, help: help)
    return nil
  }

  mutating func text(_ key: String) -> Template? { take(key).flatMap { text($0) } }

  /// Written, or one binding alone.
  mutating func scalar<Written>(
    _ key: String, takes what: String, _ read: (Value) -> Written?
  ) -> Scalar<Written>? {
    guard let entry = take(key) else { return nil }
    switch entry.value.content {
    case .text(let template) where template.whole != nil: return .bound(template)
    case .scalar(let value, _): if let written = read(value) { return .value(written) }
    default: break
    }
    report("wrong-type", "'\(key)' takes \(what)", at: entry.value.span)
    return nil
  }

  mutating func bool(_ key: String) -> Scalar<Bool>? {
    scalar(key, takes: "true or false") { if case .bool(let flag) = $0 { flag } else { nil } }
  }

  /// A map inside; what is wrong in it is added here.
  mutating func inner<Result>(
    _ key: String, help: String, _ read: (inout ActionFields) -> Result?
  ) -> Result? {
    guard let entry = take(key) else { return nil }
    guard var inner = ActionFields(entry.value, of: key) else {
      report("wrong-type", "'\(key)' takes a map", at: entry.value.span, help: help)
      return nil
    }
    let result = read(&inner)
    diagnostics += inner.diagnostics
    return result
  }

  /// Names to texts, in the order written.
  mutating func texts(_ key: String, help: String) -> [(name: Entry, text: Template)] {
    let found = inner(key, help: help) { inner -> [(name: Entry, text: Template)] in
      let all = inner.entries
      return all.compactMap { entry in inner.text(entry).map { (name: entry, text: $0) } }
    }
    return found ?? []
  }

  /// Every field that nobody took is a mistake, but for those that start with `x-`.
  mutating func finish(_ known: [String]) {
    for entry in entries where !entry.key.hasPrefix("x-") {
      let nearest = Suggestion.nearest(to: entry.key, in: known)
      report(
        "unknown-key", "unknown key '\(entry.key)'", at: entry.keySpan,
        help: nearest.map { "did you mean '\($0)'?" }
          ?? "'\(name)' takes " + known.joined(separator: ", "))
    }
  }
}
