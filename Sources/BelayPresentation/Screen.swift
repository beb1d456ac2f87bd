/// Repaints the last lines of a terminal in place: only what has changed is written, and what stands above stays.
///
/// - Source: ECMA-48 (CUU, EL, ED); synchronised output is private mode 2026, which terminals that do not know it
///   ignore.
public struct Screen: Sendable {
  private var shown: [String] = []
  private let inColour: Bool

  public init(inColour: Bool) { self.inColour = inColour }

  /// - Returns: what to write; empty when nothing has changed.
  public mutating func paint(_ lines: [Line]) -> String {
    let new = lines.map { $0.rendered(inColour: inColour) }
    guard new != shown else { return "" }
    let same = zip(new, shown).prefix { $0 == $1 }.count
    var text = up(shown.count - same)
    for line in new[same...] { text += line + "\u{1B}[K\r\n" }
    if shown.count > new.count { text += "\u{1B}[J" }
    shown = new
    return "\u{1B}[?2026h" + text + "\u{1B}[?2026l"
  }

  /// What was painted is gone, and the cursor stands where it began.
  public mutating func clear() -> String {
    let text = up(shown.count) + "\u{1B}[J"
    shown = []
    return text
  }

  private func up(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)A\r" : "\r" }
}
