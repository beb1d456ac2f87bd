internal import BelayModel

// What a node does or asks: its fields, where secrets may stand in them, what its answer offers.
extension PlaybookChecker {
  mutating func checkAction(_ action: ActionSource, _ scope: Scope) {
    let inside = scope.with { $0.title = "'\(action.keyword)'" }
    if action.isCall {
      for name in action.fields.templates { checkBound(action.keyword, name, scope) }
      check(action.with.flatMap(\.value.templates), inside.with { $0.title = "'with'" })
      return checkCall(action, scope)
    }
    let secret = SecretPlaces.templates(of: action)
    check(action.templates.filter { !secret.contains($0) }, inside)
    check(secret, inside.with { $0.allowsSecrets = true })
    if let by = action.fields["by"], action.keyword == "manual" { checkPeople(by.templates, scope) }
    checkMethod(action, scope)
  }

  /// A request that changes something has no place where is only asked, but in an action file that says that it reads.
  private mutating func checkMethod(_ action: ActionSource, _ scope: Scope) {
    guard action.keyword == "http", scope.asks, case .text(let method)? = action.fields["method"]?.content,
      let literal = method.literal, !["GET", "HEAD"].contains(literal)
    else { return }
    report(
      "write-in-check", "a \(literal) writes, and \(scope.title) only asks", at: method.span,
      help: "write it as a step; a \(literal) that only reads stands in an action file with 'effect: read'")
  }

  /// Names that outputs and conditions of a body read bare.
  func results(of body: Body) -> Scope.Bare {
    guard let action = body.action else { return .names([]) }
    if action.isCall { return library?.outputs(of: action).map(Scope.Bare.names) ?? .anything }
    guard let kind = actions[action.keyword] else { return .anything }
    return .names(kind.results.map(\.name))
  }
}

/// Where a secret is taken by the world and seen by nobody, beside `env`.
enum SecretPlaces {
  private static let withURL: Set<String> = ["http", "sql", "redis"]

  static func templates(of action: ActionSource) -> [Template] {
    guard withURL.contains(action.keyword) else { return [] }
    guard case .map(let entries) = action.fields.content else {
      return action.fields.templates.filter { $0.whole != nil }
    }
    return entries.flatMap { entry -> [Template] in
      switch entry.key {
      case "url": entry.value.templates.filter { $0.whole != nil }
      case "headers", "auth": action.keyword == "http" ? entry.value.templates : []
      default: []
      }
    }
  }
}
