internal import BelayExpressions
internal import BelayModel

// Conditions that are true for the wrong reason.
extension PlaybookChecker {
  mutating func checkMeaning(_ program: Program, _ condition: Expression, beside others: [Expression]) {
  }
}
