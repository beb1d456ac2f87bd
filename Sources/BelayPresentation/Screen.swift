/// Repaints the last lines of a terminal in place: only what has changed is written, and what stands above stays.
///
/// - Source: ECMA-48 (CUU, EL, ED); synchronised output is private mode 2026, which terminals that do not know it
///   ignore.
public struct Screen: Sendable {
  private var shown: [Line] = []
  /// The cursor stands behind the last line, where something is typed, and not below it.
  private var isOpen = false
  /// When it was last painted.
  private var columns = 0
  private let inColour: Bool

  public init(inColour: Bool) { self.inColour = inColour }

  /// - Parameters:
  ///   - columns: of the terminal by now; no line is wider.
  ///   - isOpen: the cursor stays behind the last line.
  /// - Returns: what to write; empty when nothing has changed.
  public mutating func paint(_ lines: [Line], columns: Int, isOpen: Bool = false) -> String {
    let isResized = columns != self.columns && !shown.isEmpty
    guard lines != shown || isOpen != self.isOpen || isResized else { return "" }
    var same = isResized ? 0 : zip(lines, shown).prefix { $0 == $1 }.count
    // What stands open is written anew when it is open no more, and what is opened has to be written.
    if isOpen || self.isOpen { same = min(same, max(0, min(lines.count, shown.count) - 1)) }
    var text = up(from: same, columns)
    for (index, line) in lines.enumerated().dropFirst(same) {
      // Behind the last column a terminal that waits to break the line would erase that column.
      text += line.rendered(inColour: inColour) + (line.width < columns ? "\u{1B}[K" : "")
      if !isOpen || index < lines.count - 1 { text += "\r\n" }
    }
    if shown.count > lines.count || isResized { text += "\u{1B}[J" }
    shown = lines
    self.isOpen = isOpen
    self.columns = columns
    return "\u{1B}[?2026h" + text + "\u{1B}[?2026l"
  }

  /// What was painted is gone, and the cursor stands where it began.
  public mutating func clear(columns: Int) -> String {
    defer { forget() }
    return up(from: 0, columns) + "\u{1B}[J"
  }

  /// Somebody else has used the terminal: what stands there stays, and the next picture begins below it.
  public mutating func forget() {
    shown = []
    isOpen = false
  }

  /// From the cursor to the begin of a line, where the terminal is so wide by now: one that has become narrower has
  /// broken the lines that do not fit any more.
  private func up(from index: Int, _ columns: Int) -> String {
    let rows = shown.dropFirst(index).reduce(0) { rows, line in
      rows + max(1, (line.width + columns - 1) / max(1, columns))
    }
    let count = rows - (isOpen && rows > 0 ? 1 : 0)
    return count > 0 ? "\u{1B}[\(count)A\r" : "\r"
  }
}
