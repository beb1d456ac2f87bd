internal import BelayModel

// What a person is asked for beside yes or no. The reader has checked each declaration as a parameter's.

extension Parameter {
  /// Nil for a declaration without a type.
  init?(recorded entry: TemplateTree.Entry) {
    guard let kind = Kind(recorded: entry.value) else { return nil }
    self.init(name: entry.key, span: entry.keySpan, kind: kind)
    let fields = entry.value
    description = fields["description"]?.written
    example = fields["example"]?.written
    pattern = fields["pattern"]?.written
    defaultValue = fields["default"]
    required = defaultValue == nil
    if case .scalar(.bool(let flag), _)? = fields["required"]?.content { required = flag }
    if case .list(let items)? = fields["enum"]?.content { allowed = items.compactMap(kind.value) }
    minimum = fields["min"].flatMap(kind.value)
    maximum = fields["max"].flatMap(kind.value)
    minLength = fields["min_length"]?.number
    maxLength = fields["max_length"]?.number
  }
}

extension Parameter.Kind {
  fileprivate init?(recorded tree: TemplateTree) {
    if let word = tree.written, let simple = Parameter.Kind.simple(word) {
      self = simple
      return
    }
    guard let word = tree["type"]?.written else { return nil }
    switch word {
    case "list":
      guard let inner = tree["of"].flatMap(Parameter.Kind.init(recorded:)) else { return nil }
      self = .list(of: inner)
    case "map":
      guard case .map(let entries)? = tree["fields"]?.content else { return nil }
      self = .map(fields: entries.compactMap(Parameter.init(recorded:)))
    default:
      guard let simple = Parameter.Kind.simple(word) else { return nil }
      self = simple
    }
  }

  private static func simple(_ word: String) -> Parameter.Kind? {
    switch word {
    case "string": .string
    case "integer": .integer
    case "number": .number
    case "boolean": .boolean
    case "duration": .duration
    case "timestamp": .timestamp
    default: nil
    }
  }

  /// A bound or an allowed value, as the type has it.
  fileprivate func value(_ tree: TemplateTree) -> Value? {
    guard let text = tree.written else { return nil }
    switch self {
    case .string: return .string(text)
    case .duration: return TimeSpan(text: text).map(Value.duration)
    case .timestamp: return Timestamp(text: text).map(Value.timestamp)
    case .number:
      if case .scalar(.int(let number), _) = tree.content { return .double(Double(number)) }
      fallthrough
    case .integer, .boolean:
      if case .scalar(let value, _) = tree.content { return value }
      return nil
    case .list, .map: return nil
    }
  }
}

extension TemplateTree {
  /// A scalar's text as it stands in the file.
  fileprivate var written: String? {
    switch content {
    case .scalar(_, let text): text
    case .text(let template): template.literal
    case .list, .map: nil
    }
  }

  fileprivate var number: Int? {
    if case .scalar(.int(let number), _) = content { Int(number) } else { nil }
  }
}

extension Parameter.Kind {
  /// CEL's name of it.
  var expressionType: String {
    switch self {
    case .string: "string"
    case .integer: "int"
    case .number: "double"
    case .boolean: "bool"
    case .duration: "google.protobuf.Duration"
    case .timestamp: "google.protobuf.Timestamp"
    case .list: "list"
    case .map: "map"
    }
  }
}
