internal import BelayExpressions
internal import BelayModel

/// What is known of the types that expressions of a playbook read: as declared, and as computed from what is declared.
struct ExpressionTypes {
  /// Of the roots.
  private(set) var roots: [String: StaticType] = [
    "now": .timestamp,
    "environment": .record(["name": .string]),
    "run": .record([
      "id": .string, "plan_digest": .string, "started_at": .timestamp, "initiator": .string,
    ]),
    "error": .record([
      "kind": .string, "node": .string, "message": .string, "exit_code": .int, "sqlstate": .string,
      "stderr": .string,
    ]),
  ]
  private let actions: ActionTable
  private let made: [SourceSpan: any Action]

  init(_ playbook: Playbook, _ index: NodeIndex, actions: ActionTable, made: [SourceSpan: any Action]) {
    self.actions = actions
    self.made = made
    roots["params"] = .record(ExpressionTypes.fields(playbook.params))
    var vars: [String: StaticType] = [:]
    for variable in playbook.vars {
      vars[variable.key] = type(of: variable.value)
      // What is above may be read by what is below.
      roots["vars"] = .record(vars)
    }
    var steps: [String: StaticType] = [:]
    for (number, entry) in index.entries.enumerated() {
      let isRepeated = ([number] + index.around(number)).contains { index[$0].node.each != nil }
      if !isRepeated { steps[entry.node.id] = .record(fields(of: entry.node)) }
    }
    roots["steps"] = .record(steps)
  }

  private static func fields(_ params: [Parameter]) -> [String: StaticType] {
    Dictionary(params.map { ($0.name, type(of: $0.kind)) }) { first, _ in first }
  }

  private static func type(of kind: Parameter.Kind) -> StaticType {
    switch kind {
    case .string: .string
    case .integer: .int
    // Bound, it may be an int as well.
    case .number: .dyn
    case .boolean: .bool
    case .duration: .duration
    case .timestamp: .timestamp
    case .list(let item): .list(type(of: item))
    case .map(let fields): .record(ExpressionTypes.fields(fields))
    }
  }

  private func type(of tree: TemplateTree) -> StaticType {
    switch tree.content {
    case .scalar(let value, _): StaticType(named: value.typeName)
    case .text(let template): template.whole.map { type(of: $0, [:]) } ?? .string
    case .list(let items): .list(items.map(type).reduce(nil) { $0?.joined(with: $1) ?? $1 } ?? .dyn)
    case .map(let entries):
      .record(Dictionary(entries.map { ($0.key, type(of: $0.value)) }) { first, _ in first })
    }
  }

  /// - Parameter bare: names beside the roots.
  private func type(of expression: Expression, _ bare: [String: StaticType]) -> StaticType {
    guard expression.source.utf8.count <= Limits.expression, let program = try? Program(parsing: expression)
    else { return .dyn }
    return program.checkTypes(roots.merging(bare) { _, bare in bare }).result
  }

  // MARK: Nodes

  private func fields(of node: Node) -> [String: StaticType] {
    var fields: [String: StaticType] = [:]
    switch node.kind {
    case .step(let step):
      fields = answer(of: step.body)
      for capture in step.captures { fields[capture.name] = type(of: capture) }
    case .check(let check): fields = answer(of: check.body)
    case .gate:
      fields = ["at": .timestamp, "note": .string, "opened_at": .timestamp, "closes_at": .timestamp]
    case .group(let group):
      for capture in group.captures { fields[capture.name] = type(of: capture) }
      fields["chosen"] = .string
    }
    fields["state"] = .string
    fields["started_at"] = .timestamp
    fields["finished_at"] = .timestamp
    fields["error"] = .string
    return fields
  }

  private func type(of capture: Step.Capture) -> StaticType {
    let bare = results(of: capture.body)
    return type(of: capture.value, bare.merging(outputs(of: capture.body, bare)) { _, output in output })
  }

  /// Only outputs are read from outside.
  private func answer(of body: Body) -> [String: StaticType] { outputs(of: body, results(of: body)) }

  func outputs(of body: Body, _ results: [String: StaticType]) -> [String: StaticType] {
    var bare = results
    var outputs: [String: StaticType] = [:]
    for output in body.outputs {
      let type = type(of: output.expression, bare)
      bare[output.name] = type
      outputs[output.name] = type
    }
    return outputs
  }

  /// Of the answer's own fields; nothing is known of what another file puts out.
  func results(of body: Body) -> [String: StaticType] {
    guard let source = body.action, !source.isCall, let kind = actions[source.keyword] else { return [:] }
    let fields = kind.results + (made[source.keywordSpan]?.ownResults ?? [])
    return Dictionary(fields.map { ($0.name, StaticType(named: $0.type)) }) { _, last in last }
  }
}
