/// What a person is asked to do or to look at, complete.
public struct PersonRequest: Hashable, Sendable {
  public var text: String
  /// Names of roles or people; empty: anyone.
  public var by: [String]
  /// What is asked for with the answer.
  public var record: [Parameter]

  public init(text: String, by: [String], record: [Parameter]) {
    self.text = text
    self.by = by
    self.record = record
  }

  public var lines: [String] { [text] + by + record.map(\.name) }
}

/// What a person has answered, or that nobody has.
public struct PersonResult: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    case done
    /// By their word it has failed, or is not as it should be.
    case failed
    case unanswered(String)
  }

  public var ending: Ending
  public var by: String
  public var at: Timestamp
  public var note: String
  /// What was recorded, by its names.
  public var values: ValueMap
  /// From the question to the answer.
  public var duration: TimeSpan

  public init(
    ending: Ending, by: String, at: Timestamp, note: String, values: ValueMap, duration: TimeSpan
  ) {
    self.ending = ending
    self.by = by
    self.at = at
    self.note = note
    self.values = values
    self.duration = duration
  }
}
