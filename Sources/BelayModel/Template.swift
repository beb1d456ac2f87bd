/// A CEL expression as written, and where.
public struct Expression: Hashable, Sendable {
  public var source: String
  public var span: SourceSpan
  /// Of the scalars of `source`, where they do not simply go on from the span's start.
  public var places: TextPlaces

  public init(_ source: String, at span: SourceSpan, places: TextPlaces? = nil) {
    self.source = source
    self.span = span
    self.places = places ?? TextPlaces(linesOf: source, at: span)
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
  /// Of the scalars of `source`, where they do not simply go on from the span's start.
  public var places: TextPlaces

  /// Splits at `${{` and the `}}` that ends it; quotes of CEL inside are passed over.
  ///
  /// - Throws: the place of a `${{` that is never closed.
  public init(
    parsing source: String, at span: SourceSpan, places: TextPlaces? = nil
  ) throws(UnclosedBinding) {
    self.source = source
    self.span = span
    self.places = places ?? TextPlaces(linesOf: source, at: span)
    segments = []
    guard Template.mayBind(source) else {
      if !source.isEmpty { segments.append(.text(source)) }
      return
    }
    var rest = Array(source.unicodeScalars)[...]
    var text = String.UnicodeScalarView()
    while let first = rest.first {
      guard first == "$", rest.starts(with: Template.opening) else {
        text.append(first)
        rest = rest.dropFirst()
        continue
      }
      if !text.isEmpty { segments.append(.text(String(text))) }
      text = String.UnicodeScalarView()
      let inside = rest.dropFirst(Template.opening.count)
      guard let end = Template.end(of: inside) else { throw UnclosedBinding(offset: rest.startIndex) }
      segments.append(.expression(expression(inside[..<end])))
      rest = rest[(end + 2)...]
    }
    if !text.isEmpty { segments.append(.text(String(text))) }
  }

  /// A text without bindings, whatever it holds.
  public init(literal text: String, at span: SourceSpan) {
    source = text
    self.span = span
    places = TextPlaces(linesOf: text, at: span)
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

  /// With what can be said of its values.
  public func shown(_ look: (Expression) -> ShownValue) -> String {
    segments.map { segment in
      switch segment {
      case .text(let text): text
      case .expression(let expression): look(expression).text
      }
    }.joined()
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

  /// Most texts bind nothing and need not be taken apart.
  private static func mayBind(_ source: String) -> Bool {
    var braces = -1
    for byte in source.utf8 {
      if byte == UInt8(ascii: "$") {
        braces = 0
      } else if byte == UInt8(ascii: "{"), braces >= 0 {
        braces += 1
        if braces == 2 { return true }
      } else {
        braces = -1
      }
    }
    return false
  }

  /// Of the scalars between the braces, blanks around them left out.
  private func expression(_ inside: ArraySlice<Unicode.Scalar>) -> Expression {
    let blank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    let start = inside.firstIndex { !blank($0) } ?? inside.endIndex
    let end = inside.lastIndex { !blank($0) }.map { $0 + 1 } ?? start
    var view = String.UnicodeScalarView()
    view.append(contentsOf: inside[start..<end])
    let length = max(1, end - start)
    return Expression(
      String(view), at: places.place(start, length: length, in: span),
      places: places.part(from: start, length: length))
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
