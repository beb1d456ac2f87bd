/// Where something stands in a file, for people and machines.
public struct SourceSpan: Hashable, Sendable {
  /// The path as it was given or found; `<command line>` and the like where there is no file.
  public var file: String
  /// From 1; 0 for an argument.
  public var line: Int
  /// From 1, in Unicode scalars.
  public var column: Int
  /// In Unicode scalars, at least 1; never past the end of the line.
  public var length: Int

  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }

  /// An argument of a command line, by its name: it has no line.
  public static func argument(_ name: String) -> SourceSpan { SourceSpan(file: name, line: 0, column: 0) }

  /// For values that stand in no file.
  public static func nowhere(_ name: String) -> SourceSpan { SourceSpan(file: name, line: 1, column: 1) }
}

/// A mistake of the author's: located, collected, reported together with all others.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Sendable { case error, warning }

  public var severity: Severity
  /// Stable, lower case with dashes (`unknown-key`), for tools and tests.
  public var code: String
  /// One sentence, lower case, without a full stop: what is wrong.
  public var message: String
  public var span: SourceSpan
  /// What to write instead, or what to do: `did you mean 'retry'?`
  public var help: String?
  /// Other places that take part, such as the first of two duplicate keys.
  public var notes: [Note]

  public struct Note: Hashable, Sendable {
    public var message: String
    public var span: SourceSpan

    public init(message: String, span: SourceSpan) {
      self.message = message
      self.span = span
    }
  }

  public init(
    _ severity: Severity = .error, code: String, _ message: String, at span: SourceSpan, help: String? = nil,
    notes: [Note] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.span = span
    self.help = help
    self.notes = notes
  }
}
