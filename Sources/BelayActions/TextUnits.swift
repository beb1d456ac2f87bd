internal import BelayModel

/// A text as something that reads it sees it: its scalars, and one unit for each value that is bound in it.
struct TextUnits {
  struct Unit {
    /// In place of a value: none that means anything to a reader.
    var scalar: Unicode.Scalar
    /// Of the source, in scalars.
    var offset: Int
    var value: Expression?
  }

  let template: Template
  private(set) var units: [Unit] = []

  init(_ template: Template) {
    self.template = template
    let source = template.expressions.isEmpty ? [] : Array(template.source.unicodeScalars)
    var offset = 0
    for segment in template.segments {
      switch segment {
      case .text(let text):
        for scalar in text.unicodeScalars {
          units.append(Unit(scalar: scalar, offset: offset))
          offset += 1
        }
      case .expression(let expression):
        units.append(Unit(scalar: "\u{FFFC}", offset: offset, value: expression))
        // `${{`, blanks, the expression, blanks, `}}`.
        offset += 3
        while offset < source.count, source[offset].properties.isWhitespace { offset += 1 }
        offset += expression.source.unicodeScalars.count
        while offset < source.count, source[offset].properties.isWhitespace { offset += 1 }
        offset += 2
      }
    }
  }

  var count: Int { units.count }

  /// Nil before the start and after the end.
  subscript(_ index: Int) -> Unit? { units.indices.contains(index) ? units[index] : nil }

  /// Nil also where a value is bound.
  func scalar(_ index: Int) -> Unicode.Scalar? {
    guard let unit = self[index], unit.value == nil else { return nil }
    return unit.scalar
  }

  func starts(with text: String, at index: Int) -> Bool {
    for (distance, scalar) in text.unicodeScalars.enumerated() where self.scalar(index + distance) != scalar {
      return false
    }
    return true
  }

  /// The place of a unit in its file.
  func span(_ index: Int, length: Int = 1) -> SourceSpan {
    guard let unit = self[index] else { return template.span }
    return unit.value?.span ?? template.places.place(unit.offset, length: length, in: template.span)
  }
}
