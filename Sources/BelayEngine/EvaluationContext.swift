internal import BelayExpressions
internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// What an expression of a node may read, and how texts are bound for it.
struct EvaluationContext: Variables, ActionContext {
  let plan: Plan
  let planDigest: String
  let run: RunState
  let now: Timestamp
  /// What is evaluated for.
  let node: NodeID
  /// Index of the frame in which names are read.
  var frame: Int
  let programs: ProgramCache
  /// What each name stands for, by frame.
  let targets: [[String: PlanFrame.Target]]
  /// Outputs that are nowhere else, by node.
  var unrecorded: [NodeID: ValueMap] = [:]
  /// The answer's own fields and the outputs so far, by bare name.
  var fields = ValueMap()
  /// Why a field is not there.
  var absent: [String: String] = [:]
  var error: StepFailure?
  /// Of the answer, for conditions that do not hold.
  var evidence: StepFailure?
  /// Of commands: the node's own and the engine's `BELAY_…`.
  var environment: [(name: String, value: BoundText)] = []
  var workingDirectory = ""
  var projectFolder: String { plan.project }
  var ownVariables: [ProcessRequest.Variable] = []
  var shell: FarShell?
  var idempotencyKey: String?
  /// The output of what is judged is neither shown nor kept: no word of it in why, and none of what it rests on.
  var isSensitive = false
  /// A pass is told with what it rests on; only checks keep that.
  var tellsFindings = false

  func hasReceipts(_ secret: String) -> Bool {
    plan.secrets.contains { $0.name == secret && $0.receipts }
  }

  /// The parameters of the action file whose fields and conditions are read; nil: the node's own.
  var use: ValueMap?
  /// Of a notice: what it tells.
  var event: Value?

  func value(of root: String) -> Value? {
    if let value = fields[root] { return value }
    switch root {
    case "params": return .map(use ?? params)
    case "environment": return environmentValue
    case "run": return runValue
    case "now": return .timestamp(now)
    case "error": return errorValue
    case "roles": return .map(plan.roles)
    case "event" where use == nil: return event
    case "vars" where use == nil: return .map(vars)
    case "each" where use == nil: return .map(items)
    case "steps" where use == nil: return .map(ValueMap(names.map { ($0, value(ofStep: $0) ?? .null) }))
    default: return nil
    }
  }

  /// `steps.x` costs what x holds, however many steps there are.
  func value(at path: [String]) -> Value? {
    guard path.count >= 2, path[0] == "steps", use == nil else { return nil }
    return value(ofStep: path[1])
  }

  func absence(of root: String) -> String? { absent[root] }

  private var environmentValue: Value {
    .map(["name": .string(plan.environment ?? ""), "vars": .map(plan.environmentVars)])
  }

  private var runValue: Value {
    var map: ValueMap = ["id": .string(run.run), "plan_digest": .string(planDigest)]
    map["started_at"] = run.createdAt.map(Value.timestamp)
    map["initiator"] = run.created.map { .string($0.initiator.name) }
    return .map(map)
  }

  private var errorValue: Value {
    var map: ValueMap = [
      "kind": .string(error?.kind ?? ""), "message": .string(error?.message ?? ""),
      "stderr": .string(error?.stderr ?? ""), "node": .string(node),
    ]
    map["exit_code"] = error?.exitCode.map { .int(Int64($0)) }
    map["sqlstate"] = error?.sqlstate.map { .string($0) }
    return .map(map)
  }

  func evaluate(_ expression: Expression) throws(StepFailure) -> Value {
    let program = try programs.program(expression)
    do {
      return try program.evaluate(self)
    } catch {
      throw StepFailure(kind: "expression", message: "\(expression.source): \(error.message)")
    }
  }

  /// A text with its values; secrets stay references.
  func bind(_ template: Template) throws(StepFailure) -> BoundText {
    var parts: [BoundText.Part] = []
    for segment in template.segments {
      switch segment {
      case .text(let text): parts.append(.text(text))
      case .expression(let expression):
        let program = try programs.program(expression)
        if let name = program.secretName {
          parts.append(.secret(name: name))
        } else {
          parts.append(.text(try evaluate(expression).text))
        }
      }
    }
    return BoundText(parts)
  }

  /// A text's plain value; a secret in it is a failure.
  func text(_ template: Template) throws(StepFailure) -> String {
    let bound = try bind(template)
    var text = ""
    for part in bound.parts {
      guard case .text(let piece) = part else {
        throw StepFailure(kind: "expression", message: "a secret cannot stand here: \(template.source)")
      }
      text += piece
    }
    return text
  }

  func span(_ template: Template) throws(StepFailure) -> TimeSpan {
    if let whole = template.whole, case .duration(let span) = try evaluate(whole) { return span }
    let text = try text(template)
    guard let span = TimeSpan(text: text) else {
      throw StepFailure(kind: "expression", message: "'\(text)' is no duration such as 30s or 1h30m")
    }
    return span
  }
}

extension Program {
  /// `x` when the whole expression is `secrets.x`.
  var secretName: String? {
    guard references.count == 1, let only = references.first, only.path.count == 2, only.path[0] == "secrets"
    else { return nil }
    return only.path[1]
  }
}

/// Parsed expressions by their source: a plan's texts were checked when it was made.
final class ProgramCache: @unchecked Sendable {
  // Not shared: the engine runs on one thread, and a copy of the engine may share what is only ever added to.
  private var programs: [String: Program] = [:]

  func program(_ expression: Expression) throws(StepFailure) -> Program {
    if let known = programs[expression.source] { return known }
    do {
      let program = try Program(parsing: expression)
      programs[expression.source] = program
      return program
    } catch {
      throw StepFailure(kind: "expression", message: "\(expression.source): \(error.message)")
    }
  }
}
