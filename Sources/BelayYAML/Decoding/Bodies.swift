internal import BelayModel

// One question or deed, wherever it stands.
extension Reading {
  func body(_ fields: inout Fields, polls: Bool) -> Body {
    var body = Body()
    body.action = action(&fields)
    if let entry = fields.take("timeout") { body.timeout = duration(entry) }
    body.setting = setting(&fields)
    if let entry = fields.take("outputs") { body.outputs = namedExpressions(entry) }
    if let entry = fields.take("unknown_if") { body.unknownIf = conditions(entry) }
    if let entry = fields.take("fail_if") { body.failIf = conditions(entry) }
    if let entry = fields.take("expect") { body.expect = conditions(entry) }
    guard polls else { return body }
    if let entry = fields.take("within") { body.polling.within = duration(entry, allowsZero: true) }
    if let entry = fields.take("every") { body.polling.every = duration(entry) }
    if let entry = fields.take("stays_for") { body.polling.staysFor = duration(entry, allowsZero: true) }
    return body
  }

  /// The one action of a node; an action of a later version leaves its keyword, so that nothing else is said of it.
  private func action(_ fields: inout Fields) -> ActionSource? {
    var found: [YAMLEntry] = []
    for keyword in keywords { if let entry = fields.take(keyword) { found.append(entry) } }
    found.sort { $0.key.start < $1.key.start }
    if found.count > 1 {
      error(
        "two-actions", "a node has one action, and this is the second", at: found[1].key.span,
        notes: [Diagnostic.Note(message: "the first one", span: found[0].key.span)])
    }
    guard let entry = found.first else {
      let later = fields.entries.first { Keys.laterActions.contains($0.name) }
      return later.map {
        ActionSource(
          keyword: $0.name, keywordSpan: $0.key.span, fields: TemplateTree(.list([]), at: $0.key.span))
      }
    }
    let source = ActionSource(keyword: entry.name, keywordSpan: entry.key.span, fields: tree(entry.value))
    if let kind = actions[entry.name] { _ = collect { kind.init(source, diagnostics: &$0) } }
    return source
  }

  /// A body of its own map: `verify`, `skip_if`, one of `capture`.
  func body(_ entry: YAMLEntry, known: [String] = [], _ more: (inout Fields) -> Void = { _ in }) -> Body? {
    guard var fields = Fields(entry.value, of: entry.name, help: "run: …", reading: self) else { return nil }
    let body = body(&fields, polls: true)
    if !body.hasAction, body.expect.isEmpty, known.isEmpty {
      error(
        "missing-action", "'\(entry.name)' needs an action or 'expect'", at: entry.key.span,
        help: "write 'run: …'")
    }
    more(&fields)
    fields.finish(
      known: keywords + Keys.body + Keys.polling + known, later: Keys.laterBody,
      elsewhere: Keys.elsewhereOnCheck)
    return body
  }

  func retry(_ entry: YAMLEntry) -> Retry {
    var retry = Retry()
    guard var fields = Fields(entry.value, of: "retry", help: "retry: { attempts: 3 }", reading: self) else {
      return retry
    }
    if let entry = fields.required("attempts", in: "'retry'") {
      retry.attempts = integer(entry, in: 1...1000) ?? 1
    }
    if let entry = fields.take("delay") { retry.delay = duration(entry, allowsZero: true) }
    if let entry = fields.take("backoff") { retry.backoff = number(entry, in: 1...100) ?? 2 }
    if let entry = fields.take("max_delay") { retry.maxDelay = duration(entry) }
    retry.when = fields.take("when").flatMap { expression($0) }
    fields.finish(known: Keys.retry)
    return retry
  }
}

extension Body {
  /// Also one of a later version.
  var hasAction: Bool { action != nil }
}
