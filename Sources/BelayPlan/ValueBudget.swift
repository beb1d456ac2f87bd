internal import BelayModel

/// What all evaluations of one plan take together: values that are bound into each other grow with every turn, and
/// nobody reads a plan that is made of them.
final class ValueBudget {
  static let message = "the values of this plan are too large"

  var steps = 0
  private var bytes = 0

  var isExhausted: Bool { steps > Limits.planSteps || bytes > Limits.planValues }

  func spend(_ value: Value) {
    guard !isExhausted else { return }
    bytes += 16
    switch value {
    case .string(let text): bytes += text.utf8.count
    case .bytes(let data): bytes += data.count
    case .list(let items): for item in items where !isExhausted { spend(item) }
    case .map(let map):
      for (key, value) in map.entries where !isExhausted {
        spend(key)
        spend(value)
      }
    case .null, .bool, .int, .uint, .double, .timestamp, .duration, .type: break
    }
  }

  static func diagnostic(of path: String) -> Diagnostic {
    Diagnostic(
      code: "too-large", message, at: SourceSpan(file: path, line: 1, column: 1),
      help: "at most 16 MiB of values, each counted where it is bound, and 4,000,000 steps to compute them")
  }
}
