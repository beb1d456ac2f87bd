internal import BelayExpressions
internal import BelayModel

// Conditions that are true for the wrong reason.
extension PlaybookChecker {
  /// Nothing where no condition needs to know it.
  func sizedTexts(of conditions: [Expression]) -> Set<String> {
    guard conditions.contains(where: { $0.source.firstRange(of: ".all(") != nil }) else { return [] }
    return conditions.reduce(into: []) { sized, condition in
      guard condition.source.utf8.count <= Limits.expression else { return }
      sized.formUnion((try? Program(parsing: condition))?.sizedTexts ?? [])
    }
  }

  /// - Parameter sized: what the conditions of the same node ask the size of.
  mutating func checkMeaning(
    _ program: Program, _ type: StaticType, _ condition: Expression, sized: Set<String>
  ) {
    if type != .bool, type != .dyn {
      report(
        "wrong-type", "a condition is true or false, this is \(type.name)", at: condition.span,
        help: type.isOptional ? "add .orValue(false)" : nil)
    }
    if condition.source.utf8.contains(UInt8(ascii: "!")) {
      for span in program.negatedComparisons {
        report(
          Diagnostic(
            .warning, code: "negated-comparison",
            "a negated comparison holds for what is no number (NaN) as well",
            at: span, help: "turn the comparison round instead of negating it"))
      }
    }
    guard condition.source.firstRange(of: ".all(") != nil else { return }
    for span in program.vacuousAlls(sized: sized) {
      report(
        "vacuous-all", "'all' is true for an empty list", at: span,
        help: "write size(…) > 0 && … with the same list beside it")
    }
  }
}
