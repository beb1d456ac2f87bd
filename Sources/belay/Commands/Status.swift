import ArgumentParser
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how far a run is, node by node.",
    discussion: """
      Examples:
        belay status last
        belay status last --watch                    until nobody drives it any more
        belay status last --format json
      """)

  @OptionGroup var target: RunArgument
  @Flag(name: .shortAndLong, help: "Go on showing it while somebody drives it.") var watch = false
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    if watch, format.isJSON { throw ValidationError("--watch shows text; for tools there is 'audit export'") }
  }

  func run() throws {
    let opened = try store.existing()
    let row = try target.find(in: opened, to: .reading)
    if watch { return try follow(row, in: opened) }
    let recorded = try RecordedRun(row, in: opened)
    if format.isJSON { return Output.standard.json(RestReport(recorded.state).json) }
    let header = "\(row.run)  \(row.title)  \(row.words(in: opened))"
    Output.standard.line(printable(header))
    if let driver = DriverLock.driver(of: opened.runFolder(row.run)) {
      Output.standard.line("  driven by \(driver.text)")
    }
    if !recorded.state.claims.isEmpty {
      Output.standard.line("  claims: \(recorded.state.claims.joined(separator: ", "))")
    }
    let picture = RunPicture(plan: recorded.plan, state: recorded.state, now: SystemClock.wall())
    for (index, node) in recorded.plan.nodes.enumerated() where isShown(node, recorded.state) {
      let isLeftOut = recorded.state[node.id].status == .pending && picture.isLeftOut(index)
      Output.standard.line("  " + printable(line(node.id, recorded.state[node.id], isLeftOut: isLeftOut)))
    }
    if !row.isInterrupted(in: opened), recorded.state.status != .running {
      for line in RestReport(recorded.state).lines { Output.standard.line(line) }
    } else {
      for line in inForce(recorded) { Output.standard.line("  " + printable(line)) }
    }
  }

  /// As who drives it sees it.
  private func follow(_ row: RunRow, in opened: SQLiteStore) throws {
    var follower = try RunFollower(row, in: opened)
    let progress = format.progress(row.run, isWatching: true)
    progress.begins(follower.run, folder: follower.folder)
    try follower.follow { _, lines in
      for line in lines { progress.heard(line.event, at: line.at, number: line.number) }
      progress.tick()
    }
    progress.rested(follower.run.state)
  }

  /// Temporary steps that are not undone yet; a run at rest says so itself.
  private func inForce(_ recorded: RecordedRun) -> [String] {
    recorded.plan.nodes.compactMap { node in
      guard case .step(let step) = node.detail, step.temporary, node.role == .main,
        let record = recorded.state.nodes[node.id], record.effects > 0
      else { return nil }
      return "still in force: \(node.id)\(record.startedAt.map { " since \($0.text)" } ?? "")"
    }
  }

  /// Rollbacks only when they have begun.
  private func isShown(_ node: PlanNode, _ state: RunState) -> Bool {
    if case .rollback = node.role { state.nodes[node.id] != nil } else { true }
  }

  private func line(_ node: NodeID, _ record: NodeRecord, isLeftOut: Bool) -> String {
    let words = isLeftOut ? "left out" : record.status.words
    if let asking = record.asking, !asking.isTaken, !record.status.hasEnded {
      return "\(padded(words, 20)) \(node)  \(asking.words): \(shortened(asking.inquiry.message))"
    }
    let why = record.heldBecause ?? record.failure?.message ?? ""
    return "\(padded(words, 20)) \(node)\(why.isEmpty ? "" : "  \(shortened(why))")"
  }
}
