public import BelayModel

/// A CEL expression, parsed once, evaluated as often as needed.
///
/// - Source: cel-spec, without protobuf messages; with optionals, two-variable macros, the string extension, and `flatten`.
public struct Program: Sendable {
  public let expression: Expression
  let syntax: Syntax
  /// Uses of the roots, in the order of the text; names bound by a macro are none.
  public let references: [Reference]

  /// - Parameter refusesUnknownCalls: else a function that there is not fails only when it is evaluated, as in CEL
  ///   without its check: then `x || f()` has a value.
  /// - Throws: a diagnostic at the place in the file: a syntax error, an unknown function, too few arguments.
  public init(parsing expression: Expression, refusesUnknownCalls: Bool = true) throws(Diagnostic) {
    self.expression = expression
    do {
      var parser = try Parser(expression.source, refusesUnknownCalls: refusesUnknownCalls)
      syntax = try parser.parse()
    } catch {
      throw Diagnostic(
        code: "expression-syntax", error.message, at: Program.span(error.start, error.length, in: expression),
        help: error.help)
    }
    var collector = ReferenceCollector(expression)
    collector.walk(syntax, bound: [], guarded: false)
    references = collector.references
  }

  /// The value under some variables.
  ///
  /// - Throws: `EvaluationError` for a missing key, a wrong type, an overflow, more than a million steps.
  public func evaluate(_ variables: some Variables) throws(EvaluationError) -> Value {
    var ignored = 0
    return try evaluate(variables, counting: &ignored)
  }

  /// - Parameter steps: those that it took are added, also where it fails.
  public func evaluate(
    _ variables: some Variables, counting steps: inout Int
  ) throws(EvaluationError) -> Value {
    var evaluation = Evaluation(variables, expression)
    defer { steps += evaluation.steps }
    return try evaluation.value(of: syntax)
  }

  /// Places of `!(a < b)` and the like: they hold for NaN.
  public var negatedComparisons: [SourceSpan] {
    all(in: syntax).compactMap { node in
      guard case .not(let inner) = node.kind, case .binary(let symbol, _, _) = inner.kind,
        ["<", "<=", ">", ">="].contains(symbol)
      else { return nil }
      return Program.span(node.start, node.length, in: expression)
    }
  }

  /// Texts of what is asked for its `size(…)`.
  public var sizedTexts: Set<String> {
    let scalars = Array(expression.source.unicodeScalars)
    return Set(
      all(in: syntax).compactMap { node in
        guard case .call("size", let target, let arguments) = node.kind else { return nil }
        return (target ?? arguments.first).map { Program.text($0, of: scalars) }
      })
  }

  /// Places of `.all` over something whose size is not asked for: true for nothing.
  ///
  /// - Parameter sized: ``sizedTexts`` of all conditions that must hold together.
  public func vacuousAlls(sized: Set<String>) -> [SourceSpan] {
    let scalars = Array(expression.source.unicodeScalars)
    return all(in: syntax).compactMap { node in
      guard case .comprehension(let it) = node.kind, it.macro == .all else { return nil }
      if case .list(let elements) = it.range.kind, !elements.isEmpty { return nil }
      guard !sized.contains(Program.text(it.range, of: scalars)) else { return nil }
      return Program.span(node.start, node.length, in: expression)
    }
  }

  func text(_ node: Syntax) -> String { Program.text(node, of: Array(expression.source.unicodeScalars)) }

  private static func text(_ node: Syntax, of scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[max(0, node.start)..<min(scalars.count, node.end)])
    return String(view)
  }

  func all(in syntax: Syntax) -> [Syntax] {
    var found: [Syntax] = []
    var open = [syntax]
    while let node = open.popLast() {
      found.append(node)
      open += node.children
    }
    return found
  }

  /// A part of the text as a place of the file; over several lines for block scalars.
  static func span(_ start: Int, _ length: Int, in expression: Expression) -> SourceSpan {
    expression.places.place(max(0, start), length: max(1, length), in: expression.span)
  }
}

/// A use of a root: `steps.merge.sha` is the path `["steps", "merge", "sha"]`.
public struct Reference: Hashable, Sendable {
  /// The root and the selections that follow it by name; an index or a call ends it.
  public var path: [String]
  public var span: SourceSpan
  /// Inside `has(…)`, or reached by `.?` or `[?…]`: it may be absent.
  public var guarded: Bool
  /// The argument of `has(…)` itself.
  public var tested: Bool

  public init(path: [String], span: SourceSpan, guarded: Bool, tested: Bool = false) {
    self.path = path
    self.span = span
    self.guarded = guarded
    self.tested = tested
  }
}

private struct ReferenceCollector {
  let expression: Expression
  var references: [Reference] = []

  init(_ expression: Expression) { self.expression = expression }

  mutating func walk(_ node: Syntax, bound: Set<String>, guarded: Bool) {
    switch node.kind {
    case .name, .select:
      var optional = false
      if let path = path(of: node, optional: &optional) {
        if !bound.contains(path[0]) { add(path, node, guarded || optional) }
      } else {
        for child in node.children { walk(child, bound: bound, guarded: guarded || optional) }
      }
    case .has(let inner, let name):
      var optional = false
      if let path = path(of: inner, optional: &optional) {
        if !bound.contains(path[0]) { add(path + [name], node, true, tested: true) }
      } else {
        walk(inner, bound: bound, guarded: true)
      }
    case .index(let target, let key, let optional):
      walk(target, bound: bound, guarded: guarded || optional)
      walk(key, bound: bound, guarded: false)
    case .comprehension(let it):
      walk(it.range, bound: bound, guarded: guarded)
      let inner = bound.union(it.variables)
      if let filter = it.filter { walk(filter, bound: inner, guarded: false) }
      walk(it.body, bound: inner, guarded: false)
    default:
      for child in node.children { walk(child, bound: bound, guarded: guarded) }
    }
  }

  private mutating func add(_ path: [String], _ node: Syntax, _ guarded: Bool, tested: Bool = false) {
    references.append(
      Reference(
        path: path, span: Program.span(node.start, node.length, in: expression), guarded: guarded,
        tested: tested))
  }

  private func path(of node: Syntax, optional: inout Bool) -> [String]? {
    var names: [String] = []
    var at = node
    while case .select(let inner, let name, let isOptional) = at.kind {
      names.append(name)
      optional = optional || isOptional
      at = inner
    }
    guard case .name(let root) = at.kind else { return nil }
    return [root] + names.reversed()
  }
}
