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
  var startedWhenFull: Int?

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
  var replies: [Reply] = []
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

  func durable(_ events: [(event: RunEvent, at: Timestamp)]) {
    journal += events
    for case .claimsReleased(let names) in events.map(\.event) {
      for name in names { heldElsewhere[name] = heldOnceReleased.removeValue(forKey: name) }
    }
  }

  func start(_ order: EffectOrder) {
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

  func stop(_ attempt: AttemptName, _ reason: String) {
    guard var kept = keeper[attempt], kept.ends > now else { return }
    kept.act.stoppedBecause = reason
    kept.ends = now
    keeper[attempt] = kept
    stopped.append(kept.node)
  }

  /// What the keeper still has of all that it was given.
  func running() -> [AttemptName: Fate] {
    keeper.filter { $0.value.ends > now && $0.value.request.kind.outlivesEngine }.mapValues { _ in
      .running(nil)
    }
  }

  func nextEnd(after told: Set<AttemptName>) -> (AttemptName, Kept)? {
    keeper.filter { !told.contains($0.key) }.min { ($0.value.ends, $0.key) < ($1.value.ends, $1.key) }
      .map { ($0.key, $0.value) }
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
