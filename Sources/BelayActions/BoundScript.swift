internal import BelayModel

/// A script with its bindings replaced by references, and what they refer to.
struct BoundScript {
  /// For `bash -c`.
  let text: String
  /// The variables to set, in the order of the script.
  let values: [(variable: String, expression: Expression)]

  /// Linux takes no single argument or variable of more bytes, its name and NUL counted.
  ///
  /// - Source: execve(2), MAX_ARG_STRLEN: 32 pages.
  static let argumentLimit = 131_072

  /// Nil, with every reason appended, when a value cannot be bound safely or a placeholder is left.
  init?(_ template: Template, diagnostics: inout [Diagnostic]) {
    guard template.source.utf8.count < BoundScript.argumentLimit else {
      diagnostics.append(
        Diagnostic(
          code: "script-too-long", "this script is longer than a command line can carry (128 KiB)",
          at: template.span, help: "put it into a file and run that"))
      return nil
    }
    let isBound = template.segments.contains { if case .expression = $0 { true } else { false } }
    let placeholders = Placeholder.diagnostics(in: template)
    guard isBound || !placeholders.isEmpty else {
      text = template.source
      values = []
      return
    }
    var reader = ShellReader(template)
    reader.read()
    var found = reader.diagnostics + BoundScript.refusals(reader)
    if !placeholders.isEmpty {
      found += Placeholder.diagnostics(in: template, skipping: reader.comments(in: template))
    }
    diagnostics += found
    guard found.isEmpty else { return nil }
    text = String(reader.output)
    values = reader.used.map { (ShellReader.variable($0), reader.expressions[$0]) }
  }

  private static func refusals(_ reader: ShellReader) -> [Diagnostic] {
    var nested = NestedCode()
    nested.inspect(reader)
    var told = Set(reader.diagnostics.map(\.span))
    return nested.refusals.compactMap { refusal in
      let place = reader.expressions[refusal.binding].span
      guard told.insert(place).inserted else { return nil }
      return Diagnostic(code: "unsafe-binding", refusal.message, at: place, help: refusal.help)
    }
  }
}

extension ShellReader {
  /// Comments, in scalars of the template's source.
  fileprivate func comments(in template: Template) -> [Range<Int>] {
    let offsets = offsets(in: template)
    return comments.map { offsets[$0.lowerBound]..<offsets[$0.upperBound] }
  }

  /// For each unit, and for the end, the offset in the template's source, in scalars.
  private func offsets(in template: Template) -> [Int] {
    let source = Array(template.source.unicodeScalars)
    var offsets: [Int] = []
    var offset = 0
    for unit in units {
      offsets.append(offset)
      guard let binding = unit.binding else {
        offset += 1
        continue
      }
      // `${{`, blanks, the expression, blanks, `}}`.
      offset += 3
      while offset < source.count, source[offset].properties.isWhitespace { offset += 1 }
      offset += expressions[binding].source.unicodeScalars.count
      while offset < source.count, source[offset].properties.isWhitespace { offset += 1 }
      offset += 2
    }
    return offsets + [offset]
  }
}
