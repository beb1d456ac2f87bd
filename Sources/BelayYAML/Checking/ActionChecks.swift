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
