private import BelayDigest
internal import BelayJournal
internal import BelayModel
internal import BelayPlan

extension Engine {
  func context(_ node: Int) -> EvaluationContext {
    EvaluationContext(
      plan: plan, planDigest: planDigest, run: run, now: clock.wall, node: plan.nodes[node],
      frame: plan.nodes[node].frame, programs: programs, targets: graph.targets, unrecorded: unrecorded)
  }

  /// What an answer amounts to under a body's conditions.
  ///
  /// A context shares the run's state. It must not live on while events are recorded: each would copy the state.
  func judgement(_ answer: ActionAnswer?, by body: PlanBody, of node: Int) -> Judgement {
    var context = context(node)
    return context.judge(answer, by: body)
  }

  /// The action of a body as the world is to be asked for it.
  func request(_ body: PlanBody, of node: Int, key: String?) throws(StepFailure) -> EffectRequest? {
    guard let source = body.action else { return nil }
    var context = context(node)
    let folder = try body.cwd.map { template throws(StepFailure) in try context.text(template) } ?? ""
    context.workingDirectory = folder.hasPrefix("/") ? folder : joined(plan.project, folder)
    for variable in body.env {
      context.environment.append((name: variable.name, value: try context.bind(variable.template)))
    }
    context.environment.append((name: "BELAY_RUN_ID", value: BoundText(run.run)))
    context.environment.append((name: "BELAY_NODE", value: BoundText(id(node))))
    if let key { context.environment.append((name: "BELAY_IDEMPOTENCY_KEY", value: BoundText(key))) }
    if let use = body.use {
      let environment = context.environment
      context = try context.inside(use)
      context.environment = environment
    }
    return try action(source).request(context)
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
    guard let timeout = body.timeout else {
      throw StepFailure(kind: "limit", message: "an attempt of this action has no timeout")
    }
    return try context(node).span(timeout)
  }

  /// SHA-256 of the request as bound, secrets by name: what a person can compare, and nobody can guess from.
  static func digest(of request: EffectRequest?) -> String {
    guard case .process(let process)? = request else { return SHA256.digest([]).description }
    var lines = process.arguments
    lines += process.environment.map { "\($0.name)=\($0.value.shown)" }
    lines.append(process.workingDirectory)
    return SHA256.digest(JSON.array(lines.map(JSON.string)).text.utf8).description
  }

  /// A name that no attempt of the run ever had: the epoch is of this driver alone.
  mutating func newAttempt() -> AttemptName {
    sequence += 1
    return "\(run.epoch).\(sequence)"
  }
}
