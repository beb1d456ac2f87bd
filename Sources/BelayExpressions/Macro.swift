internal import BelayModel

/// Calls that are no functions: their arguments are not evaluated first.
///
/// - Source: cel-spec, "Macros"; the two-variable comprehensions; the optional macros.
enum Macro: String, Hashable, Sendable, CaseIterable {
  case all, exists, existsOne, filter, map, transformList, transformMap, optMap, optFlatMap

  /// `existsOne` is `exists_one`, too.
  init?(named name: String) {
    guard let macro = name == "exists_one" ? .existsOne : Macro(rawValue: name) else { return nil }
    self = macro
  }

  static var names: [String] { allCases.map(\.rawValue) + ["exists_one"] }

  /// How many arguments are names.
  private func variables(of count: Int) -> Int? {
    switch self {
    case .all, .exists, .existsOne: [2: 1, 3: 2][count]
    case .filter, .optMap, .optFlatMap: [2: 1][count]
    case .map: [2: 1, 3: 1][count]
    case .transformList, .transformMap: [3: 2, 4: 2][count]
    }
  }

  private var usage: String {
    switch self {
    case .all, .exists, .existsOne:
      "a name and a condition, such as \(rawValue)(x, x > 0), or two names: \(rawValue)(key, x, x > 0)"
    case .filter: "a name and a condition, such as filter(x, x > 0)"
    case .map: "a name and a value, such as map(x, x + 1) or map(x, x > 0, x + 1)"
    case .transformList, .transformMap:
      "two names and a value, such as \(rawValue)(key, x, x + 1) or \(rawValue)(key, x, x > 0, x + 1)"
    case .optMap: "a name and a value, such as optMap(x, x + 1)"
    case .optFlatMap: "a name and an optional, such as optFlatMap(x, x.?name)"
    }
  }

  static func has(_ token: Token, _ arguments: [Syntax], end: Int) throws(SyntaxError) -> Syntax {
    guard arguments.count == 1, case .select(let inner, let name, false) = arguments[0].kind else {
      throw SyntaxError(
        message: "has() takes one path such as steps.build.version", start: token.start,
        length: end - token.start)
    }
    return Syntax(.has(inner, name), token.start, end, over: [inner])
  }

  func expand(_ token: Token, _ target: Syntax, _ arguments: [Syntax], end: Int) throws(SyntaxError) -> Syntax
  {
    guard let count = variables(of: arguments.count) else { throw misuse(token) }
    let names = try arguments[..<count].map { argument throws(SyntaxError) in
      guard case .name(let name) = argument.kind else { throw misuse(token) }
      return name
    }
    guard Set(names).count == names.count else {
      throw SyntaxError(
        message: "the two names are the same", start: arguments[1].start, length: arguments[1].length)
    }
    let rest = arguments[count...]
    let comprehension = Syntax.Comprehension(
      macro: self, range: target, variables: names, filter: rest.count == 2 ? rest.first : nil,
      body: arguments[arguments.count - 1])
    return Syntax(.comprehension(comprehension), target.start, end, over: [target] + rest)
  }

  private func misuse(_ token: Token) -> SyntaxError {
    SyntaxError(message: "\(rawValue)() takes \(usage)", start: token.start, length: token.length)
  }
}
