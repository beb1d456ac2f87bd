public import BelayModel

/// `manual:` asks a person, once: a text, or a map of
///
/// - `text`: what to do or to look at;
/// - `by`: roles or people who may answer, anyone in the roster if nothing is said;
/// - `record`: what they are asked for, declared as `params` are.
///
/// It answers `by`, who answered; `at`, when; `note`; and what was recorded, by its names: one of these three takes the
/// place of the answer's own.
public struct ManualAction: Action {
  public static let keyword = "manual"
  public static let summary = "What a person does or looks at, and what is recorded of the answer."
  public static let shape = Shape.either([.script, .table(table)])
  public static let asksPerson = true
  public static let declarations = ["record"]
  public static let results = [
    ResultField("by", "string"), ResultField("at", "google.protobuf.Timestamp"),
    ResultField("note", "string"),
  ]

  public static let secretHelp: String? = "nobody is shown one"

  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? { nil }

  private static let table = KeyTable([
    Key("text", .script, isRequired: true, "What to do or to look at."),
    Key("by", .oneOrMany(.text, atLeast: 1), "Who may answer; anyone in the roster if nothing is said."),
    Key("record", .named("parameters"), "What is asked for, by name, as parameters are declared."),
  ])

  private let text: Template
  private var people: [Template] = []
  private var recorded: [Parameter] = []
  public let templates: [Template]

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    templates = source.fields.templates
    guard var fields = ActionFields(source.fields, of: ManualAction.keyword) else {
      guard let text = source.fields.asTemplate, ManualAction.isSomething(text) else {
        diagnostics.append(
          Diagnostic(
            code: "wrong-type", "'manual' takes a text or a map", at: source.fields.span,
            help: "manual: Look at the dashboard; is it calm?"))
        return nil
      }
      self.text = text
      return
    }
    let help = "text: what to do or to look at"
    let text = fields.required("text", help: help).flatMap { fields.text($0) }
    self.text = text ?? Template(literal: "", at: source.fields.span)
    if let text, !ManualAction.isSomething(text) {
      fields.report("empty", "'text' asks for nothing", at: text.span, help: help)
    }
    if let entry = fields.take("by") { people = ManualAction.people(entry, &fields) }
    recorded = ManualAction.recorded(&fields)
    fields.finish(ManualAction.table.keys.names)
    diagnostics += fields.diagnostics
    if fields.hasErrors { return nil }
  }

  private static func isSomething(_ text: Template) -> Bool { text.source.contains { !$0.isWhitespace } }

  private static func people(_ entry: TemplateTree.Entry, _ fields: inout ActionFields) -> [Template] {
    guard case .list(let items) = entry.value.content else {
      return fields.text(entry, "by: [oncall]").map { [$0] } ?? []
    }
    if items.isEmpty {
      fields.report("empty", "'by' names nobody", at: entry.value.span, help: "by: [oncall]")
    }
    return items.compactMap {
      fields.text(TemplateTree.Entry(key: entry.key, keySpan: entry.keySpan, value: $0), "by: [oncall]")
    }
  }

  /// The reader has checked each as a parameter.
  private static func recorded(_ fields: inout ActionFields) -> [Parameter] {
    fields.inner("record", help: "record: { passed: { type: boolean } }") { inner in
      let entries = inner.entries
      return entries.compactMap(Parameter.init(recorded:))
    } ?? []
  }

  public var ownResults: [ResultField] { recorded.map { ResultField($0.name, $0.kind.expressionType) } }

  /// A person looks.
  public var effect: ActionEffect { .read }

  public func preview(_ look: (Expression) -> ShownValue) -> String {
    let who = people.isEmpty ? "anyone in the roster" : people.map { $0.shown(look) }.joined(separator: ", ")
    var text = "asks \(who): \(self.text.shown(look))"
    while text.last?.isWhitespace == true { text.removeLast() }
    guard !recorded.isEmpty else { return text }
    return text + "\nrecords \(recorded.map(\.name).joined(separator: ", "))"
  }

  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    var names: [String] = []
    for template in people { names += try ManualAction.names(template, context) }
    return .person(
      PersonRequest(text: try ManualAction.text(text, context), by: names, record: recorded))
  }

  private static func text(
    _ template: Template, _ context: borrowing some ActionContext
  ) throws(StepFailure) -> String {
    var text = ""
    for segment in template.segments {
      switch segment {
      case .text(let part): text += part
      case .expression(let expression): text += try context.evaluate(expression).text
      }
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  /// Of a list each one, of a person of `roles` the id.
  private static func names(
    _ template: Template, _ context: borrowing some ActionContext
  ) throws(StepFailure) -> [String] {
    guard let whole = template.whole else { return [try text(template, context)] }
    let value = try context.evaluate(whole)
    let items = if case .list(let items) = value { items } else { [value] }
    return items.map { item in
      if case .map(let person) = item { person["id"]?.text ?? item.text } else { item.text }
    }
  }

  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer {
    guard case .person(let person) = result else { return ManualAction.wrongWorld }
    var fields: ValueMap = [
      "by": .string(person.by), "at": .timestamp(person.at), "note": .string(person.note),
    ]
    for (name, value) in person.values.entries { fields[name] = value }
    switch person.ending {
    case .done: return ActionAnswer(fields: fields, failure: nil, answered: true, definite: true)
    case .failed:
      let note = person.note.isEmpty ? "" : ": \(person.note)"
      let failure = StepFailure(kind: "person", message: "\(person.by) says that it failed\(note)")
      return ActionAnswer(fields: fields, failure: failure, answered: true, definite: true)
    case .unanswered(let why):
      let failure = StepFailure(kind: "timeout", message: why)
      return ActionAnswer(fields: ValueMap(), failure: failure, answered: false, definite: false)
    }
  }

  private static let wrongWorld = ActionAnswer(
    fields: ValueMap(), failure: StepFailure(kind: "person", message: "no person has answered this"),
    answered: false, definite: false)
}
