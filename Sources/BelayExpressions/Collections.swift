internal import BelayModel

// Lists, maps and the macros over them.
extension Evaluation {
  mutating func list(_ elements: [Syntax.Element]) throws(EvaluationError) -> [Value] {
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

  mutating func map(_ entries: [Syntax.Entry], _ node: Syntax) throws(EvaluationError) -> ValueMap {
    var map = ValueMap()
    for entry in entries {
      let key = try strict(entry.key)
      switch key {
      case .bool, .int, .uint, .string: break
      default: throw error("a key cannot be \(key.typeName)", entry.key)
      }
      if Arithmetic.find(key, in: map) != nil {
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

  // MARK: Macros

  mutating func comprehension(_ it: Syntax.Comprehension, _ node: Syntax) throws(EvaluationError) -> Operand {
    if it.macro == .optMap || it.macro == .optFlatMap { return try optionally(it) }
    let range = try strict(it.range)
    let rounds = try rounds(over: range, it)
    let outside = locals.count
    defer { locals.removeLast(locals.count - outside) }
    for name in it.variables { locals.append((name: name, value: .null)) }
    switch it.macro {
    case .all: return .value(.bool(try quantify(rounds, it.body, decisive: false)))
    case .exists: return .value(.bool(try quantify(rounds, it.body, decisive: true)))
    case .existsOne: return .value(.bool(try matching(rounds, it.body).count == 1))
    case .filter: return .value(.list(try matching(rounds, it.body).map { $0[0] }))
    case .transformMap:
      var map = ValueMap()
      for round in try filtered(rounds, it) {
        enter(round)
        map[round[0]] = try strict(it.body)
      }
      return .value(.map(map))
    case .map, .transformList, .optMap, .optFlatMap:
      var mapped: [Value] = []
      for round in try filtered(rounds, it) {
        enter(round)
        mapped.append(try strict(it.body))
      }
      return .value(.list(mapped))
    }
  }

  /// What the names stand for, round by round.
  private func rounds(over range: Value, _ it: Syntax.Comprehension) throws(EvaluationError) -> [[Value]] {
    let hasTwo = it.variables.count == 2
    switch range {
    case .list(let items):
      return hasTwo ? items.enumerated().map { [.int(Int64($0)), $1] } : items.map { [$0] }
    case .map(let map): return hasTwo ? map.entries.map { [$0.key, $0.value] } : map.keys.map { [$0] }
    default: throw error("\(it.macro.rawValue)() needs a list or a map, not \(range.typeName)", it.range)
    }
  }

  private mutating func enter(_ round: [Value]) {
    let first = locals.count - round.count
    for (index, value) in round.enumerated() { locals[first + index].value = value }
  }

  private mutating func filtered(
    _ rounds: [[Value]], _ it: Syntax.Comprehension
  ) throws(EvaluationError) -> [[Value]] {
    guard let filter = it.filter else { return rounds }
    return try matching(rounds, filter)
  }

  private mutating func quantify(
    _ rounds: [[Value]], _ body: Syntax, decisive: Bool
  ) throws(EvaluationError) -> Bool {
    var failure: EvaluationError?
    for round in rounds {
      enter(round)
      do throws(EvaluationError) {
        if try condition(body) == decisive { return decisive }
      } catch {
        guard !isExhausted else { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return !decisive
  }

  private mutating func matching(_ rounds: [[Value]], _ body: Syntax) throws(EvaluationError) -> [[Value]] {
    var found: [[Value]] = []
    for round in rounds {
      enter(round)
      if try condition(body) { found.append(round) }
    }
    return found
  }

  private mutating func condition(_ node: Syntax) throws(EvaluationError) -> Bool {
    guard case .bool(let flag) = try strict(node) else { throw error("a condition must be a bool", node) }
    return flag
  }

  /// Of an empty optional nothing is computed.
  private mutating func optionally(_ it: Syntax.Comprehension) throws(EvaluationError) -> Operand {
    guard case .optional(let held) = try operand(it.range) else {
      throw error("\(it.macro.rawValue)() needs an optional", it.range)
    }
    guard let held else { return .optional(nil) }
    locals.append((name: it.variables[0], value: held))
    defer { locals.removeLast() }
    if it.macro == .optMap { return .optional(try strict(it.body)) }
    guard case .optional(let inner) = try operand(it.body) else {
      throw error("optFlatMap() needs an optional as its result", it.body)
    }
    return .optional(inner)
  }
}
