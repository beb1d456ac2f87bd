internal import BelayExpressions
internal import BelayModel

/// The checks of a plan that can be asked before anything has happened, as a plan that does nothing else.
public struct PlanProbe {
  /// A check that has to wait, and for what.
  public struct Later: Hashable, Sendable {
    public var node: String
    public var reason: String
  }

  /// Nil where there is nothing to ask.
  public let plan: Plan?
  public let later: [Later]
  /// Checks of which only their author says that they change nothing, with what they run.
  public let onTheirWord: [Later]

  /// - Parameter rechecks: only those that are asked again.
  public init(of plan: Plan, rechecks: Bool = false) {
    var later: [Later] = []
    var asked: [PlanNode] = []
    let sorter = ProbeSorter(plan)
    for index in plan.nodes.indices where plan.nodes[index].role == .main {
      guard case .check(var check) = plan.nodes[index].detail, check.recheck || !rechecks else { continue }
      if let reason = sorter.obstacle(to: index) {
        later.append(Later(node: plan.nodes[index].id, reason: reason))
        continue
      }
      // Asked once: what is down now is no-go, however long a run would wait for it.
      check.body.within = nil
      check.body.every = nil
      check.body.staysFor = nil
      check.tolerate = 0
      check.minSamples = nil
      var node = plan.nodes[index]
      node.parent = nil
      node.needs = []
      node.when = nil
      node.failure = FailurePolicy(rule: .continue, scope: nil)
      node.detail = .check(check)
      asked.append(node)
    }
    self.later = later
    onTheirWord = asked.filter(\.isOnTheAuthorsWord).map {
      Later(node: $0.id, reason: ($0.preview.action ?? "").split(separator: "\n").joined(separator: "; "))
    }
    guard !asked.isEmpty else {
      self.plan = nil
      return
    }
    var probe = plan
    probe.nodes = asked
    probe.claims = []
    probe.secrets = plan.secrets.filter { secret in asked.contains { $0.uses(secret: secret.name) } }
    probe.watches = []
    probe.notices = []
    probe.saved = nil
    for index in probe.scopes.indices { probe.scopes[index].caller = nil }
    // They read no other nodes, and indexes of nodes mean others here.
    for index in probe.frames.indices { probe.frames[index].names = [] }
    self.plan = probe
  }
}

extension PlanNode {
  fileprivate var isOnTheAuthorsWord: Bool { bodies.contains { $0.action != nil } && !preview.isRead }

  /// What a step needs is not there yet when checks are asked before it.
  fileprivate func uses(secret name: String) -> Bool {
    bodies.contains { body in
      (body.env.map(\.template) + (body.action?.templates ?? [])).flatMap(\.expressions)
        .contains { PlanVariables.secretName($0) == name }
    }
  }
}

/// Says of a check what has to happen before it can be asked.
private struct ProbeSorter {
  let plan: Plan
  private let index: [String: Int]

  init(_ plan: Plan) {
    self.plan = plan
    index = Dictionary(plan.nodes.enumerated().map { ($1.id, $0) }) { first, _ in first }
  }

  func obstacle(to node: Int) -> String? {
    switch plan.nodes[node].preview.word {
    case .wouldSkip, .undetermined: return plan.nodes[node].preview.reason ?? "it may be skipped"
    case .wouldAsk, .wouldRun, .wouldWait: break
    }
    if let before = change(before: node) { return "after \(plan.nodes[before].id)" }
    for body in plan.nodes[node].bodies {
      if body.action != nil, body.timeout == nil { return "a person is asked" }
      let given = body.use?.params.flatMap(\.value.templates) ?? []
      let expressions =
        ((body.action?.templates ?? []) + given).flatMap(\.expressions)
        + body.env.flatMap(\.template.expressions)
        + (body.cwd?.expressions ?? []) + body.expect + body.failIf + body.unknownIf
        + body.outputs.map(\.expression)
      if let other = expressions.first(where: readsSteps) { return "until \(other.source) is known" }
    }
    if let scope = plan.scopes.indices.first(where: { isGiven($0, around: node) }) {
      return "until \(plan.scopes[scope].playbook) is called"
    }
    return nil
  }

  private func readsSteps(_ expression: Expression) -> Bool {
    (try? Program(parsing: expression))?.references.contains { $0.path.first == "steps" } ?? true
  }

  private func isGiven(_ scope: Int, around node: Int) -> Bool {
    scope == plan.frames[plan.nodes[node].frame].scope && !plan.scopes[scope].given.isEmpty
  }

  /// The first node that changes something and comes before.
  private func change(before node: Int) -> Int? {
    var open = [node]
    var seen: Set<Int> = [node]
    while let next = open.popLast() {
      var earlier = plan.nodes[next].needs
      if let parent = plan.nodes[next].parent { earlier.append(parent) }
      for before in earlier where seen.insert(before).inserted {
        if case .step = plan.nodes[before].detail { return before }
        open.append(before)
        // A group that is waited for, unlike one that the node stands in, brings all that is in it.
        guard plan.nodes[next].needs.contains(before), case .group = plan.nodes[before].detail else {
          continue
        }
        for inner in plan.nodes.indices where stands(inner, in: before) && seen.insert(inner).inserted {
          if case .step = plan.nodes[inner].detail { return inner }
        }
      }
    }
    return nil
  }

  private func stands(_ node: Int, in group: Int) -> Bool {
    var outer = plan.nodes[node].parent
    while let next = outer {
      if next == group { return true }
      outer = plan.nodes[next].parent
    }
    return false
  }
}
