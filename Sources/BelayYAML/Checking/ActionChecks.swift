internal import BelayModel

// What a node does or asks: its fields, what may be bound in them, whether it may stand here, what its answer offers.
extension PlaybookChecker {
  mutating func checkAction(_ action: ActionSource, _ scope: Scope) {
    let inside = scope.with { $0.title = "'\(action.keyword)'" }
    if action.isCall {
      for name in action.fields.templates { checkBound(action.keyword, name, scope) }
      check(action.with.flatMap(\.value.templates), inside.with { $0.title = "'with'" })
      return checkCall(action, scope)
    }
    let kind = actions[action.keyword]
    checkTexts(action.fields, at: [], of: kind, inside.with { $0.secretPlaces = kind?.secretHelp })
    if let by = action.fields["by"], kind?.asksPerson == true { checkPeople(by.templates, scope) }
    guard scope.asks, case .write(let write)? = made[action.keywordSpan]?.effect else { return }
    report("write-in-check", "\(write.why), and \(scope.title) only asks", at: write.span, help: write.help)
  }

  /// Values that reach a command by its environment, or by a list of `vars`, and that it would take for code.
  mutating func checkHeld(_ action: ActionSource, _ own: [NamedTemplate], _ scope: Scope) {
    guard let command = made[action.keywordSpan] else { return }
    let groups = scope.node.map { [$0] + index.around($0) } ?? []
    let around = groups.flatMap { number -> [NamedTemplate] in
      switch index[number].node.kind {
      case .group(let group): group.setting.env
      case .step(let step): step.body.setting.env
      case .check, .gate: []
      }
    }
    var known: Set<String> = []
    // The innermost of a name counts.
    let variables = (own + around + playbook.setting.env).filter { known.insert($0.name).inserted }
    for hazard in command.hazards(of: variables) { reportOnce(hazard) }
    guard let whole = withLists(action) else { return }
    var found: [Diagnostic] = []
    _ = actions[action.keyword]?.init(whole, diagnostics: &found)
    for hazard in found where hazard.code == "unsafe-binding" { reportOnce(hazard) }
  }

  /// What `vars` holds as a list, in place of the argument that is made of it; nil: nothing is.
  private func withLists(_ action: ActionSource) -> ActionSource? {
    guard case .list(let items) = action.fields.content else { return nil }
    var isChanged = false
    let arguments = items.flatMap { item -> [TemplateTree] in
      guard case .text(let template) = item.content, let source = template.whole?.source,
        source.hasPrefix("vars."),
        case .list(let list)? = playbook.vars.first(where: { "vars." + $0.key == source })?.value.content
      else { return [item] }
      isChanged = true
      return list
    }
    guard isChanged else { return nil }
    var action = action
    action.fields.content = .list(arguments)
    return action
  }

  /// Several commands may be given the same value.
  private mutating func reportOnce(_ diagnostic: Diagnostic) {
    guard !diagnostics.contains(where: { $0.code == diagnostic.code && $0.span == diagnostic.span }) else {
      return
    }
    report(diagnostic)
  }

  /// Recursion is as deep as the file, at most 64 levels.
  private mutating func checkTexts(
    _ tree: TemplateTree, at path: [String], of kind: (any Action.Type)?, _ scope: Scope
  ) {
    switch tree.content {
    case .scalar: break
    case .text(let template):
      let bindable = kind?.bindable(at: path) ?? .values
      let isAlone = template.whole != nil
      check(
        [template],
        scope.with {
          $0.allowsSecrets = bindable == .secrets || bindable == .wholeSecret && isAlone
          $0.allowsIdentifiers = bindable == .identifiers
        })
    case .list(let items): for item in items { checkTexts(item, at: path, of: kind, scope) }
    case .map(let entries):
      for entry in entries {
        if entry.key.firstRange(of: "${{") != nil {
          report(
            "binding-not-allowed", "nothing can be bound in a key", at: entry.keySpan,
            help: "bind the whole map: \"${{ … }}\"")
        }
        checkTexts(entry.value, at: path + [entry.key], of: kind, scope)
      }
    }
  }

  /// Names that outputs and conditions of a body read bare.
  func results(of body: Body) -> Scope.Bare {
    guard let source = body.action else { return .names([]) }
    if source.isCall { return library?.outputs(of: source).map(Scope.Bare.names) ?? .anything }
    guard let kind = actions[source.keyword] else { return .anything }
    let action = made[source.keywordSpan]
    // What it declares is not known where it could not be read.
    guard action != nil || kind.declarations.isEmpty else { return .anything }
    return .names((kind.results + (action?.ownResults ?? [])).map(\.name))
  }
}
