public import BelayModel

// What an expression says without any variable is known before anything runs, its mistakes too.
extension Program {
  /// Mistakes that do not depend on any variable: a pattern that is none, `[1][5]`, `x / 0`, `int('x')`.
  ///
  /// - Parameter limit: steps that one part may take; what needs more is left to the run.
  public func constantErrors(limit: Int = 1000) -> [EvaluationError] {
    var finder = ConstantFinder(program: self, limit: limit)
    finder.inspectRoot()
    return finder.errors
  }

  /// The value when no variable takes part in it; nil also for one that has none.
  public func constantValue(limit: Int = 1000) -> Value? {
    var finder = ConstantFinder(program: self, limit: limit)
    guard finder.freeNames(syntax, bound: []) == [] else { return nil }
    return finder.value(of: syntax)
  }
}

/// Walks the tree from its leaves; as deep as evaluation goes.
private struct ConstantFinder {
  let program: Program
  let limit: Int
  var errors: [EvaluationError] = []

  mutating func inspectRoot() {
    if freeNames(program.syntax, bound: []) == [] { _ = value(of: program.syntax) }
  }

  mutating func value(of node: Syntax) -> Value? {
    if case .literal(let value) = node.kind { return value }
    var evaluation = Evaluation(Bindings([:]), program.expression, stepLimit: limit)
    do {
      return try evaluation.value(of: node)
    } catch {
      if !evaluation.isExhausted { errors.append(error) }
      return nil
    }
  }

  /// Names of macros around that the node reads; nil where it reads a variable. Parts of it without either are tried.
  mutating func freeNames(_ node: Syntax, bound: Set<String>) -> Set<String>? {
    if case .name(let name) = node.kind {
      return bound.contains(name) ? [name] : Functions.typeNames[name] == nil ? nil : []
    }
    var inner = bound
    var own: [String] = []
    if case .comprehension(let it) = node.kind {
      inner.formUnion(it.variables)
      own = it.variables
    }
    let children = node.children
    let names = children.enumerated().map { index, child in
      freeNames(child, bound: index == 0 ? bound : inner)
    }
    var all: Set<String>? = []
    for child in names { all = child.flatMap { all?.union($0) } }
    for name in own { all?.remove(name) }
    guard all != [] else { return all }
    for (child, free) in zip(children, names) where free == [] { _ = value(of: child) }
    inspectOperation(node)
    return all
  }

  /// Operations that fail for every value on their other side.
  private mutating func inspectOperation(_ node: Syntax) {
    switch node.kind {
    case .binary(let symbol, _, let right) where symbol == "/" || symbol == "%":
      guard case .literal(.int(0)) = right.kind else { return }
      report(symbol == "/" ? "division by zero" : "modulus by zero", node)
    case .call("matches", _, let arguments):
      guard let last = arguments.last, case .literal(.string(let pattern)) = last.kind else { return }
      do throws(OperationError) {
        _ = try Pattern(pattern)
      } catch { report(error.message, last) }
    default: break
    }
  }

  private mutating func report(_ message: String, _ node: Syntax) {
    errors.append(
      EvaluationError(message: message, span: Program.span(node.start, node.length, in: program.expression)))
  }
}
