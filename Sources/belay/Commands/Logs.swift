import ArgumentParser
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore
import BelayWorld

struct Logs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the steps of a run have printed, masked.",
    discussion: """
      Of checks what they were answered last, where they 'keep' it.

      Examples:
        belay logs last
        belay logs last migrate
        belay logs last migrate -f                   as it is printed, until nobody drives the run any more
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "Only of this node.") var node: String?
  @Flag(name: .shortAndLong, help: "Go on printing what is printed.") var follow = false
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    if follow, format.isJSON { throw ValidationError("--follow prints text") }
  }

  func run() throws {
    let opened = try store.existing()
    let row = try target.find(in: opened, to: .reading)
    let recorded = try RecordedRun(row, in: opened)
    if let node { try recorded.requireNode(node) }
    let folder = opened.runFolder(row.run)
    if follow { return try goOn(row, in: opened) }
    let attempts = attempts(of: recorded)
    let answers = answers(of: recorded)
    if format.isJSON {
      let entries =
        attempts.map { json($0, in: folder) } + answers.map { json($0.node, $0.answer, in: folder) }
      return Output.standard.json(.array(entries))
    }
    for attempt in attempts { print(attempt, in: folder) }
    for (node, answer) in answers { print(node, answer, in: folder) }
    if let node, attempts.isEmpty, answers.isEmpty {
      Output.error.line("belay: nothing was kept of \(node); a check keeps its last answer by 'keep'")
    }
  }

  /// What checks have kept, in the plan's order.
  private func answers(of recorded: RecordedRun) -> [(node: NodeID, answer: KeptStream)] {
    recorded.plan.nodes.compactMap { planned in
      guard node == nil || node == planned.id, let kept = recorded.state.nodes[planned.id]?.kept,
        kept.bytes > 0
      else { return nil }
      return (planned.id, kept)
    }
  }

  private func print(_ node: NodeID, _ answer: KeptStream, in folder: String) {
    Output.standard.line("== \(node), last answer")
    Output.standard.write(ended(text(answer, in: folder)))
  }

  private func json(_ node: NodeID, _ answer: KeptStream, in folder: String) -> JSON {
    .object(["node": .string(node), "answer": .string(text(answer, in: folder))])
  }

  private func goOn(_ row: RunRow, in opened: SQLiteStore) throws {
    var follower = try RunFollower(row, in: opened)
    var printer = LogFollower()
    try follower.follow { follower, _ in
      for attempt in attempts(of: follower.run) {
        if let end = attempt.end {
          let whole = text(end.stdout, in: follower.folder) + text(end.stderr, in: follower.folder)
          printer.ended(attempt, whole: whole)
        } else {
          printer.goesOn(attempt, LiveTail(of: attempt.intent.attempt, runFolder: follower.folder))
        }
      }
    }
  }

  private func attempts(of recorded: RecordedRun) -> [AttemptRecord] {
    recorded.state.attempts.values.filter { node == nil || $0.node == node }.sorted {
      ($0.intendedAt, $0.intent.attempt) < ($1.intendedAt, $1.intent.attempt)
    }
  }

  private func print(_ attempt: AttemptRecord, in folder: String) {
    let end = attempt.end
    let how = end.map { end in
      end.exitCode.map { "exit status \($0)" } ?? end.signal.map { "signal \($0)" }
        ?? end.status.map { "status \($0)" } ?? end.failure?.message ?? ""
    }
    Output.standard.line("== \(attempt.node), attempt \(attempt.intent.number): \(how ?? "not ended")")
    guard let end else { return }
    Output.standard.write(ended(text(end.stdout, in: folder) + text(end.answer, in: folder)))
    let errors = text(end.stderr, in: folder)
    if !errors.isEmpty {
      Output.standard.line("-- stderr")
      Output.standard.write(ended(errors))
    }
  }

  private func ended(_ text: String) -> String { text.isEmpty || text.hasSuffix("\n") ? text : text + "\n" }

  private func text(_ stream: KeptStream, in folder: String) -> String {
    if let text = stream.text { return text }
    guard let file = stream.file else {
      return stream.bytes > 0 ? "(\(stream.bytes) bytes were printed and not kept)\n" : ""
    }
    return (try? SmallFile.read("\(folder)/\(file)")) ?? "(\(file) cannot be read)\n"
  }

  private func json(_ attempt: AttemptRecord, in folder: String) -> JSON {
    .object([
      "node": .string(attempt.node), "attempt": .string(attempt.intent.attempt),
      "number": .int(Int64(attempt.intent.number)), "started_at": .string(attempt.intendedAt.text),
      "exit_code": attempt.end?.exitCode.map { .int(Int64($0)) },
      "signal": attempt.end?.signal.map { .int(Int64($0)) },
      "status": attempt.end?.status.map { .int(Int64($0)) },
      "answer": attempt.end.flatMap {
        $0.answer == KeptStream() ? nil : .string(text($0.answer, in: folder))
      },
      "stdout": attempt.end.map { .string(text($0.stdout, in: folder)) },
      "stderr": attempt.end.map { .string(text($0.stderr, in: folder)) },
      "left_running": attempt.leftRunning.isEmpty ? nil : .array(attempt.leftRunning.map(JSON.string)),
    ])
  }
}
