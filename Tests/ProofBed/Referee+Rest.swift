import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

extension Referee {
  /// The engine has left, or was taken away: what it believed must be what its events amount to.
  func driverEnded(_ engine: Engine, started: RunState, world: SimulatedWorld) {
    committed()
    var folded = started
    for (event, at) in world.handedOver {
      do { try folded.apply(event, at: at) } catch {
        return blame(.fold, "\(event.type) cannot follow: \(error.message)")
      }
    }
    if folded != engine.run { blame(.fold, "what was handed over is not the live state") }
    if world.ending == .stuck { blame(.rest, "nothing could ever happen again: \(folded.status.rawValue)") }
  }

  func rested(_ status: RunStatus, _ engine: Engine) {
    if durable != engine.run { blame(.fold, "what is durable is not the live state at rest") }
    if durable.status != status { blame(.fold, "left as \(status.rawValue), is \(durable.status.rawValue)") }
    for process in machine.processes.values.sorted(by: { $0.attempt < $1.attempt })
    where process.isAlive && process.order.key != nil {
      blame(.quiet, "\(status.rawValue) while \(process.order.node) (\(process.attempt)) runs")
    }
    if durable.cause.hasPrefix("no node can start any more") { blame(.rest, durable.cause) }
    checkClaims(status)
    checkWatches(status)
    checkNotices()
    checkOverdue()
    if [.succeeded, .failed, .closed, .rolledBack].contains(status) { checkTemporaries(status) }
    if status == .rolledBack { checkRollback() }
    if status == .succeeded { checkComplete() }
  }

  private func checkClaims(_ status: RunStatus) {
    if durable.cause.contains("cannot begin: ") { coverage.add("claim refused, and a node waits for it") }
    if durable.cause.contains("cannot be undone yet: ") {
      coverage.add("claim refused, and a rollback waits for it")
    }
    if status.hasLetGo, isHeld(GroupSketch.claim) {
      blame(.claims, "\(status.rawValue), and a group's claim is held")
    }
    for claim in plan.claims where isHeld(claim) == status.hasLetGo {
      blame(.claims, "\(status.rawValue), and the claim \(claim) is \(isHeld(claim) ? "held" : "free")")
    }
  }

  private func checkTemporaries(_ status: RunStatus) {
    for id in truth.standing.keys.sorted()
    where truth.stands(id) && truth.step(id)?.temporary == true && !isToldInForce(id, status) {
      blame(.temporaries, "\(id) is in force in a run that is \(status.rawValue)")
    }
  }

  /// A person has skipped its rollback, and the run says so as long as it says anything.
  private func isToldInForce(_ id: NodeID, _ status: RunStatus) -> Bool {
    guard isGivenUp(id) else { return false }
    return status == .closed || durable.left.contains { $0.contains("still in force: \(id) ") }
  }

  private func checkRollback() {
    for id in truth.standing.keys.sorted() where truth.stands(id) {
      guard truth.rollback(of: id) != .nothing else { continue }
      blame(.rollbackSet, "\(id) still stands in a run that is rolled back")
    }
  }

  private func checkComplete() {
    for node in plan.nodes where node.role == .main && node.parent == nil && !isMetAtEnd(node.id) {
      blame(.complete, "\(node.id) is \(durable[node.id].status.rawValue) in a run that has succeeded")
    }
    for node in plan.nodes
    where truth.step(node.id) != nil && node.role == .main && hasReceipts(node.id) && !truth.stands(node.id) {
      let record = durable[node.id]
      guard record.status == .succeeded, record.skipped == nil, !wasResolved(node.id) else { continue }
      blame(.complete, "\(node.id) is green by its receipt, and its effect does not stand")
    }
  }

  private func isMetAtEnd(_ id: NodeID) -> Bool {
    let record = durable[id]
    return record.continued || record.skipped != nil || record.ending == .succeeded
  }
}
