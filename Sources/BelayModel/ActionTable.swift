/// The actions there are, by keyword, in the order in which they are shown.
public struct ActionTable: Sendable {
  public let kinds: [any Action.Type]

  public init(_ kinds: [any Action.Type]) { self.kinds = kinds }

  public subscript(keyword: String) -> (any Action.Type)? { kinds.first { $0.keyword == keyword } }

  public var keywords: [String] { kinds.map { $0.keyword } }
}
