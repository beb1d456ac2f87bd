public import BelayModel

/// `exec:` a program with its arguments, no shell between.
///
/// An argument that is one binding of a list becomes as many arguments as the list has items.
public struct ExecAction: Action {
  public static let keyword = "exec"
  public static let summary = "A program and its arguments, no shell between."
  public static let shape = Shape.program
  public static var results: [ResultField] { ProcessAnswer.fields }
  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? {
    ProcessAnswer.defaultTimeout(inCheck: inCheck)
  }

  private let arguments: [Template]

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    guard case .list(let items) = source.fields.content, !items.isEmpty else {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'exec' takes a list: the program and its arguments", at: source.fields.span,
          help: "exec: [systemctl, restart, app]; 'run' takes a script"))
      return nil
    }
    let before = diagnostics.count
    var arguments: [Template] = []
    for item in items {
      guard let argument = item.asTemplate else {
        diagnostics.append(
          Diagnostic(
            code: "wrong-type", "an argument is a text", at: item.span,
            help: "a list is bound as one whole argument: \"${{ params.files }}\""))
        continue
      }
      diagnostics += Placeholder.diagnostics(in: argument)
      arguments.append(argument)
    }
    ExecAction.inspect(arguments, diagnostics: &diagnostics)
    if arguments.first?.segments.isEmpty == true {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "the program's name is empty", at: items[0].span,
          help: "name the program first: exec: [systemctl, restart, app]"))
    }
    guard diagnostics.count == before else { return nil }
    self.arguments = arguments
  }

  /// A shell or a remote shell started by `exec` parses its argument all the same.
  private static func inspect(_ arguments: [Template], diagnostics: inout [Diagnostic]) {
    guard arguments.contains(where: { !$0.expressions.isEmpty }) else { return }
    var expressions: [Expression] = []
    let words = ExecAction.words(arguments, &expressions)
    var nested = NestedCode()
    nested.inspectWords(words)
    nested.inspectLists(words, among: arguments.map { $0.whole != nil })
    var told: Set<Int> = []
    for refusal in nested.refusals where told.insert(refusal.binding).inserted {
      diagnostics.append(
        Diagnostic(
          code: "unsafe-binding", refusal.message, at: expressions[refusal.binding].span, help: refusal.help))
    }
  }

  private static func words(
    _ arguments: [Template], _ expressions: inout [Expression]
  ) -> [ShellReader.Word] {
    arguments.map { argument in
      var word = ShellReader.Word()
      for segment in argument.segments {
        switch segment {
        case .text(let text): word.text.append(contentsOf: text.unicodeScalars)
        case .expression(let expression):
          word.bindings.append(
            ShellReader.Word.Binding(number: expressions.count, offset: word.text.count, isDirect: true))
          word.text.append(ShellReader.opaque)
          expressions.append(expression)
        }
      }
      word.end()
      return word
    }
  }

  public func hazards(of variables: [NamedTemplate]) -> [Diagnostic] {
    guard let program = arguments.first else { return [] }
    let text = arguments.map(\.source).joined(separator: " ")
    return HeldVariables(variables).diagnostics(at: program.span, mentionedIn: text) { nested in
      var expressions: [Expression] = []
      nested.inspectWords(ExecAction.words(arguments, &expressions))
    }
  }

  public var templates: [Template] { arguments }

  public var program: Template? { arguments.first }

  public var effect: ActionEffect { .authorsWord }

  /// As it could be typed.
  public func preview(_ look: (Expression) -> ShownValue) -> String {
    arguments.map { ExecAction.quoted($0.shown(look)) }.joined(separator: " ")
  }

  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    var bound: [String] = []
    for argument in arguments {
      for text in try ExecAction.texts(argument, context) {
        try ProcessAnswer.checkLength(text.utf8.count + 1, "the argument '\(argument.source)'")
        bound.append(text)
      }
    }
    guard let program = bound.first, !program.isEmpty else {
      throw StepFailure(kind: "start", message: "the program's name is empty")
    }
    if let shell = context.shell {
      let command = bound.map(FarScript.word).joined(separator: " ")
      return try FarScript.request(command, variables: context.variables, through: shell, context)
    }
    return .process(
      try ProcessAnswer.checked(
        ProcessRequest(
          arguments: bound, environment: context.variables, workingDirectory: context.workingDirectory)))
  }

  private static func texts(
    _ argument: Template, _ context: borrowing some ActionContext
  ) throws(StepFailure) -> [String] {
    if let whole = argument.whole {
      let value = try context.evaluate(whole)
      guard case .list(let items) = value else { return [try ProcessAnswer.text(value, of: whole)] }
      var texts: [String] = []
      for item in items { texts.append(try ProcessAnswer.text(item, of: whole)) }
      return texts
    }
    var text = ""
    for segment in argument.segments {
      switch segment {
      case .text(let part): text += part
      case .expression(let expression): text += try context.text(of: expression)
      }
    }
    return [text]
  }

  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer { ProcessAnswer.answer(result) }

  static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar.value > 0x7F || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "_-./:=@%+,".unicodeScalars.contains(scalar)
    }
    if isPlain, !text.isEmpty { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
