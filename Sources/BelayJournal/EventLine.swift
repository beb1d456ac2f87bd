public import BelayModel

/// One line of a run's journal: an event and where it stands. The bytes are specified in JournalFormat.md.
public struct EventLine: Hashable, Sendable {
  public var run: String
  /// From 1.
  public var number: Int
  /// Of the driver that wrote it; 0 before the first.
  public var epoch: Int
  /// By the writer's clock.
  public var at: Timestamp
  public var event: RunEvent

  public init(run: String, number: Int, epoch: Int, at: Timestamp, event: RunEvent) {
    self.run = run
    self.number = number
    self.epoch = epoch
    self.at = at
    self.event = event
  }

  /// The exact line, without a line end. The same event gives the same bytes, always.
  public var text: String {
    EventLine.encode(event, run: run, number: number, epoch: epoch, at: at)
  }

  /// Writes an event's line without a value in between.
  public static func encode(
    _ event: RunEvent, run: String, number: Int, epoch: Int, at: Timestamp
  ) -> String {
    var writer = LineWriter()
    writer.text("run", run)
    writer.int("n", number)
    writer.int("epoch", epoch)
    writer.time("at", at)
    writer.text("type", event.type)
    event.write(into: &writer)
    return writer.line()
  }

  /// Reads a line. Strict: exactly the members of the format, in their order, and nothing else.
  ///
  /// - Throws: `EventLineError`; a line of a newer format is `newer`, never half understood.
  public init(parsing line: String) throws(EventLineError) {
    var fields = try LineFields(parsing: line)
    run = try fields.text("run")
    number = try fields.int("n")
    epoch = try fields.int("epoch")
    at = try fields.time("at")
    event = try RunEvent(type: fields.text("type"), &fields)
    try fields.finish()
  }
}

/// Why a line is no event.
public enum EventLineError: Error, Hashable, Sendable {
  case malformed(String)
  /// A type that this format does not have.
  case unknownType(String)
  /// The number of a format that this version does not know.
  case newer(Int)

  public var message: String {
    switch self {
    case .malformed(let text): text
    case .unknownType(let type): "unknown event type '\(type)'"
    case .newer(let format):
      "format \(format) is newer than format \(RunCreated.format), the newest that this version reads"
    }
  }
}
