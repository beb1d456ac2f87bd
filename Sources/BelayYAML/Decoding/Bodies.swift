internal import BelayModel

// One question or deed, wherever it stands.
extension Reading {
  func body(_ fields: inout Fields, polls: Bool) -> Body {
    var body = Body()
    body.action = action(&fields)
    let asksPerson = body.action.flatMap { actions[$0.keyword] }?.asksPerson == true
    if asksPerson { refusePolling(&fields) }
    if let entry = fields.take("timeout") { body.timeout = duration(entry) }
    body.setting = setting(&fields)
    if let entry = fields.take("outputs") { body.outputs = namedExpressions(entry) }
    if let entry = fields.take("unknown_if") { body.unknownIf = conditions(entry) }
    if let entry = fields.take("fail_if") { body.failIf = conditions(entry) }
    if let entry = fields.take("expect") { body.expect = conditions(entry) }
    body.maxOutput = fields.take("max_output").flatMap { scalar($0, size) }
    body.keep = fields.take("keep").flatMap(fileName)
    guard polls || asksPerson else { return body }
    if let entry = fields.take("within") { body.polling.within = duration(entry, allowsZero: true) }
    guard polls else { return body }
    if let entry = fields.take("every") { body.polling.every = duration(entry) }
    if let entry = fields.take("stays_for") { body.polling.staysFor = duration(entry, allowsZero: true) }
    return body
  }

  /// A person is asked once.
  private func refusePolling(_ fields: inout Fields) {
    for key in ["timeout", "every", "stays_for"] {
      guard let entry = fields.take(key) else { continue }
      error(
        "misplaced-key", "a person is asked once: '\(key)' has no meaning here", at: entry.key.span,
        help: "'within' says how long the answer is waited for")
    }
  }

  /// The one action of a node.
  func action(_ fields: inout Fields) -> ActionSource? {
    var found: [YAMLEntry] = []
    for keyword in keywords + Keys.calls { if let entry = fields.take(keyword) { found.append(entry) } }
    let with = fields.take("with")
    found.sort { $0.key.start < $1.key.start }
    if found.count > 1 {
      error(
        "two-actions", "a node has one action, and this is the second", at: found[1].key.span,
        notes: [Diagnostic.Note(message: "the first one", span: found[0].key.span)])
    }
    guard let entry = found.first else {
      if let with {
        error(
          "misplaced-key", "'with' belongs to 'uses' and 'playbook'", at: with.key.span,
          help: "say what it is given to: uses: slack.post")
      }
      return nil
    }
    return Keys.calls.contains(entry.name) ? call(entry, with) : builtIn(entry, with)
  }

  private func builtIn(_ entry: YAMLEntry, _ with: YAMLEntry?) -> ActionSource {
    let source = ActionSource(keyword: entry.name, keywordSpan: entry.key.span, fields: tree(entry.value))
    let bound = source.templates.filter { $0.literal == nil }.reduce(0) { $0 + $1.source.utf8.count }
    if let kind = actions[entry.name], mayExamine(bytes: bound, at: entry.key.span) {
      if let action = collect({ kind.init(source, diagnostics: &$0) }) { keep(action, at: entry.key.span) }
      for field in entry.value.entries ?? [] where kind.declarations.contains(field.name) { declare(field) }
    }
    if let with {
      error(
        "misplaced-key", "'with' belongs to 'uses' and 'playbook'", at: with.key.span,
        help: "write the fields of '\(entry.name)' below it")
    }
    return source
  }

  /// A field of an action that declares values: they are read bare by the node's conditions.
  private func declare(_ field: YAMLEntry) {
    guard field.value.entries != nil else { return }
    for declared in parameters(field) where Root.known.contains(declared.name) {
      error(
        "reserved-name", "'\(declared.name)' is where expressions start, and no name of an answer",
        at: declared.span, help: "choose another name")
    }
  }

  /// `uses` and `playbook`: a file's name, and what it is given.
  func call(_ entry: YAMLEntry, _ with: YAMLEntry?) -> ActionSource? {
    guard let name = template(entry) else { return nil }
    if name.literal == "" { error("empty", "'\(entry.name)' names nothing", at: name.span) }
    var given: [TemplateTree.Entry] = []
    if let with, let fields = Fields(with.value, of: "with", reading: self) {
      given = fields.entries.compactMap { field in
        identifier(field.key, "a parameter") == nil ? nil : self.entry(field)
      }
    }
    return ActionSource(
      keyword: entry.name, keywordSpan: entry.key.span, fields: TemplateTree(.text(name), at: name.span),
      with: given)
  }

  /// What is asked or undone by one action is no place for a playbook, which is nodes of its own.
  func refusePlaybook(_ body: Body, in what: String, help: String? = nil) {
    guard let action = body.action, action.keyword == "playbook" else { return }
    error(
      "misplaced-key", "\(what) has one action; a playbook is called by a node of its own",
      at: action.keywordSpan, help: help ?? "call it in a check or step, and read its outputs here")
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
    refusePlaybook(body, in: "'\(entry.name)'")
    more(&fields)
    fields.finish(
      known: keywords + Keys.body + Keys.polling + known, elsewhere: Keys.elsewhereOnCheck)
    return body
  }

  /// - Parameter most: attempts; the rounds of a group are all laid out in the plan.
  func retry(_ entry: YAMLEntry, atMost most: Int = Limits.attempts) -> Retry {
    var retry = Retry()
    guard var fields = Fields(entry.value, of: "retry", help: "retry: { attempts: 3 }", reading: self) else {
      return retry
    }
    if let entry = fields.required("attempts", in: "'retry'") {
      retry.attempts = scalar(entry) { integer($0, in: 1...most) } ?? .value(1)
    }
    if let entry = fields.take("delay") { retry.delay = duration(entry, allowsZero: true) }
    if let entry = fields.take("backoff") { retry.backoff = scalar(entry) { number($0, in: Limits.backoff) } }
    if let entry = fields.take("max_delay") { retry.maxDelay = duration(entry) }
    retry.when = fields.take("when").flatMap { expression($0) }
    fields.finish(known: Keys.retry)
    return retry
  }
}

extension Reading {
  /// `1MiB`, `64KiB`, `4096`: in bytes.
  private func size(_ entry: YAMLEntry) -> Int? {
    guard let text = text(entry) else { return nil }
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)]
    for (unit, bytes) in units where text.hasSuffix(unit) {
      guard let count = Int(text.dropLast(unit.count)), count > 0, count <= Limits.maxOutput / bytes else {
        break
      }
      return count * bytes
    }
    error(
      "bad-size", "'\(text)' is no size from 1 to 64MiB", at: entry.value.span, help: "write 64KiB or 4MiB")
    return nil
  }

  private func fileName(_ entry: YAMLEntry) -> Template? {
    guard let template = template(entry) else { return nil }
    if let literal = template.literal, literal.isEmpty || literal.contains("/") || literal.hasPrefix(".") {
      error(
        "bad-value", "'keep' takes the name of a file, without a folder", at: template.span,
        help: "write keep: errors.jsonl")
      return nil
    }
    return template
  }
}

extension Body {
  var hasAction: Bool { action != nil }
}
