import ArgumentParser
import BelayDigest
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore

/// A run on the command line: its id, a part of it, the name of a playbook that has run once, or `last`.
struct RunArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The run: its id, its last 4 letters, its first 8 or more, its playbook if that has one run, or 'last'.",
      valueName: "run"))
  var run: String

  enum Purpose {
    /// Any part of an id that only one run has will do.
    case reading
    /// What is changed is named as the help says: a slip of the finger is no run's name.
    case changing
  }

  func find(in store: SQLiteStore, to purpose: Purpose) throws -> RunRow {
    try RunArgument.find(run, in: store, to: purpose)
  }

  /// - Throws: exit 2 when there is no such run, or several.
  static func find(_ run: String, in store: SQLiteStore, to purpose: Purpose) throws -> RunRow {
    guard !run.isEmpty else {
      throw Failure(
        .usage, "the run's name is empty", hints: ["\(typed("runs")) lists them; 'last' is the newest"])
    }
    do {
      if let row = try store.run(run) { return row }
      var filter = RunFilter()
      filter.limit = 10_000
      let rows = try store.runs(filter)
      if run == "last", let newest = rows.first { return newest }
      // A whole name goes before a part of some id that happens to be in it.
      let named = rows.filter { $0.playbook == run }
      let matching = named.isEmpty ? rows.filter { matches($0, run, purpose) } : named
      if matching.count == 1, let only = matching.first { return only }
      if matching.isEmpty { throw none(run, rows.filter { matches($0, run, .reading) }) }
      throw Failure(
        .usage, "'\(run)' is the name or a part of \(matching.count) runs",
        hints: matching.prefix(5).map(\.run))
    } catch let error as StoreError { throw Failure(error) }
  }

  private static let leastStart = 8
  private static let leastEnd = 4

  private static func matches(_ row: RunRow, _ run: String, _ purpose: Purpose) -> Bool {
    switch purpose {
    case .reading: return row.run.contains(run)
    case .changing:
      return (run.count >= leastStart && row.run.hasPrefix(run))
        || (run.count >= leastEnd && row.run.hasSuffix(run))
    }
  }

  private static func none(_ run: String, _ near: [RunRow]) -> Failure {
    guard !near.isEmpty else {
      return Failure(.usage, "there is no run '\(run)'", hints: ["\(typed("runs")) lists them"])
    }
    return Failure(
      .usage,
      "'\(run)' is too little to name a run by: say its last \(leastEnd) letters, or \(leastStart) or more from its start",
      hints: near.prefix(5).map(\.run))
  }
}

/// A run read back from the store: its plan and its events folded.
struct RecordedRun {
  var row: RunRow
  var plan: Plan
  var planBytes: [UInt8]
  var state: RunState
  /// In the order of the journal.
  private(set) var signed: [SignedDecision] = []

  init(_ row: RunRow, in store: SQLiteStore) throws {
    self.row = row
    do {
      guard let bytes = try store.plan(of: row.run) else {
        throw Failure(.unusable, "run \(row.run) has no plan in the store")
      }
      guard Plan.digest(of: bytes).description == row.planDigest else {
        throw Failure(
          .unusable,
          "the plan of run \(row.run) is not the one that was recorded; see \(typed("audit verify"))")
      }
      planBytes = bytes
      plan = try Plan(decoding: bytes)
      state = RunState(run: row.run)
      var digest = ""
      try RecordedRun.forEachEvent(of: row.run, in: store) { line, _ in
        switch line.event {
        case .runCreated(let created): digest = created.planDigest
        case .planAdopted(let adopted): digest = adopted.plan
        case .decided(let node, let decision) where decision.isSigned:
          signed.append(
            SignedDecision(
              number: line.number, at: line.at, node: node, decision: decision, before: state, plan: digest))
        default: break
        }
        try state.apply(line.event, at: line.at)
      }
    } catch let error as StoreError {
      throw Failure(error)
    } catch let error as PlanFormatError {
      throw Failure(.unusable, error.message)
    } catch let error as FoldError {
      throw Failure(
        .unusable, "the journal of run \(row.run) is damaged: \(error.message); see \(typed("audit verify"))")
    }
  }

  /// Walks the events in order, a page at a time.
  static func forEachEvent(
    of run: String, in store: SQLiteStore, _ body: (EventLine, StoredEvent) throws -> Void
  ) throws {
    var next = 1
    while true {
      let page = try store.events(of: run, from: next, limit: 1000)
      for event in page {
        do {
          try body(try EventLine(parsing: event.line), event)
        } catch let error as EventLineError {
          throw Failure(.unusable, "event \(event.number) of run \(run): \(error)")
        }
      }
      guard page.count == 1000 else { return }
      next += page.count
    }
  }
}
