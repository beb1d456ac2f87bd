private import BelayDigest
internal import BelayJournal
public import BelayModel
internal import BelayPlan

extension Engine {
  func context(_ node: Int) -> EvaluationContext { context(id(node), frame: plan.nodes[node].frame) }

  /// - Parameter id: of the node, or of what stands beside the nodes.
  func context(_ id: NodeID, frame: Int) -> EvaluationContext {
    EvaluationContext(
      plan: plan, planDigest: planDigest, run: run, now: clock.wall, node: id, frame: frame,
      programs: programs, targets: graph.targets, unrecorded: unrecorded)
  }

  /// What an answer amounts to under a body's conditions.
  ///
  /// A context shares the run's state. It must not live on while events are recorded: each would copy the state.
  func judgement(
    _ answer: ActionAnswer?, by body: PlanBody, of node: Int, in context: EvaluationContext? = nil,
    isQuestion: Bool
  ) -> Judgement {
    var context = context ?? self.context(node)
    context.isSensitive = plan.nodes[node].sensitive
    if case .check = plan.nodes[node].detail { context.tellsFindings = !context.isSensitive }
    return judgement(answer, by: body, in: context, isQuestion: isQuestion)
  }

  func judgement(
    _ answer: ActionAnswer?, by body: PlanBody, in context: EvaluationContext, isQuestion: Bool
  ) -> Judgement {
    var context = context
    return context.judge(answer, by: body, isQuestion: isQuestion)
  }

  /// The action of a body as the world is to be asked for it.
  func request(_ body: PlanBody, of node: Int, key: String?) throws(StepFailure) -> EffectRequest? {
    try request(body, in: context(node), key: key)
  }

  func request(
    _ body: PlanBody, in outer: EvaluationContext, key: String?
  ) throws(StepFailure) -> EffectRequest? {
    guard let source = body.action else { return nil }
    var context = outer
    let node = context.node
    let folder = try body.cwd.map { template throws(StepFailure) in try context.text(template) } ?? ""
    context.workingDirectory = folder.hasPrefix("/") ? folder : joined(plan.project, folder)
    context.shell = body.shell.map { farShell($0, node, folder: folder) }
    for variable in body.env {
      context.environment.append((name: variable.name, value: try context.bind(variable.template)))
    }
    context.idempotencyKey = key
    let own =
      [("BELAY_RUN_ID", run.run), ("BELAY_NODE", node)]
      + (key.map { [("BELAY_IDEMPOTENCY_KEY", $0)] } ?? [])
    context.ownVariables = own.map { ProcessRequest.Variable(name: $0.0, value: BoundText($0.1)) }
    context.environment += own.map { (name: $0.0, value: BoundText($0.1)) }
    if let use = body.use { context = try context.inside(use) }
    return try action(source).request(context)
  }

  private func farShell(_ shell: PlanShell, _ node: NodeID, folder: String) -> FarShell {
    let digest = SHA256.digest("\(run.run)/\(node)".utf8).description
    return FarShell(
      name: shell.name, command: shell.command, setup: shell.setup,
      folder: folder.isEmpty ? nil : BoundText(folder), mark: "belay \(digest.prefix(16)): exit status ")
  }

  /// As the machine reports it on which the body's command ran.
  func reported(_ report: EffectReport, by body: PlanBody, of node: NodeID) -> EffectReport {
    guard let shell = body.shell, case .process(let near) = report.result else { return report }
    var far = report
    far.result = .process(farShell(shell, node, folder: "").result(of: near))
    return far
  }

  private func joined(_ base: String, _ folder: String) -> String {
    folder.isEmpty || folder == "." ? base : "\(base)/\(folder)"
  }

  func action(_ source: ActionSource) throws(StepFailure) -> any Action {
    var diagnostics: [Diagnostic] = []
    guard let kind = actions[source.keyword], let action = kind.init(source, diagnostics: &diagnostics) else {
      let why = diagnostics.first?.message ?? "unknown action '\(source.keyword)'"
      throw StepFailure(kind: "expression", message: why)
    }
    return action
  }

  func timeout(of body: PlanBody, node: Int) throws(StepFailure) -> TimeSpan {
    try timeout(of: body, in: context(node))
  }

  func timeout(of body: PlanBody, in context: EvaluationContext) throws(StepFailure) -> TimeSpan {
    guard let timeout = body.timeout else {
      throw StepFailure(kind: "limit", message: "an attempt of this action has no timeout")
    }
    return try context.span(timeout)
  }

  /// SHA-256 of the request as bound, secrets by name: what a person can compare, and nobody can guess from.
  public static func digest(of request: EffectRequest?) -> String {
    guard let request else { return SHA256.digest([]).description }
    return SHA256.digest(JSON.array(request.lines.map(JSON.string)).text.utf8).description
  }

  /// A name that no attempt of the run ever had: the epoch is of this driver alone.
  mutating func newAttempt() -> AttemptName {
    sequence += 1
    return "\(run.epoch).\(sequence)"
  }
}

// What the journal keeps of a result, by itself.
extension EffectResult {
  var exitCode: Int? {
    guard case .process(let process) = self, case .exited(let code) = process.ending else { return nil }
    return Int(code)
  }

  var signal: Int? {
    guard case .process(let process) = self, case .signalled(let number) = process.ending else { return nil }
    return Int(number)
  }

  var status: Int? {
    guard case .http(let http) = self, case .answered(let response) = http.ending else { return nil }
    return response.status
  }
}
