internal import BelayModel

extension Plan {
  /// The plan as an engineer reads it out: every node, its word, what it does, what undoes it.
  ///
  /// - Parameter digest: of the exact bytes.
  public func text(digest: String) -> String {
    var lines = ["\(title)  (\(path))"]
    lines.append("  run          \(run)")
    if let environment { lines.append("  environment  \(environment)\(isProtected ? ", protected" : "")") }
    lines.append("  project      \(project)")
    for (name, value) in named(scopes.first?.params) { lines.append("  param        \(name) = \(value)") }
    if !claims.isEmpty { lines.append("  claims       \(claims.joined(separator: ", "))") }
    if let expected { lines.append("  takes        about \(expected.rough), as the last runs did") }
    for secret in secrets { lines.append("  secret       \(secret.name) from \(secret.place)") }
    for program in programs where program.path == nil {
      lines.append("  NOT FOUND    \(program.name) is in no folder of PATH")
    }
    lines += rosterText.map { "  \($0)" }
    lines.append("  on failure   \(onFailure.rawValue)")
    lines.append("  plan digest  \(digest)")
    lines.append("")
    lines += watchText(of: nil).map { "  \($0)" } + noticeText.map { "  \($0)" }
    if !watches.isEmpty || !notices.isEmpty { lines.append("") }
    lines += section(nil) { if case .main = $0.role { true } else { false } }
    lines += section("After success and after a rollback:") { $0.role == .steadyState }
    lines += section("Rollback, in reverse order of what was done:") {
      if case .rollback = $0.role { true } else { false }
    }
    for warning in warnings { lines.append("warning: \(warning)") }
    return lines.map(DisplayText.line).joined(separator: "\n") + "\n"
  }

  private func named(_ map: ValueMap?) -> [(String, String)] {
    map?.entries.map { ($0.key.text, $0.value.text) } ?? []
  }

  private func section(_ title: String?, _ belongs: (PlanNode) -> Bool) -> [String] {
    let indexes = nodes.indices.filter { belongs(nodes[$0]) }
    guard !indexes.isEmpty else { return [] }
    return (title.map { ["", $0] } ?? []) + indexes.flatMap(text(of:))
  }

  private func depth(of node: Int) -> Int {
    var depth = 0
    var at = nodes[node].parent
    while let parent = at {
      depth += 1
      at = nodes[parent].parent
    }
    return depth
  }

  private func text(of index: Int) -> [String] {
    let node = nodes[index]
    let indent = String(repeating: "  ", count: depth(of: index) + 1)
    let word = node.preview.sentence + (node.preview.expected.map { ", about \($0.rough)" } ?? "")
    let title = node.title.isEmpty || node.title == node.id ? "" : "  \(node.title)"
    var lines = ["\(indent)\(node.kindName) \(node.id)\(title)  [\(word)]"]
    let details = self.details(of: index)
    lines += details.map { "\(indent)    \($0)" }
    lines += watchText(of: index).map { "\(indent)    \($0)" }
    return lines
  }

  private func details(of index: Int) -> [String] {
    let node = nodes[index]
    var lines = node.when.map { ["when \($0.source)"] } ?? []
    lines += (node.preview.action ?? "").split(separator: "\n").map(String.init)
    lines += facts(of: index)
    if !node.preview.ifItFails.isEmpty, node.preview.word != .wouldSkip {
      lines.append("if it fails: \(node.preview.ifItFails)")
    }
    return lines
  }

  /// All that there is to say of a node beside what it does and what a failure leads to.
  func facts(of index: Int) -> [String] {
    let node = nodes[index]
    var lines: [String] = []
    switch node.detail {
    case .step(let step): lines += details(of: step, index)
    case .check(let check):
      let question = questionText(check.body, node.preview)
      if !question.isEmpty { lines.append(question) }
      if check.recheck { lines.append("asked again before what needs it") }
    case .gate(let gate): lines += details(of: gate)
    case .group(let group):
      lines += details(of: group)
    }
    return lines + node.preview.also + deadlines(of: node)
  }

  private func details(of step: PlanStep, _ index: Int) -> [String] {
    var words = step.body.timeout.map { ["timeout \($0.source)"] } ?? [waitText(step.body)]
    if step.retry.attempts > 1 { words.append(attemptsText(step.retry)) }
    if let word = repetitionText(step) { words.append(word) }
    if step.temporary { words.append("temporary: undone at the end of \(listName(of: index))") }
    var lines = [words.joined(separator: " · ")]
    let meaning = step.body.meaning
    if !meaning.isEmpty { lines.append(meaning.joined(separator: " · ")) }
    if let irreversible = step.irreversible { lines += details(of: irreversible) }
    return lines + undoing(step, index)
  }

  /// A group's rollback stands in place of its children's where all of the group is rolled back.
  private func undoing(_ step: PlanStep, _ index: Int) -> [String] {
    guard case .main = nodes[index].role else { return [] }
    let group = step.temporary ? nil : outermostUndone(around: index)
    let whole = group.map { group in
      let says = nodes[group].rollback == .nothing ? "nothing to undo, as \(nodes[group].id) says" : nil
      return says ?? "undone with \(nodes[group].id) as a whole"
    }
    switch step.rollback {
    case .root(let root): return ["undone by \(nodes[root].id)" + (whole.map { "; \($0)" } ?? "")]
    case .nothing: return ["nothing to undo"]
    case .absent: return step.irreversible != nil ? [] : [whole ?? "has no rollback"]
    }
  }

  private func outermostUndone(around index: Int) -> Int? {
    var found: Int?
    var outer = nodes[index].parent
    while let group = outer {
      if nodes[group].rollback != .absent { found = group }
      outer = nodes[group].parent
    }
    return found
  }

  /// What may happen twice, and what cannot.
  private func repetitionText(_ step: PlanStep) -> String? {
    guard let action = step.body.action, action.keyword == "sql" else {
      return step.idempotent ? "idempotent" : nil
    }
    let urls = action.templates.compactMap { $0.whole.flatMap(PlanVariables.secretName) }
    if step.idempotent { return hasReceipts(urls) ? "once, by its receipt" : "idempotent" }
    return "not exactly-once: \(hasReceipts(urls) ? "outside of a transaction" : "without receipts")"
  }

  private func hasReceipts(_ names: [String]) -> Bool {
    secrets.contains { $0.receipts && names.contains($0.name) }
  }

  private func details(of group: PlanGroup) -> [String] {
    var lines: [String] = []
    switch group.mode {
    case .sequence: break
    case .parallel: lines.append("in parallel" + (group.maxParallel.map { ", \($0) at once" } ?? ""))
    case .choice: lines.append("the first of these whose condition holds, and no other")
    case .rounds:
      let retry = group.retry.map { ": \(attemptsText($0))" } ?? ""
      lines.append("one attempt, and the next only if it fails\(retry)")
    }
    if let call = group.call { lines += details(of: call) }
    if !group.claims.isEmpty { lines.append("claims \(group.claims.joined(separator: ", ")) while it lives") }
    switch group.rollback {
    case .root(let root): lines.append("undone as a whole by \(nodes[root].id)")
    case .nothing: lines.append("nothing to undo")
    case .absent: break
    }
    return lines
  }

  func attemptsText(_ retry: PlanRetry) -> String {
    let when = retry.when.map { ", if \($0.source)" } ?? ""
    return "up to \(retry.attempts) attempts, \(retry.delay.source) apart at first\(when)"
  }

  private func waitText(_ body: PlanBody) -> String {
    "waits for a person" + (body.within.map { " up to \($0.source)" } ?? "")
  }

  private func listName(of index: Int) -> String {
    nodes[index].parent.map { nodes[$0].id } ?? "the playbook"
  }

  private func questionText(_ body: PlanBody, _ preview: Preview) -> String {
    var words: [String] = []
    if body.action != nil, body.timeout == nil { words.append(waitText(body)) }
    if body.action != nil, !preview.isRead { words.append("on the author's word only a question") }
    return (words + body.meaning).joined(separator: " · ")
  }
}

extension PlanNode {
  fileprivate var rollback: PlanStep.Rollback {
    if case .group(let group) = detail { group.rollback } else { .absent }
  }
}

/// `4 MiB`, `64 KiB`, `100 bytes`.
private func sizeText(_ bytes: Int) -> String {
  for (unit, size) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes.isMultiple(of: size) {
    return "\(bytes / size) \(unit)"
  }
  return bytes == 1 ? "1 byte" : "\(bytes) bytes"
}

extension PlanBody {
  /// How long it is asked, and what its answer means: in words.
  public var meaning: [String] {
    var words: [String] = []
    if let within, timeout != nil || action == nil { words.append("asked up to \(within.source)") }
    if let every { words.append("every \(every.source)") }
    if let staysFor { words.append("must stay so for \(staysFor.source)") }
    if let maxOutput { words.append("\(sizeText(maxOutput)) of its output are kept") }
    if let keep { words.append("its output is kept as \(keep.source)") }
    let own = use.map { ($0.unknownIf, $0.failIf, $0.expect) } ?? ([], [], [])
    words += (own.0 + unknownIf).map { "unknown if \($0.source)" }
    words += (own.1 + failIf).map { "fails if \($0.source)" }
    words += (own.2 + expect).map { "expects \($0.source)" }
    return words
  }
}

extension Plan.SecretReference {
  /// For people: where its value is.
  public var place: String {
    switch source {
    case .env(let variable): "the environment variable \(variable)"
    case .file(let path): "the file \(path)"
    case .exec(let command): "what \(command.joined(separator: " ")) prints"
    }
  }
}
