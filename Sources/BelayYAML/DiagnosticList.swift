internal import BelayModel

/// Mistakes as they are found, as many as somebody may still read: a file may be nothing but mistakes.
struct DiagnosticList {
  static let errorLimit = 1000
  static let warningLimit = 200

  /// One more of each than is shown, so that what is left out can be said.
  private(set) var all: [Diagnostic] = []
  private var errors = 0
  private var warnings = 0

  mutating func append(_ diagnostic: Diagnostic) {
    switch diagnostic.severity {
    case .error:
      guard errors <= DiagnosticList.errorLimit else { return }
      errors += 1
    case .warning:
      guard warnings <= DiagnosticList.warningLimit else { return }
      warnings += 1
    }
    all.append(diagnostic)
  }
}

extension [Diagnostic] {
  /// By place; what stands at one place stays in the order found, and nothing is said twice.
  var sortedByPlace: [Diagnostic] {
    var seen: Set<Diagnostic> = []
    let once = filter { seen.insert($0).inserted }
    let sorted = once.enumerated().sorted { left, right in
      let (a, b) = (left.element.span, right.element.span)
      return (a.line, a.column, left.offset) < (b.line, b.column, right.offset)
    }
    return sorted.map(\.element).shortened
  }

  private var shortened: [Diagnostic] {
    guard count > DiagnosticList.warningLimit else { return self }
    var left = [
      Diagnostic.Severity.error: DiagnosticList.errorLimit, .warning: DiagnosticList.warningLimit,
    ]
    var shown: [Diagnostic] = []
    for diagnostic in self {
      let rest = left[diagnostic.severity, default: 0]
      left[diagnostic.severity] = rest - 1
      if rest > 0 { shown.append(diagnostic) }
      guard rest == 0 else { continue }
      let what = diagnostic.severity == .error ? "mistakes" : "warnings"
      shown.append(
        Diagnostic(
          diagnostic.severity, code: "too-many-mistakes", "there are more \(what) than can be shown",
          at: diagnostic.span, help: "mend those above first"))
    }
    return shown
  }
}
