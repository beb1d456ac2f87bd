import BelayActions
public import BelayModel

/// The fields of an action, as a playbook would hold them.
enum Fields: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  case text(String)
  case scalar(Value)
  case list([Fields])
  case map([(String, Fields)])

  init(stringLiteral text: String) { self = .text(text) }
  init(arrayLiteral items: Fields...) { self = .list(items) }
  init(dictionaryLiteral entries: (String, Fields)...) { self = .map(entries) }
  init(integerLiteral number: Int64) { self = .scalar(.int(number)) }
  init(booleanLiteral flag: Bool) { self = .scalar(.bool(flag)) }
  init(floatLiteral number: Double) { self = .scalar(.double(number)) }
  init(nilLiteral: ()) { self = .scalar(.null) }

  var tree: TemplateTree {
    let place = Actions.place
    switch self {
    case .text(let text):
      let template = (try? Template(parsing: text, at: place)) ?? Template(literal: text, at: place)
      return TemplateTree(.text(template), at: place)
    case .scalar(let value): return TemplateTree(.scalar(value, text: value.text), at: place)
    case .list(let items): return TemplateTree(.list(items.map(\.tree)), at: place)
    case .map(let entries):
      return TemplateTree(
        .map(entries.map { TemplateTree.Entry(key: $0.0, keySpan: place, value: $0.1.tree) }), at: place)
    }
  }
}

extension Actions {
  static func make<Kind: Action>(
    _ kind: Kind.Type, _ fields: Fields
  ) -> (action: Kind?, diagnostics: [Diagnostic]) {
    var diagnostics: [Diagnostic] = []
    let source = ActionSource(keyword: kind.keyword, keywordSpan: place, fields: fields.tree)
    return (kind.init(source, diagnostics: &diagnostics), diagnostics)
  }

  /// What a plan shows; expressions are names of values here, and others are known later.
  static func preview(_ action: (any Action)?, _ values: [String: Value] = [:]) -> String {
    action?.preview { expression in
      values[expression.source].map { .known($0) } ?? .words("(known after \(expression.source))")
    } ?? "(refused)"
  }
}

extension ActionEffect {
  var isRead: Bool { self == .read }
  var isWrite: Bool { if case .write = self { true } else { false } }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int64) { self = .int(number) }
}
