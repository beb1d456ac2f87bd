import BelayModel

/// Prints what is wrong with files, all of it, where it stands.
enum Diagnostics {
  /// - Throws: exit 2 when one is an error; warnings alone go on.
  static func report(_ diagnostics: [Diagnostic], bytes: [UInt8]) throws {
    let source = bytes.isEmpty ? nil : SourceLines(bytes)
    for diagnostic in diagnostics { Output.error.line(diagnostic.text(source: source)) }
    let errors = diagnostics.count { $0.severity == .error }
    guard errors == 0 else {
      throw Failure(.usage, "\(counted(errors, "error")), nothing was started")
    }
  }
}
