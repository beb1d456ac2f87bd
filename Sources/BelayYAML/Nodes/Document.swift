internal import BelayModel

/// A file's text to its one document.
enum Document {
  /// Expressions that broke the YAML are put into quotes, so that the mistakes after them are told as well.
  private static let mendLimit = 20

  static func root(of source: SourceText, _ reading: Reading) -> YAMLNode? {
    let unreadable = source.check()
    guard unreadable.isEmpty else {
      for diagnostic in unreadable { reading.report(diagnostic) }
      return nil
    }
    var parser = parsed(source)
    for _ in 0..<mendLimit {
      guard let error = parser.syntaxError, let (diagnostic, mended) = QuotedForm.mend(error, parser) else {
        break
      }
      reading.report(diagnostic)
      reading.goOn(with: mended)
      parser = parsed(mended)
    }
    for diagnostic in parser.found.all { reading.report(diagnostic) }
    if let error = parser.syntaxError {
      reading.report(diagnostic(error, parser))
      return nil
    }
    guard let root = parser.root, !root.isNull else {
      if !reading.hasErrors {
        reading.error("empty", "the file is empty", at: source.span(line: 0, column: 0))
      }
      return nil
    }
    return root
  }

  private static func parsed(_ source: SourceText) -> YAMLParser {
    var parser = YAMLParser(source)
    parser.parse()
    return parser
  }

  private static func diagnostic(_ error: YAMLParser.SyntaxError, _ parser: YAMLParser) -> Diagnostic {
    let source = parser.source
    var notes: [Diagnostic.Note] = []
    if let context = error.context, let message = error.contextMessage, context != error.mark {
      notes.append(
        Diagnostic.Note(message: message, span: source.span(line: context.line, column: context.column)))
    }
    return Diagnostic(
      code: "yaml-syntax", "this is no YAML: \(error.message)",
      at: source.span(line: error.mark.line, column: error.mark.column),
      help: parser.isInFlowOfExpressions
        ? "'[', ',' and '}' in an expression need quotes here; or write each on a line of its own"
        : help(error, source),
      notes: notes)
  }

  /// In an author's words.
  private static func help(_ error: YAMLParser.SyntaxError, _ source: SourceText) -> String? {
    let line = String(decoding: source.line(error.mark.line), as: UTF8.self)
    if error.contextMessage?.contains("flow") == true, line.firstRange(of: "${{") != nil {
      return "in '[ ]' and '{ }' a binding is written in quotes: \"${{ … }}\""
    }
    return switch error.message {
    case "mapping values are not allowed in this context":
      "a text that holds ': ' needs quotes; else look at the indentation"
    case "did not find expected key", "did not find expected '-' indicator",
      "did not find expected block end":
      "look at the indentation; a text that starts with a quote must be in quotes as a whole"
    case "found character that cannot start any token":
      "a text that starts with '@', '`' or '%' needs quotes; indent with blanks, not tabs"
    case "found a tab character that violates indentation",
      "found a tab character where an indentation space is expected":
      "indent with blanks, not tabs"
    case "found unexpected end of stream": "a quote is never closed"
    case "did not find expected ',' or ']'": "a ']' or ',' is missing"
    case "did not find expected ',' or '}'": "a '}' or ',' is missing"
    case "could not find expected ':'": "a ':' is missing, or the line is indented wrongly"
    default: nil
    }
  }
}
