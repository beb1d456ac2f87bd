internal import BelayModel

/// A question to people at the terminal: what is asked, what each answer does, and what has been typed so far.
public struct OpenQuestion: Hashable, Sendable {
  public struct Choice: Hashable, Sendable {
    /// As it is typed.
    public var word: String
    public var consequence: String

    public init(_ word: String, _ consequence: String) {
      self.word = word
      self.consequence = consequence
    }
  }

  public var node: String
  /// May have several lines.
  public var message: String
  /// `waits for oncall until …`.
  public var whom: String
  /// Beside them, an empty line answers nothing.
  public var choices: [Choice]
  /// The command by which it is answered at another terminal.
  public var elsewhere: String
  /// What came of the last answer here, where it did not count.
  public var refusal: String?
  /// Nil: nothing can be typed here any more.
  public var typed: String?

  public init(
    node: String, message: String, whom: String, choices: [Choice], elsewhere: String,
    refusal: String? = nil, typed: String?
  ) {
    self.node = node
    self.message = message
    self.whom = whom
    self.choices = choices
    self.elsewhere = elsewhere
    self.refusal = refusal
    self.typed = typed
  }

  /// As it is asked line by line, without what is typed.
  public var text: [String] {
    let width = choices.map(\.word.count).max() ?? 0
    let answers = choices.map { choice in
      "  \(choice.word)\(String(repeating: " ", count: width - choice.word.count))  \(choice.consequence)"
    }
    return messageLines + ["\(node) \(whom)"] + answers + ["  " + anywhere]
  }

  /// Without the line end that a block of YAML leaves behind it.
  private var messageLines: [String] {
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.count > 1, lines.last == "" { lines.removeLast() }
    return lines
  }

  private var anywhere: String {
    choices.isEmpty ? "answer it with: \(elsewhere)" : "or wait: \(elsewhere) says it from anywhere"
  }

  /// What is asked comes before what each answer does: where there is no room for both, the answers are only named.
  ///
  /// - Parameter rows: of all lines together; what the question has more of is counted.
  func lines(_ marks: Marks, columns: Int, rows: Int) -> [Line] {
    var asked = messageLines.flatMap { Line($0, .bold).wrapped(to: columns) }
    let prompt = typed.map { [self.prompt($0, columns: columns)] } ?? []
    var rest = answers(columns: columns) + prompt
    if asked.count + rest.count > rows { rest = words(columns: columns) + prompt }
    let room = max(1, rows - rest.count)
    if asked.count > room {
      let missing = asked.count - (room - 1)
      asked =
        asked.prefix(room - 1) + [Line("\(marks.gap) \(missing) more lines of the question", .attention)]
    }
    return asked + rest
  }

  private func words(columns: Int) -> [Line] {
    let words = choices.isEmpty ? anywhere : choices.map(\.word).joined(separator: ", or ")
    return Line(words, .bold).wrapped(to: columns)
      + (refusal.map { Line($0, .bad).wrapped(to: columns) } ?? [])
  }

  private func answers(columns: Int) -> [Line] {
    let width = choices.map { DisplayText.width($0.word) }.max() ?? 0
    var lines = Line("\(node) \(whom)", .attention).wrapped(to: columns)
    for choice in choices {
      var line = Line("  ")
      line.append(choice.word, .bold)
      line.pad(to: width + 4)
      line.append(choice.consequence)
      lines += line.wrapped(to: columns, indent: min(width + 4, columns / 2))
    }
    lines += Line("  " + anywhere, .dim).wrapped(to: columns, indent: 2)
    if let refusal { lines += Line(refusal, .bad).wrapped(to: columns) }
    return lines
  }

  /// Of what is longer than a line its end is seen.
  private func prompt(_ typed: String, columns: Int) -> Line {
    var line = Line("> ", .bold)
    line.append(typed)
    return line.tail(columns)
  }
}
