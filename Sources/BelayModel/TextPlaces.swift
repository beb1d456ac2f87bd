/// Where the scalars of a text stand in its file.
///
/// A text of several lines, or one written with escapes, is not simply "the span's column and so many more": between
/// two points it is.
public struct TextPlaces: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    /// In Unicode scalars from the start of the text.
    public var offset: Int
    public var line: Int
    public var column: Int

    public init(offset: Int, line: Int, column: Int) {
      self.offset = offset
      self.line = line
      self.column = column
    }
  }

  /// Ascending, the first at offset 0; none when the whole text goes on from its span's start.
  public var points: [Point]

  public init(_ points: [Point] = []) { self.points = points }

  /// For a text that stands in its file as it is, line for line from the first column.
  public init(linesOf text: String, at span: SourceSpan) {
    points = []
    guard text.utf8.contains(0x0A) else { return }
    points.append(Point(offset: 0, line: span.line, column: span.column))
    var line = span.line
    for (offset, scalar) in text.unicodeScalars.enumerated() where scalar == "\n" {
      line += 1
      points.append(Point(offset: offset + 1, line: line, column: 1))
    }
  }

  /// The place of the scalar at an offset of the text that starts at `span`.
  public func place(_ offset: Int, length: Int = 1, in span: SourceSpan) -> SourceSpan {
    guard !points.isEmpty else {
      return SourceSpan(file: span.file, line: span.line, column: span.column + offset, length: length)
    }
    let next = firstPoint(after: offset)
    let point = points[max(0, next - 1)]
    let room = next < points.count ? points[next].offset - offset : length
    return SourceSpan(
      file: span.file, line: point.line, column: point.column + offset - point.offset,
      length: max(1, min(length, room)))
  }

  /// The places of the part of the text that starts at an offset and has a length.
  public func part(from start: Int, length: Int) -> TextPlaces {
    guard !points.isEmpty else { return self }
    let first = max(0, firstPoint(after: start) - 1)
    var part: [Point] = []
    for point in points[first...].prefix(while: { $0.offset < start + length }) {
      let offset = max(0, point.offset - start)
      part.append(
        Point(offset: offset, line: point.line, column: point.column + max(0, start - point.offset)))
    }
    return part.count > 1 ? TextPlaces(part) : TextPlaces()
  }

  /// By halving: a text may have as many points as lines.
  private func firstPoint(after offset: Int) -> Int {
    var low = 0
    var high = points.count
    while low < high {
      let middle = (low + high) / 2
      if points[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
