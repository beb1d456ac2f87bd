public import BelayJournal
public import BelayModel
public import BelayPlan

/// What expressions of the outermost playbook could read of a run as it is recorded: `params`, `vars`, `environment`,
/// `steps`, `run`, `roles`, and `now`.
///
/// - Parameter digest: of the plan's bytes, as `run.plan_digest`.
public func recordedRoots(of run: RunState, plan: Plan, digest: String, now: Timestamp) -> [String: Value] {
  guard let node = plan.nodes.first else { return [:] }
  let context = EvaluationContext(
    plan: plan, planDigest: digest, run: run, now: now, node: node.id, frame: 0, programs: ProgramCache(),
    targets: Graph(plan).targets)
  let names = ["params", "vars", "environment", "steps", "run", "roles", "now"]
  return Dictionary(
    uniqueKeysWithValues: names.compactMap { name in context.value(of: name).map { (name, $0) } })
}
