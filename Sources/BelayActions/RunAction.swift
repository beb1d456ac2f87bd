public import BelayModel

/// `run:` a bash script, as `bash -euo pipefail -c`.
///
/// A binding becomes an environment variable and a quoted reference to it: the value is never part of the script.
public struct RunAction: Action {
  public static let keyword = "run"
  public static let summary = "A script for bash -euo pipefail. A bound value is a variable of the script."
  public static let shape = Shape.script
  public static var results: [ResultField] { ProcessAnswer.fields }
  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? {
    ProcessAnswer.defaultTimeout(inCheck: inCheck)
  }

  private let script: Template
  private let bound: BoundScript

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    guard let script = source.fields.asTemplate, script.source.contains(where: { !$0.isWhitespace }) else {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'run' takes a script", at: source.fields.span,
          help: "write the commands as text; 'exec' takes a list"))
      return nil
    }
    guard let bound = BoundScript(script, diagnostics: &diagnostics) else { return nil }
    self.script = script
    self.bound = bound
  }

  public func hazards(of variables: [NamedTemplate]) -> [Diagnostic] {
    HeldVariables(variables).diagnostics(at: script.span, mentionedIn: script.source) { nested in
      var reader = ShellReader(script)
      reader.read()
      nested.inspect(reader)
    }
  }

  public var templates: [Template] { [script] }
  public var program: Template? { Template(literal: "bash", at: script.span) }

  public var effect: ActionEffect { .authorsWord }

  /// The values first, as the shell would write them, then the script that refers to them: as it will be sent.
  public func preview(_ look: (Expression) -> ShownValue) -> String {
    let values = bound.values.map { variable, expression in
      "\(variable)=\(ExecAction.quoted(look(expression).text))\n"
    }
    return values.joined() + bound.text
  }

  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    var environment = context.variables
    for (variable, expression) in bound.values {
      let text = try context.text(of: expression)
      try ProcessAnswer.checkLength(
        variable.utf8.count + text.utf8.count + 2, "the value of '\(expression.source)'")
      environment.append(ProcessRequest.Variable(name: variable, value: BoundText(text)))
    }
    if let shell = context.shell {
      return try FarScript.request(bound.text, variables: environment, through: shell, context)
    }
    try ProcessAnswer.checkLength(bound.text.utf8.count + 1, "the script")
    return .process(
      try ProcessAnswer.checked(
        ProcessRequest(
          arguments: ["bash", "-euo", "pipefail", "-c", bound.text], environment: environment,
          workingDirectory: context.workingDirectory)))
  }

  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer { ProcessAnswer.answer(result) }
}

extension TemplateTree {
  /// A scalar's text as written, whatever type it would have elsewhere.
  var asTemplate: Template? {
    switch content {
    case .text(let template): template
    case .scalar(.null, text: _): nil
    case .scalar(_, let text): Template(literal: text, at: span)
    case .list, .map: nil
    }
  }
}
