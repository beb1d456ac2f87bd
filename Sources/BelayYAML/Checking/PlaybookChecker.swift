internal import BelayExpressions
internal import BelayModel

/// Everything that is wrong with a playbook that could be decoded: names, order, references, what may never happen.
struct PlaybookChecker {
  let playbook: Playbook
  let actions: ActionTable
  /// Those of the playbook that could be read, by the places of their keywords.
  let made: [SourceSpan: any Action]
  /// Nil: nothing is known of where it will run.
  let environment: EnvironmentNames?
  /// Nil: nothing is known of other files.
  let library: Library?
  private var found = DiagnosticList()
  var index: NodeIndex
  var order: NodeOrder
  let ids: [String]
  let params: Names
  let vars: Names
  /// What each node offers as `steps.<id>.<name>`, reserved names left out.
  let offers: [[String]]
  /// Of nodes with a `when`.
  let guards: [Int: Guards]
  let types: ExpressionTypes
  private var nearest = NearestName()

  init(
    _ playbook: Playbook, actions: ActionTable, made: [SourceSpan: any Action],
    environment: EnvironmentNames?,
    library: Library? = nil
  ) {
    self.playbook = playbook
    self.actions = actions
    self.made = made
    self.environment = environment
    self.library = library
    var needs = NeedsCheck(NodeIndex(playbook))
    order = needs.check()
    index = needs.index
    ids = index.entries.map(\.node.id)
    params = Names(playbook.params.map(\.name))
    vars = Names(playbook.vars.map(\.key))
    offers = index.entries.map { PlaybookChecker.offers($0.node, library) }
    guards = PlaybookChecker.guards(index)
    types = ExpressionTypes(playbook, index, actions: actions, made: made)
    for diagnostic in index.found.all + needs.found.all { found.append(diagnostic) }
  }

  private static func guards(_ index: NodeIndex) -> [Int: Guards] {
    var guards: [Int: Guards] = [:]
    for (number, entry) in index.entries.enumerated() {
      guard let when = entry.node.when, when.source.utf8.count <= Limits.expression,
        let program = try? Program(parsing: when)
      else { continue }
      guards[number] = Guards([program])
    }
    return guards
  }

  mutating func nearest(_ word: String, _ names: [String]) -> String? { nearest.name(to: word, in: names) }

  private static func offers(_ node: Node, _ library: Library?) -> [String] {
    switch node.kind {
    case .step(let step): step.captures.map(\.name) + offers(step.body, library)
    case .check(let check): offers(check.body, library)
    case .gate(let gate):
      switch gate.wait {
      case .approve: ["by", "at", "note", "opened_at"]
      case .window: ["opened_at", "closes_at"]
      case .until, .wait: ["opened_at"]
      }
    case .group(let group): group.captures.map(\.name) + (group.mayChoose ? ["chosen"] : [])
    }
  }

  /// Its own, and those of the file that it calls.
  static func offers(_ body: Body, _ library: Library?) -> [String] {
    body.outputs.map(\.name) + (body.action.flatMap { library?.outputs(of: $0) } ?? [])
  }

  var diagnostics: [Diagnostic] { found.all }

  mutating func check() -> [Diagnostic] {
    checkPlaybook()
    checkCircles()
    for number in index.entries.indices { checkNode(number) }
    checkRollbacks()
    return diagnostics
  }

  mutating func report(
    _ code: String, _ message: String, at span: SourceSpan,
    help: String? = nil
  ) {
    found.append(Diagnostic(code: code, message, at: span, help: help))
  }

  mutating func report(_ diagnostic: Diagnostic) { found.append(diagnostic) }
}

// What rollbacks need.
extension PlaybookChecker {
  /// A step that a rollback can reach and that says nothing of its undoing; a called playbook undoes itself.
  private mutating func checkRollbacks() {
    for number in index.entries.indices {
      let node = index[number].node
      checkUndoesSomething(node)
      guard case .step(let step) = node.kind, step.rollback == nil, step.irreversible == nil,
        index[number].region == .main, step.body.action?.keyword != "playbook",
        !index.around(number).contains(where: hasRollback)
      else { continue }
      let rules =
        [node.onFailure] + index.around(number).map { index[$0].node.onFailure } + [playbook.onFailure]
      guard rules.contains(.value(.rollback)) else { continue }
      report(
        Diagnostic(
          .warning, code: "no-rollback",
          "a rollback that reaches '\(node.id)' ends incomplete: it has no 'rollback'",
          at: node.span, help: "write 'rollback:', 'rollback: nothing' or 'irreversible:'"))
    }
  }

  /// Written on a node, the rule undoes what is in that node.
  private mutating func checkUndoesSomething(_ node: Node) {
    switch node.kind {
    case .step, .group: return
    case .check, .gate: break
    }
    guard node.onFailure == .value(.rollback) else { return }
    report(
      Diagnostic(
        .warning, code: "idle-rollback",
        "this undoes '\(node.id)' alone when it fails, and there is nothing in it to undo", at: node.span,
        help: "write 'on_failure: rollback' on the group around it, or at the top of the playbook"))
  }

  /// A group's stands in place of its children's.
  private func hasRollback(_ number: Int) -> Bool {
    if case .group(let group) = index[number].node.kind { group.rollback != nil } else { false }
  }
}

extension Group {
  /// A bound mode is known when the plan is made.
  fileprivate var mayChoose: Bool {
    switch mode {
    case .value(.choice), .bound: true
    case .value, nil: false
    }
  }
}
