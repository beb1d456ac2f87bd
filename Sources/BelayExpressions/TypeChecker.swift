internal import BelayModel

/// Walks an expression with what is known of its variables, and finds what cannot be.
struct TypeChecker {
  /// Of the roots and the names that are read bare.
  let types: [String: StaticType]
  private(set) var errors: [StaticTypeError] = []
  private var locals: [(name: String, type: StaticType)] = []

  init(_ types: [String: StaticType]) { self.types = types }

  private mutating func fail(_ message: String, _ node: Syntax, help: String? = nil) -> StaticType {
    errors.append(StaticTypeError(message: message, start: node.start, length: node.length, help: help))
    return .dyn
  }

  private mutating func plain(_ node: Syntax) -> StaticType {
    let type = type(of: node)
    guard case .optional = type else { return type }
    return fail(
      "this is an optional, not yet a value", node, help: "add .orValue(…), or .value() where it is there")
  }

  private mutating func require(_ wanted: StaticType, _ node: Syntax, _ what: String) {
    let given = plain(node)
    guard !wanted.takes(given) else { return }
    _ = fail("\(what) needs \(wanted.described), this is \(given.described)", node)
  }

  mutating func type(of node: Syntax) -> StaticType {
    switch node.kind {
    case .literal(let value): return StaticType(named: value.typeName)
    case .name(let name):
      if let local = locals.last(where: { $0.name == name }) { return local.type }
      return types[name] ?? (Functions.typeNames[name] == nil ? .dyn : .type)
    case .select(let target, let name, let optional): return select(target, name, optional, node)
    case .index(let target, let key, let optional): return index(target, key, optional, node)
    case .has(let target, _):
      switch type(of: target) {
      case .dyn, .map, .record, .optional: break
      case let other: _ = fail("has() needs a map, this is \(other.described)", target)
      }
      return .bool
    case .not(let inner):
      require(.bool, inner, "'!'")
      return .bool
    case .negate(let inner): return negated(inner, node)
    case .binary(let symbol, let left, let right): return binary(symbol, left, right, node)
    case .and(let parts), .or(let parts):
      let symbol = if case .and = node.kind { "'&&'" } else { "'||'" }
      for part in parts { require(.bool, part, symbol) }
      return .bool
    case .conditional(let condition, let yes, let no):
      require(.bool, condition, "'?'")
      return type(of: yes).joined(with: type(of: no))
    case .list(let elements): return .list(joined(elements.map { ($0.value, $0.optional) }))
    case .map(let entries): return map(entries)
    case .call(let name, let target, let arguments):
      return call(name, (target.map { [$0] } ?? []) + arguments, node)
    case .comprehension(let it): return comprehension(it)
    case .unknownCall: return .dyn
    }
  }

  // MARK: Members

  private mutating func select(_ target: Syntax, _ name: String, _ optional: Bool, _ node: Syntax)
    -> StaticType
  {
    let container = type(of: target)
    if case .optional(let held) = container {
      return .optional(field(name, of: held, target, node))
    }
    let type = field(name, of: container, target, node)
    return optional ? .optional(type) : type
  }

  private mutating func field(
    _ name: String, of type: StaticType, _ target: Syntax, _ node: Syntax
  ) -> StaticType {
    switch type {
    case .dyn: return .dyn
    case .record(let fields): return fields[name] ?? .dyn
    case .map(let value): return value
    default: return fail("this is \(type.described): it has no '\(name)'", target)
    }
  }

  private mutating func index(_ target: Syntax, _ key: Syntax, _ optional: Bool, _ node: Syntax) -> StaticType
  {
    var container = type(of: target)
    let position = plain(key)
    var isOptional = optional
    if case .optional(let held) = container {
      container = held
      isOptional = true
    }
    let element: StaticType
    switch container {
    case .dyn: element = .dyn
    case .list(let item):
      if position != .dyn, !position.isNumber {
        _ = fail("a list is read by a number, this is \(position.described)", key)
      }
      element = item
    case .map(let value): element = value
    case .record(let fields):
      if case .literal(.string(let name)) = key.kind {
        element = fields[name] ?? .dyn
      } else {
        element = .dyn
      }
    default: return fail("this is \(container.described): it has no elements", target)
    }
    return isOptional ? .optional(element) : element
  }

  // MARK: Operators

  private mutating func negated(_ inner: Syntax, _ node: Syntax) -> StaticType {
    let type = plain(inner)
    switch type {
    case .dyn, .int, .double, .duration: return type
    default: return fail("'-' has no meaning for \(type.described)", node)
    }
  }

  private mutating func binary(_ symbol: String, _ left: Syntax, _ right: Syntax, _ node: Syntax)
    -> StaticType
  {
    switch symbol {
    case "==", "!=":
      let (a, b) = (type(of: left), type(of: right))
      if !a.canEqual(b) {
        let when = symbol == "==" ? "never" : "always"
        _ = fail(
          "\(a.described) is compared with \(b.described): that is \(when) true", node,
          help: mend(a, left, b, right) ?? mend(b, right, a, left))
      }
      return .bool
    case "in":
      contains(plain(left), right, node)
      return .bool
    default:
      let (a, b) = (plain(left), plain(right))
      if let result = Signatures.result(of: symbol, a, b) { return result }
      return fail(
        "'\(symbol)' has no meaning for \(a.described) and \(b.described)", node,
        help: mend(a, left, b, right) ?? mend(b, right, a, left) ?? conversion(a, b))
    }
  }

  /// A number that was put into quotes, a duration that was not.
  private func mend(_ type: StaticType, _ node: Syntax, _ other: StaticType, _ literal: Syntax) -> String? {
    if case .optional = type, other != .optional(.dyn) { return "add .orValue(…) to the optional" }
    switch (type, literal.kind) {
    case (.int, .literal(.string(let text))) where Int64(text) != nil: return "write \(text) without quotes"
    case (.duration, .literal(.int(let number))), (.timestamp, .literal(.int(let number))):
      return "write duration(\"\(number)s\")"
    case (.duration, .literal(.string(let text))): return "write duration(\"\(text)\")"
    case (.timestamp, .literal(.string(let text))): return "write timestamp(\"\(text)\")"
    case (.bool, .literal(.string(let text))) where text == "true" || text == "false":
      return "write \(text) without quotes"
    default: return nil
    }
  }

  private func conversion(_ a: StaticType, _ b: StaticType) -> String? {
    if a.isNumber, b.isNumber { return "write double(…) or int(…) around one of them" }
    if a == .string || b == .string { return "write string(…) around the other" }
    return nil
  }

  private mutating func contains(_ item: StaticType, _ container: Syntax, _ node: Syntax) {
    let type = plain(container)
    switch type {
    case .dyn, .map, .record: break
    case .list(let element):
      if !item.canEqual(element) {
        _ = fail("\(item.described) is never in a list of \(element.name)", node)
      }
    case .string:
      _ = fail("'in' needs a list or a map, this is a string", container, help: "write text.contains(part)")
    default: _ = fail("'in' needs a list or a map, this is \(type.described)", container)
    }
  }

  // MARK: Lists and maps

  private mutating func joined(_ elements: [(Syntax, isOptional: Bool)]) -> StaticType {
    var all: StaticType?
    for (element, isOptional) in elements {
      let type = isOptional ? held(element) : plain(element)
      all = all?.joined(with: type) ?? type
    }
    return all ?? .dyn
  }

  /// What stands behind a '?'.
  private mutating func held(_ node: Syntax) -> StaticType {
    switch type(of: node) {
    case .optional(let inner): return inner
    case .dyn: return .dyn
    case let other: return fail("'?' needs an optional, this is \(other.described)", node)
    }
  }

  private mutating func map(_ entries: [Syntax.Entry]) -> StaticType {
    var fields: [String: StaticType]? = [:]
    var value: StaticType?
    for entry in entries {
      switch plain(entry.key) {
      case .dyn, .bool, .int, .uint, .string: break
      case let other: _ = fail("a key cannot be \(other.described)", entry.key)
      }
      let type = entry.optional ? held(entry.value) : plain(entry.value)
      value = value?.joined(with: type) ?? type
      if case .literal(.string(let name)) = entry.key.kind { fields?[name] = type } else { fields = nil }
    }
    return fields.map(StaticType.record) ?? .map(value ?? .dyn)
  }

  // MARK: Calls and macros

  private mutating func call(_ name: String, _ arguments: [Syntax], _ node: Syntax) -> StaticType {
    switch name {
    case "type":
      _ = type(of: arguments[0])
      return .type
    case "optional.none": return .optional(.dyn)
    case "optional.of", "optional.ofNonZeroValue": return .optional(plain(arguments[0]))
    case _ where Functions.ofOptionals.contains(name): return ofOptional(name, arguments, node)
    default: break
    }
    let given = arguments.map { plain($0) }
    guard let known = Signatures.all[name] else { return .dyn }
    let fitting = known.filter { signature in
      signature.takes.count == given.count && zip(signature.takes, given).allSatisfy { $0.takes($1) }
    }
    guard let first = fitting.first else { return misuse(name, known, given, arguments, node) }
    return fitting.dropFirst().reduce(first.gives) { $0.joined(with: $1.gives) }
  }

  /// At the first argument that no form of the function takes.
  private mutating func misuse(
    _ name: String, _ known: [Signatures.Signature], _ given: [StaticType], _ arguments: [Syntax],
    _ node: Syntax
  ) -> StaticType {
    for (index, type) in given.enumerated() {
      var wanted: [String] = []
      for signature in known where index < signature.takes.count {
        if signature.takes[index].takes(type) { wanted = []; break }
        let name = signature.takes[index].name
        if !wanted.contains(name) { wanted.append(name) }
      }
      guard !wanted.isEmpty else { continue }
      let choice =
        wanted.count == 1
        ? wanted[0] : wanted.dropLast().joined(separator: ", ") + " or " + wanted[wanted.count - 1]
      return fail("\(name)() takes \(choice) here, this is \(type.described)", arguments[index])
    }
    return fail("\(name)() has no meaning for \(given.map(\.name).joined(separator: ", "))", node)
  }

  private mutating func ofOptional(_ name: String, _ arguments: [Syntax], _ node: Syntax) -> StaticType {
    let held: StaticType
    switch type(of: arguments[0]) {
    case .optional(let inner): held = inner
    case .dyn: held = .dyn
    case let other: return fail("\(name)() needs an optional, this is \(other.described)", arguments[0])
    }
    switch name {
    case "hasValue": return .bool
    case "value": return held
    case "orValue": return held.joined(with: plain(arguments[1]))
    default:
      let other = type(of: arguments[1])
      guard StaticType.optional(.dyn).takes(other) else {
        return fail(
          "or() needs an optional, this is \(other.described)", arguments[1],
          help: "a plain value: orValue(…)")
      }
      return .optional(held).joined(with: other)
    }
  }

  private mutating func comprehension(_ it: Syntax.Comprehension) -> StaticType {
    if it.macro == .optMap || it.macro == .optFlatMap { return optionally(it) }
    let range = plain(it.range)
    let round: [StaticType]
    switch range {
    case .dyn: round = [.dyn, .dyn]
    case .list(let item): round = it.variables.count == 2 ? [.int, item] : [item]
    case .map(let value): round = [.dyn, value]
    case .record: round = [.string, .dyn]
    default:
      return fail("\(it.macro.rawValue)() needs a list or a map, this is \(range.described)", it.range)
    }
    let outside = locals.count
    defer { locals.removeLast(locals.count - outside) }
    for (name, type) in zip(it.variables, round) { locals.append((name, type)) }
    if let filter = it.filter { require(.bool, filter, "the filter of \(it.macro.rawValue)()") }
    switch it.macro {
    case .all, .exists, .existsOne:
      require(.bool, it.body, "\(it.macro.rawValue)()")
      return .bool
    case .filter:
      require(.bool, it.body, "filter()")
      return .list(round[0])
    case .transformMap: return .map(plain(it.body))
    case .map, .transformList, .optMap, .optFlatMap: return .list(plain(it.body))
    }
  }

  private mutating func optionally(_ it: Syntax.Comprehension) -> StaticType {
    let inner: StaticType
    switch type(of: it.range) {
    case .optional(let type): inner = type
    case .dyn: inner = .dyn
    case let other:
      return fail("\(it.macro.rawValue)() needs an optional, this is \(other.described)", it.range)
    }
    locals.append((it.variables[0], inner))
    defer { locals.removeLast() }
    if it.macro == .optMap { return .optional(plain(it.body)) }
    let body = type(of: it.body)
    guard StaticType.optional(.dyn).takes(body) else {
      return fail("optFlatMap() needs an optional as its result, this is \(body.described)", it.body)
    }
    return body
  }
}
