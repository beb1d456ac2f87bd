/// A CEL expression as written, and where.
public struct Expression: Hashable, Sendable {
  public var source: String
  public var span: SourceSpan

  public init(_ source: String, at span: SourceSpan) {
    self.source = source
    self.span = span
  }
}

/// A text that may hold `${{ expression }}`.
public struct Template: Hashable, Sendable {
  public enum Segment: Hashable, Sendable {
    case text(String)
    case expression(Expression)
  }

  public var segments: [Segment]
  /// As it stands in the file, `${{ … }}` and all.
  public var source: String
  public var span: SourceSpan

  /// Splits at `${{` and the `}}` that ends it; quotes of CEL inside are passed over.
  ///
  /// - Returns: nil in place of a template whose `${{` is never closed, with the offset of it in Unicode scalars.
  public init(parsing source: String, at span: SourceSpan) throws(UnclosedBinding) {
    self.source = source
    self.span = span
    segments = []
    var rest = Array(source.unicodeScalars)[...]
    var text = String.UnicodeScalarView()
    while let first = rest.first {
      guard rest.starts(with: Template.opening) else {
        text.append(first)
        rest = rest.dropFirst()
        continue
      }
      if !text.isEmpty { segments.append(.text(String(text))) }
      text = String.UnicodeScalarView()
      let inside = rest.dropFirst(Template.opening.count)
      guard let end = Template.end(of: inside) else { throw UnclosedBinding(offset: rest.startIndex) }
      segments.append(.expression(Template.expression(inside[..<end], of: source, at: span)))
      rest = rest[(end + 2)...]
    }
    if !text.isEmpty { segments.append(.text(String(text))) }
  }

  /// A text without bindings, whatever it holds.
  public init(literal text: String, at span: SourceSpan) {
    source = text
    self.span = span
    segments = text.isEmpty ? [] : [.text(text)]
  }

  /// The text when nothing is bound in it.
  public var literal: String? {
    switch segments.count {
    case 0: ""
    case 1: if case .text(let text) = segments[0] { text } else { nil }
    default: nil
    }
  }

  /// The expression when the whole text is one binding: then its type is kept.
  public var whole: Expression? {
    if segments.count == 1, case .expression(let expression) = segments[0] { expression } else { nil }
  }

  public var expressions: [Expression] {
    segments.compactMap { if case .expression(let expression) = $0 { expression } else { nil } }
  }

  private static let opening = Array("${{".unicodeScalars)

  private static func end(of inside: ArraySlice<Unicode.Scalar>) -> Int? {
    var quote: Unicode.Scalar?
    var index = inside.startIndex
    var depth = 0
    while index < inside.endIndex {
      let scalar = inside[index]
      if let open = quote {
        if scalar == "\\" { index += 1 } else if scalar == open { quote = nil }
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      } else if scalar == "{" {
        depth += 1
      } else if scalar == "}" {
        if depth == 0 { return inside.dropFirst(index - inside.startIndex + 1).first == "}" ? index : nil }
        depth -= 1
      }
      index += 1
    }
    return nil
  }

  private static func expression(
    _ inside: ArraySlice<Unicode.Scalar>, of source: String, at span: SourceSpan
  ) -> Expression {
    let blank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    let start = inside.firstIndex { !blank($0) } ?? inside.endIndex
    let end = inside.lastIndex { !blank($0) }.map { $0 + 1 } ?? start
    var view = String.UnicodeScalarView()
    view.append(contentsOf: inside[start..<end])
    let before = source.unicodeScalars.prefix(start)
    let line = before.filter { $0 == "\n" }.count
    let column = line == 0 ? span.column + start : before.reversed().prefix { $0 != "\n" }.count + 1
    let place = SourceSpan(
      file: span.file, line: span.line + line, column: column, length: max(1, end - start))
    return Expression(String(view), at: place)
  }
}

/// `${{` without its `}}`.
public struct UnclosedBinding: Error, Hashable {
  /// Of the `${{`, in Unicode scalars from the start of the text.
  public var offset: Int
}

/// Data whose texts may hold `${{ … }}`: the fields of an action, `with`, `vars`.
public struct TemplateTree: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// A scalar, by YAML 1.2's core schema; its text as written is kept beside it.
    case scalar(Value, text: String)
    /// A text, plain or quoted, that is no other scalar or holds a binding.
    case text(Template)
    case list([TemplateTree])
    case map([Entry])
  }

  public struct Entry: Hashable, Sendable {
    public var key: String
    public var keySpan: SourceSpan
    public var value: TemplateTree

    public init(key: String, keySpan: SourceSpan, value: TemplateTree) {
      self.key = key
      self.keySpan = keySpan
      self.value = value
    }
  }

  public var content: Content
  public var span: SourceSpan

  public init(_ content: Content, at span: SourceSpan) {
    self.content = content
    self.span = span
  }

  /// The value of a map's key.
  public subscript(key: String) -> TemplateTree? {
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// Every template inside, in the order written.
  public var templates: [Template] {
    switch content {
    case .scalar: []
    case .text(let template): [template]
    case .list(let items): items.flatMap(\.templates)
    case .map(let entries): entries.flatMap(\.value.templates)
    }
  }
}
