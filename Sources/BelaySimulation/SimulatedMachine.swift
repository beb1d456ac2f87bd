public import BelayEngine
public import BelayJournal
public import BelayModel

/// Who watches what really happens, whatever the engine believes.
public protocol SimulationObserver: AnyObject {
  /// A driver hands this to the keeper.
  func ordered(_ order: EffectOrder)
  func started(_ process: SimulatedProcess)
  func tookEffect(_ process: SimulatedProcess)
  /// A driver gets this now.
  func heard(_ input: Input)
  /// The store's newest events may be more than before.
  func committed()
  /// Somebody's word was taken, or was not.
  func replied(_ reply: Reply)
}

/// One computer: clocks, a disk, a keeper, processes. Outlives the drivers of a run, and its own restarts.
///
/// Everything happens in the order of one queue, and the same seed gives the same order.
public final class SimulatedMachine {
  public static let grace = TimeSpan.seconds(10)

  /// Nanoseconds since the simulation began.
  public private(set) var now: Int64 = 0
  public let store: SimulatedStore
  public weak var observer: (any SimulationObserver)?
  /// What commands do.
  public var program: (EffectOrder) -> Act = { _ in Act() }
  /// By the number of the input before which they happen.
  public var faults: [Int: [Fault]] = [:]
  /// Applied so far; a fault that found nothing to break is not counted.
  public internal(set) var applied: [Fault.Kind] = []
  /// Inputs that any driver got.
  public internal(set) var inputs = 0
  public internal(set) var processes: [AttemptName: SimulatedProcess] = [:]
  /// In the database, each committed with an effect.
  var receipts: Set<String> = []
  /// What has become of requests, for statistics.
  public internal(set) var noted: [String: Int] = [:]

  private let time: SimulatedTime
  private var queue = HappeningQueue()
  var chance: Chance
  private var log = KeeperLog()
  private(set) var keeperLives = false
  /// The driver that the keeper listens to and the keeper that it hears: what is said on another connection is lost.
  private(set) var link = Link(driver: 0, keeper: 0)
  var nextSpawn: Fault.SpawnMoment?
  /// How much later the next answer comes than it should.
  var delay: Int64 = 0
  /// How long the next commit takes.
  var commitTakes: Int64?
  /// What somebody says at their turn: told to the driver, or, where there is none, to ``undriven``.
  public var voice: ((Int) -> (proposal: Proposal, by: Actor)?)?
  public var undriven: ((Proposal, Actor) -> Void)?
  private var isDriven = true
  /// Wakes a driver that was frozen.
  public var thaw: (() -> Void)?
  var thawAt: Int?
  /// When another run gives its claims back.
  var claimsFreeAt: Int?

  public init(seed: UInt64) {
    chance = Chance(seed: seed)
    let time = SimulatedTime()
    self.time = time
    store = SimulatedStore { time.wall }
  }

  public var clock: Clock { time.clock }

  func step(clock seconds: Int64) { time.wallOffset += seconds * 1_000_000_000 }

  /// The moment of a deadline of the boot clock.
  func moment(of deadline: TimeSpan) -> Int64 { deadline.nanoseconds + time.bootedAt }

  func schedule(_ happening: Happening, after span: Int64) { queue.push(happening, at: now + span) }

  func latency() -> Int64 { Int64(chance.int(1...900)) * 10_000 }

  /// Lets the next thing happen, at the latest at `limit`.
  ///
  /// - Returns: what it tells the driver, or whether there was nothing until then.
  func happen(until limit: Int64?) -> Happened {
    guard let at = queue.first, limit.map({ at <= $0 }) ?? true else {
      guard let limit else { return .nothing }
      pass(to: limit)
      return .nothing
    }
    guard let happening = queue.pop() else { return .nothing }
    pass(to: at)
    return take(happening)
  }

  private func pass(to moment: Int64) {
    now = max(now, moment)
    time.now = now
  }

  private func take(_ happening: Happening) -> Happened {
    switch happening {
    case .order(let order, let from): if from == link, keeperLives { obey(order) }
    case .tell(let input, let to): if to == link { return .told(input) }
    case .orphanEnded(let name, let driver):
      if driver == link.driver {
        return .told(
          .attemptLost(name, reason: "its keeper was killed, and it ended unobserved", notStopped: []))
      }
    case .effect(let name): effect(of: name)
    case .ends(let name, let version): if processes[name]?.version == version { end(name) }
    case .timeout(let name): if keeperLives, processes[name]?.isOrphan == false { stop(name, "timeout") }
    case .requestEnds(let name, let end, let driver): endRequest(name, end, driver: driver)
    case .hears(let input, let driver): if driver == link.driver { return .told(input) }
    case .speaks(let turn): return speak(turn)
    case .landed(let driver): return .landed(driver)
    }
    return .silently
  }

  /// Somebody speaks after a while.
  public func letSpeak(_ turn: Int, after span: TimeSpan) { schedule(.speaks(turn), after: span.nanoseconds) }

  private func speak(_ turn: Int) -> Happened {
    guard let (proposal, actor) = voice?(turn) else { return .silently }
    if isDriven { return .told(.decided(proposal, by: actor, ticket: turn)) }
    undriven?(proposal, actor)
    return .silently
  }

  // MARK: The keeper

  private func obey(_ order: KeeperOrder) {
    switch order {
    case .stop(let name, let reason): stop(name, reason)
    case .spawn(let order):
      if log.attempts[order.attempt] != nil {
        return tell(.attemptLost(order.attempt, reason: "the keeper has had it before", notStopped: []))
      }
      log.write(.accepted(order.attempt))
      let moment = nextSpawn
      nextSpawn = nil
      if moment == .before { return killKeeper() }
      spawn(order, isRecorded: moment != .after)
      if moment == .after { killKeeper() }
    }
  }

  private func spawn(_ order: EffectOrder, isRecorded: Bool) {
    let act = program(order)
    let identity = ProcessIdentity(pid: 100 + processes.count, startTicks: Int(now / 10_000_000))
    let takes = act.refused == nil ? act.takes.nanoseconds : 0
    var process = SimulatedProcess(
      attempt: order.attempt, order: order, act: act, identity: identity, startedAt: now,
      endsAt: now + takes)
    if act.refused != nil {
      process.isAlive = false
      processes[order.attempt] = process
      return finish(process)
    }
    processes[order.attempt] = process
    observer?.started(process)
    if let share = act.effectAt { schedule(.effect(order.attempt), after: takes * Int64(share) / 1000) }
    schedule(.ends(order.attempt, version: 0), after: takes)
    schedule(.timeout(order.attempt), after: order.timeout.nanoseconds)
    guard isRecorded else { return }
    log.write(.started(order.attempt, identity, boot: time.boots))
    tell(.processStarted(order.attempt, identity))
  }

  func stop(_ name: AttemptName, _ reason: String) {
    guard var process = processes[name], process.isAlive, process.stoppedBecause == nil else { return }
    process.stoppedBecause = reason
    process.endsAt = min(
      process.endsAt, now + (process.act.ignoresTerm ? SimulatedMachine.grace.nanoseconds : latency()))
    process.version += 1
    processes[name] = process
    schedule(.ends(name, version: process.version), after: process.endsAt - now)
  }

  func effect(of name: AttemptName) {
    guard processes[name]?.isAlive == true else { return }
    processes[name]?.hadEffect = true
    if let receipt = processes[name]?.order.receipt { receipts.insert(receipt) }
    if let process = processes[name] { observer?.tookEffect(process) }
  }

  private func end(_ name: AttemptName) {
    processes[name]?.isAlive = false
    guard let process = processes[name] else { return }
    if process.isOrphan {
      schedule(.orphanEnded(name, driver: link.driver), after: latency())
    } else {
      finish(process)
    }
  }

  private func finish(_ process: SimulatedProcess) {
    log.write(.exited(process.attempt, process.report))
    tell(.effectEnded(process.attempt, process.report))
  }

  private func tell(_ input: Input) {
    schedule(.tell(input, link: link), after: latency() + delay)
    delay = 0
  }

  /// SIGKILL for the keeper: what it had goes on without anybody to see how it ends.
  func killKeeper() {
    guard keeperLives else { return }
    keeperLives = false
    for (name, process) in processes where process.isAlive && !process.isRequest {
      processes[name]?.isOrphan = true
    }
    schedule(.tell(.keeperLost([:]), link: link), after: latency())
  }

  // MARK: Drivers

  /// A driver takes the keeper over, or starts one.
  func attach(driver: Int, epoch: Int, open: Set<AttemptName>) {
    link.driver = driver
    if keeperLives {
      for process in processes.values.sorted(by: { $0.attempt < $1.attempt })
      where process.isAlive && !process.isOrphan && !open.contains(process.attempt) {
        stop(process.attempt, "cancel")
      }
    }
    nextSpawn = nil
    delay = 0
    commitTakes = nil
    self.epoch = epoch
  }

  private var epoch = 0

  /// After the fates were read: there is a keeper from here on.
  func startKeeper() {
    if !keeperLives { link.keeper += 1 }
    keeperLives = true
    log.write(.began(epoch: epoch, boot: time.boots))
  }

  /// As KeeperLogFormat.md tells them.
  func fates(of attempts: [AttemptName]) -> [AttemptName: Fate] {
    var fates: [AttemptName: Fate] = [:]
    for name in attempts { fates[name] = fate(of: name) }
    return fates
  }

  private func fate(of name: AttemptName) -> Fate {
    guard let entry = log.attempts[name] else {
      let epoch = Int(name.prefix { $0 != "." }) ?? 0
      return log.boots[epoch] == [time.boots]
        ? .notStarted : .unknown("its keeper ran before the machine's last start, or left no record")
    }
    if let report = entry.exited { return .ended(report) }
    guard let (identity, boot) = entry.started else {
      // Its mark is found in the environment of what runs.
      return isOrphan(name) ? .running(nil) : .unknown("the keeper ended while it was starting it")
    }
    guard boot == time.boots, let process = processes[name] else {
      return .unknown("it ran before the machine's last start, and its keeper is gone")
    }
    if !process.isOrphan { return .running(identity) }
    return process.isAlive ? .running(identity) : .unknown("it ended unobserved")
  }

  func isOrphan(_ name: AttemptName) -> Bool { processes[name].map { $0.isOrphan && $0.isAlive } ?? false }

  func isRequest(_ name: AttemptName) -> Bool { processes[name]?.isRequest ?? false }

  /// Whether a process of the node lives, whoever started it.
  public func lives(_ node: NodeID) -> Bool {
    processes.values.contains { $0.isAlive && $0.order.key != nil && $0.order.node == node }
  }

  /// Power fails and comes back: every process is gone, and what was not synced.
  func lose() {
    for name in processes.keys { processes[name]?.isAlive = false }
    keeperLives = false
    log.lose(from: chance.int(0...log.count))
    queue.removeAll()
    pass(to: now + Int64(chance.int(20...200)) * 1_000_000_000)
    time.reboot()
  }

  /// Time passes without a driver, until nothing of the node lives.
  public func waitForEnd(of node: NodeID) {
    isDriven = false
    defer { isDriven = true }
    while lives(node), queue.first != nil { _ = happen(until: nil) }
  }

  /// Nobody drives: what comes for a driver is lost.
  public func pass(_ span: TimeSpan) {
    isDriven = false
    defer { isDriven = true }
    let until = now + span.nanoseconds
    while let at = queue.first, at <= until { _ = happen(until: until) }
    pass(to: until)
  }
}
