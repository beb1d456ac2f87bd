public import BelayModel

extension Program {
  /// What its value is, and what in it fails or never holds whatever the values are.
  ///
  /// - Parameter types: of roots and names that are read bare; of what is missing here nothing is known.
  public func checkTypes(_ types: [String: StaticType]) -> (result: StaticType, errors: [Diagnostic]) {
    var checker = TypeChecker(types)
    let result = checker.type(of: syntax)
    let errors = checker.errors.map { error in
      Diagnostic(
        code: "wrong-type", error.message,
        at: Program.span(error.start, error.length, in: expression), help: error.help)
    }
    return (result, errors)
  }
}
