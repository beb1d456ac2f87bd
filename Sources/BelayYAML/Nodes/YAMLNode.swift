internal import BelayModel

/// A node of a YAML document with its place. Aliases are shared, merge keys are merged in.
final class YAMLNode: Sendable {
  enum Content: Sendable {
    case scalar(text: String, style: Style)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  enum Style: Sendable {
    case plain, single, double, literal, folded

    var isBlock: Bool { self == .literal || self == .folded }
  }

  let content: Content
  /// As written and resolved, such as `tag:yaml.org,2002:str` or `!mine`; nil without one.
  let tag: String?
  let source: SourceText
  let start: Mark
  let end: Mark
  /// Where its anchor or tag stands, else ``start``.
  let tagStart: Mark
  /// Of collections: `[…]` or `{…}`.
  let isFlow: Bool
  /// Itself and all that it holds.
  let size: Int
  /// 1 for a scalar.
  let height: Int
  /// Bytes of its texts.
  let textSize: Int

  init(
    _ content: Content, tag: String?, source: SourceText, start: Mark, end: Mark, tagStart: Mark? = nil,
    isFlow: Bool = false
  ) {
    self.content = content
    self.tag = tag
    self.source = source
    self.start = start
    self.end = end
    self.tagStart = tagStart ?? start
    self.isFlow = isFlow
    switch content {
    case .scalar(let text, _):
      size = 1
      height = 1
      textSize = text.utf8.count
    case .sequence(let items):
      size = items.reduce(1) { $0 + $1.size }
      height = 1 + items.reduce(0) { max($0, $1.height) }
      textSize = items.reduce(0) { $0 + $1.textSize }
    case .mapping(let entries):
      size = entries.reduce(1) { $0 + $1.key.size + $1.value.size }
      height = 1 + entries.reduce(0) { max($0, $1.value.height) }
      textSize = entries.reduce(0) { $0 + $1.key.textSize + $1.value.textSize }
    }
  }

  /// The whole node where it stands on one line, else its first line.
  var span: SourceSpan {
    if start.line == end.line {
      return source.span(line: start.line, column: start.column, length: end.column - start.column)
    }
    return source.restOfLine(start)
  }

  var text: String? { if case .scalar(let text, _) = content { text } else { nil } }
  var style: Style? { if case .scalar(_, let style) = content { style } else { nil } }
  var items: [YAMLNode]? { if case .sequence(let items) = content { items } else { nil } }
  var entries: [YAMLEntry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// An empty, `~` or `null` scalar.
  var isNull: Bool {
    guard case .scalar(let text, .plain) = content, tag == nil || tag == CoreSchema.nullTag else {
      return false
    }
    return CoreSchema.isNull(text)
  }

  /// `a text`, `a list`, `a map`, for messages.
  var kindName: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a text"
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }
}

struct YAMLEntry: Sendable {
  var key: YAMLNode
  var value: YAMLNode

  /// Keys are texts: the reader refuses all others.
  var name: String { key.text ?? "" }
}
