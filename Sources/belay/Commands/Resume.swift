import ArgumentParser
import BelayActions
import BelayEngine
import BelayJournal
import BelayStore

struct Resume: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with a run that was paused, held, interrupted, or has failed.",
    discussion: """
      What ran when the engine ended is taken up again: its keeper tells how it ended, or that it still runs.

      With --adopt it goes on by the files as they are now. That is refused, exit 6, where something that has happened
      is otherwise in them; approvals are asked for again.

      Examples:
        belay resume last
        belay resume last --retry
        belay resume last --skip smoke --note 'done by hand'
        belay resume last --adopt                    by the playbook's file as it is now
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  @Flag(name: .long, help: "Do again what failed.")
  var retry = false

  @Flag(
    name: .long,
    help: "Go on by the files as they are now, where nothing that has happened is otherwise in them.")
  var adopt = false

  @Option(name: .long, help: "A node to skip; may be repeated. Needs --note.")
  var skip: [String] = []

  @OptionGroup var outside: OutsideWindow

  @Option(name: .long, help: "Why; on the record.")
  var note: String?

  func validate() throws {
    if !skip.isEmpty, note?.isEmpty ?? true { throw ValidationError("--skip needs --note") }
    try outside.validate(note)
  }

  func run() throws {
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    if row.status == .succeeded {
      throw Failure(.usage, "run \(row.run) has succeeded: there is nothing to resume")
    }
    try checkSkips(row, in: opened)
    let ready = adopt ? try adopted(row, in: opened) : nil
    try outside.check(RecordedRun(try opened.run(row.run) ?? row, in: opened).plan)
    let driving = Driving(store: opened, row: row, progress: format.progress(row.run))
    let status = try driving.drive(
      .resume(retry: retry), skips: skip, note: note, overrides: outside.gates, ready: ready)
    try format.printEnd(of: row.run, in: opened)
    throw ExitCode(status.rawValue)
  }

  private func adopted(_ row: RunRow, in opened: SQLiteStore) throws -> Driving.Ready {
    let keeper = try Driving.prepare(opened)
    let ready = Driving.Ready(lock: try Driving.takeDriver(of: row.run, in: opened), keeper: keeper)
    let environment = row.environment.isEmpty ? nil : row.environment
    let history = History(store: store).past(of: row.playbook, in: environment)
    let differences = try Adoption(of: row, in: opened, ready).adopt(history: history)
    Output.error.line("belay: \(differences.isEmpty ? "nothing is otherwise in the files" : "adopted:")")
    for line in differences { Output.error.line("  " + printable(line)) }
    return ready
  }

  private func checkSkips(_ row: RunRow, in opened: SQLiteStore) throws {
    guard !skip.isEmpty else { return }
    let recorded = try RecordedRun(row, in: opened)
    let engine = Engine(
      plan: recorded.plan, digest: row.planDigest, actions: builtInActions, run: recorded.state)
    for node in skip {
      try recorded.requireNode(node)
      if engine.isGuarded(node) {
        throw Failure(
          .usage, "\(node) has to be passed, and is not skipped: it waits for people or its window",
          hints: ["\(typed("status \(row.run)")) shows for whom"])
      }
    }
  }
}
