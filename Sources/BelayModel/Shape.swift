/// What may stand at a place of a file, as far as that can be said without looking at anything else.
///
/// Readers take their keys from it, and editors' schemas are written from it.
public indirect enum Shape: Sendable {
  /// Whatever YAML there is.
  case any
  /// One scalar, as written; values may be bound in it.
  case text
  /// A text of one form, a regular expression as JSON Schema has it. With a binding it is looked at later.
  case form(String, example: String)
  /// A text of one form in which nothing can be bound.
  case plainForm(String, example: String)
  /// A text that is not empty.
  case filledText
  /// A text that says something.
  case script
  /// A program and its arguments.
  case program
  /// One word of a closed list.
  case words([String])
  case boolean
  /// What YAML takes for a number or a boolean, where a text is meant.
  case scalarWord
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// CEL that gives a value.
  case expression
  /// CEL that is true or false.
  case condition
  /// What is written, or one `${{ … }}` alone.
  case bindable(Shape)
  case list(Shape, atLeast: Int = 1)
  /// One of it, or a list.
  case oneOrMany(Shape, atLeast: Int = 0, atMost: Int? = nil)
  /// Names, each with a value.
  case map(names: Names, Shape, exactlyOne: Bool = false)
  case table(KeyTable)
  /// What a name stands for, among the definitions of the language.
  case named(String)
  case either([Shape])

  public enum Names: Sendable {
    /// `[a-z][a-z0-9_]*`
    case identifiers
    /// Of variables of a process.
    case variables
    case texts
  }

  /// The words of a closed list.
  public static func choice<Choice: RawRepresentable & CaseIterable>(
    _: Choice.Type, without refused: [String] = []
  ) -> Shape where Choice.RawValue == String {
    .words(Choice.allCases.map(\.rawValue).filter { !refused.contains($0) })
  }

  /// `30s`, `1h30m`: units from large to small.
  public static func duration(allowsZero: Bool = false) -> Shape {
    let units = #"([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"#
    return .form(
      (allowsZero ? "^(?=[0-9])" : "^(?=[0-9a-z]*[1-9])") + units, example: "30s, 5m, 1h30m, 2d, 1w")
  }

  /// RFC 3339.
  public static let moment = Shape.plainForm(
    #"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"#,
    example: "2026-01-05T09:00:00Z")
}

/// A key, what it takes, and what an editor says of it.
public struct Key: Sendable {
  public var name: String
  public var shape: Shape
  public var isRequired: Bool
  public var text: String

  public init(_ name: String, _ shape: Shape, isRequired: Bool = false, _ text: String) {
    self.name = name
    self.shape = shape
    self.isRequired = isRequired
    self.text = text
  }
}

extension [Key] {
  public var names: [String] { map(\.name) }

  public subscript(name: String) -> Key? { first { $0.name == name } }

  public func without(_ names: String...) -> [Key] { filter { !names.contains($0.name) } }
}

/// The keys of a map. Beside them stand `x-` keys, which nobody reads.
public struct KeyTable: Sendable {
  public var keys: [Key]
  public var rules: [Rule]

  public init(_ keys: [Key], _ rules: [Rule] = []) {
    self.keys = keys
    self.rules = rules
  }

  /// What holds between the keys of one map.
  public enum Rule: Sendable {
    case exactlyOne([String])
    case atMostOne([String])
    case atLeastOne([String])
    /// Where the first stands, one of the others stands too.
    case needs(String, oneOf: [String])
    case excludes(String, [String])
    /// Where a key has this value.
    case when(String, is: [JSON], Consequence)
  }

  public struct Consequence: Sendable {
    public var needs: [String]
    public var excludes: [String]
    /// Of what shape other keys are then.
    public var shapes: [Key]
    /// Does not hold where this key stands.
    public var unless: String?

    public init(
      needs: [String] = [], excludes: [String] = [], shapes: [Key] = [], unless: String? = nil
    ) {
      self.needs = needs
      self.excludes = excludes
      self.shapes = shapes
      self.unless = unless
    }
  }
}
