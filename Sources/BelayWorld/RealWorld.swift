public import BelayEngine
public import BelayJournal
internal import BelayKeeper
public import BelayModel
public import BelayPlan
public import BelayStore
private import CSystem
private import Glibc

/// Why a world ended before its engine did.
public enum WorldError: Error, Hashable, Sendable {
  case store(StoreError)
  case system(SystemError)
  case keeper(String)
  /// Processes of earlier attempts run on: nothing may be started beside them.
  case stillRunning([LivingAttempt])

  public var message: String {
    switch self {
    case .store(let error): error.message
    case .system(let error): error.message
    case .keeper(let text): text
    case .stillRunning(let attempts): attempts.map(\.text).joined(separator: "; ")
    }
  }
}

/// What was built together: belay and its keeper refuse each other otherwise.
public enum Build {
  public static let version = KeeperProgram.version
}

/// What a driver brings to a run.
public struct DrivingRun {
  public var plan: Plan
  public var state: RunState
  public var folder: String
  public var keeperExecutable: String
  public var version: String
  public var caller: [String: String]
  public var secrets: Secrets
  /// What earlier drivers have left running is stopped, also what nobody waits for: it is cancelled or closed.
  public var stopsStrays: Bool
  /// Told of each event when it is durable, with its number.
  public var listener: (RunEvent, Timestamp, Int) -> Void
  /// Told of what an engine before this one has left running when it is waited for; true: until it has been ended.
  public var waiting: ([LivingAttempt], Bool) -> Void
  /// Called so often while nothing happens, for who shows the time that passes.
  public var ticks: (every: TimeSpan, call: () -> Void)?
  /// Nil: nobody is there, and people are asked elsewhere.
  public var terminal: (any TerminalAnswers)?

  public init(
    plan: Plan, state: RunState, folder: String, keeperExecutable: String, version: String,
    caller: [String: String], secrets: Secrets, stopsStrays: Bool = false,
    listener: @escaping (RunEvent, Timestamp, Int) -> Void,
    waiting: @escaping ([LivingAttempt], Bool) -> Void = { _, _ in },
    ticks: (every: TimeSpan, call: () -> Void)? = nil,
    terminal: (any TerminalAnswers)? = nil
  ) {
    self.plan = plan
    self.state = state
    self.folder = folder
    self.keeperExecutable = keeperExecutable
    self.version = version
    self.caller = caller
    self.secrets = secrets
    self.stopsStrays = stopsStrays
    self.listener = listener
    self.waiting = waiting
    self.ticks = ticks
    self.terminal = terminal
  }
}

/// The real world: one thread in epoll over the keeper's socket, signals, and who asks from outside.
public struct RealWorld: World {
  let run: DrivingRun
  private let store: SQLiteStore
  private let journal: JournalWriter
  private let clock: SystemClock
  private let environment: CommandEnvironment
  let poller: Poller
  private let signals: SignalSource
  private let clockWatch: ClockWatch
  let control: ControlSocket
  private let requests: Requests
  let signed: SignedDecisions
  private(set) var keeper: KeeperConnection?
  /// Read at the start, when the keeper of an engine before this one was found.
  private(set) var records: KeeperRecords?
  var inputs: [Input] = []
  private var nextInput = 0
  /// The store's reserve is used up: what is committed now is the end of what runs.
  private var isFull = false
  /// By the boot clock.
  private var tickAt = TimeSpan.zero
  /// Set when the world cannot go on; `next` then ends.
  public private(set) var failure: WorldError?
  /// The signals that came, in order.
  public var signalled: [Int32] { signals.seen }

  /// How long an event that nothing waits for may stay in memory.
  private static let flushAfter = TimeSpan.milliseconds(100)

  /// Takes up the run: finds its keeper or starts one.
  public init(_ run: DrivingRun, store: SQLiteStore, clock: SystemClock) throws(WorldError) {
    self.run = run
    self.store = store
    self.clock = clock
    journal = JournalWriter(store: store, state: run.state, claims: run.plan.claims, listener: run.listener)
    environment = CommandEnvironment(
      caller: run.caller, searchPath: run.plan.searchPath, pass: run.plan.pass, store: store.path)
    do {
      poller = try Poller()
      signals = try SignalSource()
      control = try ControlSocket(folder: run.folder)
      requests = try Requests(run.secrets, version: run.version, clock: clock, poller: poller)
      signed = try SignedDecisions()
      try poller.watch(signed.descriptor)
      try poller.watch(signals.descriptor)
      clockWatch = try ClockWatch()
      try poller.watch(control.descriptor)
      try poller.watch(clockWatch.descriptor)
      if let terminal = run.terminal { try poller.watch(terminal.descriptor) }
    } catch { throw .system(error) }
    let open = openAttempts()
    try takeUpKeeper()
    try endStrays(besides: Set(open))
  }

  // MARK: The keeper

  /// What the journal knows to be at work.
  private func openAttempts() -> [AttemptName] {
    run.state.attempts.values.filter { attempt in
      attempt.end == nil && run.state[attempt.node].openAttempt == attempt.intent.attempt
    }.map(\.intent.attempt)
  }

  private mutating func takeUpKeeper() throws(WorldError) {
    let epoch = UInt32(clamping: run.state.epoch + 1)
    let connection: KeeperConnection
    do throws(KeeperError) {
      switch try KeeperConnection.attach(
        runFolder: run.folder, run: run.plan.run, epoch: epoch, version: run.version)
      {
      case .alive(let found, let records):
        connection = found
        self.records = records
      case .gone(let records):
        self.records = records
        connection = try KeeperConnection.launch(
          runFolder: run.folder, run: run.plan.run, epoch: epoch, executable: run.keeperExecutable,
          version: run.version)
        self.records?.adopted = Set(connection.adopted)
      }
      if !run.secrets.all.isEmpty { try connection.send(.secrets(run.secrets.all)) }
    } catch { throw .keeper("\(error)") }
    keeper = connection
    do throws(SystemError) { try poller.watch(connection.descriptor) } catch { throw .system(error) }
  }

  /// What became of the attempts that the journal left open.
  public mutating func fates() -> [AttemptName: BelayEngine.Fate] { fates(of: openAttempts()) }

  private mutating func fates(of attempts: [AttemptName]) -> [AttemptName: BelayEngine.Fate] {
    var fates: [AttemptName: BelayEngine.Fate] = [:]
    started.removeAll()
    for name in attempts {
      guard let id = AttemptID(name) else { continue }
      if let intent = run.state.attempts[name]?.intent, !intent.effect.outlivesEngine {
        fates[name] = .unknown("its engine ended before the answer had come")
        continue
      }
      let fate = BelayEngine.Fate(
        records?.fate(of: id) ?? .unknown("the keeper's log is gone"), in: run.folder)
      fates[name] = fate
      if case .running = fate { started.append(name) }
    }
    tellOfWaiting(for: started, toBeEnded: false)
    return fates
  }

  /// The keeper is gone: its log is read, a new one started, the engine told.
  private mutating func replaceKeeper() {
    if let keeper { poller.forget(keeper.descriptor) }
    keeper = nil
    do {
      try takeUpKeeper()
      let known = Set(started)
      let fates = fates(of: started)
      _ = try stopStrays(besides: known)
      inputs.append(.keeperLost(fates))
    } catch { failure = error }
  }

  /// Attempts handed to the keeper and not heard of since.
  private var started: [AttemptName] = []

  // MARK: World

  public mutating func next(until deadline: TimeSpan?) -> (input: Input, clock: Clock)? {
    while failure == nil {
      if nextInput < inputs.count { return (takeInput(), clock.read()) }
      collect(waiting: .zero)
      if nextInput < inputs.count { continue }
      if mustCommit() {
        commit()
        continue
      }
      if let deadline, deadline <= clock.boot() { return (.timePassed, clock.read()) }
      tick()
      collect(waiting: patience(deadline))
    }
    return nil
  }

  private mutating func takeInput() -> Input {
    let input = inputs[nextInput]
    nextInput += 1
    if nextInput == inputs.count {
      inputs.removeAll(keepingCapacity: true)
      nextInput = 0
    }
    return input
  }

  /// Nothing else has come meanwhile: what came is one commit.
  private func mustCommit() -> Bool {
    guard let since = journal.waitingSince else { return false }
    return journal.isUrgent
      || clock.boot().nanoseconds - since.nanoseconds >= RealWorld.flushAfter.nanoseconds
  }

  private mutating func commit() {
    do throws(StoreError) {
      // What another run has used up was for this one too.
      if !isFull, !store.hasReserve { return becomeFull("its reserve is used up") }
      inputs.append(.committed(through: try journal.commit()))
      if store.checkpointIsDue { try store.checkpointIfIdle() }
    } catch { cannotCommit(error) }
  }

  private mutating func cannotCommit(_ error: StoreError) {
    do throws(StoreError) {
      guard case .full = error, !isFull, try store.releaseReserve() else { throw error }
      becomeFull("there is no room for the journal")
    } catch { failure = .store(error) }
  }

  /// The answer comes before what was heard meanwhile: its event is the one after those that the engine knows.
  private mutating func claim(_ order: ClaimOrder) {
    commit()
    guard failure == nil, journal.waitingSince == nil else { return }
    do throws(StoreError) {
      try journal.claim(order.names, at: order.at, row: order.row)
      inputs.insert(.claimed, at: nextInput)
    } catch {
      guard case .claimed(let holder) = error else { return cannotCommit(error) }
      inputs.insert(.claimRefused(holder), at: nextInput)
    }
  }

  /// The engine hears of it before the commit is tried again: nothing that waits for it is started.
  private mutating func becomeFull(_ why: String) {
    isFull = true
    inputs.append(.diskFull("\(why) in \(store.location)"))
  }

  /// Nil: without end.
  private func patience(_ deadline: TimeSpan?) -> TimeSpan? {
    let now = clock.boot().nanoseconds
    var until = deadline?.nanoseconds
    if let since = journal.waitingSince {
      until = min(until ?? .max, since.nanoseconds + RealWorld.flushAfter.nanoseconds)
    }
    if run.ticks != nil { until = min(until ?? .max, tickAt.nanoseconds) }
    let own = until.map { TimeSpan(nanoseconds: max(0, $0 - now)) }
    return [own, requests.patience].compactMap(\.self).min()
  }

  private mutating func tick() {
    guard let ticks = run.ticks, clock.boot() >= tickAt else { return }
    ticks.call()
    tickAt = TimeSpan(nanoseconds: clock.boot().nanoseconds + ticks.every.nanoseconds)
  }

  private mutating func collect(waiting patience: TimeSpan?) {
    for descriptor in poller.wait(patience).map(\.file) {
      if descriptor == signals.descriptor {
        inputs += signals.take().map { .stop($0, by: Caller.actor()) }
      } else if descriptor == control.descriptor {
        hearControl()
      } else if let ended = requests.take(from: descriptor) {
        inputs += ended.map { .effectEnded($0, $1) }
      } else if descriptor == clockWatch.descriptor {
        clockWatch.take()
        inputs.append(.timePassed)
      } else if descriptor == run.terminal?.descriptor {
        hearTerminal()
      } else if descriptor == signed.descriptor {
        hearSigned()
      } else {
        hearKeeper()
      }
    }
    inputs += requests.takeDue().map { .effectEnded($0, $1) }
  }

  private mutating func hearKeeper() {
    guard let keeper else { return }
    do throws(KeeperError) {
      if keeper.hasUnsent {
        try keeper.flush()
        watchUnsent()
      }
      for event in try keeper.receive() { hear(event) }
    } catch { replaceKeeper() }
  }

  mutating func hear(_ event: KeeperEvent) {
    switch event {
    case .started(let attempt, let start):
      inputs.append(.processStarted(attempt.description, start.identity))
    case .finished(let attempt, let exit):
      started.removeAll { $0 == attempt.description }
      if let reason = exit.lostBecause {
        inputs.append(
          .attemptLost(attempt.description, reason: reason, notStopped: exit.notStopped))
      } else {
        inputs.append(.effectEnded(attempt.description, EffectReport(exit, in: run.folder)))
      }
    case .refused(let attempt, let reason):
      started.removeAll { $0 == attempt.description }
      inputs.append(.effectEnded(attempt.description, EffectReport(refused: reason)))
    case .noSpace(let attempt, let reason):
      started.removeAll { $0 == attempt.description }
      inputs.append(.diskFull("\(reason) in \(run.folder)"))
      inputs.append(.notTaken(attempt.description))
    case .usedBefore(let attempt, let reason):
      started.removeAll { $0 == attempt.description }
      inputs.append(.attemptLost(attempt.description, reason: reason, notStopped: []))
    }
  }

  public mutating func perform(_ commands: [Command]) {
    for command in commands {
      switch command {
      case .append(let events, let time, let row, let urgent):
        journal.add(events, at: time, row: row, urgent: urgent, now: clock.boot())
      case .start(let order): start(order)
      case .stopAttempt(let attempt, let reason):
        if !requests.stop(attempt, reason), let id = AttemptID(attempt) { tell(.stop(id, reason: reason)) }
      case .claim(let order): claim(order)
      case .reply(let ticket, let reply): self.reply(reply, to: ticket)
      case .leave: break
      }
    }
  }

  private mutating func start(_ order: EffectOrder) {
    guard case .process(let process) = order.request else { return requests.start(order) }
    guard let id = AttemptID(order.attempt) else { return }
    started.append(order.attempt)
    let own = process.environment.map { (name: $0.name, value: run.secrets.reveal($0.value)) }
    tell(
      .spawn(
        SpawnRequest(
          attempt: id, arguments: process.arguments, environment: environment.entries(adding: own),
          workingDirectory: process.workingDirectory,
          input: process.input.map { Array(run.secrets.reveal($0).utf8) },
          timeout: UInt64(clamping: order.timeout.nanoseconds),
          limits: OutputLimits(keeping: UInt32(clamping: order.keeps)),
          sensitive: order.sensitive)))
  }

  private mutating func tell(_ request: KeeperRequest) {
    guard let keeper else { return }
    do throws(KeeperError) {
      try keeper.send(request)
      watchUnsent()
    } catch { replaceKeeper() }
  }

  /// A socket that takes no more is watched until it does.
  private func watchUnsent() {
    guard let keeper else { return }
    poller.watch(keeper.descriptor, reading: true, writing: keeper.hasUnsent)
  }
}

extension RealWorld {
  /// Queues the first input, before what was heard meanwhile.
  public mutating func begin(_ begin: Begin) { inputs.insert(.begin(begin), at: 0) }
}
