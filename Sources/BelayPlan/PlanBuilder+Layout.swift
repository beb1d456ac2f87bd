internal import BelayModel

/// What a list of nodes inherits.
struct Surroundings {
  var parent: Int?
  var policy: FailurePolicy
  var setting: Setting
  var role: PlanNode.Role
  var frame: Int
}

// The graph, each node before its children.
extension PlanBuilder {
  /// Lays out a list: in a sequence each one waits for the one before it.
  mutating func layOut(_ list: [Node], mode: PlanGroup.Mode, in outer: Surroundings) {
    var before: Int?
    for node in list where !isFull {
      let index = node.each == nil ? layOutNamed(node, in: outer) : layOutEach(node, mode, in: outer)
      if let needs = node.needs {
        writtenNeeds.append((node: index, needs: needs, frame: outer.frame))
      } else if mode == .sequence, let before {
        nodes[index].needs = [before]
      }
      before = index
    }
  }

  private mutating func layOutNamed(_ node: Node, in outer: Surroundings) -> Int {
    // Before what stands in it is laid out: its own nodes may name it.
    register(node.id, nodes.count, in: outer.frame)
    return layOutOne(node, in: outer)
  }

  /// - Returns: the index of the node; what it holds follows it.
  private mutating func layOutOne(_ node: Node, in outer: Surroundings) -> Int {
    let before = current
    current = outer.frame
    defer { current = before }
    guard let index = add(node, in: outer) else { return 0 }
    switch node.kind {
    case .step(let step):
      if step.body.calls {
        layOutCall(step, node, at: index, in: outer)
      } else {
        nodes[index].detail = .step(self.step(step, at: index, in: outer))
      }
    case .check(let check):
      if check.body.calls {
        layOutCall(check, node, at: index, in: outer)
      } else {
        nodes[index].detail = .check(self.check(check, in: outer))
      }
    case .gate(let gate):
      nodes[index].detail = .gate(self.gate(gate, at: node.span))
    case .group(let group): layOut(group, node, at: index, in: outer)
    }
    return index
  }

  /// Nil, said so, when the plan has grown too large.
  private mutating func add(_ node: Node, in outer: Surroundings) -> Int? {
    guard hasRoom(node.span) else { return nodes.isEmpty ? nil : nodes.count - 1 }
    let index = nodes.count
    let policy = resolve(node.onFailure).map { FailurePolicy(rule: $0, scope: index) } ?? outer.policy
    nodes.append(
      PlanNode(
        id: planID(node.id, in: outer.frame), role: outer.role, parent: outer.parent, frame: outer.frame,
        needs: [], when: node.when, failure: policy, sensitive: resolve(node.sensitive),
        due: node.due.map(filled), escalation: escalation(of: node),
        title: node.title.map(variables.shown) ?? "", place: "\(node.span.file):\(node.span.line)",
        detail: .group(PlanGroup(mode: .sequence)), preview: Preview(word: .wouldRun)))
    return index
  }

  /// Said once where there is none.
  mutating func hasRoom(_ span: SourceSpan) -> Bool {
    if nodes.count < Limits.nodes { return true }
    if !isFull {
      isFull = true
      diagnostics.append(
        Diagnostic(
          code: "too-large", "the plan would have more than \(Limits.nodes) nodes", at: span))
    }
    return false
  }

  /// A node that the file does not write: what stands around copies and rounds, and the roots of lists.
  mutating func addGroup(
    _ id: String, title: String, place: String, group: PlanGroup, in outer: Surroundings
  ) -> Int {
    nodes.append(
      PlanNode(
        id: id, role: outer.role, parent: outer.parent, frame: outer.frame, needs: [], when: nil,
        failure: outer.policy, sensitive: false, title: title, place: place, detail: .group(group),
        preview: Preview(word: .wouldRun)))
    return nodes.count - 1
  }

  // MARK: Groups

  private mutating func layOut(_ group: Group, _ node: Node, at index: Int, in outer: Surroundings) {
    let most = resolve(group.retry?.attempts, in: 1...Limits.rounds) ?? 1
    let captures = self.captures(group.captures, outer.setting.joined(group.setting))
    let claims = group.locks.compactMap { text(of: $0) }
    var facts = self.facts(of: group)
    if most == 1 {
      facts.captures = captures
      facts.claims = unique(claims)
      nodes[index].detail = .group(facts)
      layOutChildren(of: group, at: index, in: outer)
    } else {
      nodes[index].detail = .group(
        PlanGroup(
          mode: .rounds, captures: captures, claims: unique(claims), retry: group.retry.map { retry($0) }))
      layOutRounds(of: group, node, facts, most, at: index, in: outer)
    }
    let setting = outer.setting.joined(group.setting)
    setRollback(group.rollback, of: index, setting: setting)
    layOut(group.watches, of: index, setting: setting, frame: outer.frame)
  }

  private mutating func facts(of group: Group) -> PlanGroup {
    let mode: PlanGroup.Mode =
      switch resolve(group.mode) ?? .sequence {
      case .sequence: .sequence
      case .parallel: .parallel
      case .choice: .choice
      }
    return PlanGroup(mode: mode, maxParallel: resolve(group.maxParallel, in: Limits.maxParallel))
  }

  private mutating func layOutChildren(of group: Group, at index: Int, in outer: Surroundings) {
    guard case .group(let facts) = nodes[index].detail else { return }
    let inner = Surroundings(
      parent: index, policy: nodes[index].failure, setting: outer.setting.joined(group.setting),
      role: outer.role, frame: outer.frame)
    layOut(group.steps, mode: facts.mode, in: inner)
  }

  /// Every attempt at a group stands in the plan; what comes after the first is named after it: `apply#2/upgrade`.
  private mutating func layOutRounds(
    of group: Group, _ node: Node, _ facts: PlanGroup, _ most: Int, at index: Int, in outer: Surroundings
  ) {
    var rounds: [Int] = []
    var last: Int?
    for round in 1...most {
      guard hasRoom(node.span) else { return }
      let isFirst = round == 1
      let id = RoundName.round(round, of: nodes[index].id)
      let frame = addFrame(
        scope: frames[outer.frame].frame.scope, parent: outer.frame,
        prefix: isFirst ? frames[outer.frame].prefix : id + "/",
        suffix: isFirst ? frames[outer.frame].suffix : "", frames[outer.frame].variables)
      let around = Surroundings(
        parent: index, policy: nodes[index].failure, setting: outer.setting, role: outer.role, frame: frame)
      let root = addGroup(
        id, title: "attempt \(round) of \(most)", place: nodes[index].place, group: facts, in: around)
      if let last { nodes[root].needs = [last] }
      last = root
      current = frame
      layOutChildren(of: group, at: root, in: around)
      rounds.append(frame)
    }
    current = outer.frame
    guard !isFull else { return }
    export(rounds, of: index, to: outer.frame) { .rounds(of: index, $0) }
  }

  // MARK: Each

  private mutating func layOutEach(_ node: Node, _ mode: PlanGroup.Mode, in outer: Surroundings) -> Int {
    let before = current
    current = outer.frame
    defer { current = before }
    guard let each = node.each else { return 0 }
    let wrapper = addGroup(
      planID(node.id, in: outer.frame), title: "", place: "\(node.span.file):\(node.span.line)",
      group: PlanGroup(mode: mode == .sequence ? .sequence : .parallel), in: outer)
    frames[outer.frame].needs[node.id] = wrapper
    var copy = node
    copy.each = nil
    copy.needs = nil
    var inner: [Int] = []
    var last: Int?
    let items = items(of: each)
    for item in items {
      guard hasRoom(node.span) else { return wrapper }
      let frame = addFrame(
        scope: frames[outer.frame].frame.scope, parent: outer.frame, item: item,
        prefix: frames[outer.frame].prefix, suffix: frames[outer.frame].suffix + "[\(item.key)]",
        frames[outer.frame].variables)
      let around = Surroundings(
        parent: wrapper, policy: outer.policy, setting: outer.setting, role: outer.role, frame: frame)
      let index = layOutNamed(copy, in: around)
      if mode == .sequence, let last { nodes[index].needs = [last] }
      last = index
      inner.append(frame)
    }
    guard !isFull else { return wrapper }
    export(inner, of: wrapper, to: outer.frame) { targets in
      .copies(zip(items, targets).map { PlanFrame.Copy(key: $0.key, target: $1) })
    }
    return wrapper
  }

  /// Of a list by the item's text or its `name`; of a map by its keys.
  private mutating func items(of each: Node.Each) -> [PlanFrame.Item] {
    guard let value = knownValue(of: each.items) else { return [] }
    var items: [PlanFrame.Item] = []
    switch value {
    case .list(let values):
      for value in values {
        var key = value.text
        if case .map(let map) = value, case .string(let name)? = map["name"] { key = name }
        items.append(PlanFrame.Item(name: each.name, key: key, value: value))
      }
    case .map(let map):
      for (key, value) in map.entries {
        let entry: ValueMap = ["key": key, "value": value]
        items.append(PlanFrame.Item(name: each.name, key: key.text, value: .map(entry)))
      }
    default:
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'each' takes a list or a map, and this is \(value.typeName)",
          at: each.items.span))
    }
    checkKeys(items, each)
    return items
  }

  /// Of so many mistakes in one list each is told, of more the first.
  private static let toldMistakes = 20

  private mutating func checkKeys(_ items: [PlanFrame.Item], _ each: Node.Each) {
    var seen: Set<String> = []
    let told = diagnostics.count
    for item in items where diagnostics.count - told < PlanBuilder.toldMistakes {
      let isName =
        !item.key.isEmpty && item.key.utf8.count <= 80
        && !item.key.unicodeScalars.contains { "[]/~#".unicodeScalars.contains($0) || $0.value < 0x20 }
      if !isName || !seen.insert(item.key).inserted {
        diagnostics.append(
          Diagnostic(
            code: "bad-each",
            isName
              ? "two items are called '\(item.key)'"
              : "'\(item.key.prefix(80))' cannot be part of a node's id",
            at: each.items.span, help: "give each item a 'name' of its own"))
      }
    }
  }
}

extension Body {
  /// It is another playbook.
  var calls: Bool { action?.keyword == "playbook" }
}
