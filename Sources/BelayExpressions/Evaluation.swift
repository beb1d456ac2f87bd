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
  private var locals: [(name: String, value: Value)] = []
  private(set) var steps = 0
  private let stepLimit: Int
  /// It was ended by its limit.
  var isExhausted: Bool { steps > stepLimit }

  init(_ variables: V, _ expression: Expression, stepLimit: Int = Self.runLimit) {
    self.variables = variables
    self.expression = expression
    self.stepLimit = stepLimit
  }

  mutating func value(of node: Syntax) throws(EvaluationError) -> Value {
    switch try operand(node) {
    case .value(let value): return value
    case .optional(let value?): return value
    // In a text and as a result an empty optional is what it says.
    case .optional(nil): return .string("none")
    }
  }

  private func error(_ message: String, _ node: Syntax) -> EvaluationError {
    EvaluationError(message: message, span: Program.span(node.start, node.length, in: expression))
  }

  /// Runs an operation on values; its error gets the node's place.
  private func placed<Result>(
    _ node: Syntax, _ body: () throws(OperationError) -> Result
  ) throws(EvaluationError) -> Result {
    do throws(OperationError) { return try body() } catch { throw self.error(error.message, node) }
  }

  private mutating func strict(_ node: Syntax) throws(EvaluationError) -> Value {
    switch try operand(node) {
    case .value(let value): return value
    case .optional: throw error("an optional needs .orValue(…) or .value()", node)
    }
  }

  private mutating func count(_ node: Syntax) throws(EvaluationError) {
    steps += 1
    guard steps <= stepLimit else { throw error("more than \(stepLimit) steps", node) }
  }

  /// What works on whole texts and lists takes the more steps the longer they are.
  private mutating func count(_ values: [Value], _ node: Syntax) throws(EvaluationError) {
    for value in values {
      switch value {
      case .string(let text): steps += text.utf8.count / 16
      case .bytes(let data): steps += data.count / 16
      case .list(let items): steps += items.count / 8
      case .map(let map): steps += map.count / 8
      default: break
      }
    }
    guard steps <= stepLimit else { throw error("more than \(stepLimit) steps", node) }
  }

  private mutating func operand(_ node: Syntax) throws(EvaluationError) -> Operand {
    try count(node)
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
    case .binary(let symbol, let left, let right):
      let (a, b) = (try strict(left), try strict(right))
      try count([a, b], node)
      return .value(try placed(node) { () throws(OperationError) in try Arithmetic.apply(symbol, a, b) })
    case .and(let parts): return .value(.bool(try decide(parts, by: false, node)))
    case .or(let parts): return .value(.bool(try decide(parts, by: true, node)))
    case .conditional(let condition, let yes, let no):
      guard case .bool(let flag) = try strict(condition) else { throw error("'?' needs a bool", condition) }
      return try operand(flag ? yes : no)
    case .list(let elements): return .value(.list(try list(elements)))
    case .map(let entries): return .value(.map(try map(entries, node)))
    case .call(let name, let target, let arguments): return try call(name, target, arguments, node)
    case .comprehension(let it): return .value(try comprehension(it, node))
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
      } catch { failure = failure ?? error }
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
    case .optional(let value?): return .optional(member(.string(name), of: value))
    case .value(let value):
      if optional { return .optional(member(.string(name), of: value)) }
      if let found = member(.string(name), of: value) { return .value(found) }
      throw missing(name, value, target, node)
    }
  }

  private func missing(_ name: String, _ value: Value, _ target: Syntax, _ node: Syntax) -> EvaluationError {
    let path = describe(target)
    guard case .map(let map) = value else {
      return error("\(path) is \(value.typeName): it has no '\(name)'", node)
    }
    let nearest = Suggestion.nearest(to: name, in: map.keys.map(\.text)).map { "; it has '\($0)'" } ?? ""
    return error("no such key '\(name)' in \(path)\(nearest)", node)
  }

  private func describe(_ node: Syntax) -> String {
    let scalars = Array(expression.source.unicodeScalars)
    guard node.start >= 0, node.end <= scalars.count else { return "it" }
    return String(String.UnicodeScalarView(scalars[node.start..<node.end]))
  }

  private func member(_ key: Value, of value: Value) -> Value? {
    switch value {
    case .map(let map): return map[key] ?? Arithmetic.lookup(key, in: map)
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
      case .map: throw error("no such key '\(position.text)' in \(describe(target))", node)
      case .list(let items): throw error("no element \(position.text) in a list of \(items.count)", node)
      default: throw error("\(describe(target)) is \(value.typeName): it has no elements", node)
      }
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

  // MARK: Lists and maps

  private mutating func list(_ elements: [Syntax.Element]) throws(EvaluationError) -> [Value] {
    var items: [Value] = []
    for element in elements {
      guard element.optional else {
        items.append(try strict(element.value))
        continue
      }
      guard case .optional(let value) = try operand(element.value) else {
        throw error("'?' needs an optional", element.value)
      }
      if let value { items.append(value) }
    }
    return items
  }

  private mutating func map(_ entries: [Syntax.Entry], _ node: Syntax) throws(EvaluationError) -> ValueMap {
    var map = ValueMap()
    for entry in entries {
      let key = try strict(entry.key)
      switch key {
      case .bool, .int, .uint, .string: break
      default: throw error("a key cannot be \(key.typeName)", entry.key)
      }
      if map[key] != nil || Arithmetic.lookup(key, in: map) != nil {
        throw error("the key '\(key.text)' stands twice", entry.key)
      }
      guard entry.optional else {
        map[key] = try strict(entry.value)
        continue
      }
      guard case .optional(let value) = try operand(entry.value) else {
        throw error("'?' needs an optional", entry.value)
      }
      map[key] = value
    }
    return map
  }

  // MARK: Calls and macros

  private mutating func call(
    _ name: String, _ target: Syntax?, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    if let target, case .name("optional") = target.kind { return try optionalOf(name, arguments, node) }
    if let target, Functions.ofOptionals.contains(name) {
      return try onOptional(name, target, arguments, node)
    }
    var values: [Value] = []
    if let target { values.append(try strict(target)) }
    for argument in arguments { values.append(try strict(argument)) }
    let given = values
    try count(given, node)
    let result = try placed(node) { () throws(OperationError) in
      try Functions.call(name, isMember: target != nil, given)
    }
    try count([result], node)
    return .value(result)
  }

  private mutating func optionalOf(
    _ name: String, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    switch (name, arguments.count) {
    case ("none", 0): return .optional(nil)
    case ("of", 1): return .optional(try strict(arguments[0]))
    case ("ofNonZeroValue", 1):
      let value = try strict(arguments[0])
      return .optional(Arithmetic.isZero(value) ? nil : value)
    default: throw error("there is no optional.\(name)", node)
    }
  }

  private mutating func onOptional(
    _ name: String, _ target: Syntax, _ arguments: [Syntax], _ node: Syntax
  ) throws(EvaluationError) -> Operand {
    guard case .optional(let value) = try operand(target) else {
      throw error("\(name)() needs an optional", target)
    }
    switch (name, value) {
    case ("hasValue", _): return .value(.bool(value != nil))
    case ("value", let value?): return .value(value)
    case ("value", nil): throw error("the optional is empty", node)
    case ("orValue", let value?): return .value(value)
    case ("orValue", nil):
      guard let argument = arguments.first else { throw error("orValue() needs a value", node) }
      return .value(try strict(argument))
    default:
      guard let argument = arguments.first else { throw error("or() needs an optional", node) }
      return value == nil ? try operand(argument) : .optional(value)
    }
  }

  private mutating func comprehension(_ it: Syntax.Comprehension, _ node: Syntax) throws(EvaluationError)
    -> Value
  {
    let items: [Value]
    switch try strict(it.range) {
    case .list(let list): items = list
    case .map(let map): items = map.keys
    case let other: throw error("\(it.macro)() needs a list or a map, not \(other.typeName)", it.range)
    }
    defer { locals.removeLast() }
    locals.append((name: it.variable, value: .null))
    switch it.macro {
    case "all": return .bool(try quantify(items, it.body, decisive: false))
    case "exists": return .bool(try quantify(items, it.body, decisive: true))
    case "exists_one": return .bool(try matching(items, it.body).count == 1)
    case "filter": return .list(try matching(items, it.body))
    default:
      var mapped: [Value] = []
      for item in try it.filter.map({ filter throws(EvaluationError) in try matching(items, filter) })
        ?? items
      {
        locals[locals.count - 1].value = item
        mapped.append(try strict(it.body))
      }
      return .list(mapped)
    }
  }

  private mutating func quantify(_ items: [Value], _ body: Syntax, decisive: Bool) throws(EvaluationError)
    -> Bool
  {
    var failure: EvaluationError?
    for item in items {
      locals[locals.count - 1].value = item
      do throws(EvaluationError) {
        if try condition(body) == decisive { return decisive }
      } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return !decisive
  }

  private mutating func matching(_ items: [Value], _ body: Syntax) throws(EvaluationError) -> [Value] {
    var found: [Value] = []
    for item in items {
      locals[locals.count - 1].value = item
      if try condition(body) { found.append(item) }
    }
    return found
  }

  private mutating func condition(_ node: Syntax) throws(EvaluationError) -> Bool {
    guard case .bool(let flag) = try strict(node) else { throw error("a condition must be a bool", node) }
    return flag
  }
}
