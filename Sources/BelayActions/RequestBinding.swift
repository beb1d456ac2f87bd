internal import BelayModel

// What the actions that ask servers share.
extension ActionContext {
  /// A text with its values; a value that is none is a failure.
  func plainText(_ template: Template) throws(StepFailure) -> String {
    var text = ""
    for segment in template.segments {
      switch segment {
      case .text(let literal): text += literal
      case .expression(let expression):
        let value = try evaluate(expression)
        if case .null = value {
          throw StepFailure(kind: "expression", message: "'\(expression.source)' has no value")
        }
        text += value.text
      }
    }
    return text
  }

  func flag(_ scalar: Scalar<Bool>?, _ preset: Bool) throws(StepFailure) -> Bool {
    switch scalar {
    case nil: return preset
    case .value(let flag): return flag
    case .bound(let template):
      if let whole = template.whole, case .bool(let flag) = try evaluate(whole) { return flag }
      throw StepFailure(kind: "expression", message: "'\(template.source)' is neither true nor false")
    }
  }

  /// Relative to the project's folder.
  func path(_ template: Template?) throws(StepFailure) -> String? {
    guard let template else { return nil }
    let path = try plainText(template)
    return path.hasPrefix("/") ? path : "\(projectFolder)/\(path)"
  }
}

extension ServerAddress {
  /// Values inside are encoded; a secret is the whole.
  func bound(_ context: borrowing some ActionContext) throws(StepFailure) -> BoundText {
    if template.whole != nil { return try context.bind(template) }
    var text = ""
    for (number, segment) in template.segments.enumerated() {
      switch segment {
      case .text(let literal): text += literal
      case .expression(let expression):
        let value = try HTTPEncoding.scalar(try context.evaluate(expression), of: expression)
        text += number == 0 ? value : HTTPEncoding.percent(value)
      }
    }
    return BoundText(text)
  }
}

extension ActionAnswer {
  /// Nothing has come back.
  init(_ silence: NoAnswer) {
    let failure = StepFailure(kind: silence.kind, message: silence.message, sqlstate: silence.sqlstate)
    self.init(
      fields: ValueMap(), failure: failure, answered: false, definite: !silence.mayHaveHappened)
    changedNothing = !silence.mayHaveHappened
  }

  /// The other side says that it has not done it.
  init(refused failure: StepFailure) {
    self.init(fields: ValueMap(), failure: failure, answered: false, definite: true)
  }

  static func foreign(to keyword: String) -> ActionAnswer {
    ActionAnswer(
      NoAnswer(
        kind: "parse", message: "the world has answered something else than '\(keyword)'",
        mayHaveHappened: true))
  }
}
