import BelayActions
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayYAML
import Testing

/// What a command does when it is started on the stage.
struct Act {
  var exit: Int32 = 0
  var stdout = ""
  var stderr = ""
  var takes: TimeSpan = .seconds(1)
  /// Nil: it ends by itself.
  var stoppedBecause: String?
  /// What of it could not be signalled when it was stopped.
  var notStopped: [String] = []
  /// Of a request that is stopped: whether anything of it had left.
  var isSent = true
  /// Of a response.
  var headers: [(name: String, value: String)] = []

  static let ok = Act()
  static func says(_ text: String) -> Act { Act(stdout: text) }
  static func fails(_ code: Int32 = 1) -> Act { Act(exit: code, stderr: "it failed\n") }
  static let timesOut = Act(stoppedBecause: "timeout")
}

/// A small world for tests of the core: processes are scripted, time jumps, the journal is a list, and what runs
/// outlives the engine.
final class Stage {
  let plan: Plan
  let planBytes: [UInt8]
  /// By node; `deploy` is its action, `deploy?` what it asks. Successive acts, the last repeats.
  var acts: [String: [Act]] = [:]
  /// Nodes whose action was started, in order; questions with `?`.
  private(set) var started: [String] = []
  /// Those that were told to stop while they ran, in order.
  private(set) var stopped: [String] = []
  var journal: [(event: RunEvent, at: Timestamp)] = []
  /// The engine dies when this many events are durable.
  var diesAfterEvents: Int?
  /// The engine dies when this many processes were started.
  var diesAfterStarts: Int?
  /// The engine dies at this moment.
  var diesAtSecond: Int64?
  /// The engine dies once an event like this is durable, before it hears so.
  var diesOnce: ((RunEvent) -> Bool)?
  /// The keeper dies at this moment, and the next one has what runs.
  var keeperDiesAtSecond: Int64?
  /// When the wall clock is set, and by how much.
  var clockSetAtSecond: (second: Int64, by: TimeSpan)?
  var stopAtSecond: [(Int64, StopRequest)] = []
  /// Asked for while an event like this waits to be durable.
  var stopBefore: (matches: (RunEvent) -> Bool, request: StopRequest)?
  /// The first commit past this many events does not fit: there is room for what ends, and for nothing else.
  var fullAfterEvents: Int?
  /// Claims that another run holds, with how often they are still refused.
  var heldElsewhere: [String: Int] = [:]
  /// The same, from when the run gives them back.
  var heldOnceReleased: [String: Int] = [:]
  /// The keeper takes this start and none after it, for want of room for how it would end.
  var keeperFullAfterStarts: Int?
  /// How many processes were started when the disk was full.
  fileprivate(set) var startedWhenFull: Int?

  var now: Int64 = 0
  /// Another one after a reboot.
  var bootID = "boot"
  /// By how much the wall clock was set back.
  var wallIsBehind = TimeSpan.zero
  private var keeper: [AttemptName: Kept] = [:]

  struct Kept {
    var node: String
    var act: Act
    var ends: Int64
    var request: EffectRequest
  }

  /// The first arguments of what tells people, in order.
  private(set) var texts: [String] = []
  /// What people say, and when.
  var words: [Word] = []
  fileprivate(set) var replies: [Reply] = []
  /// Somebody at a terminal is waited for.
  var isAttended = false
  var zones: [String: ZoneRules] = ["UTC": .utc]
  /// Gates that whoever drives lets pass outside of their windows.
  var overrides: [NodeID] = []

  /// - Parameters:
  ///   - others: playbooks that it may call, by name.
  ///   - files: of the project, by path.
  ///   - roster: `playbooks/roster.yaml`; its people are the users `Stage.uids` here.
  init(
    _ yaml: String, calling others: [String: String] = [:], files given: [String: String] = [:],
    params: ValueMap = ValueMap(), roster: String? = nil, isProtected: Bool = false
  ) throws {
    var reader = ProjectReader(
      actions: builtInActions, playbookNames: others.keys.sorted(),
      find: { path in
        if let file = given[path] { return .bytes(Array(file.utf8)) }
        if path == "playbooks/roster.yaml", let roster { return .bytes(Array(roster.utf8)) }
        let other = others.first { path == "playbooks/\($0.key).yaml" }
        return other.map { .bytes(Array($0.value.utf8)) } ?? .missing
      })
    let playbook = reader.playbook("playbooks/test.yaml", Array(yaml.utf8))
    let (files, read) = reader.finish()
    let problems = read.flatMap { file in
      file.diagnostics.filter { $0.severity == .error }.map {
        $0.text(source: String(decoding: file.bytes, as: UTF8.self))
      }
    }
    try #require(problems.isEmpty, "\(problems.joined())")
    var environment: EnvironmentFile?
    if isProtected {
      environment = EnvironmentFile(name: "production", path: "playbooks/environments/production.yaml")
      environment?.protected = true
    }
    let request = PlanRequest(
      playbook: try #require(playbook), environment: environment, files: files, params: params, run: "r",
      version: "test",
      createdAt: Timestamp(seconds: 0), project: "/project", searchPath: "/bin", sources: [])
    let (plan, mistakes) = PlanBuilder.plan(request, actions: builtInActions)
    try #require(plan != nil, "\(mistakes)")
    planBytes = try #require(plan).encoded()
    // Always from the bytes: what a resuming engine would read.
    self.plan = try Plan(decoding: planBytes)
    journal = [
      (
        .runCreated(
          RunCreated(
            planDigest: "d", playbook: "test", title: "test", environment: nil, initiator: Stage.actor,
            host: "h",
            version: "test", project: "/project", commit: nil, dirty: false, claims: [])),
        Timestamp(seconds: 86_400)
      )
    ]
  }

  /// By the wall clock.
  static let begin: Int64 = 86_400_000_000_000
  static let actor = Actor(name: "ana", assurance: .os, uid: 1000)

  var clock: Clock {
    let wall = Stage.begin + now - wallIsBehind.nanoseconds
    return Clock(
      wall: Timestamp(seconds: wall / 1_000_000_000, nanoseconds: Int32(wall % 1_000_000_000)),
      boot: TimeSpan(nanoseconds: now), bootID: bootID)
  }

  func state() throws -> RunState {
    var state = RunState(run: "r")
    for (event, at) in journal { try state.apply(event, at: at) }
    return state
  }

  /// Drives until rest; nil when the engine died on the way.
  @discardableResult
  func drive(_ purpose: Begin.Purpose = .run, skips: [NodeID] = []) throws -> RunStatus? {
    let state = try state()
    var engine = engine(state)
    var fates: [AttemptName: Fate] = [:]
    for attempt in state.attempts.values where attempt.end == nil {
      let name = attempt.intent.attempt
      guard attempt.intent.effect.outlivesEngine else {
        fates[name] = .unknown("its engine has died")
        continue
      }
      guard let kept = keeper[name] else {
        fates[name] = .notStarted
        continue
      }
      fates[name] = kept.ends <= now ? .ended(report(kept.act)) : .running(nil)
    }
    let driver = DriverStarted(
      epoch: state.epoch + 1, pid: 1, host: "h", bootID: "boot", purpose: "test", actor: Stage.actor)
    var world = StageWorld(
      stage: self,
      inputs: [
        .begin(
          Begin(
            purpose: purpose, driver: driver, fates: fates, skips: skips, overrides: overrides,
            overrideNote: "ticket 1", isAttended: isAttended))
      ],
      committed: journal.count)
    let status = BelayEngine.drive(&engine, in: &world)
    if status != nil { #expect(try self.state() == engine.run, "the fold of the journal is the live state") }
    return status
  }

  func engine(_ state: RunState) -> Engine {
    Engine(
      plan: plan, digest: "d", actions: builtInActions, run: state, accounts: Accounts(uids: Stage.uids),
      zones: zones)
  }

  /// Of a request: `exit` is its status, 0 is 200.
  func report(_ act: Act, of request: EffectRequest) -> EffectReport {
    guard case .http(let http) = request else { return report(act) }
    let silence = act.stoppedBecause.map { NoAnswer.stopped(because: $0, sent: act.isSent) }
    let response = HTTPResult.Response(
      status: act.exit == 0 ? 200 : Int(act.exit), headers: act.headers,
      body: ProcessResult.Stream(text: act.stdout, truncated: false))
    let ending = silence.map(HTTPResult.Ending.unanswered) ?? .answered(response)
    return EffectReport(result: .http(HTTPResult(method: http.method, ending: ending, time: .init())))
  }

  func report(_ act: Act) -> EffectReport {
    EffectReport(
      result: ProcessResult(
        ending: act.stoppedBecause == nil ? .exited(code: act.exit) : .signalled(15),
        stdout: .init(text: act.stdout, truncated: false), stderr: .init(text: act.stderr, truncated: false),
        duration: act.takes, stoppedBecause: act.stoppedBecause),
      stdout: KeptStream(bytes: act.stdout.utf8.count, text: act.stdout), stderr: KeptStream(),
      notStopped: act.notStopped)
  }

  /// The beginnings and ends of actions in the journal: `a`, then `a.`.
  var story: [String] {
    journal.compactMap { item in
      switch item.event {
      case .attemptStarted(let node, _, _): node
      case .attemptFinished(let node, _, _): node + "."
      default: nil
      }
    }
  }

  fileprivate func durable(_ events: [(event: RunEvent, at: Timestamp)]) {
    journal += events
    for case .claimsReleased(let names) in events.map(\.event) {
      for name in names { heldElsewhere[name] = heldOnceReleased.removeValue(forKey: name) }
    }
  }

  fileprivate func start(_ order: EffectOrder) {
    let name = order.key == nil ? order.node + "?" : order.node
    started.append(name)
    if case .process(let process) = order.request, process.arguments.first == "tell" {
      texts.append(process.arguments.dropFirst().joined(separator: " "))
    }
    var act = acts[name]?.first ?? .ok
    if let list = acts[name], list.count > 1 { acts[name] = Array(list.dropFirst()) }
    if act.takes > order.timeout {
      act.takes = order.timeout
      act.stoppedBecause = "timeout"
    }
    keeper[order.attempt] = Kept(
      node: name, act: act, ends: now + act.takes.nanoseconds, request: order.request)
  }

  fileprivate func stop(_ attempt: AttemptName, _ reason: String) {
    guard var kept = keeper[attempt], kept.ends > now else { return }
    kept.act.stoppedBecause = reason
    kept.ends = now
    keeper[attempt] = kept
    stopped.append(kept.node)
  }

  /// What the keeper still has of all that it was given.
  fileprivate func running() -> [AttemptName: Fate] {
    keeper.filter { $0.value.ends > now && $0.value.request.kind.outlivesEngine }.mapValues { _ in
      .running(nil)
    }
  }

  fileprivate func nextEnd(after told: Set<AttemptName>) -> (AttemptName, Kept)? {
    keeper.filter { !told.contains($0.key) }.min { ($0.value.ends, $0.key) < ($1.value.ends, $1.key) }
      .map { ($0.key, $0.value) }
  }
}

private struct StageWorld: World {
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

extension RunEvent {
  /// The intent of this node's action.
  static func intends(_ node: NodeID) -> (RunEvent) -> Bool {
    { if case .attemptIntended(node, _) = $0 { true } else { false } }
  }

  /// The end of this node.
  static func ends(_ node: NodeID) -> (RunEvent) -> Bool {
    { if case .nodeFinished(node, _) = $0 { true } else { false } }
  }
}

extension Stage {
  /// As `belay resolve` does it: an event by a person, without a driver.
  func resolve(_ node: NodeID, _ resolution: Resolution) throws {
    journal.append(
      (.resolved(node, as: resolution, note: "looked", values: ValueMap(), by: Stage.actor), clock.wall))
    _ = try state()
  }
}
