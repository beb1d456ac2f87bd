internal import BelayExpressions
internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// What names stand for where the node stands: in its playbook, its round of an `each`, its attempt of a group.
extension EvaluationContext {
  private var scope: PlanScope { plan.scopes[plan.frames[frame].scope] }

  /// From the innermost outwards, within the playbook.
  private var framesAround: [PlanFrame] {
    var frames: [PlanFrame] = []
    var at: Int? = frame
    while let index = at {
      frames.append(plan.frames[index])
      at = plan.frames[index].parent
    }
    return frames
  }

  /// Those that the caller gives when it starts are kept with it, so that they stay what they were.
  var params: ValueMap {
    guard let caller = scope.caller, !scope.given.isEmpty else { return scope.params }
    var params = scope.params
    let captures = run[plan.nodes[caller].id].captures
    for given in scope.given { params[given.name] = captures[PlanScope.captureName(of: given.name)] }
    return params
  }

  var vars: ValueMap {
    guard !scope.laterVars.isEmpty else { return scope.vars }
    var context = self
    context.fields = ValueMap()
    var vars = scope.vars
    for entry in scope.laterVars {
      // What is above may be read by what is below.
      context.fields["vars"] = .map(vars)
      if let value = try? context.value(of: entry.value) { vars[entry.key] = value }
    }
    return vars
  }

  var items: ValueMap {
    var items = ValueMap()
    for frame in framesAround.reversed() {
      if let item = frame.item { items[item.name] = item.value }
    }
    return items
  }

  /// Nodes that can be read here.
  var names: [String] {
    var seen: Set<String> = []
    return framesAround.flatMap { $0.names.map(\.id) }.filter { seen.insert($0).inserted }
  }

  /// Nil: there is no such node here.
  func value(ofStep id: String) -> Value? {
    var at: Int? = frame
    while let index = at {
      if let target = targets[index][id] { return value(of: target) }
      at = plan.frames[index].parent
    }
    return nil
  }

  private func value(of target: PlanFrame.Target) -> Value {
    switch target {
    case .node(let index): return value(ofNode: plan.nodes[index].id)
    case .copies(let copies): return .map(ValueMap(copies.map { ($0.key, value(of: $0.target)) }))
    case .rounds(let group, let rounds):
      let id = plan.nodes[group].id
      let last = rounds.indices.last { index in
        let record = run[RoundName.round(index + 1, of: id)]
        return record.status != .pending && record.skipped == nil
      }
      return value(of: rounds[last ?? 0], with: run[id].captures, of: group)
    }
  }

  /// What was captured before the first attempt at a called playbook is of each.
  private func value(of round: PlanFrame.Target, with captures: ValueMap, of group: Int) -> Value {
    let value = value(of: round)
    guard case .node(let index) = round, plan.nodes[index].parent == group, case .map(let own) = value else {
      return value
    }
    var map = captures
    for (name, value) in own.entries { map[name.text] = value }
    return .map(map)
  }

  /// Outputs and captures by name, and what every node has.
  private func value(ofNode node: NodeID) -> Value {
    let record = run[node]
    var map = record.captures
    for (name, value) in record.outputs.entries { map[name] = value }
    for (name, value) in unrecorded[node]?.entries ?? [] { map[name] = value }
    map["state"] = .string(record.status.rawValue)
    map["started_at"] = record.startedAt.map(Value.timestamp)
    map["finished_at"] = record.finishedAt.map(Value.timestamp)
    map["error"] = .string(record.failure?.message ?? "")
    return .map(map)
  }

  // MARK: Given values

  /// Data with its texts bound; a text that is one binding keeps its type.
  func value(of tree: TemplateTree) throws(StepFailure) -> Value {
    switch tree.content {
    case .scalar(let value, _): return value
    case .text(let template):
      if let whole = template.whole { return try evaluate(whole) }
      return .string(try text(template))
    case .list(let items):
      var values: [Value] = []
      for item in items { values.append(try value(of: item)) }
      return .list(values)
    case .map(let entries):
      var map = ValueMap()
      for entry in entries { map[entry.key] = try value(of: entry.value) }
      return .map(map)
    }
  }

  func value(of given: PlanScope.Given) throws(StepFailure) -> Value {
    if case .scalar(_, let text) = given.value.content, given.parameter.kind == .string {
      return .string(text)
    }
    let value = try value(of: given.value)
    do {
      return try given.accept(value)
    } catch {
      throw StepFailure(kind: "expression", message: error.message)
    }
  }

  /// The context in which an action file's own fields and conditions are read.
  func inside(_ use: PlanUse) throws(StepFailure) -> EvaluationContext {
    var inner = self
    var params = ValueMap()
    for given in use.params { params[given.name] = try value(of: given) }
    inner.use = params
    return inner
  }
}
