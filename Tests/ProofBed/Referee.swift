import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

/// Watches one run in the simulated world and holds it to its promises. Knows the plan, what is durable and what
/// really happened; asks the engine nothing.
final class Referee: SimulationObserver {
  let plan: Plan
  let machine: SimulatedMachine
  /// Nodes whose effects have receipts, as the files have them.
  private let once: Set<String>
  var truth: Truth
  /// The fold of what is durable.
  private(set) var durable: RunState
  private(set) var violations: [Violation] = []
  var coverage = Coverage()
  private(set) var starts: [String] = []
  private var startedAttempts: Set<AttemptName> = []
  /// Of each node, in the order of their intents; since its last reset.
  private var attempts: [NodeID: [AttemptName]] = [:]
  /// How often nodes were run again by the rule for idempotent ones.
  private var repetitions: [NodeID: Int] = [:]
  private var resolvedByPerson: Set<AttemptName> = []
  /// Of the newest driver.
  private var purpose = ""
  /// The driver at work.
  var world: SimulatedWorld?
  /// What it has recorded, durable or not, and how many of its events are in that.
  var live: RunState
  var folded = 0
  var tripWasPending = false
  /// A watch has stopped the run, by any of its drivers, and nothing was begun anew since.
  private(set) var hasTripped = false
  /// A driver that was frozen still does what it had wanted.
  var isThawing = false
  var measured = Measured()
  var soaks: [NodeID: SoakProgress] = [:]
  var noticeStarts = 0
  /// When the run last came to rest, by the wall clock.
  var restedAt: Timestamp?
  var book = QuestionBook()
  /// Told of each question that is on the record.
  var asked: (NodeID, Inquiry, Int) -> Void = { _, _, _ in }

  init(_ plan: Plan, _ machine: SimulatedMachine, once: Set<String>) {
    self.plan = plan
    self.machine = machine
    self.once = once
    truth = Truth(plan)
    durable = RunState(run: plan.run)
    live = durable
  }

  /// A person has said what became of it.
  func wasResolved(_ node: NodeID) -> Bool { attempts[node]?.last.map(resolvedByPerson.contains) ?? false }

  func blame(_ property: Violation.Property, _ message: String) {
    violations.append(Violation(property: property, message: message))
  }

  func count(_ name: String) { coverage.add(name) }

  func replied(_ reply: Reply) {
    switch reply {
    case .accepted: count("said to a run that is driven")
    case .refused: count("said in vain to a run that is driven")
    }
  }

  private func require(
    _ condition: Bool, _ property: Violation.Property, _ message: @autoclosure () -> String
  ) {
    if !condition { blame(property, message()) }
  }

  // MARK: What becomes durable

  func committed() {
    for event in machine.store.events(of: plan.run, from: durable.events + 1, limit: .max) {
      do {
        let line = try EventLine(parsing: event.line)
        let before = Snapshot(durable, line.event)
        try durable.apply(line.event, at: line.at)
        let changes = coverage.note(line.event, from: before, to: Snapshot(durable, line.event))
        for change in changes where !Expectations.isKnown(change) {
          blame(.transitions, "event \(event.number): \(change)")
        }
        note(line.event, at: line.at)
        notePeople(line.event, number: event.number, at: line.at)
      } catch {
        blame(.fold, "event \(event.number) cannot be read again: \(error)")
        return
      }
    }
  }

  private func note(_ event: RunEvent, at time: Timestamp) {
    switch event {
    case .rested, .closed: restedAt = time
    case .sampled(let node, let progress): sampled(node, progress)
    case .nodeFinished(let node, let end): soakEnded(node, end)
    case .overdue(let node, let due): overdue(node, due: due, at: time)
    case .watchTripped(_, let trip):
      coverage.add("trip \(trip.verdict.rawValue), \(trip.rule.rawValue)")
      if trip.rule != .tell { hasTripped = true }
    case .noticeEnded(_, let failure): coverage.add(failure == nil ? "notice sent" : "notice not sent")
    case .attemptIntended(let node, let intent):
      attempts[node, default: []].append(intent.attempt)
      if truth.node(node)?.role == .main, truth.step(node)?.temporary != true { hasTripped = false }
    case .doubtSettled(let node, _, let settlement)
    where settlement.verdict == .again || settlement.evidence == .verify && settlement.verdict == .notDone:
      repetitions[node, default: 0] += 1
      let limit = max(3, (truth.step(node)?.retry.attempts ?? 1) - 1)
      require(
        repetitions[node, default: 0] <= limit, .doubtByTheRules,
        "\(node) is run again after a doubt, more often than \(limit) times")
      require(
        (settlement.notBefore != nil) == ((truth.step(node)?.retry.attempts ?? 1) > 1), .doubtByTheRules,
        "\(node) is not run again when its retry says")
    case .nodesReset(let nodes, let reason, _):
      for node in nodes {
        attempts[node] = nil
        repetitions[node] = nil
        soaks[node] = nil
      }
      if reason.hasPrefix("rolled back") { undoneByWord(nodes) }
    case .nodesUndone(_, let group) where truth.group(group)?.rollback == .nothing: truth.undoByHand(group)
    // Whether it has had an effect is nobody's knowledge: it is undone all the same.
    case .doubted(let node, _, _) where truth.undone(by: node) == nil: truth.begins(node)
    case .resolved(let node, _, _, _, _):
      repetitions[node] = nil
      if let last = attempts[node]?.last { resolvedByPerson.insert(last) }
    case .driverStarted(let driver): purpose = driver.purpose
    case .captured(let node, let name, let value):
      let isRead = name == "before"
      require(!isRead || value == .string("0"), .captures, "\(node).\(name) is \(value.text)")
    default: break
    }
  }

  /// Where the author says that there is nothing to undo, it is undone by that.
  private func undoneByWord(_ nodes: [NodeID]) {
    for node in nodes {
      // A rollback of a part may undo a step by itself, whatever the group around it says.
      guard let step = truth.step(node), [step.rollback, truth.rollback(of: node)].contains(.nothing) else {
        continue
      }
      truth.undoByHand(node)
    }
  }

  // MARK: What is started

  func ordered(_ order: EffectOrder) {
    guard let key = order.key else { return }
    let name = order.attempt
    guard let record = durable.attempts[name] else {
      return blame(.intentBeforeEffect, "\(order.node) is started as \(name), and no intent is durable")
    }
    require(
      record.intent.key == key && record.node == order.node, .intentBeforeEffect,
      "\(name) is another attempt than was intended")
    require(durable[order.node].openAttempt == name, .attemptRepeats, "\(name) is not open any more")
    if truth.node(order.node)?.role == .main { requireOrder(order.node) }
    if !isThawing { requireWatched(order) }
    if truth.step(order.node)?.irreversible != nil { requireYes(order.node, .irreversible) }
  }

  private func requireOrder(_ node: NodeID) {
    if durable.rollback != nil {
      return require(
        truth.step(node)?.temporary == true, .order, "\(node) is started while the run is rolled back")
    }
    for before in truth.prerequisites(of: node) {
      let id = plan.nodes[before].id
      require(isMet(id), .order, "\(node) is started before \(id), which is \(durable[id].status.rawValue)")
    }
    requireTurn(node)
  }

  /// Of a choice only one child runs, and a group is tried again only after a failure.
  private func requireTurn(_ node: NodeID) {
    let path = [node] + truth.groups(around: node)
    for (inner, outer) in zip(path, path.dropFirst()) {
      switch truth.group(outer)?.mode {
      case .choice:
        for other in truth.children(of: outer) where other != inner {
          require(durable[other].skipped != nil, .order, "\(node) is started, and \(other) is not left aside")
        }
      case .rounds:
        for before in truth.children(of: outer).prefix(while: { $0 != inner }) {
          require(
            durable[before].ending == .failed, .order, "\(node) is started, and \(before) has not failed")
        }
      case .sequence, .parallel, nil: break
      }
    }
  }

  /// As language.md says of `needs`: a skipped or continued one counts as met. A temporary one stays met when it is
  /// undone.
  private func isMet(_ id: NodeID) -> Bool {
    let record = durable[id]
    if record.continued || record.skipped != nil { return true }
    if truth.step(id)?.temporary == true, record.ending == .succeeded { return true }
    return record.status == .succeeded
  }

  func started(_ process: SimulatedProcess) {
    let order = process.order
    guard order.key != nil else {
      starts.append(order.node + "?")
      if order.arguments.first == "tell" { noticeStarted(process) }
      return
    }
    let name = process.attempt
    let node = order.node
    starts.append(node)
    require(startedAttempts.insert(name).inserted, .attemptRepeats, "\(name) of \(node) is started twice")
    require(durable.attempts[name] != nil, .intentBeforeEffect, "\(name) of \(node) runs without an intent")
    requireAlone(process)
    requireSettled(node, before: name)
    for claim in plan.claims + groupClaims(of: node) {
      require(isHeld(claim), .claims, "\(node) runs while the run does not hold the claim \(claim)")
    }
    if let step = truth.undone(by: node) {
      requireReverseOrder(node, of: step)
      requireDoubtSettled(of: step, before: node)
    } else {
      truth.begins(node)
    }
  }

  /// By this run.
  func isHeld(_ claim: String) -> Bool { machine.store.holder(of: claim) == plan.run }

  /// Of the groups around a node, or around what it undoes.
  private func groupClaims(of node: NodeID) -> [String] {
    var claims: [String] = []
    var at = plan.nodes.firstIndex { $0.id == node }
    while let index = at {
      if case .group(let group) = plan.nodes[index].detail { claims += group.claims }
      at = plan.nodes[index].parent
      if at == nil, case .rollback(let undone) = plan.nodes[index].role { at = undone }
    }
    return claims
  }

  private func requireAlone(_ process: SimulatedProcess) {
    let node = process.order.node
    let related = Set([node] + truth.steps(undoneWith: truth.undone(by: node) ?? node))
    for other in machine.processes.values
    where other.isAlive && other.attempt != process.attempt && other.order.key != nil {
      let undone = truth.steps(undoneWith: truth.undone(by: other.order.node) ?? other.order.node)
      guard related.contains(other.order.node) || !related.isDisjoint(with: undone) else { continue }
      // The nodes of one rollback may run side by side, as its author says.
      if other.order.node != node, truth.undone(by: node) != nil, truth.undone(by: other.order.node) != nil {
        continue
      }
      blame(.alone, "\(node) (\(process.attempt)) is started beside \(other.order.node) (\(other.attempt))")
    }
  }

  /// The attempt before this one has failed definitely, or its doubt was settled in a way that permits another.
  private func requireSettled(_ node: NodeID, before name: AttemptName) {
    guard let all = attempts[node], let index = all.firstIndex(of: name), index > 0 else { return }
    let earlier = all[index - 1]
    guard let record = durable.attempts[earlier] else { return }
    if record.end?.outcome == .failed || resolvedByPerson.contains(earlier) { return }
    guard let settlement = record.settlement else {
      return blame(.doubtByTheRules, "\(node) is tried again although \(earlier) is not settled")
    }
    let step = truth.step(node)
    switch (settlement.verdict, settlement.evidence) {
    case (.again, .idempotent):
      require(step?.idempotent == true, .doubtByTheRules, "\(node) is not declared idempotent")
    case (.notDone, .verify):
      require(step?.verify?.failIf.isEmpty == false, .doubtByTheRules, "verify of \(node) cannot deny")
      require(
        !truth.standing[node, default: []].contains { $0.attempt == earlier }, .doubtByTheRules,
        "\(earlier) of \(node) had its effect")
    case (.notDone, .notStarted):
      require(!startedAttempts.contains(earlier), .doubtByTheRules, "\(earlier) of \(node) was started")
    default: blame(.doubtByTheRules, "\(node) is tried again after \(earlier): \(settlement)")
    }
  }

  /// What nobody knows to have happened is undone only where undoing nothing does no harm.
  private func requireDoubtSettled(of step: NodeID, before root: NodeID) {
    guard truth.step(root)?.idempotent != true else { return }
    for step in truth.steps(undoneWith: step) {
      guard let last = attempts[step]?.last, let record = durable.attempts[last], record.doubt != nil,
        record.settlement == nil
      else { continue }
      require(
        resolvedByPerson.contains(last), .doubtByTheRules,
        "\(root) starts while nobody knows whether \(last) of \(step) has taken effect")
    }
  }

  private func requireReverseOrder(_ root: NodeID, of step: NodeID) {
    // Who closes a run has its temporaries undone, and nothing else.
    let isRollback = durable.rollback != nil && purpose != "close"
    let undone = truth.steps(undoneWith: step)
    for other in truth.standing.keys.sorted()
    where !undone.contains(other) && truth.stands(other) && !isGivenUp(other) {
      guard canBeUndone(other) else { continue }
      let comesFirst =
        isRollback
        ? truth.depends(other, on: step) && isInScope(other)
        : truth.step(other)?.temporary == true && truth.isInList(other, with: step)
          && truth.depends(other, on: step)
      require(!comesFirst, .rollbackOrder, "\(root) starts while \(other) still stands")
    }
  }

  /// A rollback of a part may undo a step by itself where one of the run undoes the group around it.
  private func canBeUndone(_ step: NodeID) -> Bool {
    guard case .root = truth.rollback(of: step) else { return false }
    if truth.undoneWith(step) == step || durable.rollback == .run { return true }
    if case .root? = truth.step(step)?.rollback { return true }
    return false
  }

  /// A person has skipped its rollback.
  func isGivenUp(_ step: NodeID) -> Bool {
    [step, truth.undoneWith(step)].contains { durable[RollbackName.root(of: $0)].skipped == .person }
  }

  private func isInScope(_ node: NodeID) -> Bool {
    guard case .node(let scope)? = durable.rollback else { return true }
    guard let group = plan.nodes.firstIndex(where: { $0.id == scope }),
      let index = plan.nodes.firstIndex(where: { $0.id == node })
    else { return false }
    return group == index || truth.contains(group, index)
  }

  func hasReceipts(_ node: NodeID) -> Bool { once.contains(Episode.written(node)) }

  func tookEffect(_ process: SimulatedProcess) {
    guard process.order.key != nil else { return }
    let effect = Truth.Effect(
      attempt: process.attempt, failedByItself: process.act.exitCode == 1 && process.stoppedBecause == nil)
    tookEffect(process.order.node, effect)
  }

  /// A person has done what they were asked for.
  func tookEffect(_ node: NodeID, byHand attempt: AttemptName) {
    truth.begins(node)
    tookEffect(node, Truth.Effect(attempt: attempt, failedByItself: false))
  }

  private func tookEffect(_ node: NodeID, _ effect: Truth.Effect) {
    let (before, isCompensation) = truth.took(effect, of: node)
    let doubled = before.filter { !$0.failedByItself }
    guard let first = doubled.first, truth.step(node)?.idempotent != true || hasReceipts(node) else { return }
    blame(
      isCompensation ? .compensatedOnce : .oneEffect,
      "\(node): \(effect.attempt) has an effect after \(first.attempt) had it")
  }
}
