internal import BelayModel

/// How a piece of a line stands out. Only the sixteen colours that every terminal has, and none that is lost on a white
/// or on a black ground.
public enum Ink: Hashable, Sendable {
  case plain, dim, bold, good, bad, attention, active, undone

  /// Select Graphic Rendition (ECMA-48, 8.3.117).
  var code: String {
    switch self {
    case .plain: "0"
    case .dim: "2"
    case .bold: "1"
    case .good: "32"
    case .bad: "1;31"
    // No yellow: as bold it is the brightest of all, and lost on white.
    case .attention: "1;35"
    case .active: "36"
    case .undone: "35"
    }
  }
}

/// One line of a screen, in pieces.
public struct Line: Hashable, Sendable {
  public struct Piece: Hashable, Sendable {
    public var text: String
    public var ink: Ink
  }

  public private(set) var pieces: [Piece] = []
  /// Columns.
  public private(set) var width = 0

  public init() {}

  public init(_ text: String, _ ink: Ink = .plain) { append(text, ink) }

  /// What a file says or a command has printed moves no cursor: it is shown, not obeyed.
  public mutating func append(_ text: String, _ ink: Ink = .plain) {
    let text = DisplayText.line(text.onOneLine)
    guard !text.isEmpty else { return }
    pieces.append(Piece(text: text, ink: ink))
    width += DisplayText.width(text)
  }

  /// Blanks up to a column; nothing where it is passed.
  public mutating func pad(to column: Int) {
    if column > width { append(String(repeating: " ", count: column - width)) }
  }

  /// At most so many columns, the last one `…` where something is left out.
  public func cut(to columns: Int, ellipsis: String = "…") -> Line {
    guard width > columns else { return self }
    var cut = Line()
    let room = columns - DisplayText.width(ellipsis)
    for piece in pieces {
      let rest = room - cut.width
      if rest <= 0 { break }
      cut.append(DisplayText.prefix(piece.text, columns: rest), piece.ink)
      if DisplayText.width(piece.text) > rest { break }
    }
    if columns > 0 { cut.append(ellipsis, .dim) }
    return cut
  }

  /// The same on as many lines as it takes, parted at blanks where there are some.
  ///
  /// - Parameter indent: of all lines but the first; less than `columns`.
  public func wrapped(to columns: Int, indent: Int = 0) -> [Line] {
    guard columns > 0, width > columns else { return [self] }
    let blanks = String(repeating: " ", count: indent)
    var lines: [Line] = []
    var line = Line()
    for piece in pieces {
      for word in piece.text.words {
        var rest = word
        let isBlank = rest.allSatisfy { $0 == " " }
        if line.width + DisplayText.width(rest) > columns, isBlank || line.width > indent {
          lines.append(line)
          line = Line(blanks)
          if isBlank { continue }
        }
        while line.width + DisplayText.width(rest) > columns {
          let part = DisplayText.prefix(rest, columns: columns - line.width)
          guard !part.isEmpty else { break }
          line.append(part, piece.ink)
          lines.append(line)
          line = Line(blanks)
          rest = String(rest.unicodeScalars.dropFirst(part.unicodeScalars.count))
        }
        line.append(rest, piece.ink)
      }
    }
    return line.width > indent || lines.isEmpty ? lines + [line] : lines
  }

  /// As much of the end as fits.
  public func tail(_ columns: Int) -> Line {
    guard width > columns else { return self }
    var line = Line()
    var skip = width - columns
    for piece in pieces {
      let before = DisplayText.prefix(piece.text, columns: skip)
      skip = max(0, skip - DisplayText.width(piece.text))
      line.append(String(piece.text.unicodeScalars.dropFirst(before.unicodeScalars.count)), piece.ink)
    }
    return line
  }

  public var text: String { pieces.map(\.text).joined() }

  public func rendered(inColour: Bool) -> String {
    guard inColour else { return text }
    return pieces.map { piece in
      piece.ink == .plain ? piece.text : "\u{1B}[\(piece.ink.code)m\(piece.text)\u{1B}[0m"
    }.joined()
  }
}

extension String {
  /// Words and the blanks between them, in turn.
  fileprivate var words: [String] {
    var words: [String] = []
    for character in self {
      if let last = words.last, (last.last == " ") == (character == " ") {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
    }
    return words
  }

  /// Tabs and line ends as blanks.
  fileprivate var onOneLine: String {
    guard unicodeScalars.contains(where: { $0 == "\t" || $0 == "\n" || $0 == "\r" }) else { return self }
    return String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0 == "\t" || $0 == "\n" || $0 == "\r" ? " " : $0 }))
  }
}
