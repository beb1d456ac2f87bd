internal import BelayModel

// What Linux cannot carry to a command is found before anything starts, as far as it is known by then.
extension PlanBuilder {
  mutating func checkLimits() {
    for node in nodes where node.preview.word != .wouldSkip {
      current = node.frame
      for body in node.bodies { checkLimits(of: body) }
    }
  }

  private mutating func checkLimits(of body: PlanBody) {
    var ignored: [Diagnostic] = []
    guard let source = body.action,
      let action = actions[source.keyword]?.init(source, diagnostics: &ignored)
    else { return }
    let known = KnownValues(
      variables: variables(of: body), environment: body.env.map { ($0.name, bound($0.template)) })
    let before = diagnostics.count
    for template in action.templates {
      for expression in template.expressions {
        check(known, expression.span) { _ = try $0.request(expression, by: action) }
      }
    }
    for variable in body.env {
      let one = KnownValues(
        variables: variables(of: body), environment: [(variable.name, bound(variable.template))])
      check(one, variable.template.span) { _ = try $0.request(nil, by: action) }
    }
    if diagnostics.count == before { check(known, source.keywordSpan) { _ = try action.request($0) } }
  }

  /// What the action itself says of its request; a value that has none yet is no mistake.
  private mutating func check(
    _ known: KnownValues, _ place: SourceSpan, _ ask: (KnownValues) throws -> Void
  ) {
    do {
      try ask(known)
    } catch let failure as StepFailure {
      guard failure.kind == "limit" || failure.message.contains("NUL"),
        !diagnostics.contains(where: { $0.span == place })
      else { return }
      diagnostics.append(Diagnostic(code: "limit", failure.message, at: place))
    } catch {}
  }

  private func bound(_ template: Template) -> BoundText {
    BoundText(
      template.segments.map { segment in
        switch segment {
        case .text(let text): return .text(text)
        case .expression(let expression):
          if let name = PlanVariables.secretName(expression) { return .secret(name: name) }
          guard case .known(let value) = variables.evaluate(expression) else { return .text("") }
          return .text(value.text)
        }
      })
  }
}

/// Values as the plan knows them; what is known later is empty.
private struct KnownValues: ActionContext {
  let variables: PlanVariables
  var environment: [(name: String, value: BoundText)]
  var workingDirectory: String { "" }
  var projectFolder: String { "" }
  var ownVariables: [ProcessRequest.Variable] { [] }
  var shell: FarShell? { nil }
  var idempotencyKey: String? { nil }

  func bind(_ template: Template) throws(StepFailure) -> BoundText {
    var parts: [BoundText.Part] = []
    for segment in template.segments {
      switch segment {
      case .text(let text): parts.append(.text(text))
      case .expression(let expression):
        if let secret = PlanVariables.secretName(expression) {
          parts.append(.secret(name: secret))
        } else {
          parts.append(.text(try evaluate(expression).text))
        }
      }
    }
    return BoundText(parts)
  }

  func hasReceipts(_ secret: String) -> Bool { false }
  /// All others are empty.
  var only: Expression?

  func evaluate(_ expression: Expression) throws(StepFailure) -> Value {
    guard only == nil || only == expression, case .known(let value) = variables.evaluate(expression) else {
      return .string("")
    }
    if case .null = value { return .string("") }
    return value
  }

  /// As if this were the only value, or none were.
  func request(_ expression: Expression?, by action: any Action) throws(StepFailure) -> EffectRequest {
    var context = self
    context.only = expression ?? Expression("", at: .nowhere("none"))
    if expression != nil { context.environment = [] }
    return try action.request(context)
  }
}
