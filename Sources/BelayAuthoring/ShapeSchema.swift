internal import BelayModel

/// A shape in the words of JSON Schema.
enum ShapeSchema {
  private static let scalars: JSON = .array([.string("string"), .string("number"), .boolean])
  /// One binding and nothing else.
  private static let binding = JSON.object([
    "type": .string("string"), "pattern": .string(#"^\$\{\{[\s\S]*\}\}$"#),
  ])

  static func json(_ shape: Shape) -> JSON { .object(members(of: shape)) }

  static func members(of shape: Shape) -> [JSON.Member] {
    switch shape {
    case .any: []
    case .text: object(["type": scalars])
    case .filledText: object(["type": scalars, "minLength": .int(1)])
    case .script: object(["type": scalars, "pattern": .string(#"\S"#)])
    case .scalarWord: object(["type": .array([.string("number"), .boolean])])
    case .form(let pattern, let example): form("(?:\(pattern))|" + #"\$\{\{"#, example)
    case .plainForm(let pattern, let example): form(pattern, example)
    case .words(let words): object(["type": .string("string"), "enum": .array(words.map(JSON.string))])
    case .boolean: object(["type": .boolean])
    case .integer(let range): number("integer", range) { .int(Int64($0)) }
    case .number(let range): number("number", range, JSON.double)
    case .expression:
      object([
        "type": .array([.string("string"), .string("number"), .boolean, .string("null")]),
        "pattern": .string(#"\S"#),
      ])
    case .condition: object(["type": .array([.string("string"), .boolean]), "pattern": .string(#"\S"#)])
    case .bindable(let written): object(["anyOf": .array([json(written), binding])])
    case .either(let shapes): object(["anyOf": .array(shapes.map(json))])
    case .named(let name): object(["$ref": .string("#/definitions/\(name)")])
    case .list, .oneOrMany, .program: list(shape)
    case .map(let names, let value, let exactlyOne): map(names, value, exactlyOne)
    case .table(let table): self.table(table)
    }
  }

  private static func object(_ members: KeyValuePairs<String, JSON>) -> [JSON.Member] {
    members.map { JSON.Member($0.key, $0.value) }
  }

  private static func form(_ pattern: String, _ example: String) -> [JSON.Member] {
    let shown = example.isEmpty ? [] : [JSON.Member("examples", .array([.string(example)]))]
    return object(["type": .string("string"), "pattern": .string(pattern)]) + shown
  }

  private static func number<Bound: Comparable>(
    _ type: String, _ range: ClosedRange<Bound>, _ json: (Bound) -> JSON
  ) -> [JSON.Member] {
    object(["type": .string(type), "minimum": json(range.lowerBound), "maximum": json(range.upperBound)])
  }

  private static func list(_ shape: Shape) -> [JSON.Member] {
    switch shape {
    case .oneOrMany(let item, let least, let most):
      var many = list(.list(item, atLeast: least))
      if let most { many.append(JSON.Member("maxItems", .int(Int64(most)))) }
      return object(["anyOf": .array([json(item), .object(many)])])
    case .program:
      return object([
        "type": .string("array"), "items": .array([json(.filledText)]), "additionalItems": json(.text),
        "minItems": .int(1),
      ])
    case .list(let item, let least):
      let members = object(["type": .string("array"), "items": json(item)])
      return least > 0 ? members + [JSON.Member("minItems", .int(Int64(least)))] : members
    default: return []
    }
  }

  private static func map(_ names: Shape.Names, _ value: Shape, _ exactlyOne: Bool) -> [JSON.Member] {
    var members = object(["type": .string("object")])
    switch names {
    case .identifiers: members += object(["propertyNames": json(.named("id"))])
    case .variables: members += object(["propertyNames": json(.named("variable"))])
    case .texts: break
    }
    members.append(JSON.Member("additionalProperties", json(value)))
    if exactlyOne { members += object(["minProperties": .int(1), "maxProperties": .int(1)]) }
    return members
  }

  private static func table(_ table: KeyTable) -> [JSON.Member] {
    let required = table.keys.filter(\.isRequired).map { JSON.string($0.name) }
    var members = object(["type": .string("object"), "properties": properties(table.keys)])
    members.append(JSON.Member("patternProperties", .object(["^x-": .object([])])))
    members.append(JSON.Member("additionalProperties", .bool(false)))
    if !required.isEmpty { members.append(JSON.Member("required", .array(required))) }
    if !table.rules.isEmpty { members.append(JSON.Member("allOf", .array(table.rules.map(rule)))) }
    return members
  }

  private static func properties(_ keys: [Key]) -> JSON {
    .object(
      keys.map { key in
        let text = key.text.isEmpty ? [] : [JSON.Member("description", .string(key.text))]
        return JSON.Member(key.name, .object(text + members(of: key.shape)))
      })
  }
}

extension ShapeSchema {
  private static func stands(_ key: String) -> JSON { .object(["required": .array([.string(key)])]) }

  private static func all(_ keys: [String]) -> JSON { .array(keys.map(stands)) }

  /// So that an editor names the key that must not stand there.
  private static func refused(_ keys: [String]) -> [JSON.Member] {
    keys.map { JSON.Member($0, .bool(false)) }
  }

  private static func rule(_ rule: KeyTable.Rule) -> JSON {
    switch rule {
    case .exactlyOne(let keys): .object(["oneOf": all(keys)])
    case .atLeastOne(let keys): .object(["anyOf": all(keys)])
    case .atMostOne(let keys):
      .object(["oneOf": .array(keys.map(stands) + [.object(["not": .object(["anyOf": all(keys)])])])])
    case .needs(let key, let others):
      .object(["if": stands(key), "then": .object(["anyOf": all(others)])])
    case .excludes(let key, let others):
      .object(["if": stands(key), "then": .object(["properties": .object(refused(others))])])
    case .when(let key, let values, let then): condition(key, values, then)
    }
  }

  private static func condition(_ key: String, _ values: [JSON], _ then: KeyTable.Consequence) -> JSON {
    let given = JSON.object([JSON.Member(key, .object(["enum": .array(values)]))])
    var holds = object(["properties": given, "required": .array([.string(key)])])
    if let unless = then.unless { holds.append(JSON.Member("not", stands(unless))) }
    var follows: [JSON.Member] = []
    if !then.needs.isEmpty { follows.append(JSON.Member("required", .array(then.needs.map(JSON.string)))) }
    let shapes = then.shapes.map { JSON.Member($0.name, json($0.shape)) }
    follows.append(JSON.Member("properties", .object(refused(then.excludes) + shapes)))
    return .object(["if": .object(holds), "then": .object(follows)])
  }

  /// The definitions that a shape names itself.
  static func names(in shape: Shape) -> [String] {
    switch shape {
    case .named(let name): [name]
    case .bindable(let inner), .list(let inner, _), .oneOrMany(let inner, _, _): names(in: inner)
    case .either(let shapes): shapes.flatMap(names)
    case .map(.identifiers, let value, _): ["id"] + names(in: value)
    case .map(.variables, let value, _): ["variable"] + names(in: value)
    case .map(.texts, let value, _): names(in: value)
    case .table(let table): table.keys.flatMap { names(in: $0.shape) } + table.rules.flatMap(names)
    default: []
    }
  }

  private static func names(in rule: KeyTable.Rule) -> [String] {
    if case .when(_, _, let then) = rule { then.shapes.flatMap { names(in: $0.shape) } } else { [] }
  }
}

extension JSON {
  fileprivate static let boolean = JSON.string("boolean")
}
