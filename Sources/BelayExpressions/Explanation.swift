internal import BelayModel

extension Program {
  /// Why a condition came out false: its text, and what its parts are.
  ///
  /// `json.status == "healthy": json.status is "degraded"`. Of several joined by `&&`, the first that does not hold.
  public func failureExplanation(_ variables: some Variables) -> String {
    let node = culprit(syntax, variables)
    let said = values(of: operands(of: node), variables)
    let condition = self.text(node)
    return said.isEmpty ? "\(condition) is false" : "\(condition): \(said.joined(separator: ", "))"
  }

  /// What the parts of a condition that holds are: `status is 200`, `json.status is "healthy"`.
  public func findings(_ variables: some Variables) -> [String] {
    let parts = if case .and(let parts) = syntax.kind { parts } else { [syntax] }
    return values(of: parts.flatMap(operands), variables)
  }

  private func values(of parts: [Syntax], _ variables: some Variables) -> [String] {
    var said: [String] = []
    for part in parts where !isLiteral(part) {
      let text = self.text(part)
      guard !said.contains(where: { $0.hasPrefix(text + " is ") }) else { continue }
      said.append("\(text) is \(shown(part, variables))")
    }
    return said
  }

  private func culprit(_ node: Syntax, _ variables: some Variables) -> Syntax {
    guard case .and(let parts) = node.kind else { return node }
    let first = parts.first { part in
      var evaluation = Evaluation(variables, expression)
      return (try? evaluation.value(of: part)) != .bool(true)
    }
    return first.map { culprit($0, variables) } ?? node
  }

  private func operands(of node: Syntax) -> [Syntax] {
    switch node.kind {
    case .binary(_, let left, let right): [left, right]
    case .not(let inner): operands(of: inner)
    case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
    case .comprehension(let it): [it.range]
    case .or(let parts): parts.flatMap(operands)
    default: [node]
    }
  }

  private func isLiteral(_ node: Syntax) -> Bool {
    if case .literal = node.kind { true } else { false }
  }

  private static let shownLength = 120

  private func shown(_ node: Syntax, _ variables: some Variables) -> String {
    var evaluation = Evaluation(variables, expression)
    do {
      let text = try evaluation.value(of: node).exactJSON.text
      return text.count > Program.shownLength ? String(text.prefix(Program.shownLength)) + "…" : text
    } catch { return "missing (\(error.message))" }
  }
}
