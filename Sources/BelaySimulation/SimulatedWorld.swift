public import BelayEngine
public import BelayJournal
public import BelayModel
public import BelayPlan

/// What one driver sees of a simulated machine.
public final class SimulatedWorld: World {
  /// How it ended without the engine having left.
  public enum Ending: Hashable, Sendable {
    case killed
    case machineLost
    /// Goes on later, when another driver has the run.
    case frozen
    case store(StoreError)
    /// Nothing could ever happen again, or it never ends: a defect of the engine.
    case stuck
  }

  public private(set) var ending: Ending?
  /// Events that the engine has handed over, durable or not.
  public private(set) var handedOver: [(event: RunEvent, at: Timestamp)] = []
  private let machine: SimulatedMachine
  private let driver: Int
  /// To the keeper that it has found or started.
  private var link = Link(driver: 0, keeper: 0)
  private let journal: JournalWriter
  private let actor: Actor
  private var queue: [Input] = []
  /// At the keeper and not heard of since.
  private var sent: [AttemptName] = []
  private var killsAfterCommands: Int?
  private var freezesUntil: Int?
  private var isAttended = false
  /// The event of a claim whose answer the engine has not got yet.
  private var claimed: (event: RunEvent, at: Timestamp)?

  /// More than any run needs: one that waits a day for its window and asks its watches every three seconds meanwhile.
  private static let inputLimit = 400_000
  /// After so many, whoever sits at the terminal goes home.
  private static let patience = 4_000

  /// How long an event that nothing waits for stays in memory.
  private static let flushAfter: Int64 = 100_000_000

  /// - Parameter driver: its number on this machine, from 1, never used again.
  public init(_ machine: SimulatedMachine, driver: Int, plan: Plan, run: RunState, actor: Actor) {
    self.machine = machine
    self.driver = driver
    self.actor = actor
    journal = JournalWriter(store: machine.store, state: run, claims: plan.claims) { _, _, _ in }
  }

  /// Takes the run up: the keeper is found or started, and tells what became of the open attempts.
  public func begin(
    _ purpose: Begin.Purpose, run: RunState, skips: [NodeID] = [], overrides: [NodeID] = [],
    isAttended: Bool = false
  ) {
    self.isAttended = isAttended
    let intents = run.attempts.values.filter { $0.end == nil }.map(\.intent)
    let open = intents.map(\.attempt)
    machine.attach(driver: driver, epoch: run.epoch + 1, open: Set(open))
    var fates = machine.fates(of: open)
    for intent in intents where !intent.effect.outlivesEngine {
      fates[intent.attempt] = .unknown("its engine ended before the answer had come")
    }
    sent = open.filter { name in if case .running? = fates[name] { true } else { false } }.sorted()
    machine.startKeeper()
    link = machine.link
    let start = DriverStarted(
      epoch: run.epoch + 1, pid: driver, host: "simulated", bootID: machine.clock.bootID,
      purpose: purpose.word, actor: actor)
    queue.append(
      .begin(
        Begin(
          purpose: purpose, driver: start, fates: fates, skips: skips,
          skipNote: skips.isEmpty ? nil : "simulated", overrides: overrides,
          overrideNote: overrides.isEmpty ? nil : "simulated", isAttended: isAttended)))
  }

  public func next(until deadline: TimeSpan?) -> (input: Input, clock: Clock)? {
    while ending == nil {
      if !queue.isEmpty {
        guard let input = deliver(queue.removeFirst()) else { continue }
        return (input, machine.clock)
      }
      if mustCommit { commit() }
      if !queue.isEmpty { continue }
      let until = earliest(deadline)
      switch machine.happen(until: until) {
      case .told(let input): hear(input)
      case .landed(let number): if number == driver { landed() }
      case .silently: break
      case .nothing:
        if let deadline, machine.moment(of: deadline) <= machine.now {
          guard let input = deliver(.timePassed) else { continue }
          return (input, machine.clock)
        }
        if until == nil { waitedInVain() }
      }
    }
    return nil
  }

  /// Whoever sits at the terminal and waits for people goes home once; without anybody there nothing waits.
  private func waitedInVain() {
    guard isAttended else { return ending = .stuck }
    isAttended = false
    queue.append(.stop(.pause, by: actor))
  }

  // MARK: The journal

  private var mustCommit: Bool {
    guard let since = journal.waitingSince, !machine.store.isCommitting else { return false }
    return journal.isUrgent || machine.now >= machine.moment(of: since) + SimulatedWorld.flushAfter
  }

  private func earliest(_ deadline: TimeSpan?) -> Int64? {
    let flush = journal.waitingSince.map { machine.moment(of: $0) + SimulatedWorld.flushAfter }
    // While a commit is on its way nothing can be flushed: its landing is what comes next.
    let moments = [deadline.map(machine.moment), machine.store.isCommitting ? nil : flush]
    return moments.compactMap { $0 }.min()
  }

  private func commit() {
    if machine.store.nextFailure == .full {
      machine.store.nextFailure = nil
      // Before the batch is tried again: nothing may be started by it.
      queue.append(.diskFull("simulated"))
      return
    }
    do throws(StoreError) {
      _ = try journal.commit()
      machine.schedule(.landed(driver: driver), after: machine.commitTakes ?? machine.latency())
      machine.commitTakes = nil
    } catch {
      die(.store(error))
    }
  }

  private func landed() {
    machine.store.land()
    machine.observer?.committed()
    queue.append(.committed(through: journal.committed))
  }

  // MARK: Inputs

  private func hear(_ input: Input) {
    switch input {
    case .effectEnded(let name, _), .attemptLost(let name, _, _):
      sent.removeAll { $0 == name }
      queue.append(input)
    case .keeperLost:
      // As the real one does: the log is read, then a new keeper is started.
      let fates = machine.fates(of: sent)
      queue.append(.keeperLost(fates))
      sent.removeAll { name in if case .running? = fates[name] { false } else { true } }
      machine.startKeeper()
      link = machine.link
    default: queue.append(input)
    }
  }

  private func deliver(_ input: Input) -> Input? {
    machine.inputs += 1
    if machine.inputs > SimulatedWorld.inputLimit { ending = .stuck }
    if machine.inputs > SimulatedWorld.patience, isAttended { waitedInVain() }
    machine.thawIfDue()
    machine.freeClaimsIfDue()
    for fault in machine.faults.removeValue(forKey: machine.inputs) ?? [] {
      guard strike(fault.kind, input) else { return nil }
    }
    if case .claimed = input, let claimed { handedOver.append(claimed) }
    machine.observer?.heard(input)
    return input
  }

  /// - Returns: false when the input does not arrive.
  private func strike(_ kind: Fault.Kind, _ input: Input) -> Bool {
    var arrives = true
    switch kind {
    case .engineKilled:
      die(.killed)
      arrives = false
    case .bothKilled:
      machine.killKeeper()
      die(.killed)
      arrives = false
    case .machineLost:
      die(.machineLost)
      arrives = false
    case .engineKilledPerforming(let count): killsAfterCommands = count
    case .secondEngine(let wakesAfter): freezesUntil = wakesAfter
    case .keeperKilled: machine.killKeeper()
    case .keeperKilledStarting(let moment): machine.nextSpawn = moment
    case .appendFull: machine.store.nextFailure = .full
    case .appendFullForGood: machine.store.nextFailure = .fullForGood
    case .appendBroken: machine.store.nextFailure = .broken
    case .connectionsBroken: guard machine.breakConnections() else { return true }
    case .storeSlow(let seconds): machine.commitTakes = Int64(seconds) * 1_000_000_000
    case .answerLate(let seconds): machine.delay = Int64(seconds) * 1_000_000_000
    case .claimTaken(let name, let inputs):
      guard machine.store.occupy(name) else { return true }
      machine.claimsFreeAt = machine.inputs + inputs
    case .clockStepped(let seconds): machine.step(clock: Int64(seconds))
    case .person(let request): queue.append(.stop(request, by: actor))
    case .notificationLost:
      guard input.mayBeLost else { return true }
      arrives = false
    case .notificationRepeated:
      guard input.mayRepeat else { return true }
      queue.append(input)
    }
    machine.applied.append(kind)
    return arrives
  }

  private func die(_ how: Ending) {
    ending = how
    if how != .stuck { machine.endRequests() }
    switch how {
    case .machineLost:
      settleCommit()
      machine.lose()
    case .frozen: machine.store.land()
    case .killed, .store: settleCommit()
    case .stuck: break
    }
    machine.observer?.committed()
  }

  /// A transaction on its way when its writer dies is whole or not there.
  private func settleCommit() {
    if machine.chance.one(in: 2) { machine.store.land() } else { machine.store.lose() }
  }

  // MARK: Commands

  public func perform(_ commands: [Command]) {
    for case .append(let events, let time, _, _) in commands { handedOver += events.map { ($0, time) } }
    for (index, command) in commands.enumerated() {
      if killsAfterCommands == index { die(.killed) }
      if ending != nil { return }
      perform(command)
    }
    killsAfterCommands = nil
    if let freezesUntil {
      self.freezesUntil = nil
      machine.thawAt = machine.inputs + freezesUntil
      die(.frozen)
    }
  }

  private func perform(_ command: Command) {
    switch command {
    case .append(let events, let time, let row, let urgent):
      journal.add(events, at: time, row: row, urgent: urgent, now: machine.clock.boot)
    case .start(let order):
      machine.observer?.ordered(order)
      guard order.request.kind.outlivesEngine else { return machine.ask(order, by: driver) }
      sent.append(order.attempt)
      machine.schedule(.order(.spawn(order), link: link), after: machine.latency())
    case .stopAttempt(let name, let reason):
      if machine.isRequest(name) {
        machine.schedule(.requestEnds(name, .stopped(reason), driver: driver), after: machine.latency())
      } else if machine.isOrphan(name) {
        machine.stop(name, reason)
      } else {
        machine.schedule(.order(.stop(name, reason: reason), link: link), after: machine.latency())
      }
    case .claim(let order): claim(order)
    case .reply(_, let reply): machine.observer?.replied(reply)
    case .leave: break
    }
  }

  /// What waits is durable first; the answer comes before anything else, as in the real world.
  private func claim(_ order: ClaimOrder) {
    let isFull = machine.store.nextFailure == .full
    machine.store.land()
    commit()
    if ending != nil || isFull { return }
    landed()
    do throws(StoreError) {
      try journal.claim(order.names, at: order.at, row: order.row)
      claimed = (.claimsTaken(order.names), order.at)
      machine.store.land()
      machine.observer?.committed()
      queue.insert(.claimed, at: 0)
    } catch {
      guard case .claimed(let holder) = error else { return die(.store(error)) }
      queue.insert(.claimRefused(holder), at: 0)
    }
  }

  /// Wakes up frozen while another driver has the run: what it still wants must come to nothing.
  public func thaw(_ engine: inout Engine) {
    guard ending == .frozen else { return }
    ending = nil
    var commands: [Command] = []
    for input in queue + [.timePassed] {
      commands.removeAll()
      engine.apply(input, at: machine.clock, into: &commands)
      for command in commands { perform(command) }
    }
    queue.removeAll()
    do throws(StoreError) {
      _ = try journal.commit()
      machine.store.land()
      machine.observer?.committed()
    } catch {
      settleCommit()
      ending = .store(error)
    }
    machine.observer?.committed()
    ending = ending ?? .killed
  }
}

extension SimulatedMachine {
  /// The other run has ended.
  fileprivate func freeClaimsIfDue() {
    guard let claimsFreeAt, inputs >= claimsFreeAt else { return }
    self.claimsFreeAt = nil
    store.vacate()
  }

  fileprivate func thawIfDue() {
    guard let thawAt, inputs >= thawAt, let thaw else { return }
    self.thawAt = nil
    self.thaw = nil
    thaw()
  }
}

extension Input {
  /// Nothing waits for it.
  fileprivate var mayBeLost: Bool {
    if case .processStarted = self { true } else { false }
  }

  fileprivate var mayRepeat: Bool {
    switch self {
    case .committed, .processStarted, .effectEnded, .attemptLost, .timePassed: true
    case .begin, .keeperLost, .stop, .diskFull, .notTaken, .decided, .claimed, .claimRefused: false
    }
  }
}
