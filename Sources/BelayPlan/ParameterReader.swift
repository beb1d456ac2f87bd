internal import BelayExpressions
public import BelayModel

/// Turns what a caller gives for parameters into values of their declared types, and says all that is wrong.
public struct ParameterReader {
  private let environment: EnvironmentFile?
  /// Who has which role, as expressions read it.
  private let roles: ValueMap
  private let origin: (String) -> String
  public private(set) var diagnostics: [Diagnostic] = []

  /// - Parameter origin: what a mistake is told of, by the name of a parameter: what would be typed.
  public init(
    environment: EnvironmentFile?, roles: ValueMap = ValueMap(),
    origin: @escaping (String) -> String = { "-p \($0)" }
  ) {
    self.environment = environment
    self.roles = roles
    self.origin = origin
  }

  /// - Parameter given: as texts; a list or map as JSON.
  public mutating func values(_ declared: [Parameter], given: [(name: String, text: String)]) -> ValueMap {
    let known = Set(declared.map(\.name))
    for (name, _) in given where !known.contains(name) {
      let list = declared.map(\.name).joined(separator: ", ")
      complain(
        "unknown-parameter", "the playbook has no parameter '\(name)'", of: name,
        help: declared.isEmpty ? "it takes none" : "it has: \(list)")
    }
    var values = ValueMap()
    for parameter in declared {
      let texts = given.filter { $0.name == parameter.name }.map(\.text)
      if texts.count > 1 {
        complain(
          "duplicate-parameter", "'\(parameter.name)' is given \(texts.count) times", of: parameter.name)
      }
      if let value = texts.first.map({ read($0, parameter) }) ?? missing(parameter) {
        values[parameter.name] = value
      }
    }
    return values
  }

  private mutating func complain(_ code: String, _ message: String, of name: String, help: String? = nil) {
    // An item of a list is told of the list.
    let place = SourceSpan.argument(origin(String(name.prefix { $0 != "[" })))
    diagnostics.append(Diagnostic(code: code, message, at: place, help: help))
  }

  private mutating func missing(_ parameter: Parameter) -> Value? {
    if let tree = parameter.defaultValue { return defaultValue(tree, of: parameter) }
    guard parameter.required else { return .null }
    let hint = parameter.example.map { ", for example -p \(parameter.name)=\($0)" } ?? ""
    let what = parameter.description.map { " (\($0))" } ?? ""
    complain(
      "missing-parameter", "parameter '\(parameter.name)' is missing\(what)", of: parameter.name,
      help: "give it with -p \(parameter.name)=…\(hint)")
    return nil
  }

  /// A value that another file gives, as the declared type; nil, said so, when it does not fit.
  public mutating func value(_ value: Value, of parameter: Parameter) -> Value? {
    if case .null = value, !parameter.required { return .null }
    return convert(value, parameter)
  }

  /// What holds when nothing is given; nil without a default.
  mutating func presetValue(of parameter: Parameter) -> Value? {
    parameter.defaultValue.flatMap { defaultValue($0, of: parameter) }
  }

  private mutating func defaultValue(_ tree: TemplateTree, of parameter: Parameter) -> Value? {
    switch tree.content {
    case .scalar(let value, let text):
      return parameter.kind == .string ? .string(text) : convert(value, parameter)
    case .text(let template):
      return template.literal.map { read($0, parameter) } ?? bound(template, parameter)
    case .list, .map: return convert(plain(tree), parameter)
    }
  }

  /// Of the environment and of roles.
  private mutating func bound(_ template: Template, _ parameter: Parameter) -> Value? {
    var variables = PlanVariables(
      budget: ValueBudget(), params: ValueMap(), vars: ValueMap(), environment: environment?.name ?? "",
      environmentVars: environment?.vars ?? ValueMap(), run: "")
    variables.roles = roles
    var text = ""
    for segment in template.segments {
      switch segment {
      case .text(let literal): text += literal
      case .expression(let expression):
        guard case .known(let value) = variables.evaluate(expression) else {
          var why = "'\(expression.source)' is not known here"
          if case .failed(let message) = variables.evaluate(expression) { why = message }
          complain(
            "parameter-default", "the default of parameter '\(parameter.name)' has no value: \(why)",
            of: parameter.name, help: "give it another one")
          return nil
        }
        switch value {
        case .list, .map: if template.whole != nil { return convert(value, parameter) }
        default: break
        }
        text += value.text
      }
    }
    return read(text, parameter)
  }

  private func plain(_ tree: TemplateTree) -> Value {
    switch tree.content {
    case .scalar(let value, _): value
    case .text(let template): .string(template.source)
    case .list(let items): .list(items.map(plain))
    case .map(let entries): .map(ValueMap(entries.map { ($0.key, plain($0.value)) }))
    }
  }

  // MARK: Types

  private mutating func read(_ text: String, _ parameter: Parameter) -> Value? {
    let value: Value?
    switch parameter.kind {
    case .string: value = .string(text)
    case .integer: value = Int64(text).map(Value.int)
    case .number: value = Double(text).flatMap { $0.isFinite ? .double($0) : nil }
    case .boolean: value = text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .duration: value = TimeSpan(text: text).map(Value.duration)
    case .timestamp: value = Timestamp(text: text).map(Value.timestamp)
    case .list, .map:
      guard let json = try? JSON(parsing: text) else { return wrong(text, parameter) }
      return convert(Value(plain: json), parameter)
    }
    guard let value else { return wrong(text, parameter) }
    return checked(value, parameter)
  }

  private mutating func wrong(_ text: String, _ parameter: Parameter) -> Value? {
    let form =
      switch parameter.kind {
      case .string: "a string"
      case .integer: "an integer such as 42"
      case .number: "a number such as 0.5"
      case .boolean: "true or false"
      case .duration: "a duration such as 30s or 1h30m"
      case .timestamp: "an RFC 3339 timestamp such as 2026-01-04T02:00:00Z"
      case .list: "a JSON list"
      case .map: "a JSON object"
      }
    complain("parameter-type", "parameter '\(parameter.name)': '\(text)' is not \(form)", of: parameter.name)
    return nil
  }

  /// A value out of YAML or JSON as the declared type.
  private mutating func convert(_ value: Value, _ parameter: Parameter) -> Value? {
    switch (parameter.kind, value) {
    case (.string, .string), (.integer, .int), (.number, .double), (.boolean, .bool):
      return checked(value, parameter)
    case (.duration, .duration), (.timestamp, .timestamp): return checked(value, parameter)
    case (.number, .int(let number)): return checked(.double(Double(number)), parameter)
    case (.duration, .string(let text)), (.timestamp, .string(let text)): return read(text, parameter)
    case (.list(let inner), .list(let items)):
      var converted: [Value] = []
      for item in items {
        let element = Parameter(name: "\(parameter.name)[]", span: parameter.span, kind: inner)
        guard let value = convert(item, element) else { return nil }
        converted.append(value)
      }
      return checked(.list(converted), parameter)
    case (.map(let fields), .map(let map)): return convert(map, fields, parameter)
    default: return wrong(value.text, parameter)
    }
  }

  private mutating func convert(_ map: ValueMap, _ fields: [Parameter], _ parameter: Parameter) -> Value? {
    var converted = ValueMap()
    for field in fields {
      guard let value = map[field.name] else {
        complain(
          "parameter-type", "parameter '\(parameter.name)': '\(field.name)' is missing", of: parameter.name)
        return nil
      }
      converted[field.name] = convert(value, field)
    }
    return .map(fields.isEmpty ? map : converted)
  }

  // MARK: Limits

  private mutating func checked(_ value: Value, _ parameter: Parameter) -> Value? {
    guard let wrong = violation(value, parameter) else { return value }
    complain("parameter-value", "parameter '\(parameter.name)': '\(value.text)' \(wrong)", of: parameter.name)
    return nil
  }

  private func violation(_ value: Value, _ parameter: Parameter) -> String? {
    if case .string(let text) = value, text.utf8.contains(0) {
      return "holds a NUL character, which no command can be given"
    }
    if !parameter.allowed.isEmpty, !parameter.allowed.contains(where: { $0.text == value.text }) {
      return "is none of \(parameter.allowed.map(\.text).joined(separator: ", "))"
    }
    if let pattern = parameter.pattern, !matches(value.text, pattern) { return "does not match \(pattern)" }
    if let minimum = parameter.minimum, holds("a < b", value, minimum) {
      return "is less than \(minimum.text)"
    }
    if let maximum = parameter.maximum, holds("a > b", value, maximum) {
      return "is more than \(maximum.text)"
    }
    guard let length = length(of: value) else { return nil }
    if let least = parameter.minLength, length < least { return "is shorter than \(least)" }
    if let most = parameter.maxLength, length > most { return "is longer than \(most)" }
    return nil
  }

  private func length(of value: Value) -> Int? {
    switch value {
    case .string(let text): text.unicodeScalars.count
    case .list(let items): items.count
    case .map(let map): map.count
    default: nil
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool {
    holds("a.matches(b)", .string(text), .string("^(?:\(pattern))$"))
  }

  private func holds(_ source: String, _ left: Value, _ right: Value) -> Bool {
    let program = try? Program(parsing: Expression(source, at: .nowhere("parameter")))
    return (try? program?.evaluate(Bindings(["a": left, "b": right]))) == .bool(true)
  }
}
