internal import BelayExpressions
internal import BelayModel

// Each reference of each expression: does it exist, may it stand here, will it have a value.
extension PlaybookChecker {
  /// Returns what is known of its type.
  @discardableResult
  mutating func check(_ expression: Expression, _ scope: Scope) -> StaticType {
    guard let program = program(expression) else { return .dyn }
    return check(program, expression, scope)
  }

  /// What a gate waits for.
  mutating func checkMoment(_ expression: Expression, _ scope: Scope) {
    let type = check(expression, scope)
    guard type != .timestamp, type != .dyn else { return }
    report(
      "wrong-type", "\(scope.title) is a moment, this is \(type.name)", at: expression.span,
      help: "write timestamp(\"2026-01-04T02:00:00Z\"), or steps.a.finished_at + duration(\"1h\")")
  }

  /// Conditions of one field; whose size the node asks for stands in `sized`, else in the field itself.
  mutating func checkCondition(_ conditions: [Expression], _ scope: Scope, sized: Set<String>? = nil) {
    let sized = sized ?? sizedTexts(of: conditions)
    for condition in conditions {
      guard let program = program(condition) else { continue }
      let type = check(program, condition, scope)
      checkMeaning(program, type, condition, sized: sized)
    }
  }

  /// Nil, said so, when it is no CEL.
  private mutating func program(_ expression: Expression) -> Program? {
    guard expression.source.utf8.count <= Limits.expression else {
      report("too-large", "an expression of more than 16 KiB", at: expression.span)
      return nil
    }
    do {
      return try Program(parsing: expression)
    } catch {
      report(error)
      return nil
    }
  }

  private mutating func check(_ program: Program, _ expression: Expression, _ scope: Scope) -> StaticType {
    let type = checkValues(program, scope)
    checkIdentifiers(program, expression, scope)
    checkReferences(program, expression, scope)
    return type
  }

  /// What fails whatever is read, and what does for every value of its type.
  private mutating func checkValues(_ program: Program, _ scope: Scope) -> StaticType {
    let constants = program.constantErrors()
    for error in constants {
      report("constant-error", "this fails whatever else is true: \(error.message)", at: error.span)
    }
    let (type, errors) = program.checkTypes(types.roots.merging(scope.types) { _, bare in bare })
    for error in errors where !constants.contains(where: { $0.span == error.span }) { report(error) }
    return errors.isEmpty ? type : .dyn
  }

  /// What is known of its type; its mistakes are told elsewhere.
  func type(of expression: Expression, _ scope: Scope) -> StaticType {
    guard expression.source.utf8.count <= Limits.expression, let program = try? Program(parsing: expression)
    else { return .dyn }
    let (type, errors) = program.checkTypes(types.roots.merging(scope.types) { _, bare in bare })
    return errors.isEmpty ? type : .dyn
  }

  private mutating func checkReferences(_ program: Program, _ expression: Expression, _ scope: Scope) {
    guard !program.references.isEmpty else { return }
    let guards = Guards([program])
    for var reference in program.references {
      if !reference.guarded {
        reference.guarded = guards.cover(reference.path) || isGuarded(reference, scope)
      }
      check(reference, expression, scope)
    }
  }

  /// `identifier(…)` writes a name into the text of SQL: it stands there alone, and nowhere else.
  private mutating func checkIdentifiers(_ program: Program, _ expression: Expression, _ scope: Scope) {
    guard expression.source.firstRange(of: "identifier") != nil else { return }
    for span in program.innerIdentifiers {
      report(
        "not-here", "'identifier' is bound alone, and its value is not computed with", at: span,
        help: "compute inside: ${{ identifier(vars.prefix + \"_old\") }}")
    }
    guard program.isIdentifier, !scope.allowsIdentifiers else { return }
    report(
      "not-here", "'identifier' is for names in the 'query' of 'sql'", at: expression.span,
      help: "bind the text itself: a value arrives unchanged")
  }

  /// By `when` of the node or of a group around it: where that is false, nothing of this is read.
  private func isGuarded(_ reference: Reference, _ scope: Scope) -> Bool {
    guard reference.path.first == "steps", let node = scope.node, !scope.isWhen else { return false }
    let conditions = [node] + index.around(node)
    return conditions.contains { guards[$0]?.cover(reference.path) ?? false }
  }

  private mutating func check(_ reference: Reference, _ expression: Expression, _ scope: Scope) {
    guard let root = reference.path.first else { return }
    let span = reference.span
    switch root {
    case _ where isBare(root, scope): break
    case _ where scope.isActionFile && Root.ofPlaybooks.contains(root):
      report(
        "not-here", "an action file cannot read '\(root)'", at: span,
        help: "declare a parameter, and give it in 'with'")
    case "params": checkName(reference, params, "parameter", span, scope)
    case "vars": checkVariable(reference, span, scope)
    case "environment": checkEnvironment(reference, span)
    case "run": checkRun(reference, span, scope)
    case "now": checkMoment("'now' is not known yet", span, scope)
    case "steps": checkSteps(reference, span, scope)
    case "error": checkError(reference, span, scope)
    case "secrets": checkSecret(reference, expression, span, scope)
    case "each": checkEach(reference, span, scope)
    case "roles": checkRole(reference, span)
    case "event": checkEvent(reference, span, scope)
    default: unknown(root, span, scope)
    }
  }

  private func isBare(_ name: String, _ scope: Scope) -> Bool {
    guard !Root.known.contains(name) else { return false }
    switch scope.bare {
    case .anything: return true
    case .names(let names): return names.contains(name)
    }
  }

  private mutating func unknown(_ name: String, _ span: SourceSpan, _ scope: Scope) {
    var names = Root.known
    if case .names(let bare) = scope.bare { names += bare }
    let help: String? =
      if params.contains(name) {
        "write params.\(name)"
      } else if vars.contains(name) {
        "write vars.\(name)"
      } else if index.byID[name] != nil {
        "write steps.\(name)"
      } else if actions.kinds.contains(where: { $0.results.contains { $0.name == name } }) {
        "'\(name)' is of an action's answer: only its own 'outputs' and conditions read it"
      } else {
        nearest(name, names).map { "did you mean '\($0)'?" }
      }
    report("unknown-name", "there is no '\(name)' here", at: span, help: help)
  }

  private mutating func checkMoment(_ message: String, _ span: SourceSpan, _ scope: Scope) {
    guard case .plan = scope.moment else { return }
    report("not-in-plan", "\(message): \(scope.title) is read when the plan is made", at: span)
  }

  private mutating func checkName(
    _ reference: Reference, _ names: Names, _ what: String, _ span: SourceSpan, _ scope: Scope
  ) {
    if scope.isDefault {
      return report("not-in-plan", "a default can only read 'environment' and 'roles'", at: span)
    }
    guard reference.path.count > 1 else { return }
    let name = reference.path[1]
    guard !names.contains(name) else { return }
    report(
      "unknown-name", "there is no \(what) '\(name)'", at: span,
      help: nearest(name, names.all).map { "did you mean '\($0)'?" } ?? names.list)
  }

  private mutating func checkVariable(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    if let before = scope.varsBefore, reference.path.count > 1,
      let position = vars.position(of: reference.path[1]), position >= before
    {
      return report(
        "unknown-name", "'vars.\(reference.path[1])' is computed later", at: span,
        help: "write it above this one")
    }
    checkName(reference, vars, "variable", span, scope)
  }

  private mutating func checkEnvironment(_ reference: Reference, _ span: SourceSpan) {
    guard reference.path.count > 1 else { return }
    let field = reference.path[1]
    guard Root.environment.contains(field) else {
      let isVariable = environment?.variables.contains(field) ?? false
      return report(
        "unknown-name", "'environment' has no '\(field)'", at: span,
        help: isVariable ? "write environment.vars.\(field)" : "it has 'name' and 'vars'")
    }
    guard field == "vars", reference.path.count > 2, let environment, !reference.guarded else { return }
    require(reference.path[2], span, in: environment.variables, "variable", "vars", environment)
  }

  private mutating func checkRun(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    if scope.isDefault {
      return report("not-in-plan", "a default can only read 'environment' and 'roles'", at: span)
    }
    guard reference.path.count > 1 else { return }
    let field = reference.path[1]
    guard Root.run.contains(field) else {
      return report(
        "unknown-name", "'run' has no '\(field)'", at: span,
        help: nearest(field, Root.run).map { "did you mean '\($0)'?" }
          ?? "it has " + Root.run.joined(separator: ", "))
    }
    if field != "id" { checkMoment("'run.\(field)' is not known yet", span, scope) }
  }

  /// The names of the `each` of the node and of what it stands in.
  private mutating func checkEach(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    let around = scope.node.map { [$0] + index.around($0) } ?? []
    let names = around.compactMap { index[$0].node.each?.name }
    guard !names.isEmpty else {
      return report("not-here", "'each' can be read inside a node with 'each' only", at: span)
    }
    guard reference.path.count > 1, !names.contains(reference.path[1]) else { return }
    report(
      "unknown-name", "there is no 'each.\(reference.path[1])' here", at: span,
      help: "write " + names.map { "each.\($0)" }.joined(separator: " or "))
  }

  private mutating func checkEvent(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    guard scope.allowsEvent else {
      return report("not-here", "'event' can be read in 'notify' only", at: span)
    }
    guard reference.path.count > 1, !Root.event.contains(reference.path[1]) else { return }
    report(
      "unknown-name", "'event' has no '\(reference.path[1])'", at: span,
      help: "it has " + Root.event.joined(separator: ", "))
  }

  private mutating func checkError(_ reference: Reference, _ span: SourceSpan, _ scope: Scope) {
    guard scope.allowsError else {
      return report("not-here", "'error' can be read in 'fail_if' and 'retry.when' only", at: span)
    }
    guard reference.path.count > 1, !Root.error.contains(reference.path[1]) else { return }
    report(
      "unknown-name", "'error' has no '\(reference.path[1])'", at: span,
      help: "it has " + Root.error.joined(separator: ", "))
  }

  /// A secret stands alone, and only where the world takes it: in the environment of a command.
  private mutating func checkSecret(
    _ reference: Reference, _ expression: Expression, _ span: SourceSpan, _ scope: Scope
  ) {
    guard scope.allowsSecrets else {
      return report(
        "secret-not-allowed", "a secret cannot be used in \(scope.title): it would be seen", at: span,
        help: scope.secretHelp)
    }
    guard reference.path.count == 2, expression.source == reference.path.joined(separator: ".") else {
      return report(
        "secret-not-allowed", "nothing can be computed from a secret", at: span,
        help: "bind it alone: \"${{ secrets.name }}\"")
    }
    guard let environment else { return }
    require(reference.path[1], span, in: environment.secrets, "secret", "secrets", environment)
  }
}
