import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

/// What was really measured, and what the driver at work has been told of it.
struct Measured {
  struct Sample {
    var startedAt: Int64
    var verdict: Verdict
  }

  /// By watch, of the driver at work.
  var samples: [WatchID: [Sample]] = [:]
  /// Watches that have failed, or had no answer, for longer than they may, with how many events were recorded then.
  var overripe: [WatchID: Int] = [:]
}

// A watch is held to what was measured, not to what the engine says of it.
extension Referee {
  /// Latencies between a question's asking and its start.
  private static let slack: Int64 = 50_000_000

  func driverBegins(_ world: SimulatedWorld, from state: RunState) {
    measured = Measured()
    self.world = world
    live = state
    folded = 0
    tripWasPending = state.trip != nil
  }

  /// The state of the driver at work with all that it has recorded, durable or not.
  func catchUp() {
    guard let world else { return }
    while folded < world.handedOver.count {
      let (event, at) = world.handedOver[folded]
      folded += 1
      do { try live.apply(event, at: at) } catch { return blame(.fold, "\(event.type): \(error.message)") }
      switch event {
      case .watchTripped(let watch, _): measured.overripe[watch] = nil
      // What fails by itself needs no watch to stop it.
      case .nodeFinished(let node, let end) where end.status != .succeeded:
        for watch in plan.watches where watch.scope.map({ plan.nodes[$0].id }) == node {
          measured.overripe[watch.id] = nil
        }
      default: break
      }
    }
  }

  func heard(_ input: Input) {
    switch input {
    case .effectEnded(let name, _): answered(name)
    // What the log of a killed keeper has kept of it is an answer too.
    case .keeperLost(let fates):
      for (name, fate) in fates.sorted(by: { $0.key < $1.key }) {
        if case .ended = fate { answered(name) }
      }
    case .claimRefused: coverage.add("claim refused")
    default: break
    }
  }

  private func answered(_ name: AttemptName) {
    guard let process = machine.processes[name],
      let watch = plan.watches.first(where: { $0.id == process.order.node })
    else { return }
    catchUp()
    let verdict = process.verdict
    measured.samples[watch.id, default: []].append(
      Measured.Sample(startedAt: process.startedAt, verdict: verdict))
    if verdict == .pass {
      measured.overripe[watch.id] = nil
    } else if isBinding(watch, verdict), isRipe(watch, verdict), isAtWork(watch) {
      measured.overripe[watch.id] = measured.overripe[watch.id] ?? folded
    }
  }

  /// A trip would stop the run.
  private func isBinding(_ watch: PlanWatch, _ verdict: Verdict) -> Bool {
    (verdict == .fail ? watch.onFailure : watch.onUnknown) != .continue
  }

  /// Failing in every answer, or without any, for as long as it may.
  private func isRipe(_ watch: PlanWatch, _ verdict: Verdict) -> Bool {
    let samples = measured.samples[watch.id] ?? []
    guard let span = watch.tripsAfter.literal.flatMap({ TimeSpan(text: $0) }) else { return false }
    let same = samples.reversed().prefix {
      $0.verdict == verdict || verdict == .fail && $0.verdict == .unknown
    }
    guard let first = same.last(where: { $0.verdict == verdict }), let last = samples.last else {
      return false
    }
    return last.startedAt - first.startedAt >= span.nanoseconds + (span > .zero ? Referee.slack : 0)
  }

  private func isAtWork(_ watch: PlanWatch) -> Bool {
    guard live.rollback == nil, live.trip == nil, live.stop == nil else { return false }
    if let scope = watch.scope { return live[plan.nodes[scope].id].status == .running }
    // A temporary that is undone at the end has ended before.
    return plan.nodes.contains {
      $0.role == .main && $0.parent == nil && !live[$0.id].status.hasEnded && live[$0.id].ending == nil
    }
  }

  /// Called for each start of a change in the world.
  func requireWatched(_ order: EffectOrder) {
    catchUp()
    guard truth.node(order.node)?.role == .main, durable.rollback == nil else { return }
    let intent = world?.handedOver.firstIndex { item in
      if case .attemptIntended(_, let intent) = item.event { intent.attempt == order.attempt } else { false }
    }
    for (watch, events) in measured.overripe.sorted(by: { $0.key < $1.key })
    where intent.map({ $0 >= events }) == true {
      blame(.tripHeeded, "\(order.node) is started although \(watch) should have stopped the run")
    }
    if let trip = live.trip, let at = tripped(trip.watch), intent.map({ $0 > at }) == true {
      blame(.tripHeeded, "\(order.node) is started after \(trip.watch) has tripped")
    }
    // What was intended by an engine before this one, and is proven not to have begun, is started by this one.
    for watch in plan.watches where isAround(order.node, watch) && !hasPassed(watch) {
      blame(.watchedFirst, "\(order.node) is started before \(watch.id) has passed")
    }
  }

  /// Where it stands among the driver's events: before the first where the driver has found it.
  private func tripped(_ watch: WatchID) -> Int? {
    let own = world?.handedOver.lastIndex { item in
      if case .watchTripped(watch, let trip) = item.event { trip.rule != .tell } else { false }
    }
    return own ?? (tripWasPending ? -1 : nil)
  }

  private func isAround(_ node: NodeID, _ watch: PlanWatch) -> Bool {
    guard let scope = watch.scope else { return true }
    return truth.groups(around: node).contains(plan.nodes[scope].id)
  }

  /// Or has shown what it only tells.
  private func hasPassed(_ watch: PlanWatch) -> Bool {
    let samples = measured.samples[watch.id] ?? []
    return samples.contains { $0.verdict == .pass || !isBinding(watch, $0.verdict) } || isSilent(watch)
  }

  /// What this driver has asked has had no answer for as long as that may be, and that is only told.
  private func isSilent(_ watch: PlanWatch) -> Bool {
    guard !isBinding(watch, .unknown), let span = watch.tripsAfter.literal.flatMap({ TimeSpan(text: $0) })
    else { return false }
    return machine.processes.values.contains { process in
      process.order.node == watch.id && process.order.attempt.hasPrefix("\(live.epoch).")
        && machine.now - process.startedAt >= span.nanoseconds - Referee.slack
    }
  }

  // MARK: Ends

  func checkWatches(_ status: RunStatus) {
    catchUp()
    if status == .succeeded, let watch = measured.overripe.keys.min() {
      blame(.tripHeeded, "the run succeeds although \(watch) should have stopped it")
    }
    if status == .failed, !hasReasonToFail {
      blame(
        .harmless,
        "the run fails: \(durable.cause), and no node has failed, no watch tripped, nobody asked for it")
    }
  }

  private var hasReasonToFail: Bool {
    let events = world?.handedOver.map(\.event) ?? []
    let isAsked = events.contains { event in
      switch event {
      case .stopRequested(.cancel, _): true
      case .driverStarted(let driver): driver.purpose == "cancel"
      default: false
      }
    }
    return isAsked || durable.nodes.values.contains(where: \.hasFailed) || hasTripped
  }
}

extension SimulatedProcess {
  /// As the conditions of watches and checks in a sketch say.
  var verdict: Verdict {
    if stoppedBecause != nil || act.refused != nil || act.exitCode == 7 { return .unknown }
    return act.exitCode == 0 ? .pass : .fail
  }
}
