internal import BelayExpressions
internal import BelayModel

/// Everything that is wrong with a playbook that could be decoded: names, order, references, what may never happen.
struct PlaybookChecker {
  let playbook: Playbook
  let actions: ActionTable
  let environment: EnvironmentFile?
  private(set) var diagnostics: [Diagnostic] = []
  var index: NodeIndex
  var order: NodeOrder
  let ids: [String]
  let params: [String]
  let vars: [String]
  /// What each node offers as `steps.<id>.<name>`, reserved names left out.
  let offers: [[String]]
  /// Of nodes with a `when`.
  let guards: [Int: Guards]
  private var nearest = NearestName()

  init(_ playbook: Playbook, actions: ActionTable, environment: EnvironmentFile?) {
    self.playbook = playbook
    self.actions = actions
    self.environment = environment
    var needs = NeedsCheck(NodeIndex(playbook))
    order = needs.check()
    index = needs.index
    ids = index.entries.map(\.node.id)
    params = playbook.params.map(\.name)
    vars = playbook.vars.map(\.key)
    offers = index.entries.map { PlaybookChecker.offers($0.node) }
    guards = PlaybookChecker.guards(index)
    diagnostics = index.diagnostics + needs.diagnostics
  }

  private static func guards(_ index: NodeIndex) -> [Int: Guards] {
    var guards: [Int: Guards] = [:]
    for (number, entry) in index.entries.enumerated() {
      guard let when = entry.node.when, let program = try? Program(parsing: when) else { continue }
      guards[number] = Guards([program])
    }
    return guards
  }

  mutating func nearest(_ word: String, _ names: [String]) -> String? { nearest.name(to: word, in: names) }

  private static func offers(_ node: Node) -> [String] {
    switch node.kind {
    case .step(let step): step.captures.map(\.name) + step.body.outputs.map(\.name)
    case .check(let check): check.body.outputs.map(\.name)
    case .gate: ["opened_at"]
    case .group: []
    }
  }

  mutating func check() -> [Diagnostic] {
    checkPlaybook()
    for number in index.entries.indices { checkNode(number) }
    checkRollbacks()
    return diagnostics
  }

  mutating func report(
    _ code: String, _ message: String, at span: SourceSpan,
    help: String? = nil
  ) {
    diagnostics.append(Diagnostic(code: code, message, at: span, help: help))
  }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }
}

// The fields of the playbook and its nodes, each in its scope.
extension PlaybookChecker {
  private mutating func checkPlaybook() {
    let plan = Scope(moment: .plan, title: "this text")
    for parameter in playbook.params {
      guard let tree = parameter.defaultValue else { continue }
      check(
        tree.templates,
        plan.with {
          $0.isDefault = true; $0.title = "a default"
        })
    }
    for (position, variable) in playbook.vars.enumerated() {
      let before = Array(vars.prefix(position))
      check(
        variable.value.templates,
        plan.with {
          $0.vars = before; $0.title = "'vars'"
        })
    }
    check([playbook.title, playbook.description].compactMap { $0 } + playbook.locks, plan)
    check(playbook.setting, Scope(moment: .run, title: "the playbook's settings"))
    for output in playbook.outputs {
      check(output.expression, Scope(moment: .end, title: "the playbook's outputs"))
    }
  }

  private mutating func checkNode(_ number: Int) {
    let node = index[number].node
    let scope = Scope(moment: .run, title: "this node", node: number)
    check([node.title, node.description].compactMap { $0 }, scope.with { $0.title = "a title" })
    if let when = node.when {
      checkCondition(
        [when],
        scope.with {
          $0.title = "'when'"; $0.isWhen = true
        })
    }
    switch node.kind {
    case .step(let step): checkStep(step, scope)
    case .check(let check): checkBody(check.body, scope)
    case .gate(.wait(let wait)): check([wait], scope)
    case .group(let group): check(group.setting, scope)
    }
  }

  private mutating func checkStep(_ step: Step, _ scope: Scope) {
    if case .body(let body) = step.skipIf { checkBody(body, scope) }
    for capture in step.captures {
      let answer = checkBody(capture.body, scope)
      check(capture.value, answer)
    }
    let captures = step.captures.map(\.name)
    let outputs = step.body.outputs.map(\.name)
    let inside = scope.with { $0.own = captures }
    checkBody(step.body, inside)
    checkRetry(step.retry, inside)
    let after = scope.with { $0.own = captures + outputs }
    if let verify = step.verify { checkBody(verify, after) }
    if let irreversible = step.irreversible {
      check([irreversible.why, irreversible.recover], scope)
      if let when = irreversible.when { checkCondition([when], scope) }
    }
    if case .body(let rollback) = step.rollback {
      let undoing = after.with { $0.isRollback = true }
      checkBody(rollback.body, undoing)
      checkRetry(rollback.retry, undoing)
      if let verify = rollback.verify { checkBody(verify, undoing) }
    }
  }

  private mutating func checkRetry(_ retry: Retry, _ scope: Scope) {
    check([retry.delay, retry.maxDelay].compactMap { $0 }, scope)
    if let when = retry.when {
      checkCondition(
        [when],
        scope.with {
          $0.allowsError = true; $0.title = "'retry'"
        })
    }
  }

  /// Returns the scope in which the answer is read.
  @discardableResult
  private mutating func checkBody(_ body: Body, _ scope: Scope) -> Scope {
    check(body.setting, scope)
    check(
      [body.timeout, body.polling.within, body.polling.every, body.polling.staysFor].compactMap { $0 }, scope)
    if let action = body.action {
      check(action.fields.templates, scope.with { $0.title = "'\(action.keyword)'" })
    }
    var answer = scope
    answer.bare = results(of: body)
    answer.title = "'outputs'"
    for output in body.outputs {
      checkOutputName(output)
      check(output.expression, answer)
      if case .names(let names) = answer.bare { answer.bare = .names(names + [output.name]) }
    }
    answer.own += body.outputs.map(\.name)
    let all = body.unknownIf + body.failIf + body.expect
    answer.title = "a condition"
    checkCondition(body.unknownIf, answer, beside: all)
    checkCondition(body.failIf, answer.with { $0.allowsError = true }, beside: all)
    checkCondition(body.expect, answer, beside: all)
    return answer
  }

  private func results(of body: Body) -> Scope.Bare {
    guard let action = body.action else { return .names([]) }
    guard let kind = actions[action.keyword] else { return .anything }
    return .names(kind.results.map(\.name))
  }

  private mutating func checkOutputName(_ output: NamedExpression) {
    guard Root.known.contains(output.name) || Root.later.contains(output.name) else { return }
    report(
      "reserved-name", "'\(output.name)' is where expressions start, and no name of an output",
      at: output.nameSpan,
      help: "choose another name")
  }

  private mutating func check(_ setting: Setting, _ scope: Scope) {
    check(
      setting.env.map(\.template),
      scope.with {
        $0.allowsSecrets = true; $0.title = "'env'"
      })
    check([setting.cwd].compactMap { $0 }, scope.with { $0.title = "'cwd'" })
  }

  private mutating func check(_ templates: [Template], _ scope: Scope) {
    for template in templates { for expression in template.expressions { check(expression, scope) } }
  }
}

// What rollbacks need.
extension PlaybookChecker {
  /// A step that a rollback can reach and that says nothing of its undoing.
  private mutating func checkRollbacks() {
    for number in index.entries.indices {
      let node = index[number].node
      guard case .step(let step) = node.kind, step.rollback == nil, step.irreversible == nil,
        index[number].region == .main
      else { continue }
      let rules =
        [node.onFailure] + index.around(number).map { index[$0].node.onFailure } + [playbook.onFailure]
      guard rules.contains(.rollback) else { continue }
      report(
        Diagnostic(
          .warning, code: "no-rollback",
          "a rollback that reaches '\(node.id)' ends incomplete: it has no 'rollback'",
          at: node.span, help: "write 'rollback:', 'rollback: nothing' or 'irreversible:'"))
    }
  }
}
