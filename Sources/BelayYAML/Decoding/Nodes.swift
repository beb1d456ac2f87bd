internal import BelayModel

// Steps, checks, gates and groups.
extension Reading {
  func nodes(_ list: YAMLNode, of key: String) -> [Node] {
    guard let items = list.items else {
      wrongType(list, key, takes: "a list", help: "start each node with '- '")
      return []
    }
    if items.isEmpty { error("empty", "'\(key)' is empty", at: list.span) }
    nodeCount += items.count
    guard nodeCount <= Limits.nodes else {
      // Once is enough, and what is too much is not read.
      if nodeCount - items.count <= Limits.nodes {
        error("too-many-nodes", "more than 12,500 nodes in one playbook", at: list.span)
      }
      return []
    }
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
    case "gate": .gate(gate(&fields))
    default: .group(group(&fields))
    }
  }

  private func common(_ fields: inout Fields, _ node: inout Node) {
    node.title = fields.take("title").flatMap { template($0) }
    node.description = fields.take("description").flatMap { template($0) }
    if let entry = fields.take("needs") {
      let nodes = entry.value.items?.isEmpty == true ? [] : texts(entry)
      node.needs = names(nodes, "'needs'")
    }
    node.when = fields.take("when").flatMap { expression($0) }
    node.each = fields.take("each").flatMap(each)
    node.onFailure = fields.take("on_failure").flatMap { failureRule($0) }
    node.due = fields.take("due").flatMap(due)
    node.escalation = fields.take("escalate").map(escalations)
    node.sensitive = fields.take("sensitive").flatMap { scalar($0, bool) }
  }

  func names(_ nodes: [YAMLNode], _ what: String) -> [Node.Need] {
    nodes.compactMap { node in identifier(node, what).map { Node.Need(id: $0, span: node.span) } }
  }

  func failureRule(_ entry: YAMLEntry, without refused: [String: String] = [:]) -> Scalar<FailureRule>? {
    scalar(entry) { choice($0, FailureRule.self, without: refused) }
  }

  private func each(_ entry: YAMLEntry) -> Node.Each? {
    guard let fields = Fields(entry.value, of: "each", help: "each: { item: [a, b] }", reading: self) else {
      return nil
    }
    guard fields.entries.count == 1, let item = fields.entries.first else {
      error("bad-value", "'each' takes one name with a list or a map", at: entry.key.span)
      return nil
    }
    guard let name = identifier(item.key, "'each'") else { return nil }
    let items = tree(item.value)
    if case .scalar = items.content { wrongType(item.value, name, takes: "a list or a map") }
    if case .text(let text) = items.content, text.whole == nil {
      wrongType(item.value, name, takes: "a list or a map")
    }
    checkKeys(items)
    return Node.Each(name: name, nameSpan: item.key.span, items: items)
  }

  /// A copy is named by its item's text or its `name`; what is bound is looked at when the plan is made.
  private func checkKeys(_ items: TemplateTree) {
    guard case .list(let items) = items.content else { return }
    var first: [String: SourceSpan] = [:]
    for item in items {
      guard let key = item.keyOfCopy else { continue }
      guard let other = first.updateValue(item.span, forKey: key) else { continue }
      first[key] = other
      error(
        "duplicate-id", "there are two copies '\(key)'", at: item.span,
        help: "leave one out, or give each a 'name' of its own",
        notes: [Diagnostic.Note(message: "the first one", span: other)])
    }
  }

  /// A duration from the run's start, or a moment.
  private func due(_ entry: YAMLEntry) -> Template? {
    guard let template = template(entry) else { return nil }
    guard let literal = template.literal else { return template }
    guard TimeSpan(text: literal) != nil || Timestamp(text: literal) != nil else {
      error(
        "bad-value", "'due' takes a duration from the run's start or a moment", at: template.span,
        help: "write 30m or 2026-01-05T09:00:00Z")
      return nil
    }
    return template
  }

  private func escalations(_ entry: YAMLEntry) -> [Node.Escalation] {
    list(entry).compactMap { item in
      guard var fields = Fields(item, of: "escalate", help: "{ after: 10m, to: oncall }", reading: self)
      else { return nil }
      let after = fields.required("after", in: "'escalate'").flatMap { duration($0, allowsZero: true) }
      let to = fields.required("to", in: "'escalate'").map { someTexts($0).compactMap(template) } ?? []
      fields.finish(known: Keys.escalation)
      return after.map { Node.Escalation(after: $0, to: to) }
    }
  }

  /// The items of a list; anything else is said to be wrong.
  func list(_ entry: YAMLEntry) -> [YAMLNode] {
    guard let items = entry.value.items else {
      wrongType(entry.value, entry.name, takes: "a list", help: "start each item with '- '")
      return []
    }
    if items.isEmpty { error("empty", "'\(entry.name)' is empty", at: entry.value.span) }
    return items
  }

  private func finish(_ kind: String, _ fields: Fields) {
    switch kind {
    case "step":
      fields.finish(
        known: keywords + Keys.body + Keys.step + Keys.node, elsewhere: Keys.elsewhereOnStep)
    case "check":
      fields.finish(
        known: keywords + Keys.body + Keys.polling + Keys.check + Keys.node,
        elsewhere: Keys.elsewhereOnCheck)
    case "gate": fields.finish(known: Keys.gate + Keys.node, elsewhere: Keys.elsewhereOnGate)
    default: fields.finish(known: Keys.group + Keys.node, elsewhere: Keys.elsewhereOnGroup)
    }
  }

  /// A node that calls a playbook has no answer of its own, and nothing that could be tried or killed alone.
  func refuseKeys(ofPlaybook body: Body, _ fields: Fields) {
    guard body.action?.keyword == "playbook" else { return }
    for entry in fields.entries {
      guard let help = Keys.elsewhereOnCall[entry.name] else { continue }
      error(
        "misplaced-key", "'\(entry.name)' does not belong to a called playbook", at: entry.key.span,
        help: help)
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
    check.tolerate = fields.take("tolerate").flatMap { scalar($0) { integer($0, in: Limits.tolerate) } }
    check.minSamples = fields.take("min_samples").flatMap {
      scalar($0) { integer($0, in: Limits.minSamples) }
    }
    check.recheck = fields.take("recheck").flatMap { scalar($0, bool) }
    refuseKeys(ofPlaybook: check.body, fields)
    return check
  }

  private func group(_ fields: inout Fields) -> Group {
    let steps = fields.required("steps", in: "a group").map { nodes($0.value, of: "steps") } ?? []
    var group = Group(steps: steps)
    group.mode = fields.take("mode").flatMap { scalar($0) { choice($0, Group.Mode.self) } }
    group.maxParallel = fields.take("max_parallel").flatMap {
      scalar($0) { integer($0, in: Limits.maxParallel) }
    }
    group.setting = setting(&fields)
    if let entry = fields.take("retry") {
      if isInRollback {
        error(
          "misplaced-key", "a group of a rollback is not tried again", at: entry.key.span,
          help: "write 'retry' on its steps")
      }
      group.retry = retry(entry, atMost: Limits.rounds)
    }
    group.rollback = fields.take("rollback").flatMap(rollback)
    group.captures = fields.take("capture").map(captures) ?? []
    group.locks = fields.take("locks").map { texts($0).compactMap(template) } ?? []
    group.watches = fields.take("watch").map(watches) ?? []
    checkTogether(group)
    return group
  }

  private func checkTogether(_ group: Group) {
    if !group.captures.isEmpty, group.rollback == nil, let first = group.captures.first {
      error(
        "capture-without-rollback", "a group's captures are for its 'rollback', and this one has none",
        at: first.nameSpan, help: "write 'rollback:', or capture on a step")
    }
    guard group.mode?.written == .choice else { return }
    for child in group.steps.dropLast() where child.when == nil {
      error(
        "choice-without-when", "only the last child of a choice has no 'when'", at: child.span,
        help: "say when '\(child.id)' is chosen, or move it to the end")
    }
    if let last = group.steps.last, let when = last.when {
      error(
        "choice-without-default",
        "the last child of a choice has no 'when': it is chosen when none of the others is",
        at: when.span, help: "leave 'when' out, or add a child that says what happens otherwise")
    }
    for child in group.steps where child.needs != nil {
      error(
        "misplaced-key", "the children of a choice wait for nothing of their own", at: child.span,
        help: "write 'needs' on the group")
    }
    for child in group.steps {
      guard let each = child.each else { continue }
      error(
        "misplaced-key", "one child of a choice is chosen, not a copy of it", at: each.nameSpan,
        help: "write 'each' on a node inside a group that is chosen, or on the choice")
    }
  }
}

extension TemplateTree {
  /// Nil where it is bound, or none.
  fileprivate var keyOfCopy: String? {
    switch content {
    case .scalar(_, let text): text
    case .text(let template): template.literal
    case .map: self["name"].flatMap { $0.isCollection ? nil : $0.keyOfCopy }
    case .list: nil
    }
  }

  private var isCollection: Bool {
    switch content {
    case .scalar, .text: false
    case .list, .map: true
    }
  }
}

extension YAMLNode {
  /// A block map has no better place than its first key.
  var firstKeySpan: SourceSpan { entries?.first?.key.span ?? span }
}
