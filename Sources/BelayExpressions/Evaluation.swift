internal import BelayModel

/// A value on its way: CEL's optionals live only inside an expression.
enum Operand: Hashable {
  case value(Value)
  case optional(Value?)
}

/// An error without its place yet.
struct OperationError: Error, Hashable {
  var message: String

  init(_ message: String) { self.message = message }
}

/// One evaluation: strict, bounded, and with an error for everything that is not there.
struct Evaluation<V: Variables> {
  /// Of an evaluation in a run.
  static var runLimit: Int { 1_000_000 }

  private let variables: V
  private let expression: Expression
  /// Names bound by the macros around, innermost last.
  var locals: [(name: String, value: Value)] = []
  private(set) var steps = 0
  private let stepLimit: Int
  private var patterns: [String: Pattern] = [:]
  private lazy var source = Array(expression.source.unicodeScalars)
  /// It was ended by its limit.
  var isExhausted: Bool { steps > stepLimit }

  init(_ variables: V, _ expression: Expression, stepLimit: Int = Self.runLimit) {
    self.variables = variables
    self.expression = expression
    self.stepLimit = stepLimit
  }

  mutating func value(of node: Syntax) throws(EvaluationError) -> Value {
    let value: Value
    switch try operand(node) {
    case .value(let plain): value = plain
    case .optional(let held?): value = held
    // In a text and as a result an empty optional is what it says.
    case .optional(nil): value = .string("none")
    }
    try weigh([value], node)
    return value
  }

  func error(_ message: String, _ node: Syntax) -> EvaluationError {
    EvaluationError(message: message, span: Program.span(node.start, node.length, in: expression))
  }

  /// Runs an operation on values; its error gets the node's place.
  func placed<Result>(
    _ node: Syntax, _ body: () throws(OperationError) -> Result
  ) throws(EvaluationError) -> Result {
    do throws(OperationError) { return try body() } catch { throw self.error(error.message, node) }
  }

  mutating func strict(_ node: Syntax) throws(EvaluationError) -> Value {
    switch try operand(node) {
    case .value(let value): return value
    case .optional: throw error("an optional needs .orValue(…) or .value()", node)
    }
  }

  mutating func charge(_ cost: Int, _ node: Syntax) throws(EvaluationError) {
    steps += cost
    guard steps <= stepLimit else { throw error("more than \(stepLimit) steps", node) }
  }

  /// What works on whole texts and lists takes the more steps the longer they are.
  mutating func charge(lengthOf values: [Value], _ node: Syntax) throws(EvaluationError) {
    var cost = 0
    for value in values {
      switch value {
      case .string(let text): cost += text.utf8.count / 16
      case .bytes(let data): cost += data.count / 16
      case .list(let items): cost += items.count / 4
      case .map(let map): cost += map.count / 4
      default: break
      }
    }
    try charge(cost, node)
  }

  /// What looks at all that values hold takes as many steps: a short expression can make a value that holds the same
  /// part very often.
  mutating func weigh(_ values: [Value], _ node: Syntax) throws(EvaluationError) {
    var scale = Scale(limit: stepLimit - steps)
    for value in values { scale.add(value, depth: 0) }
    if scale.isTooDeep { throw error("the value is nested deeper than \(Scale.depthLimit) levels", node) }
    try charge(scale.weight, node)
  }

  /// Compiled once for each pattern of an evaluation.
  mutating func pattern(_ text: String, _ node: Syntax) throws(EvaluationError) -> Pattern {
    if let known = patterns[text] { return known }
    let pattern = try placed(node) { () throws(OperationError) in try Pattern(text) }
    try charge(pattern.size, node)
    patterns[text] = pattern
    return pattern
  }

  mutating func operand(_ node: Syntax) throws(EvaluationError) -> Operand {
    try charge(1, node)
    switch node.kind {
    case .literal(let value): return .value(value)
    case .name(let name): return .value(try root(name, node))
    case .select(let target, let name, let optional): return try select(target, name, optional, node)
    case .index(let target, let key, let optional): return try index(target, key, optional, node)
    case .has(let target, let name): return .value(.bool(try has(target, name)))
    case .not(let inner):
      guard case .bool(let flag) = try strict(inner) else { throw error("'!' needs a bool", node) }
      return .value(.bool(!flag))
    case .negate(let inner):
      let value = try strict(inner)
      return .value(try placed(node) { () throws(OperationError) in try Arithmetic.negate(value) })
    case .unknownCall(let message): throw error(message, node)
    case .binary(let symbol, let left, let right) where symbol == "==" || symbol == "!=":
      let equal = try equal(try operand(left), try operand(right), node)
      return .value(.bool(equal == (symbol == "==")))
    case .binary(let symbol, let left, let right):
      let (a, b) = (try strict(left), try strict(right))
      if symbol == "+" { try charge(lengthOf: [a, b], node) } else { try weigh([a, b], node) }
      return .value(try placed(node) { () throws(OperationError) in try Arithmetic.apply(symbol, a, b) })
    case .and(let parts): return .value(.bool(try decide(parts, by: false, node)))
    case .or(let parts): return .value(.bool(try decide(parts, by: true, node)))
    case .conditional(let condition, let yes, let no):
      guard case .bool(let flag) = try strict(condition) else { throw error("'?' needs a bool", condition) }
      return try operand(flag ? yes : no)
    case .list(let elements): return .value(.list(try list(elements)))
    case .map(let entries): return .value(.map(try map(entries, node)))
    case .call(let name, let target, let arguments): return try call(name, target, arguments, node)
    case .comprehension(let it): return try comprehension(it, node)
    }
  }

  private mutating func equal(_ left: Operand, _ right: Operand, _ node: Syntax) throws(EvaluationError)
    -> Bool
  {
    switch (left, right) {
    case (.value(let a), .value(let b)), (.optional(let a?), .optional(let b?)):
      try weigh([a, b], node)
      return Arithmetic.equal(a, b)
    case (.optional(let a), .optional(let b)): return a == nil && b == nil
    // Unequal by CEL, and never what is meant.
    case (.optional, .value), (.value, .optional):
      throw error("an optional is compared with a plain value: it needs .orValue(…) or .value()", node)
    }
  }

  /// One part that decides makes errors of the others irrelevant (cel-spec, "Logical Operators").
  private mutating func decide(_ parts: [Syntax], by decisive: Bool, _ node: Syntax) throws(EvaluationError)
    -> Bool
  {
    var failure: EvaluationError?
    for part in parts {
      do throws(EvaluationError) {
        guard case .bool(let flag) = try strict(part) else {
          throw error("'\(decisive ? "||" : "&&")' needs bools", part)
        }
        if flag == decisive { return decisive }
      } catch {
        guard !isExhausted else { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return !decisive
  }

  // MARK: Names and members

  private func root(_ name: String, _ node: Syntax) throws(EvaluationError) -> Value {
    if let local = locals.last(where: { $0.name == name }) { return local.value }
    if let value = variables.value(of: name) { return value }
    if let type = Functions.typeNames[name] { return .type(type) }
    throw error(
      variables.absence(of: name).map { "no '\(name)': \($0)" } ?? "there is no '\(name)' here", node)
  }

  private mutating func select(
    _ target: Syntax, _ name: String, _ optional: Bool, _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    if !optional, case .name(let root) = target.kind, !locals.contains(where: { $0.name == root }),
      let value = variables.value(at: [root, name])
    {
      return .value(value)
    }
    switch try operand(target) {
    case .optional(nil): return .optional(nil)
    case .optional(let value?):
      guard case .map = value else { throw try missing(name, value, target, node) }
      return .optional(member(.string(name), of: value))
    case .value(let value):
      if optional { return .optional(member(.string(name), of: value)) }
      if let found = member(.string(name), of: value) { return .value(found) }
      throw try missing(name, value, target, node)
    }
  }

  private mutating func missing(
    _ name: String, _ value: Value, _ target: Syntax, _ node: Syntax
  ) throws(EvaluationError) -> EvaluationError {
    let path = describe(target)
    guard case .map(let map) = value else {
      return error("\(path) is \(value.typeName): it has no '\(name)'", node)
    }
    // Looking for the nearest key is work, and an error may be caught by `||` and come again.
    try charge(4 * map.count, node)
    let nearest = Suggestion.nearest(to: name, in: map.keys.map(\.text)).map { "; it has '\($0)'" } ?? ""
    return error("no such key '\(name)' in \(path)\(nearest)", node)
  }

  private static var shownLength: Int { 80 }

  private mutating func describe(_ node: Syntax) -> String {
    guard node.start >= 0, node.end <= source.count else { return "it" }
    let part = source[node.start..<node.end]
    let shown = String(String.UnicodeScalarView(part.prefix(Self.shownLength)))
    return part.count > Self.shownLength ? shown + "…" : shown
  }

  private func member(_ key: Value, of value: Value) -> Value? {
    switch value {
    case .map(let map): return Arithmetic.find(key, in: map)
    case .list(let items):
      guard let position = Arithmetic.position(key), items.indices.contains(position) else { return nil }
      return items[position]
    default: return nil
    }
  }

  private mutating func index(
    _ target: Syntax, _ key: Syntax, _ optional: Bool, _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    let container = try operand(target)
    let position = try strict(key)
    switch container {
    case .optional(nil): return .optional(nil)
    case .optional(let value?): return .optional(member(position, of: value))
    case .value(let value):
      let found = member(position, of: value)
      if optional { return .optional(found) }
      if let found { return .value(found) }
      switch value {
      case .map: throw error("no such key '\(shown(position))' in \(describe(target))", node)
      case .list(let items): throw error("no element \(shown(position)) in a list of \(items.count)", node)
      default: throw error("\(describe(target)) is \(value.typeName): it has no elements", node)
      }
    }
  }

  private func shown(_ value: Value) -> String {
    switch value {
    case .list, .map: value.typeName
    default: String(value.text.prefix(Self.shownLength))
    }
  }

  private mutating func has(_ target: Syntax, _ name: String) throws(EvaluationError) -> Bool {
    if case .name(let root) = target.kind, !locals.contains(where: { $0.name == root }),
      variables.value(at: [root, name]) != nil
    {
      return true
    }
    switch try operand(target) {
    case .optional(let value): return value.map { member(.string(name), of: $0) != nil } ?? false
    case .value(.map(let map)): return map[name] != nil
    case .value(let value): throw error("has() needs a map, not \(value.typeName)", target)
    }
  }
}
