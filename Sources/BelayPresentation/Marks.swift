internal import BelayJournal

/// The signs before nodes and the parts of a bar: of Unicode, or of ASCII where the terminal's language has no more.
public struct Marks: Hashable, Sendable {
  public var isUnicode: Bool

  public init(isUnicode: Bool) { self.isUnicode = isUnicode }

  func mark(of status: NodeStatus, continued: Bool) -> (sign: String, ink: Ink) {
    switch status {
    case .pending, .ready: (isUnicode ? "·" : ".", .dim)
    case .intended, .running: (isUnicode ? "▸" : ">", .active)
    case .waiting: (isUnicode ? "◷" : "~", .attention)
    case .held, .inDoubt: ("?", .attention)
    case .succeeded: (isUnicode ? "✓" : "+", .good)
    case .failed: continued ? ("!", .attention) : (isUnicode ? "✗" : "x", .bad)
    case .unknown: ("?", continued ? .attention : .bad)
    case .skipped: ("-", .dim)
    case .compensating: (isUnicode ? "↶" : "<", .undone)
    case .compensated: (isUnicode ? "↶" : "<", .dim)
    case .compensationFailed: (isUnicode ? "✗" : "x", .bad)
    }
  }

  var watch: String { isUnicode ? "◎" : "o" }
  var ellipsis: String { isUnicode ? "…" : "..." }
  var gap: String { isUnicode ? "⋯" : "..." }
  var tail: String { isUnicode ? "│ " : "| " }
  var dot: String { isUnicode ? " · " : " - " }

  /// - Parameter share: from 0 to 1.
  func bar(_ share: Double, columns: Int) -> Line {
    let filled = min(columns, max(0, Int(share * Double(columns))))
    var line = Line(String(repeating: isUnicode ? "━" : "#", count: filled), .active)
    line.append(String(repeating: isUnicode ? "─" : "-", count: columns - filled), .dim)
    return line
  }
}
