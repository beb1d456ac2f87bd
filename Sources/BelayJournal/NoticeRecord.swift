/// Something that people are to be told, once it is durable.
public struct NoticeDue: Hashable, Sendable {
  /// In the run, from 1.
  public var number: Int
  /// Index of the plan's notice that says how.
  public var notice: Int
  /// The event's word, or `every`.
  public var kind: String
  public var node: NodeID?
  public var text: String
  /// Names of roles or people, where the event has its own.
  public var to: [String]

  public init(number: Int, notice: Int, kind: String, node: NodeID?, text: String, to: [String]) {
    self.number = number
    self.notice = notice
    self.kind = kind
    self.node = node
    self.text = text
    self.to = to
  }
}

/// What the plan's notices are called where a node's name would stand.
public enum NoticeName {
  /// - Parameter index: in the plan's list, from 0.
  public static func of(_ index: Int) -> NodeID { "~notify[\(index + 1)]" }
}
