import ArgumentParser
import BelayDigest
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore
import BelayWorld

struct Run: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a playbook.",
    discussion: """
      Examples:
        belay run deploy -p version=1.4 --dry-run    what it would do; starts nothing, makes nothing
        belay run deploy -p version=1.4 --probe      asks the checks that can be asked now, too: exit 0 or 6
        belay run deploy -p version=1.4
        belay run restore -e production --params restore.json
        belay run restore.plan                       exactly what 'belay plan -o restore.plan' has shown
      """)

  @OptionGroup var planning: PlanningOptions
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  @Flag(name: .customLong("dry-run"), help: "Print the plan; start nothing, open nothing, make nothing.")
  var dryRun = false

  @Flag(name: .long, help: "As --dry-run, and ask the checks that can be asked now; steps are not run.")
  var probe = false

  @Flag(
    name: .long, help: "Answer yes to the question before a start in a protected environment; to no other.")
  var yes = false

  @OptionGroup var outside: OutsideWindow

  @Option(name: .long, help: "Why a gate may pass outside of its window; on the record.")
  var note: String?

  func validate() throws { try outside.validate(note) }

  func run() throws {
    let (plan, bytes) = try planned()
    try outside.check(plan)
    if dryRun || probe {
      format.print(plan, bytes)
      return probe ? try Probe(plan).go(json: format.format == .json) : ()
    }
    try confirm(plan)
    // Before the run is on the record and holds its claims.
    _ = try Driving.surroundings(of: plan)
    let opened = try store.open()
    let (row, ready) = try create(plan, bytes, in: opened)
    let driving = Driving(store: opened, row: row, progress: format.progress(row.run))
    let status = try driving.drive(.run, note: note, overrides: outside.gates, ready: ready)
    try format.printEnd(of: row.run, in: opened)
    throw ExitCode(status.rawValue)
  }

  private func planned() throws -> (plan: Plan, bytes: [UInt8]) {
    guard let saved = try SavedPlan(file: planning.playbook) else {
      return try planning.plan(history: History(store: store), willRun: !dryRun || probe)
    }
    guard planning.environment == nil, planning.params.isEmpty, planning.paramsFile == nil else {
      throw Failure(.usage, "a saved plan has its environment and its parameters")
    }
    try saved.requireUsable(in: store)
    return (saved.plan, saved.bytes)
  }

  /// All that can be refused comes before the first event; a run that is refused leaves no folder behind.
  private func create(
    _ plan: Plan, _ bytes: [UInt8], in opened: SQLiteStore
  ) throws -> (row: RunRow, ready: Driving.Ready) {
    let keeper = try Driving.prepare(opened)
    do {
      let ready = Driving.Ready(lock: try Driving.takeDriver(of: plan.run, in: opened), keeper: keeper)
      return (row: try RunCreation(plan: plan, bytes: bytes).create(in: opened), ready: ready)
    } catch {
      opened.removeFolder(ofUnrecorded: plan.run)
      throw error
    }
  }

  private func confirm(_ plan: Plan) throws {
    guard let name = plan.environment, !yes else { return }
    let playbook = plan.saved == nil ? planning.playbook : "\(plan.project)/\(plan.path)"
    let project = try Project.find(for: playbook)
    guard try project.read(playbook, environment: name).environment?.protected == true else {
      return
    }
    guard Output.error.isTerminal else {
      throw Failure(.unfinished, "\(name) is protected: say --yes to start there without a terminal")
    }
    Output.error.write("Run \(plan.title) in \(name)? Type the environment's name to start: ")
    guard readLine() == name else { throw Failure(.usage, "not started") }
  }
}

/// The first event of a run, with its plan and its claims.
struct RunCreation {
  let plan: Plan
  let bytes: [UInt8]

  func create(in store: SQLiteStore) throws -> RunRow {
    let facts = RunCreated(
      planDigest: Plan.digest(of: bytes).description, playbook: plan.playbook, title: plan.title,
      environment: plan.environment, initiator: Caller.actor(), host: hostName(), version: Version.text,
      project: plan.project, commit: GitState(plan.project).commit, dirty: GitState(plan.project).isDirty,
      claims: plan.claims)
    let now = SystemClock.wall()
    var state = RunState(run: plan.run)
    do {
      try state.apply(.runCreated(facts), at: now)
      guard let row = state.row else { throw Failure(.unusable, "the run could not be created") }
      let line = EventLine.encode(.runCreated(facts), run: plan.run, number: 1, epoch: 0, at: now)
      _ = try store.append(
        AppendBatch(
          run: plan.run, epoch: 0, firstNumber: 1, lines: [line], row: row, claims: .take(plan.claims),
          plan: bytes))
      return row
    } catch let error as StoreError {
      throw Failure(error)
    } catch let error as FoldError {
      throw Failure(.unusable, error.message)
    }
  }
}
