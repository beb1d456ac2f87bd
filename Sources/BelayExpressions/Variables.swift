public import BelayModel

/// What an expression may read.
public protocol Variables {
  /// The value of a root; nil: there is none of that name.
  func value(of root: String) -> Value?
  /// The value at a root's first selection, such as `["steps", "merge"]`, so that one entry of a large root costs
  /// no more than itself; nil: look at the root.
  func value(at path: [String]) -> Value?
  /// Why there is no value of a root that could have one: `stdout is empty`; nil: there is no such root.
  func absence(of root: String) -> String?
}

extension Variables {
  public func value(at path: [String]) -> Value? { nil }
  public func absence(of root: String) -> String? { nil }
}

/// Variables that are just there.
public struct Bindings: Variables, Sendable {
  private let values: [String: Value]

  public init(_ values: [String: Value]) { self.values = values }

  public func value(of root: String) -> Value? { values[root] }
}

/// Why an expression has no value, and where in its file.
public struct EvaluationError: Error, Hashable, Sendable {
  public var message: String
  public var span: SourceSpan
}
