import ArgumentParser
import BelayEngine
import BelayExpressions
import BelayJournal
import BelayModel
import BelayWorld
import BelayYAML

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try a CEL expression, against given variables or what a run has recorded.",
    discussion: """
      The expression is CEL, as conditions and bindings of a playbook have it. Its value is printed: a text as it is, a
      list or map as JSON. A wrong expression, or one without a value, is shown with its place and ends with status 2.

      With --run, 'steps', 'params', 'vars', 'environment', 'roles' and 'run' are those of the run, as they are now.

      With --format json the answer is {"value": TYPED} or {"error": "…", "line": 1, "column": 1}, where TYPED is
      {"type": "int", "value": "42"}: types null bool int uint double string bytes list map timestamp duration type;
      numbers as text, bytes in base64, durations as nanoseconds ("90ns"), a list of TYPED, a map as a list of pairs.

      With --jsonl each line of standard input is {"expr": "…", "vars": {"name": TYPED}}; each gets one such answer, on
      a line of its own, in order, as soon as it is there. The status is then 0, whatever the answers are.

      Examples:
        belay eval '"2026-03-01T02:30:00Z" > "2026" ? "later" : "before"'
        belay eval 'services.all(s, services[s] == "healthy")' --vars answer.json
        belay eval 'steps.migrate.revision' --run last
        belay eval -- '-1 + 2'
        printf '%s\\n' '{"expr": "x + 1", "vars": {"x": {"type": "int", "value": "1"}}}' | belay eval --jsonl
      """)

  @Argument(help: "A CEL expression; after '--' if it starts with '-'.") var expression: String?
  @Option(
    name: .long, help: ArgumentHelp("A JSON or YAML file: a map of variables.", valueName: "file"))
  var vars: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("A run whose results are read, named as elsewhere, or 'last'.", valueName: "run"))
  var recordedRun: String?
  @Flag(help: "Answer each line of standard input.") var jsonl = false
  @OptionGroup var store: StoreOptions
  @Option(name: .long, help: "text or json.") var format = FormatOption.Format.text

  func validate() throws {
    if jsonl, expression != nil { throw ValidationError("--jsonl reads expressions from standard input") }
    if !jsonl, expression == nil { throw ValidationError("an expression is missing") }
  }

  func run() throws {
    let given = try recordedVariables().merging(fileVariables()) { _, given in given }
    if let expression { return try answer(expression, given) }
    var lines = Lines()
    while let line = try lines.next() { Output.standard.line(EvalAnswer(line: line, given).json.text) }
  }

  private func answer(_ source: String, _ variables: [String: Value]) throws {
    let answer = EvalAnswer(source, variables)
    switch (format, answer) {
    case (.json, _): Output.standard.json(answer.json)
    case (.text, .value(let value)): Output.standard.line(value.text)
    case (.text, .wrong(let diagnostic)): Output.error.line(diagnostic.text(source: source))
    }
    if case .wrong = answer { throw ExitCode(ExitStatus.usage.rawValue) }
  }

  // MARK: Variables

  private func recordedVariables() throws -> [String: Value] {
    guard let recordedRun else { return [:] }
    let opened = try store.existing()
    let recorded = try RecordedRun(RunArgument.find(recordedRun, in: opened, to: .reading), in: opened)
    return recordedRoots(
      of: recorded.state, plan: recorded.plan, digest: recorded.row.planDigest, now: SystemClock.wall())
  }

  private func fileVariables() throws -> [String: Value] {
    guard let vars else { return [:] }
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.bytes(vars, mayWait: true)
    } catch { throw Failure(.usage, error.message) }
    if let json = try? JSON(parsing: bytes), let members = json.members {
      return Dictionary(members.map { ($0.key, Value(plain: $0.value)) }) { _, last in last }
    }
    let (values, diagnostics) = DataReader().read(bytes: bytes, path: vars)
    Diagnostics.show(diagnostics, bytes: bytes)
    guard let values else { throw ExitCode(ExitStatus.usage.rawValue) }
    return Dictionary(values.entries.map { ($0.key.text, $0.value) }) { _, last in last }
  }
}

/// What an expression comes to.
private enum EvalAnswer {
  case value(Value)
  case wrong(Diagnostic)

  init(_ source: String, _ variables: [String: Value]) {
    let start = SourceSpan(file: "<expression>", line: 1, column: 1)
    do {
      let program = try Program(parsing: Expression(source, at: start), refusesUnknownCalls: false)
      self = .value(try program.evaluate(Bindings(variables)))
    } catch let error as Diagnostic {
      self = .wrong(error)
    } catch let error as EvaluationError {
      self = .wrong(Diagnostic(code: "evaluation", error.message, at: error.span))
    } catch { preconditionFailure("an expression fails in one of two ways: \(error)") }
  }

  /// Of a line of `--jsonl`.
  init(line: [UInt8], _ variables: [String: Value]) {
    do {
      let json = try JSON(parsing: line)
      guard let source = json["expr"]?.string else {
        self = .malformed("'expr', a text, is missing")
        return
      }
      var all = variables
      for member in json["vars"]?.members ?? [] {
        guard let value = Value(typed: member.value) else {
          self = .malformed("the variable '\(member.key)' is no typed value")
          return
        }
        all[member.key] = value
      }
      self = EvalAnswer(source, all)
    } catch { self = .malformed("no JSON: \(error.message) at byte \(error.offset)") }
  }

  private static func malformed(_ why: String) -> EvalAnswer {
    .wrong(Diagnostic(code: "bad-line", why, at: .argument("<line>")))
  }

  var json: JSON {
    switch self {
    case .value(let value): .object(["value": value.typedJSON])
    case .wrong(let diagnostic) where diagnostic.span.line == 0:
      .object(["error": .string(diagnostic.message)])
    case .wrong(let diagnostic):
      .object([
        "error": .string(diagnostic.message), "line": .int(Int64(diagnostic.span.line)),
        "column": .int(Int64(diagnostic.span.column)),
      ])
    }
  }
}
