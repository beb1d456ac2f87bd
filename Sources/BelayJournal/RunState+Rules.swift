private import BelayModel

extension RunState {
  /// What may follow what. A journal that breaks one of these was not written by an engine that works.
  func admit(_ event: RunEvent) throws(FoldError) {
    if case .runCreated(let facts) = event {
      try require(events == 0, "the run is created twice")
      try require(!facts.planDigest.isEmpty, "a run without a plan")
      return
    }
    try require(created != nil, "the run's first event must create it")
    try require(!status.isFinal || event.mayFollowTheEnd, "the run is \(status.rawValue): nothing can follow")
    try admitForRun(event)
    try admitForAttempt(event)
    try admitForNode(event)
    try admitBeside(event)
  }

  private func admitForRun(_ event: RunEvent) throws(FoldError) {
    switch event {
    case .driverStarted(let driver):
      try require(driver.epoch == epoch + 1, "driver \(driver.epoch) follows driver \(epoch)")
    case .claimsReleased(let names):
      try require(names.allSatisfy(claims.contains), "a claim is released that the run does not hold")
    case .planAdopted(let adopted):
      try require(adopted.before == planDigest, "a plan follows one that the run does not have")
      try require(!adopted.plan.isEmpty, "a run without a plan")
      try require(
        adopted.voided.allSatisfy { self[$0].status == .succeeded }, "an approval is void that was none")
    case .rollbackFinished: try require(rollback != nil, "a rollback ends that never began")
    default: break
    }
  }

  private func admitForAttempt(_ event: RunEvent) throws(FoldError) {
    switch event {
    case .attemptIntended(let node, let intent):
      try require(epoch > 0, "an attempt without a driver")
      try require(attempts[intent.attempt] == nil, "attempt \(intent.attempt) repeats")
      let record = self[node]
      try require(record.openAttempt == nil, "\(node) is attempted while \(record.openAttempt ?? "") is open")
      try require(!record.status.hasEnded, "\(node) has ended and is attempted again")
      try require(
        record.number == intent.number, "\(node): attempt \(intent.number), expected \(record.number)")
      try require(
        record.reruns == intent.rerun,
        "\(node): attempt \(intent.number) after \(intent.rerun) repetitions, expected \(record.reruns)")
    case .attemptStarted(let node, let name, _), .attemptFinished(let node, let name, _):
      try requireOpen(name, of: node)
      try require(attempts[name]?.end == nil, "attempt \(name) ends twice")
    case .doubted(let node, let name, _): try requireOpen(name, of: node)
    case .doubtSettled(let node, let name, _):
      try requireOpen(name, of: node)
      let status = self[node].status
      try require(status == .inDoubt || status == .held, "\(node) is not in doubt")
    case .leftRunning(let node, let name, _):
      try require(attempts[name]?.node == node, "attempt \(name) is none of \(node)")
    default: break
    }
  }

  private func requireOpen(_ name: AttemptName, of node: NodeID) throws(FoldError) {
    try require(attempts[name]?.node == node, "attempt \(name) of \(node) was never intended")
    try require(self[node].openAttempt == name, "attempt \(name) of \(node) is not open")
  }

  private func admitForNode(_ event: RunEvent) throws(FoldError) {
    switch event {
    case .nodeStarted(let node, _), .nodeSkipped(let node, _, _, _), .retryScheduled(let node, _, _),
      .sampled(let node, _), .withdrawn(let node):
      try require(!self[node].status.hasEnded, "\(node) has ended and goes on")
    case .nodeFinished(let node, let end):
      // A group that was undone as a whole before it had ended fails by that.
      let isUndone = self[node].status == .compensated && self[node].ending == nil
      try require(!self[node].status.hasEnded || isUndone, "\(node) ends twice")
      let ends: [NodeStatus] = [.succeeded, .failed, .unknown]
      try require(ends.contains(end.status), "\(node) cannot end as \(end.status.rawValue)")
    case .resolved(let node, _, _, _, _):
      let open: [NodeStatus] = [.inDoubt, .held, .failed, .unknown]
      try require(
        open.contains(self[node].status), "\(node) is \(self[node].status.rawValue): nothing to resolve")
    default: break
    }
  }

  func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(FoldError) {
    if !condition { throw FoldError(message()) }
  }
}
