internal import BelayModel

// Calls of functions.
extension Evaluation {
  mutating func call(
    _ name: String, _ target: Syntax?, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    if name.hasPrefix("optional.") { return try makeOptional(name, arguments, node) }
    if name == "type", target == nil, case .optional = try operand(arguments[0]) {
      return .value(.type(Functions.optionalType))
    }
    if let target, Functions.ofOptionals.contains(name) {
      return try onOptional(name, target, arguments, node)
    }
    var values: [Value] = []
    if let target { values.append(try strict(target)) }
    for argument in arguments { values.append(try strict(argument)) }
    let given = values
    if Functions.readsDeeply.contains(name) {
      try weigh(given, node)
      // A double in all its digits is work.
      if case .list(let shown)? = given.last { try charge(50 * shown.count, node) }
    } else {
      try charge(lengthOf: given, node)
    }
    if name == "matches" { return .value(.bool(try matches(given, arguments, node))) }
    let result = try placed(node) { () throws(OperationError) in
      try Functions.call(name, isMember: target != nil, given)
    }
    try charge(lengthOf: [result], node)
    return .value(result)
  }

  private mutating func matches(
    _ values: [Value], _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Bool {
    guard case .string(let subject) = values[0], case .string(let text) = values[1] else {
      let other = if case .string = values[0] { values[1] } else { values[0] }
      throw error("matches() needs a string, not \(other.typeName)", node)
    }
    let pattern = try pattern(text, arguments[arguments.count - 1])
    try charge(pattern.cost(of: subject.utf8.count), node)
    return pattern.matches(subject)
  }

  private mutating func makeOptional(
    _ name: String, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    guard let argument = arguments.first else { return .optional(nil) }
    let value = try strict(argument)
    return .optional(name == "optional.ofNonZeroValue" && Arithmetic.isZero(value) ? nil : value)
  }

  private mutating func onOptional(
    _ name: String, _ target: Syntax, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    guard case .optional(let value) = try operand(target) else {
      throw error("\(name)() needs an optional", target)
    }
    switch (name, value) {
    case ("hasValue", _): return .value(.bool(value != nil))
    case ("value", let value?), ("orValue", let value?): return .value(value)
    case ("value", nil): throw error("the optional is empty", node)
    case ("orValue", nil): return .value(try strict(arguments[0]))
    case (_, .some): return .optional(value)
    case (_, nil):
      guard case .optional(let other) = try operand(arguments[0]) else {
        throw error("or() needs an optional; a plain value is given to orValue()", arguments[0])
      }
      return .optional(other)
    }
  }
}
