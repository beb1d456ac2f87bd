/// The keys whose values are CEL.
enum ExpressionKeys {
  /// One condition, or a list of them.
  static let conditions: Set<String> = ["expect", "fail_if", "unknown_if"]
  static let single: Set<String> = ["when", "value", "until"]

  /// Whether expressions stand right below the key.
  static func holdsExpressions(_ key: String) -> Bool {
    conditions.contains(key) || single.contains(key) || key == "outputs"
  }
}
