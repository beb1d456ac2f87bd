internal import BelayModel

/// A parsed expression. Each node knows where it stands in the text, in Unicode scalars.
struct Syntax: Hashable, Sendable {
  indirect enum Kind: Hashable, Sendable {
    case literal(Value)
    case name(String)
    /// `a.b`, `a.?b`
    case select(Syntax, String, optional: Bool)
    case index(Syntax, Syntax, optional: Bool)
    /// `has(a.b)`
    case has(Syntax, String)
    case not(Syntax)
    case negate(Syntax)
    case binary(String, Syntax, Syntax)
    /// Of two or more; errors of one are absorbed by another that decides.
    case and([Syntax])
    case or([Syntax])
    case conditional(Syntax, Syntax, Syntax)
    case list([Element])
    case map([Entry])
    /// `f(a)` or `target.f(a)`
    case call(String, target: Syntax?, [Syntax])
    case comprehension(Comprehension)
    /// A call that there is not, where that is told only when it is evaluated.
    case unknownCall(String)
  }

  struct Element: Hashable, Sendable {
    var value: Syntax
    var optional: Bool
  }

  struct Entry: Hashable, Sendable {
    var key: Syntax
    var value: Syntax
    var optional: Bool
  }

  /// A macro over a list or map, or over what an optional holds.
  struct Comprehension: Hashable, Sendable {
    var macro: Macro
    var range: Syntax
    /// One, or two: of a list's element first its index, of a map's entry first its key.
    var variables: [String]
    /// Of `map(x, filter, body)` and the like.
    var filter: Syntax?
    var body: Syntax
  }

  var kind: Kind
  var start: Int
  var length: Int
  /// Of the tree: evaluation recurses.
  var depth: Int

  init(_ kind: Kind, _ start: Int, _ end: Int, over children: [Syntax] = []) {
    self.kind = kind
    self.start = start
    length = max(1, end - start)
    depth = (children.map(\.depth).max() ?? 0) + 1
  }

  var end: Int { start + length }

  var children: [Syntax] {
    switch kind {
    case .literal, .name, .unknownCall: []
    case .select(let inner, _, _), .has(let inner, _), .not(let inner), .negate(let inner): [inner]
    case .index(let left, let right, _), .binary(_, let left, let right): [left, right]
    case .and(let parts), .or(let parts): parts
    case .conditional(let condition, let yes, let no): [condition, yes, no]
    case .list(let elements): elements.map(\.value)
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
    case .comprehension(let it): [it.range] + (it.filter.map { [$0] } ?? []) + [it.body]
    }
  }
}
