import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

// What stays so, for how long, and who was told of what.
extension Referee {
  /// Between what the engine says when it asked, and when that began.
  private static let slack: Int64 = 20_000_000

  /// Of a soak each sample must be a real one, and its coverage what lies between real ones.
  func sampled(_ node: NodeID, _ progress: SoakProgress) {
    defer { soaks[node] = progress }
    guard let detail = truth.node(node)?.detail, case .check(let check) = detail,
      let every = check.body.every?.literal.flatMap({ TimeSpan(text: $0) })
    else { return }
    let expected = expectedCoverage(after: soaks[node], progress, every)
    if let expected, abs(expected - progress.coverage.nanoseconds) > Referee.slack {
      let seen = TimeSpan(nanoseconds: expected).text
      blame(.soak, "\(node) counts \(progress.coverage.text), and \(seen) were looked at")
    }
  }

  /// Nil where it may be either: right at the border.
  private func expectedCoverage(
    after before: SoakProgress?, _ progress: SoakProgress, _ every: TimeSpan
  ) -> Int64? {
    guard let before else { return 0 }
    guard before.asked.bootID == progress.asked.bootID else { return 0 }
    let gap = progress.asked.boot.nanoseconds - before.asked.boot.nanoseconds
    if abs(gap - every.nanoseconds * 2) < Referee.slack { return nil }
    return gap > every.nanoseconds * 2 ? 0 : before.coverage.nanoseconds + gap
  }

  func soakEnded(_ node: NodeID, _ end: NodeEnd) {
    defer { soaks[node] = nil }
    guard let detail = truth.node(node)?.detail, case .check(let check) = detail, end.status == .succeeded,
      let text = check.body.staysFor?.literal, let staysFor = TimeSpan(text: text),
      let every = check.body.every?.literal.flatMap({ TimeSpan(text: $0) })
    else { return }
    guard let before = soaks[node] else {
      return blame(.soak, "\(node) has stayed so, and was never seen to")
    }
    let starts = machine.processes.values.filter { $0.order.node == node }.map(\.startedAt)
    guard let last = starts.max() else { return }
    // The moment of the boot clock, as the simulation counts.
    let lastBoot = machine.clock.boot.nanoseconds - (machine.now - last)
    guard machine.clock.bootID == before.asked.bootID else { return }
    let gap = min(lastBoot - before.asked.boot.nanoseconds, every.nanoseconds * 2)
    let seen = before.coverage.nanoseconds + gap
    if seen + Referee.slack < staysFor.nanoseconds {
      blame(.soak, "\(node) has stayed so for \(TimeSpan(nanoseconds: seen).text) of \(staysFor.text)")
    }
    let misses = before.recent.reversed().prefix { !$0 }.count
    if misses > check.tolerate { blame(.soak, "\(node) has stayed so after \(misses) misses in a row") }
  }

  // MARK: Deadlines and notices

  func overdue(_ node: NodeID, due: Timestamp, at time: Timestamp) {
    if time < due { blame(.told, "\(node) is called overdue before \(due.text)") }
    if ([node] + truth.groups(around: node)).contains(where: hasEnded) {
      blame(.told, "\(node) is called overdue, and it has ended")
    }
  }

  /// A notice was sent by a process: as often as it was due, and once more at most for each death.
  func noticeStarted(_ process: SimulatedProcess) {
    noticeStarts += 1
    let deaths = durable.epoch + machine.applied.count { $0.name.contains("keeper") }
    if noticeStarts > durable.noticeCount * max(1, deaths) {
      blame(.told, "\(noticeStarts) notices are sent, \(durable.noticeCount) were due")
    }
  }

  /// Who is to be told has been, unless there was no room to write it down.
  func checkNotices() {
    guard !durable.notices.isEmpty, !machine.applied.contains(.appendFull) else { return }
    blame(.told, "the driver leaves, and \(durable.notices.count) notices are not sent")
  }

  /// What is undone has ended before, and is late for nothing.
  private func hasEnded(_ node: NodeID) -> Bool {
    durable[node].status.hasEnded || durable[node].ending != nil
  }

  /// Nothing around it may leave it out any more.
  private func isCertain(_ node: NodeID) -> Bool {
    var inner = node
    for group in truth.groups(around: node) {
      if hasEnded(group) { return false }
      let children = plan.nodes.filter { $0.role == .main && $0.parent.map { plan.nodes[$0].id } == group }
      switch truth.group(group)?.mode {
      case .choice:
        let others = children.filter { $0.id != inner }
        guard others.allSatisfy({ durable[$0.id].skipped == .condition }) else { return false }
      case .rounds:
        let before = children.prefix { $0.id != inner }
        guard before.allSatisfy({ durable[$0.id].ending == .failed }) else { return false }
      default: break
      }
      inner = group
    }
    return true
  }

  func checkOverdue() {
    guard let created = durable.createdAt else { return }
    for node in plan.nodes where node.role == .main {
      guard let due = node.due?.literal.flatMap({ TimeSpan(text: $0) }), !hasEnded(node.id),
        isCertain(node.id), !durable[node.id].isOverdue, let moment = created + due,
        let late = restedAt?.since(moment), late > .seconds(1)
      else { continue }
      blame(.told, "\(node.id) is overdue by \(late.text), and nobody was told")
    }
  }
}
