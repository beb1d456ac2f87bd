internal import BelayExpressions
public import BelayModel

/// Makes the plan of a playbook that the reader has found right: the graph laid out, settings inherited, values
/// known now filled in, and a word for every node. Runs nothing, reads nothing, asks nothing.
public struct PlanBuilder {
  let request: PlanRequest
  let actions: ActionTable
  let budget: ValueBudget
  var diagnostics: [Diagnostic] = []
  var nodes: [PlanNode] = []
  var scopes: [PlanScope] = []
  var frames: [FrameUnderWay] = []
  /// The frame in which values are read.
  var current = 0
  var claims: [String] = []
  var pass: [String] = []
  var watches: [PlanWatch] = []
  var notices: [PlanNotice] = []
  /// Names of the playbooks that are being laid out, outermost first.
  var calls: [String]
  var isFull = false
  /// Rollbacks to be laid out after the main nodes: the node's index, its rollback, the setting it inherits.
  var pendingRollbacks: [(of: Int, rollback: Step.Rollback, setting: Setting)] = []
  /// Needs by name, resolved when all nodes have an index.
  var writtenNeeds: [(node: Int, needs: [Node.Need], frame: Int)] = []

  /// What is known in the current frame.
  var variables: PlanVariables {
    get { frames[current].variables }
    set { frames[current].variables = newValue }
  }

  private init(_ request: PlanRequest, _ actions: ActionTable) {
    self.request = request
    self.actions = actions
    calls = [request.playbook.name]
    budget = ValueBudget()
    var variables = PlanVariables(
      budget: budget, params: request.params, vars: ValueMap(), environment: request.environment?.name ?? "",
      environmentVars: request.environment?.vars ?? ValueMap(), run: request.run)
    variables.roles = request.files.roster?.roles(at: request.createdAt, in: request.zones) ?? ValueMap()
    scopes = [PlanScope(playbook: request.playbook.name, params: request.params, vars: ValueMap())]
    _ = addFrame(scope: 0, parent: nil, prefix: "", suffix: "", variables)
  }

  /// - Returns: nil with at least one error among the diagnostics.
  public static func plan(
    _ request: PlanRequest, actions: ActionTable
  ) -> (plan: Plan?, diagnostics: [Diagnostic]) {
    var builder = PlanBuilder(request, actions)
    let plan = builder.build()
    let failed = builder.diagnostics.contains { $0.severity == .error }
    return (failed ? nil : plan, builder.diagnostics)
  }

  /// Nil when it is too large; that has been said.
  private mutating func build() -> Plan? {
    let playbook = request.playbook
    if request.willRun { refuseWhatIsLater() }
    settle(playbook, scope: 0)
    claims = playbook.locks.compactMap { text(of: $0) }
    pass = playbook.pass + (request.environment?.pass ?? [])
    let onFailure = resolve(playbook.onFailure, without: [.continue]) ?? .stop
    let maxParallel = resolve(playbook.maxParallel, in: Limits.maxParallel) ?? 8
    let title = playbook.title.flatMap { text(of: $0) } ?? playbook.name
    let outer = Surroundings(
      parent: nil, policy: FailurePolicy(rule: onFailure, scope: nil), setting: playbook.setting, role: .main,
      frame: 0)
    layOut(playbook.watches, of: nil, setting: playbook.setting, frame: 0)
    layOut(playbook.notices)
    layOut(playbook.steps, mode: .sequence, in: outer)
    layOutSteadyState(outer)
    layOutRollbacks()
    guard !isFull else { return nil }
    spreadSensitivity()
    resolveNeeds()
    setPreviews(onFailure)
    checkLimits()
    guard !budget.isExhausted else {
      diagnostics.append(ValueBudget.diagnostic(of: playbook.path))
      return nil
    }
    return Plan(
      run: request.run, playbook: playbook.name, path: playbook.path, title: title, version: request.version,
      createdAt: request.createdAt, project: request.project, environment: request.environment?.name,
      environmentVars: request.environment?.vars ?? ValueMap(), roles: frames[0].variables.roles,
      isProtected: request.environment?.protected ?? false, roster: request.files.roster,
      scopes: scopes, frames: frames.map(\.frame), secrets: secrets(), claims: unique(claims),
      expected: request.history.total,
      maxParallel: maxParallel, onFailure: onFailure, searchPath: request.searchPath, pass: unique(pass),
      sources: request.sources, programs: programNames().map(request.findProgram),
      warnings: diagnostics.filter { $0.severity == .warning }.map(\.message), watches: watches,
      notices: notices, nodes: nodes)
  }

  func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  /// Only what the playbook uses is listed, and later resolved.
  private func secrets() -> [Plan.SecretReference] {
    var used: Set<String> = []
    for body in nodes.flatMap(\.bodies) + watches.map(\.body) + notices.map(\.body) {
      for template in body.env.map(\.template) + (body.action?.templates ?? []) {
        used.formUnion(template.expressions.compactMap { PlanVariables.secretName($0) })
      }
    }
    return (request.environment?.secrets ?? []).filter { used.contains($0.name) }.map {
      Plan.SecretReference(
        name: $0.name, source: $0.source, allowShort: $0.allowShort, receipts: $0.receipts)
    }
  }

  /// Programs that commands start, as far as their names are known, in the order of their first use.
  private mutating func programNames() -> [String] {
    var ignored: [Diagnostic] = []
    var names: [String] = []
    let asked = nodes.map { (frame: $0.frame, bodies: $0.bodies) }
    let watched = watches.map { (frame: $0.frame, bodies: [$0.body]) }
    let told = notices.map { (frame: 0, bodies: [$0.body]) }
    for (frame, bodies) in asked + watched + told {
      current = frame
      for body in bodies {
        if let shell = body.shell {
          names.append(shell.command[0])
          continue
        }
        guard let source = body.action,
          let action = actions[source.keyword]?.init(source, diagnostics: &ignored)
        else { continue }
        let variables = variables(of: body)
        guard let program = action.program, program.expressions.allSatisfy({ variables.isKnown($0) }) else {
          continue
        }
        names.append(variables.shown(program))
      }
    }
    for secret in secrets() {
      if case .exec(let command) = secret.source { names.append(command[0]) }
    }
    return unique(names)
  }

  // MARK: Values known now

  /// Said so where a part of it is known later only.
  mutating func knownValue(of tree: TemplateTree) -> Value? {
    for expression in tree.templates.flatMap(\.expressions) where knownValue(of: expression) == nil {
      return nil
    }
    return value(of: tree)
  }

  mutating func value(of expression: Expression) -> Value? {
    switch variables.evaluate(expression) {
    case .known(let value): return value
    case .later: return nil
    case .failed(let message):
      // What there is no room for is said once, at the end.
      if !budget.isExhausted {
        diagnostics.append(Diagnostic(code: "evaluation", message, at: expression.span))
      }
      return nil
    }
  }

  mutating func value(of tree: TemplateTree) -> Value? {
    switch tree.content {
    case .scalar(let value, _): return value
    case .text(let template):
      if let whole = template.whole { return value(of: whole) }
      return text(of: template).map(Value.string)
    case .list(let items): return .list(items.map { value(of: $0) ?? .null })
    case .map(let entries):
      var map = ValueMap()
      for entry in entries { map[entry.key] = value(of: entry.value) ?? .null }
      return .map(map)
    }
  }

  /// Nil, with a diagnostic, when a part is not known yet: only for texts that must be known in the plan.
  mutating func text(of template: Template) -> String? {
    var text = ""
    for segment in template.segments {
      switch segment {
      case .text(let piece): text += piece
      case .expression(let expression):
        guard let value = value(of: expression) else { return nil }
        text += value.text
      }
    }
    return text
  }
}

extension PlanNode {
  /// Every deed and question of the node.
  public var bodies: [PlanBody] {
    switch detail {
    case .step(let step):
      var bodies = [step.body] + step.captures.map(\.body)
      if let verify = step.verify { bodies.append(verify) }
      if case .body(let body)? = step.skip { bodies.append(body) }
      return bodies
    case .check(let check): return [check.body]
    case .group(let group): return group.captures.map(\.body)
    case .gate: return []
    }
  }
}
