internal import BelayModel

/// Variables of a command's environment that values are bound into: `env: { NAME: "${{ … }}" }`.
///
/// Quoted rightly they are no danger, but where a script makes code of one: `bash -c "$NAME"`, `eval "$NAME"`.
struct HeldVariables {
  private let variables: [NamedTemplate]
  /// Above the numbers that a script's own bindings have.
  private static let first = 1 << 20

  init(_ variables: [NamedTemplate]) {
    self.variables = variables.filter { !$0.template.expressions.isEmpty }
  }

  /// - Parameter span: of the command.
  /// - Parameter text: where none of the names stands in it, nothing is inspected.
  func diagnostics(
    at span: SourceSpan, mentionedIn text: String, _ inspect: (inout NestedCode) -> Void
  ) -> [Diagnostic] {
    let mentioned = variables.enumerated().filter { text.contains($0.element.name) }
    guard !mentioned.isEmpty else { return [] }
    let held = mentioned.map { ($0.element.name, HeldVariables.first + $0.offset) }
    var nested = NestedCode(held: Dictionary(held) { first, _ in first })
    inspect(&nested)
    var told: Set<Int> = []
    return nested.refusals.compactMap { refusal in
      let number = refusal.binding - HeldVariables.first
      guard variables.indices.contains(number), told.insert(number).inserted else { return nil }
      let variable = variables[number]
      return Diagnostic(
        code: "unsafe-binding", "'\(variable.name)' holds a value, and \(refusal.why)",
        at: variable.template.expressions[0].span,
        help: "let the inner shell read it: bash -c 'echo \"$\(variable.name)\"'",
        notes: [Diagnostic.Note(message: "the command", span: span)])
    }
  }
}
