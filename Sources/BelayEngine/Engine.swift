public import BelayJournal
public import BelayModel
public import BelayPlan

/// The engine: a run's plan, its journal folded, and what is going on. One input changes it in place and says
/// what the world should do. No clock, no chance, no I/O.
public struct Engine {
  public let plan: Plan
  let planDigest: String
  let graph: Graph
  let actions: ActionTable
  /// Some check is asked again before what needs it.
  let hasRechecks: Bool
  /// Who of the roster is which user here.
  let accounts: Accounts
  /// Of the windows' time zones, by name.
  let zones: [String: ZoneRules]
  /// Somebody at a terminal may answer: people are waited for.
  var isAttended = false
  /// The fold of every event that was appended, durable or not.
  public internal(set) var run: RunState

  /// What the engine is about.
  enum Stage: Hashable {
    /// Nodes start as they become ready.
    case forward
    /// Nothing new starts; when nothing runs, the cause's consequence is drawn.
    case stopping(Stop)
    /// Locks are taken again before what follows.
    case claiming(then: Consequence)
    /// Temporaries are applied again before what follows.
    case reapplying([Int], then: Consequence)
    /// Temporaries are undone, last first.
    case undoing(then: Consequence)
    case rollingBack(RollbackJob)
    case verifyingRollback
    /// At rest; leaves when that is durable.
    case resting(RunStatus)
  }

  var stage = Stage.forward
  /// The driver came to do what has not been done, not to undo, cancel or close.
  var goesForward = true
  /// What is going on, by node.
  var activities: [Int: Activity] = [:]
  /// The node and the part of it that an attempt belongs to.
  var owners: [AttemptName: Int] = [:]
  /// How many of what it waits for are missing; 0: may start.
  var missing: [Int] = []
  /// Children that have not ended.
  var openChildren: [Int] = []
  /// Main nodes at the top that have not ended.
  var openTop = 0
  var ready = ReadyQueue()
  /// Running steps and checks, in all and in each group that limits them.
  var running = 0
  var runningIn: [Int: Int] = [:]
  /// Nodes that would start if their group had a place.
  var blocked: [Int: [Int]] = [:]
  var timers = TimerHeap<Int>()
  /// Checks that call playbooks and are asked again.
  var callQuestions: [Int: CallQuestion] = [:]
  /// Outputs of checks that a step has had asked again so far, by the step.
  var answeredAnew: [Int: [NodeID: ValueMap]] = [:]
  /// Watches that are asked, by their index in the plan.
  var watching: [Int: Watching] = [:]
  /// Steps that wait until each watch around them has passed.
  var unwatched: Set<Int> = []
  /// What is asked and done beside the nodes.
  var asides: [AttemptName: Aside] = [:]
  var alarms = TimerHeap<Alarm>()
  /// By the wall clock, as the time since 1970.
  var wallAlarms = TimerHeap<Alarm>()
  /// The numbers of the notices on their way, by the plan's notice.
  var telling: [Int: Int] = [:]
  /// What people and windows wait for, by the wall clock.
  var wallTimers: [Int: Timestamp] = [:]
  /// Roots of temporaries' rollbacks at work because a list has ended, with what comes next.
  var undos: [Int: Undo] = [:]
  /// Roots of rollbacks one of whose nodes has failed, until the others have ended.
  var failedRoots: [Int: NodeEnd] = [:]
  /// What became of the attempts that an engine before this one left open.
  var fates: [AttemptName: Fate] = [:]
  /// Processes that should have ended and could not be signalled, by the node whose attempt they are. A later driver
  /// is not let in while they live.
  var unstoppable: [Int: [String]] = [:]
  /// Outputs of sensitive nodes: nowhere but here.
  var unrecorded: [NodeID: ValueMap] = [:]

  var committed: Int
  /// Number of the newest event that must be durable before anything more starts.
  var mustBeDurable: Int
  /// Locks that are still to be asked for, in order.
  var claimWishes: [ClaimWish] = []
  /// Asked for, and answered next.
  var claimWish: ClaimWish?
  /// Another run's, for which this one is held.
  public internal(set) var refusedClaim: ClaimRow?
  /// Spawns whose intents are not durable yet.
  var waitingForCommit: [(number: Int, command: Command)] = []
  var sequence = 0
  var programs = ProgramCache()
  /// Nothing can be recorded any more but what ends.
  var hasNoSpace = false

  // Of the input being applied.
  var clock = Clock(wall: Timestamp(seconds: 0), boot: .zero, bootID: "")
  var events: [RunEvent] = []
  var urgent = false
  var orders: [Command] = []

  public init(
    plan: Plan, digest: String, actions: ActionTable, run: RunState, accounts: Accounts = Accounts(),
    zones: [String: ZoneRules] = [:]
  ) {
    self.plan = plan
    planDigest = digest
    self.actions = actions
    self.accounts = accounts
    self.zones = zones
    self.run = run
    graph = Graph(plan)
    hasRechecks = plan.nodes.contains { node in
      if case .check(let check) = node.detail { check.recheck } else { false }
    }
    committed = run.events
    mustBeDurable = run.events
  }

  /// When the engine wants to be woken, by the boot clock; nil: only by an input.
  public var nextDeadline: TimeSpan? {
    [timers.first, alarms.first, firstWallTimer, firstWallAlarm].compactMap { $0 }.min()
  }

  /// Applies one input and appends what the world should do.
  public mutating func apply(_ input: Input, at clock: Clock, into commands: inout [Command]) {
    self.clock = clock
    switch input {
    case .begin(let begin): self.begin(begin)
    case .committed(let number): commitArrived(number)
    case .processStarted(let attempt, let process): processStarted(attempt, process)
    case .effectEnded(let attempt, let report): effectEnded(attempt, report, recovered: false)
    case .keeperLost(let fates): keeperLost(fates)
    case .attemptLost(let attempt, let reason, let left): attemptLost(attempt, reason, notStopped: left)
    case .stop(let request, let actor): stopAsked(request, by: actor)
    case .decided(let proposal, let actor, let ticket): decide(proposal, by: actor, ticket: ticket)
    case .diskFull(let what): diskFull(what)
    case .notTaken(let attempt): notTaken(attempt)
    case .claimed: claimed()
    case .claimRefused(let holder): claimRefused(holder)
    case .timePassed: break
    }
    while let node = timers.popDue(at: clock.boot) { timerFired(node) }
    while let alarm = alarms.popDue(at: clock.boot) { alarmRang(alarm) }
    while let node = popWallTimer() { wallTimerFired(node) }
    ringWallAlarms()
    advance()
    flush(into: &commands)
  }

  /// Appends an event to the journal and folds it at once; what depends on it waits until it is durable.
  mutating func record(_ event: RunEvent) {
    fold(event, at: clock.wall)
    events.append(event)
    if event.mustBeDurable {
      mustBeDurable = run.events
      urgent = true
    }
    if event.mayEndAGroup { releaseClaims() }
    tell(of: event)
    scheduleDues(after: event)
    switch event {
    case .nodeStarted(let id, _), .attemptIntended(let id, _), .asked(let id, _):
      if let node = graph.index[id], !plan.nodes[node].escalation.isEmpty { scheduleEscalation(node) }
    default: break
    }
  }

  mutating func fold(_ event: RunEvent, at moment: Timestamp) {
    do {
      try run.apply(event, at: moment)
    } catch {
      preconditionFailure("the engine broke a rule of its journal: \(error.message)")
    }
  }

  private mutating func flush(into commands: inout [Command]) {
    if !events.isEmpty, let row = run.row {
      commands.append(.append(events, at: clock.wall, row: row, urgent: urgent))
    }
    events.removeAll(keepingCapacity: true)
    urgent = false
    commands += orders
    orders.removeAll(keepingCapacity: true)
    if let claim = nextClaim() { commands.append(.claim(claim)) }
  }

  mutating func commitArrived(_ number: Int) {
    committed = max(committed, number)
    let due = waitingForCommit.prefix { $0.number <= committed }
    for waiting in due { if case .start(let order) = waiting.command { askedNow(order.attempt) } }
    orders += due.map(\.command)
    waitingForCommit.removeFirst(due.count)
  }

  /// Starts nothing before everything that it rests on is durable.
  mutating func order(_ command: Command) {
    if mustBeDurable <= committed {
      orders.append(command)
    } else {
      waitingForCommit.append((number: mustBeDurable, command: command))
    }
  }

  func record(of node: Int) -> NodeRecord { run[plan.nodes[node].id] }
  func id(_ node: Int) -> NodeID { plan.nodes[node].id }
}

extension RunEvent {
  /// What held a lock may be over.
  fileprivate var mayEndAGroup: Bool {
    switch self {
    case .nodeFinished, .rollbackFinished: true
    default: false
    }
  }

  /// True for what an effect in the world stands behind or follows from; answers of questions may come later.
  var mustBeDurable: Bool {
    switch self {
    case .answered, .sampled, .withdrawn, .nodeStarted, .captured, .attemptStarted, .nodeSkipped,
      .leftRunning,
      .watchAnswered, .watchEnded:
      false
    case .nodeFinished(_, let end): end.status != .succeeded
    default: true
    }
  }
}
