import ArgumentParser
import BelayJournal
import BelayModel
import BelayPresentation
import BelayStore
import BelayWorld

struct Resolve: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a node in doubt, held or failed is: done, not done, or failed.",
    discussion: """
      done: its effect is there; its rollback stays registered. not_done: its effect is not there, resume runs it.
      failed: it has failed; the playbook's rule for a failure holds.

      Example:
        belay resolve last migrate --as done --note 'checked alembic_version by hand'
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "The node.") var node: String
  @Option(name: .customLong("as"), help: "done, not_done or failed.") var resolution: String
  @Option(name: .customLong("set"), help: "An output, name=value; may be repeated.") var set: [String] = []
  @Option(name: .long, help: "What it rests on; on the record.") var note: String
  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard Resolution(rawValue: resolution) != nil else {
      throw ValidationError("--as takes done, not_done or failed, not '\(resolution)'")
    }
    if note.isEmpty { throw ValidationError("--note must not be empty") }
  }

  func run() throws {
    guard let resolution = Resolution(rawValue: resolution) else { return }
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    let folder = opened.runFolder(row.run)
    do {
      let lock = try DriverLock.take(folder)
      defer { withExtendedLifetime(lock) {} }
      let recorded = try RecordedRun(row, in: opened)
      try recorded.requireNode(node)
      // First what runs: until it has ended, no other word helps.
      try requireEnded(recorded, folder)
      try requireOpen(recorded)
      let event = RunEvent.resolved(
        node, as: resolution, note: note, values: try values(), by: Caller.actor())
      _ = try recorded.append(event, at: SystemClock.wall(), in: opened)
    } catch let error as DriverError {
      throw Failure(error, run: row.run)
    }
    Output.standard.line("\(node) is \(self.resolution); go on with: \(typed("resume \(row.run)"))")
  }

  /// - Throws: exit 2 with the nodes that there are to settle, when this is none of them.
  private func requireOpen(_ recorded: RecordedRun) throws {
    let state = recorded.state
    guard !state.status.isFinal else {
      throw Failure(.usage, "run \(recorded.row.run) is \(state.status.words): there is nothing to resolve")
    }
    guard !state.canBeResolved(node) else { return }
    if [.intended, .running, .compensating].contains(state[node].status) {
      throw Failure(
        .usage, "\(node) is \(state[node].status.words), and nobody drives the run",
        hints: ["first look what has become of it: \(typed("resume \(recorded.row.run)"))"])
    }
    let root = RollbackName.root(of: node)
    let others = ([root].filter(state.canBeResolved) + state.undecided).reduce(into: [NodeID]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let hints = others.prefix(5).map {
      typed("resolve \(recorded.row.run) \($0) --as \(resolution) --note '…'")
    }
    throw Failure(
      .usage, "\(node) is \(state[node].status.words): there is nothing to resolve",
      hints: hints.isEmpty
        ? ["\(typed("status \(recorded.row.run)")) shows every node"] : ["what can be resolved:"] + hints)
  }

  /// What its effect is, nobody can say while it is at work.
  private func requireEnded(_ recorded: RecordedRun, _ folder: String) throws {
    do {
      let living = try LivingAttempt.all(of: recorded.state, folder: folder).filter { $0.node == node }
      if !living.isEmpty { throw Failure(stillRunning: living, of: recorded.row.run) }
    } catch let error as WorldError { throw Failure(error, run: recorded.row.run) }
  }

  private func values() throws -> ValueMap {
    var map = ValueMap()
    for text in set {
      guard let equals = text.firstIndex(of: "=") else { throw Failure(.usage, "'--set \(text)' has no '='") }
      let value = String(text[text.index(after: equals)...])
      map[String(text[..<equals])] = (try? JSON(parsing: value)).map(Value.init(plain:)) ?? .string(value)
    }
    return map
  }
}
