internal import BelayExpressions
internal import BelayModel

/// What is known when a plan is made. `run` offers its `id` only; `steps`, `now` and `secrets` come later.
struct PlanVariables: Variables {
  let budget: ValueBudget
  var params: ValueMap
  var vars: ValueMap
  var environment: String
  var environmentVars: ValueMap
  var run: String
  var roles = ValueMap()
  /// Of the `each` around.
  var items = ValueMap()
  /// Parameters and variables whose values come when the run is under way.
  var laterParams: [String: Later] = [:]
  var laterVars: [String: Later] = [:]

  /// The node after which a value is known; nil: known when the run is under way.
  struct Later: Hashable { var node: String? }

  enum Outcome: Hashable {
    case known(Value)
    /// Known after this node; nil: known when the run is under way.
    case later(String?)
    case failed(String)
  }

  func value(of root: String) -> Value? {
    switch root {
    case "params": .map(params)
    case "vars": .map(vars)
    case "environment": .map(["name": .string(environment), "vars": .map(environmentVars)])
    case "run": .map(["id": .string(run)])
    case "roles": .map(roles)
    case "each": .map(items)
    default: nil
    }
  }

  func value(at path: [String]) -> Value? { nil }

  func evaluate(_ expression: Expression) -> Outcome {
    let program: Program
    do {
      program = try Program(parsing: expression)
    } catch {
      return .failed(error.message)
    }
    if let later = program.references.first(where: isLater) {
      return .later(node(giving: later))
    }
    guard !budget.isExhausted else { return .failed(ValueBudget.message) }
    do {
      let value = try program.evaluate(self, counting: &budget.steps)
      budget.spend(value)
      return budget.isExhausted ? .failed(ValueBudget.message) : .known(value)
    } catch {
      return .failed("\(expression.source): \(error.message)")
    }
  }

  private func node(giving reference: Reference) -> String? {
    guard reference.path.count > 1 else { return nil }
    let name = reference.path[1]
    switch reference.path[0] {
    case "steps": return name
    case "params": return laterParams[name]?.node
    case "vars": return laterVars[name]?.node
    default: return nil
    }
  }

  /// After which node the last of what the tree binds is known, as far as that can be told.
  func later(_ tree: TemplateTree) -> Later {
    for expression in tree.templates.flatMap(\.expressions) {
      if case .later(let node?) = evaluate(expression) { return Later(node: node) }
    }
    return Later(node: nil)
  }

  /// Every text of the tree is known.
  func isKnown(_ tree: TemplateTree) -> Bool {
    tree.templates.allSatisfy { $0.expressions.allSatisfy { !isLater($0) } }
  }

  private func isLater(_ expression: Expression) -> Bool {
    if case .later = evaluate(expression) { true } else { false }
  }

  private func isLater(_ reference: Reference) -> Bool {
    switch reference.path.first {
    case "params": isLater(reference, laterParams)
    case "vars": isLater(reference, laterVars)
    case "environment", "roles", "each": false
    case "run": reference.path != ["run", "id"]
    default: true
    }
  }

  private func isLater(_ reference: Reference, _ names: [String: Later]) -> Bool {
    reference.path.count > 1 ? names[reference.path[1]] != nil : !names.isEmpty
  }

  func isKnown(_ expression: Expression) -> Bool {
    if case .known = evaluate(expression) { true } else { false }
  }

  /// `x` when the expression is `secrets.x`.
  static func secretName(_ expression: Expression) -> String? {
    guard let program = try? Program(parsing: expression), program.references.count == 1,
      let path = program.references.first?.path, path.count == 2, path[0] == "secrets"
    else { return nil }
    return path[1]
  }

  /// A text as the plan shows it.
  func shown(_ template: Template) -> String { template.shown { shown($0) } }

  /// A value as the plan shows it.
  func shown(_ expression: Expression) -> ShownValue {
    if let secret = PlanVariables.secretName(expression) { return .words("${secrets.\(secret)}") }
    switch evaluate(expression) {
    case .known(let value): return .known(value)
    case .later(let node): return .words(node.map { "(known after \($0))" } ?? "(known at run time)")
    case .failed: return .words("(fails)")
    }
  }
}
