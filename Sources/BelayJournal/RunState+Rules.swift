internal import BelayModel

extension RunState {
  /// What may follow what. A journal that breaks one of these was not written by an engine that works.
  func admit(_ event: RunEvent, at time: Timestamp) throws(FoldError) {
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
    try admitForPeople(event, at: time)
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
    case .resolved(let node, let resolution, _, _, _):
      let isApproval = self[node].asking?.inquiry.subject.isApproval ?? false
      try require(
        resolution != .done || !isApproval || self[node].openAttempt != nil
          || self[node].asking?.state == .met,
        "\(node) has to be approved: nobody's word but that makes it done")
      let open: [NodeStatus] = [.inDoubt, .held, .failed, .unknown]
      try require(
        open.contains(self[node].status), "\(node) is \(self[node].status.rawValue): nothing to resolve")
    default: break
    }
  }

  private func admitForPeople(_ event: RunEvent, at time: Timestamp) throws(FoldError) {
    switch event {
    case .asked(let node, let inquiry):
      try require(!self[node].status.hasEnded, "\(node) has ended and asks")
      try require(!inquiry.requirements.isEmpty, "\(node) asks nobody")
      try require(inquiry.requirements.allSatisfy { $0.count > 0 }, "\(node) asks for no answer")
    case .decided(let node, let decision): try admit(decision, of: node, at: time)
    case .windowOverridden(let node, _, _):
      try require(!self[node].status.hasEnded, "\(node) has ended and goes on")
    case .nodeFinished(let node, let end) where end.status == .succeeded:
      try requireApproval(.approval, of: node)
      try requireApproval(.override, of: node)
    case .attemptIntended(let node, _): try requireApproval(.irreversible, of: node)
    default: break
    }
  }

  /// Nothing passes without the people that it was to be approved by.
  private func requireApproval(_ subject: Inquiry.Subject, of node: NodeID) throws(FoldError) {
    guard let asking = self[node].asking, asking.inquiry.subject == subject, !asking.isTaken else { return }
    try require(asking.state == .met, "\(node) goes on without those who have to approve it")
  }

  private func admit(_ decision: Decision, of node: NodeID, at time: Timestamp) throws(FoldError) {
    guard let asking = self[node].asking, !asking.isTaken else { throw FoldError("\(node) asks nothing") }
    try require(asking.number == decision.asked, "\(node) was asked anew, and the old question is answered")
    try require(asking.state == .open, "\(node) is answered already")
    try require(!asking.isExpired(at: time), "the time in which \(node) could be answered is over")
    try require(
      decision.word.isRefusal || !decision.meets.isEmpty, "\(node) is answered by who may not answer")
    let known = asking.inquiry.requirements
    for index in decision.meets {
      try require(known.indices.contains(index), "\(node) has no requirement \(index)")
      try require(
        decision.by.assurance >= known[index].assurance,
        "\(node) is answered by \(decision.by.name), of whom that is not sure enough")
    }
    // Who has said yes may take it back.
    try require(
      decision.word.isRefusal || !asking.decisions.contains { $0.who == decision.who },
      "\(decision.who) answers \(node) twice")
  }

  func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(FoldError) {
    if !condition { throw FoldError(message()) }
  }
}
