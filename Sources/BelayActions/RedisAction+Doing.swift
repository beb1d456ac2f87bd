public import BelayModel

// The commands as they are sent, and what conditions see of their answers.
extension RedisAction {
  /// What only reads can be asked again.
  public var repetition: Repetition { effect == .read ? .harmless : .unknown }

  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    guard let address else {
      throw StepFailure(kind: StepFailure.notStarted, message: "'redis' has no URL")
    }
    var bound: [[String]] = []
    for command in commands {
      var arguments: [String] = []
      for argument in command { arguments += try RedisAction.texts(argument, context) }
      guard let name = arguments.first, !name.isEmpty else {
        throw StepFailure(kind: "expression", message: "a command has no name")
      }
      if RedisCommands.kind(name, arguments.dropFirst().first) == .unanswered {
        throw StepFailure(kind: "expression", message: "\(name) gives no answer: leave it out")
      }
      bound.append(arguments)
    }
    return .redis(RedisRequest(url: try address.bound(context), commands: bound))
  }

  private static func texts(
    _ argument: Template, _ context: borrowing some ActionContext
  ) throws(StepFailure) -> [String] {
    guard let whole = argument.whole, case .list(let items) = try context.evaluate(whole) else {
      return [try context.plainText(argument)]
    }
    return items.map(\.text)
  }

  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer {
    guard case .redis(let redis) = result else { return .foreign(to: RedisAction.keyword) }
    switch redis.ending {
    case .unanswered(let silence): return ActionAnswer(silence)
    case .refused(let command, let message):
      let name = commands.indices.contains(command) ? commands[command].first?.literal ?? "" : ""
      let which = name.isEmpty ? "command \(command + 1)" : name.uppercased()
      return ActionAnswer(refused: StepFailure(kind: "", message: "\(which): \(message)"))
    case .answered(let values):
      var answer = ActionAnswer(fields: ValueMap(), failure: nil, answered: true, definite: true)
      if redis.truncated {
        answer.absent["value"] = "the answers were not kept as a whole"
      } else {
        answer.fields["value"] = .list(values)
      }
      return answer
    }
  }
}
