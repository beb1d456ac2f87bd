import BelayEngine
import BelayJournal
import BelayModel

/// Where the engine is driven on a stage: what was appended waits to be durable, and time jumps to what comes next.
struct StageWorld: World {
  let stage: Stage
  var inputs: [Input]
  var committed: Int
  var pending: [(event: RunEvent, at: Timestamp)] = []
  var urgent = false
  var told: Set<AttemptName> = []
  var isDead = false

  mutating func next(until deadline: TimeSpan?) -> (input: Input, clock: Clock)? {
    if isDead { return nil }
    if !inputs.isEmpty { return (inputs.removeFirst(), stage.clock) }
    if let stop = stage.stopBefore, pending.contains(where: { stop.matches($0.event) }) {
      stage.stopBefore = nil
      return (.stop(stop.request, by: Stage.actor), stage.clock)
    }
    if urgent { return commit() }
    let end = stage.nextEnd(after: told)
    let stop = stage.stopAtSecond.first
    let word = stage.words.first
    let seconds = [
      stop?.0, word?.second, stage.diesAtSecond, stage.keeperDiesAtSecond, stage.clockSetAtSecond?.second,
    ]
    let moments = seconds.map { $0.map { $0 * 1_000_000_000 } }
    let times = ([end?.1.ends, deadline?.nanoseconds] + moments).compactMap { $0 }
    guard let time = times.min(), time < .max else { return pending.isEmpty ? nil : commit() }
    // As the real world does: nothing stays in memory for longer.
    if !pending.isEmpty, time >= stage.now + 100_000_000 { return commit() }
    stage.now = max(stage.now, time)
    if let set = stage.clockSetAtSecond, set.second * 1_000_000_000 <= stage.now {
      stage.clockSetAtSecond = nil
      stage.wallIsBehind.nanoseconds -= set.by.nanoseconds
    }
    if let death = stage.diesAtSecond, death * 1_000_000_000 <= stage.now {
      stage.diesAtSecond = nil
      isDead = true
      return nil
    }
    if let death = stage.keeperDiesAtSecond, death * 1_000_000_000 <= stage.now {
      stage.keeperDiesAtSecond = nil
      return (.keeperLost(stage.running()), stage.clock)
    }
    if let stop, stop.0 * 1_000_000_000 <= stage.now {
      stage.stopAtSecond.removeFirst()
      return (.stop(stop.1, by: Stage.actor), stage.clock)
    }
    if let word, word.second * 1_000_000_000 <= stage.now {
      stage.words.removeFirst()
      let (proposal, actor) = stage.proposal(word)
      return (.decided(proposal, by: actor, ticket: 1), stage.clock)
    }
    if let (name, kept) = end, kept.ends <= stage.now {
      told.insert(name)
      return (.effectEnded(name, stage.report(kept.act, of: kept.request)), stage.clock)
    }
    return (.timePassed, stage.clock)
  }

  private mutating func commit() -> (input: Input, clock: Clock)? {
    if let limit = stage.diesAfterEvents, stage.journal.count + pending.count > limit {
      isDead = true
      return nil
    }
    if let limit = stage.fullAfterEvents, stage.journal.count + pending.count > limit {
      stage.fullAfterEvents = nil
      stage.startedWhenFull = stage.started.count
      return (.diskFull("no room"), stage.clock)
    }
    stage.durable(pending)
    if let last = stage.diesOnce, pending.contains(where: { last($0.event) }) {
      stage.diesOnce = nil
      isDead = true
      return nil
    }
    pending.removeAll()
    urgent = false
    committed = stage.journal.count
    return (.committed(through: committed), stage.clock)
  }

  mutating func perform(_ commands: [Command]) {
    for command in commands where !isDead {
      switch command {
      case .append(let events, let at, _, let isUrgent):
        pending += events.map { ($0, at) }
        urgent = urgent || isUrgent
      case .start(let order):
        if let limit = stage.diesAfterStarts, stage.started.count >= limit {
          isDead = true
          return
        }
        if let limit = stage.keeperFullAfterStarts, stage.started.count >= limit {
          stage.startedWhenFull = stage.started.count
          inputs += [.diskFull("no room"), .notTaken(order.attempt)]
          continue
        }
        stage.start(order)
        if order.request.kind == .process {
          inputs.append(.processStarted(order.attempt, ProcessIdentity(pid: 100, startTicks: 1)))
        }
      case .stopAttempt(let attempt, let reason): stage.stop(attempt, reason)
      case .claim(let wish): claim(wish)
      case .reply(_, let reply): stage.replies.append(reply)
      case .leave: break
      }
    }
  }
}

extension StageWorld {
  /// What came before is durable whatever becomes of it, and the answer comes before anything else.
  private mutating func claim(_ order: ClaimOrder) {
    if !pending.isEmpty {
      guard let (input, _) = commit() else { return }
      inputs.append(input)
      if case .diskFull = input { return }
    }
    if let name = order.names.first(where: { stage.heldElsewhere[$0, default: 0] > 0 }) {
      stage.heldElsewhere[name]? -= 1
      let holder = ClaimRow(name: name, run: "other", since: order.at, by: "ben")
      return inputs.insert(.claimRefused(holder), at: 0)
    }
    stage.durable([(.claimsTaken(order.names), order.at)])
    committed = stage.journal.count
    inputs.insert(.claimed, at: 0)
  }
}
