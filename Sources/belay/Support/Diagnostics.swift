import BelayModel
import BelayYAML

/// Prints what is wrong with files, all of it, where it stands.
enum Diagnostics {
  /// Each file's, shown in that file.
  ///
  /// - Throws: exit 2 when one is an error; warnings alone go on.
  static func report(_ files: [ProjectReader.File]) throws {
    for file in files { show(file.diagnostics, bytes: file.bytes) }
    try stop(files.flatMap(\.diagnostics))
  }

  /// - Throws: exit 2 when one is an error; warnings alone go on.
  static func report(_ diagnostics: [Diagnostic], bytes: [UInt8]) throws {
    show(diagnostics, bytes: bytes)
    try stop(diagnostics)
  }

  static func show(_ diagnostics: [Diagnostic], bytes: [UInt8]) {
    guard !diagnostics.isEmpty else { return }
    let source = bytes.isEmpty ? nil : SourceLines(bytes)
    for diagnostic in diagnostics { Output.error.line(diagnostic.text(source: source)) }
  }

  private static func stop(_ diagnostics: [Diagnostic]) throws {
    let errors = diagnostics.count { $0.severity == .error }
    guard errors == 0 else {
      throw Failure(.usage, "\(counted(errors, "error")), nothing was started")
    }
  }
}
