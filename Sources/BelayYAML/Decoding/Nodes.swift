internal import BelayModel

// Steps, checks, gates and groups.
extension Reading {
  func nodes(_ list: YAMLNode, of key: String) -> [Node] {
    guard let items = list.items else {
      wrongType(list, key, takes: "a list", help: "start each node with '- '")
      return []
    }
    if items.isEmpty { error("empty", "'\(key)' is empty", at: list.span) }
    return items.compactMap { node($0) }
  }

  private func node(_ item: YAMLNode) -> Node? {
    guard var fields = Fields(item, of: "a node", help: "- step: name", reading: self) else { return nil }
    guard let kind = kind(of: fields), let entry = fields.take(kind) else { return nil }
    // A second kind has been said.
    for other in Keys.kinds { _ = fields.take(other) }
    // A node whose name is wrong is still read for its other mistakes.
    let id = identifier(entry.value, "'\(kind)'")
    guard let content = content(kind, &fields) else { return nil }
    var node = Node(id: id ?? entry.value.text ?? "", span: entry.value.span, kind: content)
    common(&fields, &node)
    finish(kind, fields)
    return node
  }

  /// The kind is the first key: what is safe in a dry run is seen at a glance.
  private func kind(of fields: Fields) -> String? {
    let kinds = fields.entries.filter { Keys.kinds.contains($0.name) }
    guard let first = kinds.first else {
      let words = fields.entries.prefix(1).map(\.name)
      let near = words.first.flatMap { nearest($0, Keys.kinds) }
      error(
        "missing-kind", "this node says not what it is",
        at: fields.entries.first?.key.span ?? fields.node.span,
        help: near.map { "did you mean '\($0)'?" } ?? "start it with 'step:', 'check:', 'gate:' or 'group:'")
      return nil
    }
    if kinds.count > 1 {
      error(
        "two-kinds", "a node is one of step, check, gate and group", at: kinds[1].key.span,
        notes: [Diagnostic.Note(message: "it is a \(first.name) already", span: first.key.span)])
    }
    if fields.entries.first?.name != first.name {
      error(
        "kind-not-first", "'\(first.name)' must be the first key of its node", at: first.key.span,
        help: "move it up")
    }
    return first.name
  }

  private func content(_ kind: String, _ fields: inout Fields) -> Node.Kind? {
    switch kind {
    case "step": .step(step(&fields, title: "a step"))
    case "check": .check(check(&fields))
    case "gate": gate(&fields).map { .gate($0) }
    default: .group(group(&fields))
    }
  }

  private func common(_ fields: inout Fields, _ node: inout Node) {
    node.title = fields.take("title").flatMap { template($0) }
    node.description = fields.take("description").flatMap { template($0) }
    if let entry = fields.take("needs") {
      let nodes = entry.value.items?.isEmpty == true ? [] : texts(entry)
      node.needs = nodes.compactMap { need in
        identifier(need, "'needs'").map { Node.Need(id: $0, span: need.span) }
      }
    }
    node.when = fields.take("when").flatMap { expression($0) }
    node.onFailure = fields.take("on_failure").flatMap { choice($0, FailureRule.self) }
    node.sensitive = fields.take("sensitive").flatMap { bool($0) } ?? false
  }

  private func finish(_ kind: String, _ fields: Fields) {
    let rest = fields
    switch kind {
    case "step":
      rest.finish(
        known: keywords + Keys.body + Keys.step + Keys.node, later: Keys.laterBody + Keys.laterNode,
        elsewhere: Keys.elsewhereOnStep)
    case "check":
      rest.finish(
        known: keywords + Keys.body + Keys.polling + Keys.check + Keys.node,
        later: Keys.laterBody + Keys.laterCheck + Keys.laterNode, elsewhere: Keys.elsewhereOnCheck)
    case "gate":
      rest.finish(
        known: Keys.gate + Keys.node, later: Keys.laterGate + Keys.laterNode, elsewhere: Keys.elsewhereOnGate)
    default:
      rest.finish(
        known: Keys.group + Keys.node, later: Keys.laterGroup + Keys.laterNode,
        elsewhere: Keys.elsewhereOnGroup)
    }
  }

  private func check(_ fields: inout Fields) -> Check {
    var check = Check(body: body(&fields, polls: true))
    if !check.body.hasAction, check.body.expect.isEmpty, check.body.outputs.isEmpty, check.body.failIf.isEmpty
    {
      error(
        "missing-action", "a check needs an action, 'expect' or 'outputs'", at: fields.node.firstKeySpan,
        help: "write 'run: …', 'exec: […]' or a condition")
    }
    if let entry = fields.take("tolerate") { check.tolerate = integer(entry, in: 0...1000) ?? 0 }
    if let entry = fields.take("min_samples") { check.minSamples = integer(entry, in: 1...1_000_000) }
    return check
  }

  /// Nil, said so, when it is none of what this version can wait for.
  private func gate(_ fields: inout Fields) -> Gate? {
    if let entry = fields.take("wait") {
      return .wait(duration(entry) ?? Template(literal: "1s", at: entry.value.span))
    }
    let later = fields.entries.contains { ["approve", "window", "until"].contains($0.name) }
    if !later {
      error(
        "missing-gate", "a gate needs what it waits for", at: fields.node.firstKeySpan, help: "write wait: 5m"
      )
    }
    return .wait(Template(literal: "1s", at: fields.node.span))
  }

  private func group(_ fields: inout Fields) -> Group {
    let steps = fields.required("steps", in: "a group").map { nodes($0.value, of: "steps") } ?? []
    var group = Group(steps: steps)
    if let entry = fields.take("mode") {
      group.mode = choice(entry, Group.Mode.self, later: ["choice"]) ?? .sequence
    }
    if let entry = fields.take("max_parallel") { group.maxParallel = integer(entry, in: 1...1000) }
    group.setting = setting(&fields)
    return group
  }
}

extension YAMLNode {
  /// A block map has no better place than its first key.
  var firstKeySpan: SourceSpan { entries?.first?.key.span ?? span }
}
