internal import BelayJournal
internal import BelayModel
internal import BelayPlan

extension Engine {
  /// A driver has the run: takes up what was at work when the journal ended, then does what it came for.
  mutating func begin(_ begin: Begin) {
    record(.driverStarted(begin.driver))
    scheduleNotices()
    scheduleDeadlines()
    fates = begin.fates
    isAttended = begin.isAttended
    markUndoneGroups()
    goesForward = isForward(begin.purpose)
    countWhatIsMissing()
    skip(begin)
    override(begin)
    // Who comes to undo, cancel or close lets nothing go on by what is found.
    if !goesForward { turnBack(begin) }
    if case .resume(let retry) = begin.purpose, goesForward { prepare(retry: retry, by: begin.driver.actor) }
    // It has tripped, and its engine died or was paused before it came to what follows from that.
    if goesForward, let trip = run.trip { drawTrip(trip) }
    // Before anything else: what the keeper tells of them from here on must find them.
    takeUpOpenAttempts()
    if goesForward, run.trip != nil { windDown(.trip) }
    switch begin.purpose {
    case .run where goesForward: if !isStopping { goForward() }
    case .resume(let retry) where goesForward: resume(retry: retry, by: begin.driver.actor)
    default: if case .stopping(let stop) = stage { windDown(stop.cause) }
    }
  }

  private mutating func turnBack(_ begin: Begin) {
    let actor = begin.driver.actor
    switch begin.purpose {
    case .rollback(let scope): rollBackOnRequest(scope, by: actor)
    case .close(let note): close(note, by: actor)
    case .cancel: stopAsked(.cancel, by: actor)
    case .run: resumeTurnedBack(retry: false, by: actor)
    case .resume(let retry): resumeTurnedBack(retry: retry, by: actor)
    }
  }

  private mutating func resumeTurnedBack(retry: Bool, by actor: Actor) {
    if retry { resetFailedCompensations(by: actor) }
    if let scope = run.rollback { return resumeRollback(scope, by: actor) }
    stopAsked(.cancel, by: actor)
  }

  private func isForward(_ purpose: Begin.Purpose) -> Bool {
    switch purpose {
    case .run, .resume: run.rollback == nil && run.stop != .cancel
    case .rollback, .cancel, .close: false
    }
  }

  /// What a person does without: what has not happened, has failed, or waits for nobody's answer but theirs. A doubt
  /// is not settled by looking away, so an attempt that is open keeps its node.
  private mutating func skip(_ begin: Begin) {
    for skipped in begin.skips {
      guard let named = graph.index[skipped] else { continue }
      // A part of a rollback cannot be left out: what is left would look undone.
      let node = isMainOrSteady(named) ? named : root(of: named)
      guard graph.subtree(node).allSatisfy({ record(of: $0).openAttempt == nil }),
        ![.succeeded, .skipped, .compensated].contains(record(of: node).status), !isGuarded(node)
      else { continue }
      let stale = [node] + groupsThatFailed(around: node)
      let ended = stale.filter { record(of: $0).status.hasEnded || record(of: $0).status == .held }
      reset(ended, because: "skipped by a person", by: begin.driver.actor)
      record(.nodeSkipped(id(node), reason: .person, note: begin.skipNote, by: begin.driver.actor))
    }
  }

  private func groupsThatFailed(around node: Int) -> [Int] {
    var groups: [Int] = []
    var outer = graph.parents[node]
    while let group = outer {
      if record(of: group).hasFailed { groups.append(group) }
      outer = graph.parents[group]
    }
    return groups
  }

  // MARK: Resuming

  /// What is to be done again is pending, and temporaries that this needs are applied before anything of it goes on.
  mutating func prepare(retry: Bool, by actor: Actor) {
    if retry, !isUndoing {
      // What is half undone is undone to its end first: what has been undone of it is not undone twice.
      if halfUndone().isEmpty { resetFailed(by: actor) }
      resetFailedCompensations(by: actor)
    }
    let lost = retry || !endsByWhatHasFailed ? lostTemporaries() : []
    reset(lost, because: "temporary, applied again")
    let first = (voidedGates() + halfReapplied(with: lost)).sorted()
    if !first.isEmpty { stage = .reapplying(first, then: .goForward) }
  }

  mutating func resume(retry: Bool, by actor: Actor) {
    // A doubt is settled before what a trip asks for.
    if run.trip != nil, let held = heldNode() { return stayHeld(held) }
    // What was in flight has failed, or is held.
    if isStopping { return }
    if retry, isUndoing {
      // What is being undone is undone first: what is tried again may need it gone.
      return stop(Stop(cause: .request, reason: "tried again", consequence: .resume(retry: true, by: actor)))
    }
    // What is being undone of them is undone to its end first.
    let undone = resolvedFailures().filter { record(of: $0).status == .compensating }
    if !undone.isEmpty { return undo(undone, then: .resume(retry: retry, by: actor)) }
    goOnOverResolvedFailures()
    if let held = heldNode() { return stayHeld(held) }
    if !retry, let node = failedNode() { return fail(again: node) }
    let half = halfUndone()
    if !half.isEmpty { return undo(half, then: .resume(retry: retry, by: actor)) }
    // What had ended unseen is known only now.
    if retry && failedNode() != nil || !lostTemporaries().isEmpty { prepare(retry: retry, by: actor) }
    if case .reapplying = stage { return }
    goForward()
  }

  /// Temporaries whose undo was broken off or has failed, in a list that goes on: undone wholly, then applied again.
  private func halfUndone() -> [Int] {
    inForce(among: 0..<graph.count).filter { node in
      [.compensating, .compensationFailed].contains(record(of: node).status) && !isGivenUp(node)
        && listGoesOn(around: node)
    }
  }

  private func listGoesOn(around node: Int) -> Bool {
    let list = graph.parents[node].map { Array(graph.children[$0]) } ?? graph.top
    return list.contains { !isMet($0) }
  }

  /// A compensation is at work, or was when the journal ended.
  private var isUndoing: Bool {
    plan.nodes.indices.contains { node in
      guard case .rollback = plan.nodes[node].role else { return false }
      return record(of: node).openAttempt != nil && record(of: node).status != .held
    }
  }

  /// Failed nodes, their rollbacks and the groups around them are pending again.
  private mutating func resetFailed(by actor: Actor) {
    let failed = plan.nodes.indices.filter { node in
      let record = record(of: node)
      return isMainOrSteady(node) && !isUndoneTemporary(node) && !standsInWhatIsLeftBehind(node)
        && (record.hasFailed || record.status == .compensated)
    }
    let all = Set(failed + failed.flatMap(askedAnew))
    reset(all.sorted(), because: "tried again", by: actor)
  }

  /// Undone because what it stands in has failed, and to be done again with it.
  func isUndoneWithScope(_ node: Int, beginningAgain groups: Set<Int>) -> Bool {
    isMainOrSteady(node) && record(of: node).status == .compensated && !isUndoneTemporary(node)
      && !standsInWhatIsLeftBehind(node, except: groups)
  }

  /// A group around it has ended, and the run has gone on.
  private func standsInWhatIsLeftBehind(_ node: Int, except groups: Set<Int> = []) -> Bool {
    var outer = graph.parents[node]
    while let group = outer {
      let record = record(of: group)
      if !groups.contains(group), record.status.hasEnded, !record.hasFailed, record.status != .compensated {
        return true
      }
      outer = graph.parents[group]
    }
    return false
  }

  /// What a person has called failed goes by the playbook's rule too; only an end of the engine's own says so.
  private mutating func goOnOverResolvedFailures() {
    for node in resolvedFailures() {
      let record = record(of: node)
      reset([node], because: "it has failed, and the run goes on")
      self.record(
        .nodeFinished(
          id(node), NodeEnd(status: .failed, failure: record.failure, continued: true, kept: record.kept)))
    }
  }

  private func resolvedFailures() -> [Int] {
    plan.nodes.indices.filter { node in
      isMainOrSteady(node) && plan.nodes[node].failure.rule == .continue && record(of: node).hasFailed
    }
  }

  private func isMainOrSteady(_ node: Int) -> Bool {
    switch plan.nodes[node].role {
    case .main, .steadyState: true
    case .rollback: false
    }
  }

  func isTemporary(_ node: Int) -> Bool {
    if case .step(let step) = plan.nodes[node].detail { step.temporary } else { false }
  }

  private func isUndoneTemporary(_ node: Int) -> Bool {
    isTemporary(node) && record(of: node).status == .compensated && !record(of: node).hasFailed
  }

  /// Temporaries that were undone while their list has not ended: needed again by what comes next in it.
  private func lostTemporaries() -> [Int] {
    plan.nodes.indices.filter { isUndoneTemporary($0) && listGoesOn(around: $0) }
  }

  /// Their approvals were for the plan before: nothing goes on without new ones.
  private func voidedGates() -> [Int] {
    plan.nodes.indices.filter { node in
      run.voided.contains(id(node)) && record(of: node).status != .held && !record(of: node).status.hasEnded
        && isReached(node) && graph.prerequisites(of: node).allSatisfy(isMet)
    }
  }

  /// These, and those that a driver before this one had begun to apply again: their turn had come once.
  private func halfReapplied(with lost: [Int]) -> [Int] {
    let begun = plan.nodes.indices.filter { node in
      let record = record(of: node)
      return isTemporary(node) && plan.nodes[node].role == .main && record.round > 1
        && !record.status.hasEnded && ![.compensating, .held].contains(record.status)
    }
    var again = Set((lost + begun).filter(isReached))
    while let early = again.first(where: { node in
      graph.prerequisites(of: node).contains { !isMet($0) && !again.contains($0) }
    }) {
      again.remove(early)
    }
    return again.sorted()
  }

  private func heldNode() -> Int? {
    plan.nodes.indices.first { record(of: $0).status == .held }
  }

  func failedNode() -> Int? {
    plan.nodes.indices.first { node in
      isMainOrSteady(node) && record(of: node).hasFailed && !standsInWhatHasEnded(node)
    }
  }

  /// What has failed fails the run again: nothing goes on that could need a temporary.
  private var endsByWhatHasFailed: Bool {
    plan.nodes.indices.contains { node in
      isMainOrSteady(node) && record(of: node).hasFailed && plan.nodes[node].failure.rule != .continue
        && !standsInWhatHasEnded(node)
    }
  }

  /// A failure inside a group that has ended is the group's by now.
  private func standsInWhatHasEnded(_ node: Int) -> Bool {
    var outer = graph.parents[node]
    while let group = outer {
      if record(of: group).status.hasEnded { return true }
      outer = graph.parents[group]
    }
    return false
  }

  /// Until a person has settled it nothing goes on.
  mutating func stayHeld(_ node: Int) {
    held(node, record(of: node).heldBecause ?? "\(id(node)) is held")
  }

  /// The consequence of a failure is drawn again: the engine may have died before it was.
  mutating func fail(again node: Int) {
    let record = record(of: node)
    let end = NodeEnd(status: record.ending ?? .failed, failure: record.failure)
    guard let call = callToAskAgain(after: node, end) else { return failed(node, end) }
    takeBack(partsOf: call)
    if let other = failedNode() { fail(again: other) } else { goForward() }
  }

  /// Steps whose attempts are open, without anything that would be new.
  private mutating func takeUpOpenAttempts() {
    for node in plan.nodes.indices {
      let record = record(of: node)
      guard record.openAttempt != nil, record.status != .held, activities[node] == nil,
        case .step(let step) = plan.nodes[node].detail
      else { continue }
      takePlace(node, .acting)
      goOn(node, step)
    }
  }

  // MARK: Rollback and close by a person

  private mutating func resumeRollback(_ scope: RollbackScope, by actor: Actor) {
    let cause = run.rollbackCause
    stop(
      Stop(cause: .request, reason: cause, consequence: .rollBack(scope, cause: cause, by: actor)))
  }

  private mutating func resetFailedCompensations(by actor: Actor) {
    let failed = plan.nodes.indices.filter { node in
      guard case .rollback = plan.nodes[node].role else { return false }
      return [.failed, .unknown].contains(record(of: node).status) && !record(of: node).continued
    }
    if !failed.isEmpty { record(.nodesReset(failed.map(id), reason: "tried again", by: actor)) }
  }

  private mutating func rollBackOnRequest(_ scope: RollbackScope, by actor: Actor) {
    if run.claims.isEmpty, !plan.claims.isEmpty { record(.claimsTaken(plan.claims)) }
    let cause = "rolled back by \(actor.name)"
    // One that was begun is finished, or becomes one of the whole run.
    let scope = scope == .run ? scope : run.rollback ?? scope
    stop(Stop(cause: .request, reason: cause, consequence: .rollBack(scope, cause: cause, by: actor)))
  }

  private mutating func close(_ note: String, by actor: Actor) {
    stop(Stop(cause: .cancel, reason: note, consequence: .close(note: note, by: actor)))
  }
}
