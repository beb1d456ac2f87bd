internal import BelayExpressions
internal import BelayModel

/// Values by the type a parameter declares, from their text: `1.10` stays a text where a string is declared.
enum TypedValue {
  struct Misfit: Error {
    var message: String
    var span: SourceSpan
    var help: String?
  }

  static func decode(_ tree: TemplateTree, as kind: Parameter.Kind) throws(Misfit) -> Value {
    switch kind {
    case .list(let inner):
      guard case .list(let items) = tree.content else { throw misfit(tree, kind) }
      var values: [Value] = []
      for item in items { values.append(try decode(item, as: inner)) }
      return .list(values)
    case .map(let fields): return .map(try decode(tree, fields))
    default: return try scalar(tree, kind)
    }
  }

  private static func decode(_ tree: TemplateTree, _ fields: [Parameter]) throws(Misfit) -> ValueMap {
    guard case .map(let entries) = tree.content else { throw misfit(tree, .map(fields: fields)) }
    var map = ValueMap()
    for entry in entries {
      guard let field = fields.first(where: { $0.name == entry.key }) else {
        throw Misfit(
          message: "there is no field '\(entry.key)'", span: entry.keySpan,
          help: Suggestion.nearest(to: entry.key, in: fields.map(\.name)).map { "did you mean '\($0)'?" })
      }
      map[entry.key] = try decode(entry.value, as: field.kind)
    }
    if let missing = fields.first(where: { $0.required && map[$0.name] == nil }) {
      throw Misfit(message: "the field '\(missing.name)' is missing", span: tree.span)
    }
    return map
  }

  private static func scalar(_ tree: TemplateTree, _ kind: Parameter.Kind) throws(Misfit) -> Value {
    let text: String
    switch tree.content {
    case .scalar(.null, text: _), .list, .map: throw misfit(tree, kind)
    case .scalar(_, let written): text = written
    case .text(let template): text = template.source
    }
    let value: Value? =
      switch kind {
      case .string: .string(text)
      case .integer: CoreSchema.integer(text).map(Value.int)
      case .number: CoreSchema.float(text).flatMap { $0.isFinite ? .double($0) : nil }
      case .boolean: CoreSchema.bool(text).map(Value.bool)
      case .duration: TimeSpan(text: text).map(Value.duration)
      case .timestamp: Timestamp(text: text).map(Value.timestamp)
      case .list, .map: nil
      }
    guard let value else { throw misfit(tree, kind) }
    return value
  }

  private static func misfit(_ tree: TemplateTree, _ kind: Parameter.Kind) -> Misfit {
    let help: String? =
      switch kind {
      case .duration: "write 30s, 5m, 1h30m, 2d or 1w"
      case .timestamp: "write 2026-01-31T12:00:00Z"
      case .boolean: "write true or false"
      default: nil
      }
    return Misfit(message: "this is no \(kind.name)", span: tree.span, help: help)
  }

  static func isLess(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.int(let left), .int(let right)): left < right
    case (.double(let left), .double(let right)): left < right
    case (.duration(let left), .duration(let right)): left < right
    case (.timestamp(let left), .timestamp(let right)): left < right
    default: false
    }
  }

  /// Why a value of the right type is not allowed; nil when it is.
  static func violation(of value: Value, _ parameter: Parameter) -> String? {
    if !parameter.allowed.isEmpty, !parameter.allowed.contains(value) {
      return "it is none of " + parameter.allowed.map(\.text).joined(separator: ", ")
    }
    if let pattern = parameter.pattern,
      case .bool(false)? = try? matches(value.text, exactly: "^(?:\(pattern))$")
    {
      return "it does not match \(pattern)"
    }
    if let least = parameter.minimum, isLess(value, least) { return "it is less than \(least.text)" }
    if let most = parameter.maximum, isLess(most, value) { return "it is more than \(most.text)" }
    let count: Int? =
      switch value {
      case .string(let text): text.unicodeScalars.count
      case .list(let items): items.count
      case .map(let map): map.count
      default: nil
      }
    guard let count else { return nil }
    if let least = parameter.minLength, count < least { return "it is shorter than \(least)" }
    if let most = parameter.maxLength, count > most { return "it is longer than \(most)" }
    return nil
  }

  /// Why a text is no pattern, in the words of the one who reads it.
  static func mistake(inPattern pattern: String) -> String? {
    do throws(EvaluationError) {
      _ = try matches("", exactly: pattern)
      return nil
    } catch {
      return error.message
    }
  }

  /// By CEL's own function.
  private static func matches(_ text: String, exactly pattern: String) throws(EvaluationError) -> Value {
    guard let program = try? Program(parsing: Expression("a.matches(b)", at: .nowhere("pattern"))) else {
      return .null
    }
    return try program.evaluate(Bindings(["a": .string(text), "b": .string(pattern)]))
  }
}
