internal import BelayExpressions
internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// What an answer amounts to under a body's conditions.
struct Judgement: Hashable {
  var verdict: Verdict
  /// `fail_if` held: no more asking, no retry.
  var isFinal = false
  var outputs = ValueMap()
  var failure: StepFailure?
  /// What a pass rests on: the values that its conditions speak of.
  var found = ""

  var reason: String { failure?.message ?? "" }
}

extension EvaluationContext {
  /// The order of language.md: outputs, `fail_if` on `error`, no answer or `unknown_if`, `fail_if`, `expect`.
  ///
  /// - Parameter answer: nil for a check without an action, which asks only what is known.
  mutating func judge(_ answer: ActionAnswer?, by body: PlanBody, isQuestion: Bool) -> Judgement {
    var judgement = judged(answer, by: body, isQuestion: isQuestion)
    if isSensitive { judgement.failure?.stderr = "" }
    return judgement
  }

  private mutating func judged(_ answer: ActionAnswer?, by body: PlanBody, isQuestion: Bool) -> Judgement {
    guard let use = body.use, let answer else {
      return judge(answer, by: Conditions(body), isQuestion)
    }
    do throws(StepFailure) {
      var inner = try inside(use)
      let own = inner.judge(answer, by: Conditions(use), isQuestion)
      guard own.verdict != .fail, !own.isFinal else { return own }
      var judgement = judge(answer.seen(through: own), by: Conditions(body), isQuestion)
      if judgement.verdict == .pass, judgement.found.isEmpty { judgement.found = own.found }
      for (name, value) in own.outputs.entries where judgement.outputs[name] == nil {
        judgement.outputs[name] = value
      }
      return judgement
    } catch {
      return Judgement(verdict: .unknown, failure: error)
    }
  }

  private mutating func judge(
    _ answer: ActionAnswer?, by body: Conditions, _ isQuestion: Bool
  ) -> Judgement {
    fields = answer?.fields ?? ValueMap()
    absent = answer?.absent ?? [:]
    error = answer?.failure
    evidence = answer?.evidence
    let isAnswered = answer?.answered ?? true
    var outputs = ValueMap()
    var outputFailure: StepFailure?
    if isAnswered { outputFailure = evaluateOutputs(of: body, into: &outputs) }
    if let failure = firstHolding(body.failIf, lenient: true) {
      return Judgement(verdict: .fail, isFinal: true, outputs: outputs, failure: failure)
    }
    guard isAnswered else { return Judgement(verdict: .unknown, failure: error ?? .noAnswer) }
    if let failure = firstHolding(body.unknownIf, lenient: false) {
      return Judgement(verdict: .unknown, outputs: outputs, failure: failure)
    }
    // What has failed by its own word may well lack outputs, and has failed all the same.
    if let failure = defaultExpectation(body, of: answer) {
      if answer?.provesNothing(isQuestion) == true {
        return Judgement(verdict: .unknown, outputs: outputs, failure: failure)
      }
      return Judgement(verdict: .fail, outputs: outputs, failure: failure)
    }
    if let outputFailure {
      return Judgement(verdict: .unknown, outputs: outputs, failure: outputFailure)
    }
    return expectation(body, outputs, of: answer)
  }

  private mutating func evaluateOutputs(of body: Conditions, into outputs: inout ValueMap) -> StepFailure? {
    for output in body.outputs {
      do {
        let value = try evaluate(output.expression)
        outputs[output.name] = value
        fields[output.name] = value
      } catch {
        return StepFailure(kind: "expression", message: "output \(output.name): \(error.message)")
      }
    }
    return nil
  }

  /// The failure that names the first condition that holds. Without an answer most cannot be evaluated: lenient.
  private func firstHolding(_ conditions: [Expression], lenient: Bool) -> StepFailure? {
    for condition in conditions {
      do {
        if try evaluate(condition) == .bool(true) {
          return described(error?.message ?? "", "\(condition.source) holds")
        }
      } catch {
        if !lenient { return error }
      }
    }
    return nil
  }

  /// Exit status 0 or a status of 2xx, unless `expect` itself speaks of it.
  private func defaultExpectation(_ body: Conditions, of answer: ActionAnswer?) -> StepFailure? {
    guard let error else { return nil }
    guard let field = answer?.verdictField, !body.outputs.contains(where: { $0.name == field }) else {
      return error
    }
    let speaksOfIt = body.expect.contains { condition in
      (try? programs.program(condition))?.references.contains { $0.path.first == field } ?? false
    }
    return speaksOfIt ? nil : error
  }

  private func expectation(
    _ body: Conditions, _ outputs: ValueMap, of answer: ActionAnswer?
  ) -> Judgement {
    var found: [String] = []
    for condition in body.expect {
      do {
        let program = try programs.program(condition)
        let value = try evaluate(condition)
        if value == .bool(true) {
          if tellsFindings { found += program.findings(self).filter { !found.contains($0) } }
          continue
        }
        return Judgement(verdict: .fail, outputs: outputs, failure: described("", unmet(program, value)))
      } catch {
        return Judgement(verdict: .unknown, outputs: outputs, failure: error)
      }
    }
    if tellsFindings, found.isEmpty, let field = answer?.verdictField, let value = fields[field] {
      found = ["\(field) is \(value.text)"]
    }
    return Judgement(verdict: .pass, outputs: outputs, found: found.joined(separator: ", "))
  }

  private func unmet(_ program: Program, _ value: Value) -> String {
    let source = program.expression.source
    if value != .bool(false) { return "\(source) is \(value.typeName), not a bool" }
    return isSensitive ? "\(source) is false" : program.failureExplanation(self)
  }

  private func described(_ first: String, _ second: String) -> StepFailure {
    var failure = error ?? evidence ?? StepFailure(kind: "expect", message: "")
    failure.message = first.isEmpty ? second : "\(first); \(second)"
    return failure
  }
}

/// What an answer is held against.
struct Conditions {
  var outputs: [NamedExpression]
  var unknownIf: [Expression]
  var failIf: [Expression]
  var expect: [Expression]

  init(_ body: PlanBody) {
    outputs = body.outputs
    unknownIf = body.unknownIf
    failIf = body.failIf
    expect = body.expect
  }

  init(_ use: PlanUse) {
    outputs = use.outputs
    unknownIf = use.unknownIf
    failIf = use.failIf
    expect = use.expect
  }
}

extension ActionAnswer {
  /// As the node sees it that uses an action file: the file's outputs, and its word that nothing is known.
  fileprivate func seen(through judgement: Judgement) -> ActionAnswer {
    var seen = self
    seen.fields = judgement.outputs
    seen.absent = [:]
    seen.answered = judgement.verdict != .unknown
    seen.failure = judgement.failure
    seen.inconclusive = .never
    seen.verdictField = nil
    return seen
  }

  fileprivate func provesNothing(_ isQuestion: Bool) -> Bool {
    inconclusive == .always || isQuestion && inconclusive == .inQuestions
  }
}

extension StepFailure {
  static let noAnswer = StepFailure(kind: "", message: "no answer")

  /// As journalled.
  var failure: Failure {
    Failure(
      kind: kind, message: message, exitCode: exitCode.map(Int.init), sqlstate: sqlstate, stderr: stderr)
  }
}
