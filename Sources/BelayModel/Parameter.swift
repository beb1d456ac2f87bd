/// A declared parameter of a playbook.
public struct Parameter: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case string, integer, number, boolean, duration, timestamp
    case list(of: Kind)
    /// A map whose fields are declared, in the order written.
    case map(fields: [Parameter])

    public var name: String {
      switch self {
      case .string: "string"
      case .integer: "integer"
      case .number: "number"
      case .boolean: "boolean"
      case .duration: "duration"
      case .timestamp: "timestamp"
      case .list: "list"
      case .map: "map"
      }
    }
  }

  public var name: String
  public var span: SourceSpan
  public var kind: Kind
  public var description: String?
  /// May bind `environment` and `roles`.
  public var defaultValue: TemplateTree?
  public var allowed: [Value] = []
  /// Must be given: no default, and not said to be optional.
  public var required = true
  public var example: String?
  /// Must match the whole text; RE2 syntax.
  public var pattern: String?
  public var minimum: Value?
  public var maximum: Value?
  public var minLength: Int?
  public var maxLength: Int?

  public init(name: String, span: SourceSpan, kind: Kind) {
    self.name = name
    self.span = span
    self.kind = kind
  }
}
