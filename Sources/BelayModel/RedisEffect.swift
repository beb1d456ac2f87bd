/// Commands for Redis, one after the other on one connection.
public struct RedisRequest: Hashable, Sendable {
  public var url: BoundText
  public var commands: [[String]]

  public init(url: BoundText, commands: [[String]]) {
    self.url = url
    self.commands = commands
  }

  var lines: [String] { ["redis", url.shown] + commands.flatMap { ["command"] + $0 } }
}

/// What came of commands.
public struct RedisResult: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    /// One for each command.
    case answered([Value])
    /// By Redis: this command has failed, those before it were done, those after it were not sent.
    case refused(command: Int, message: String)
    case unanswered(NoAnswer)
  }

  public var ending: Ending
  /// Some of the answers were too long to be kept.
  public var truncated: Bool
  public var duration: TimeSpan

  public init(ending: Ending, truncated: Bool, duration: TimeSpan) {
    self.ending = ending
    self.truncated = truncated
    self.duration = duration
  }
}
