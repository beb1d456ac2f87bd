/// A program to be started.
public struct ProcessRequest: Hashable, Sendable {
  public var arguments: [String]
  public var environment: [Variable]
  public var workingDirectory: String
  /// What it reads; nil: nothing.
  public var input: BoundText?

  public struct Variable: Hashable, Sendable {
    public var name: String
    public var value: BoundText

    public init(name: String, value: BoundText) {
      self.name = name
      self.value = value
    }
  }

  public init(
    arguments: [String], environment: [Variable], workingDirectory: String, input: BoundText? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
  }

  var lines: [String] {
    var lines = arguments
    lines += environment.map { "\($0.name)=\($0.value.shown)" }
    lines.append(workingDirectory)
    if let input { lines.append(input.shown) }
    return lines
  }
}

/// How a process ended, and what it said.
public struct ProcessResult: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
    /// Proven not to have started: an `execve` or `chdir` that failed, with its words.
    case notStarted(String)
    /// It happened elsewhere, and nothing was heard of its end: why.
    case unreported(String)
  }

  public struct Stream: Hashable, Sendable {
    /// What was kept, masked; invalid UTF-8 replaced.
    public var text: String
    /// True when the middle was left out, or nothing was kept.
    public var truncated: Bool

    public init(text: String, truncated: Bool) {
      self.text = text
      self.truncated = truncated
    }
  }

  public var ending: Ending
  public var stdout: Stream
  public var stderr: Stream
  public var duration: TimeSpan
  /// Set when it was stopped by us: `timeout`, `cancel`.
  public var stoppedBecause: String?

  public init(
    ending: Ending, stdout: Stream, stderr: Stream, duration: TimeSpan, stoppedBecause: String? = nil
  ) {
    self.ending = ending
    self.stdout = stdout
    self.stderr = stderr
    self.duration = duration
    self.stoppedBecause = stoppedBecause
  }
}
