import ArgumentParser
import BelayDigest
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore

/// Text for people, or one JSON object for tools.
struct FormatOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(name: .long, help: "text or json.")
  var format = Format.text

  @Flag(name: .shortAndLong, help: "Print the end only.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "On a terminal: also a line for each thing that happens.")
  var verbose = false

  @Option(name: .long, help: "auto, always or never; NO_COLOR is heeded.")
  var color = Terminal.Colour.auto

  var isJSON: Bool { format == .json }

  /// A tree that is painted over where that can be, else a line for each thing that happens.
  ///
  /// - Parameter isWatching: somebody else drives the run.
  func progress(_ run: String, isWatching: Bool = false) -> any ProgressListener {
    if isJSON { return SilentProgress() }
    if quiet { return QuietProgress(output: .standard) }
    guard Terminal(output: .standard).isLive else { return PlainProgress(output: .standard, run: run) }
    return LiveProgress(
      output: .standard, run: run, colour: color, isVerbose: verbose, isWatching: isWatching)
  }

  /// The plan: its text, or its exact bytes.
  func print(_ plan: Plan, _ bytes: [UInt8]) {
    PlanFormatOption.print(plan, bytes, as: isJSON ? .json : .text)
  }

  /// With JSON: the run as it rests.
  func printEnd(of run: String, in store: SQLiteStore) throws {
    guard isJSON else { return }
    do {
      guard let row = try store.run(run) else { return }
      Output.standard.json(RestReport(try RecordedRun(row, in: store).state).json)
    } catch let error as StoreError { throw Failure(error) }
  }
}

/// A plan's own: also Markdown, for a ticket.
struct PlanFormatOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, markdown
  }

  @Option(name: .long, help: "text, json or markdown.")
  var format = Format.text

  static func print(_ plan: Plan, _ bytes: [UInt8], as format: Format) {
    let digest = Plan.digest(of: bytes).description
    switch format {
    case .json: Output.standard.write(String(decoding: bytes, as: UTF8.self))
    case .text: Output.standard.write(plan.text(digest: digest))
    case .markdown: Output.standard.write(plan.markdown(digest: digest))
    }
  }
}

/// How the run ended, nothing before.
struct QuietProgress: ProgressListener {
  let output: Output

  func heard(_ event: RunEvent, at time: Timestamp, number: Int) {}
  func rested(_ run: RunState) { RestReport(run).lines.forEach(output.line) }
}
