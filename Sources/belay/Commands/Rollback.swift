import ArgumentParser
import BelayEngine
import BelayJournal
import BelayPlan
import BelayStore

struct Rollback: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Undo what a run has done, in reverse order.",
    discussion: """
      Examples:
        belay rollback last
        belay rollback last --to migrate       undo what came after 'migrate'
        belay rollback 8k2m --past 9x4p --note 'the later deploy is unaffected'
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  @Option(name: .long, help: "Undo only what came after this node.")
  var to: String?

  @Option(name: .long, help: "Go back past this later run under the same claim. Needs --note.")
  var past: [String] = []

  @Option(name: .long, help: "Why; on the record.")
  var note: String?

  @Flag(name: .long, help: "Answer yes to the question before a rollback in a protected environment.")
  var yes = false

  func validate() throws {
    if !past.isEmpty, note?.isEmpty ?? true { throw ValidationError("--past needs --note") }
  }

  func run() throws {
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    let recorded = try RecordedRun(row, in: opened)
    if let to { try recorded.requireStanding(to) }
    let passed = try past.map { try RunArgument.find($0, in: opened, to: .changing).run }
    try requireNewest(recorded, past: passed, in: opened)
    let driving = Driving(store: opened, row: row, progress: format.progress(row.run))
    let status = try driving.drive(.rollback(to.map { .after($0) } ?? .run))
    try format.printEnd(of: row.run, in: opened)
    throw ExitCode(status.rawValue)
  }

  /// A later run under the same claim stands on what this one did.
  private func requireNewest(_ recorded: RecordedRun, past: [String], in opened: SQLiteStore) throws {
    guard !recorded.plan.claims.isEmpty else { return }
    var filter = RunFilter()
    filter.since = recorded.row.createdAt
    filter.limit = 10_000
    do {
      for other in try opened.runs(filter) where other.run != recorded.row.run && !past.contains(other.run) {
        guard other.createdAt > recorded.row.createdAt, other.status != .rolledBack else { continue }
        let later = try RecordedRun(other, in: opened)
        let shared = later.plan.claims.filter(recorded.plan.claims.contains)
        guard !shared.isEmpty, later.state.nodes.values.contains(where: { $0.effects > 0 }) else { continue }
        throw Failure(
          .lockHeld,
          "run \(other.run) came later under \(shared.joined(separator: ", ")) and has changed something",
          hints: [
            "undo it first:  \(typed("rollback \(other.run)"))",
            "or pass it:     \(typed("rollback \(recorded.row.run) --past \(other.run) --note '…'"))",
          ])
      }
    } catch let error as StoreError { throw Failure(error) }
  }
}

extension RecordedRun {
  /// - Throws: exit 2 when the plan has no such node, or nothing can have come after it.
  func requireStanding(_ node: NodeID) throws {
    try requireNode(node)
    guard let why = state[node].whyNothingComesAfter else { return }
    throw Failure(
      .usage, "nothing comes after '\(node)': it \(why)",
      hints: ["what has been done: \(typed("status \(row.run)"))"])
  }

  /// - Throws: exit 2 with the names when the plan has no such node.
  func requireNode(_ node: NodeID) throws {
    guard plan.nodes.contains(where: { $0.id == node }) else {
      let names = plan.nodes.prefix(20).map(\.id).joined(separator: ", ")
      throw Failure(.usage, "run \(row.run) has no node '\(node)'", hints: ["it has: \(names)"])
    }
  }
}
