import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayWorld

/// The run as a tree that is painted over in place; what it leaves behind is the tree at the end.
final class LiveProgress: ProgressListener {
  private let output: Output
  private let terminal: Terminal
  private let painter: RunPainter
  /// With what would be printed elsewhere, above the tree.
  private let plain: PlainProgress?

  private let isWatching: Bool
  private var prompt: TerminalPrompt?
  private var isStale = true
  /// In seconds since 1970: when it was painted last. What is counted in it are seconds.
  private var painted: Int64 = 0

  let interval: TimeSpan? = .milliseconds(200)
  let showsQuestions = true

  /// - Parameter isWatching: somebody else drives the run.
  init(output: Output, run: String, colour: Terminal.Colour, isVerbose: Bool, isWatching: Bool) {
    self.output = output
    self.isWatching = isWatching
    terminal = Terminal(output: output)
    painter = RunPainter(output: output, colour: colour)
    plain = isVerbose ? PlainProgress(output: output, run: run) : nil
  }

  func begins(_ run: RecordedRun, folder: String) {
    painter.take(run, folder: folder)
    changed()
  }

  func asks(_ prompt: TerminalPrompt) {
    self.prompt = prompt
    changed()
  }

  func heard(_ event: RunEvent, at time: Timestamp, number: Int) {
    painter.follow(event, at: time)
    isStale = true
    if let line = plain?.line(of: event, at: time) { return say(line) }
    if case .leftRunning(let node, _, let processes) = event {
      say("\(node): left running: \(processes.joined(separator: ", "))")
    }
  }

  func say(_ text: String) {
    painter.clear()
    output.line(printable(text))
    changed()
  }

  /// A run that only waits is painted once a second.
  func tick() {
    if isStale || painter.isPrinting || SystemClock.wall().seconds != painted { changed() }
  }

  func changed() {
    guard terminal.isInFront else { return }
    if prompt?.takeBack() ?? false { painter.forget() }
    isStale = false
    let now = SystemClock.wall()
    painted = now.seconds
    let question = isWatching ? painter.state?.openQuestion : prompt?.question
    painter.paint(at: now, asking: question, isWatched: isWatching)
  }

  func rested(_ run: RunState) {
    painter.clear()
    prompt?.leave()
    // Who drives next has one of its own.
    prompt = nil
    painter.leave(at: SystemClock.wall())
    let lines = RestReport(run).lines
    // Commands are left whole, to be copied.
    for line in lines.prefix(1).flatMap({ Line($0).wrapped(to: terminal.size.columns) }) {
      output.line(line.text)
    }
    for line in lines.dropFirst() { output.line(line) }
  }
}

/// Holds a run's picture and the screen that it is painted on.
final class RunPainter {
  private static let tailLines = 3

  private let output: Output
  private let terminal: Terminal
  private let inColour: Bool
  private var screen: Screen
  private var plan: Plan?
  private(set) var state: RunState?
  private var folder = ""

  init(output: Output, colour: Terminal.Colour) {
    self.output = output
    terminal = Terminal(output: output)
    inColour = terminal.isColoured(colour)
    screen = Screen(inColour: inColour)
  }

  func take(_ run: RecordedRun, folder: String) {
    plan = run.plan
    state = run.state
    self.folder = folder
  }

  /// The event is on the record: it can follow what came before, or the journal would not have it.
  func follow(_ event: RunEvent, at time: Timestamp) {
    do { try state?.apply(event, at: time) } catch { state = nil }
  }

  func paint(at now: Timestamp, asking question: OpenQuestion?, isWatched: Bool) {
    guard let frame = frame(at: now, asking: question, isWatched: isWatched) else { return }
    output.paint(screen.paint(frame.lines(), columns: frame.size.columns, isOpen: frame.isOpen))
  }

  /// A step runs, and what it prints is shown.
  var isPrinting: Bool { state?.attempts.values.contains { $0.end == nil } ?? false }

  func clear() { output.paint(screen.clear(columns: terminal.size.columns)) }

  /// What stands on the screen is no longer only what was painted.
  func forget() { screen.forget() }

  /// The whole tree, as lines that stay.
  func leave(at now: Timestamp) {
    guard let frame = frame(at: now) else { return }
    for line in frame.whole() { output.paint(line.rendered(inColour: inColour) + "\n") }
  }

  private func frame(
    at now: Timestamp, asking question: OpenQuestion? = nil, isWatched: Bool = false
  ) -> LiveFrame? {
    guard let plan, let state else { return nil }
    var picture = RunPicture(
      plan: plan, state: state, now: now, question: question, tail: { self.tail(of: $0) })
    picture.isWatched = isWatched
    return LiveFrame(picture, marks: terminal.marks, size: terminal.size)
  }

  private func tail(of node: NodeID) -> [String] {
    guard let attempt = state?[node].openAttempt else { return [] }
    return LiveTail(of: attempt, runFolder: folder)?.lines(RunPainter.tailLines) ?? []
  }
}

extension RunState {
  /// The first question that stands, for who can only answer it with a command.
  fileprivate var openQuestion: OpenQuestion? {
    guard let (node, asking) = standing.first else { return nil }
    let command = asking.inquiry.subject.isApproval ? "approve" : "answer"
    return OpenQuestion(
      node: node, message: asking.inquiry.message, whom: asking.words(at: SystemClock.wall()), choices: [],
      elsewhere: typed("\(command) \(run) \(node)"), typed: nil)
  }
}
