internal import BelayExpressions
internal import BelayModel

// Conditions that are true for the wrong reason.
extension PlaybookChecker {
  /// - Parameter others: all conditions of the same node, where the size may be asked for.
  mutating func checkMeaning(_ program: Program, _ condition: Expression, beside others: [Expression]) {
    if let value = program.constantValue(), value.typeName != "bool" {
      report("wrong-type", "a condition is true or false, this is \(value.typeName)", at: condition.span)
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
    let programs = others.filter { $0 != condition }.compactMap { try? Program(parsing: $0) }
    for span in program.vacuousAlls(beside: programs) {
      report(
        "vacuous-all", "'all' is true for an empty list", at: span,
        help: "write size(…) > 0 && … with the same list beside it")
    }
  }
}
