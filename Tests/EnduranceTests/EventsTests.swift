import BelayActions
import BelayDigest
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore
import BelayYAML
import Glibc
import TestFiles
import Testing

/// Engine and store through very many events: a check that is asked again and again, and always says something new.
@Suite("A run of very many events") struct ManyEvents {
  /// A million for `make endure`.
  private static let isAlone = getenv("BELAY_ENDURE") != nil
  private static let events = isAlone ? 1_000_000 : 5000

  private static let playbook = """
    belay: 1
    steps:
      - check: asked
        run: ask
        every: 1s
        within: 1000000h
    """

  @Test("memory does not grow with them")
  func flat() throws {
    let folder = try scratchFolder()
    defer { removeScratch(folder) }
    let store = try SQLiteStore.open(folder + "/store")
    let run = try LongRun(ManyEvents.playbook, in: store, events: ManyEvents.events)
    var world = LongWorld(run)
    var engine = run.engine()
    #expect(BelayEngine.drive(&engine, in: &world) == .succeeded)
    #expect(world.failure == nil)
    let early = try #require(world.memoryAtAFifth)
    let late = memory()
    print("\(world.committed) events: \(early) KiB after a fifth of them, \(late) KiB at the end")
    #expect(world.committed >= ManyEvents.events)
    // Where all tests run in one process the memory is everybody's.
    if ManyEvents.isAlone { #expect(late - early < 8 << 10) }
    let row = try #require(try store.run(run.name))
    #expect(row.status == .succeeded)
    #expect(row.events == world.committed)
  }
}

/// A plan, its run created in a store, and the engine for it.
struct LongRun {
  let name = "endurance"
  let store: SQLiteStore
  let events: Int
  let plan: Plan
  let created: RunState

  static let actor = Actor(name: "ada", assurance: .os, uid: 1000)

  init(_ yaml: String, in store: SQLiteStore, events: Int) throws {
    self.store = store
    self.events = events
    let (playbook, _) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(yaml.utf8), path: "playbooks/test.yaml")
    let request = PlanRequest(
      playbook: try #require(playbook), environment: nil, params: ValueMap(), run: name, version: "test",
      createdAt: Timestamp(seconds: 0), project: "/project", searchPath: "/bin", sources: [])
    let (plan, _) = PlanBuilder.plan(request, actions: builtInActions)
    self.plan = try #require(plan)
    let bytes = self.plan.encoded()
    let created = RunEvent.runCreated(
      RunCreated(
        planDigest: Plan.digest(of: bytes).description, playbook: "test", title: "test", environment: nil,
        initiator: LongRun.actor, host: "h", version: "test", project: "/project", commit: nil, dirty: false,
        claims: []))
    var state = RunState(run: name)
    let time = Timestamp(seconds: 1)
    try state.apply(created, at: time)
    _ = try store.makeRunFolder(name)
    let line = EventLine.encode(created, run: name, number: 1, epoch: 0, at: time)
    _ = try store.append(
      AppendBatch(
        run: name, epoch: 0, firstNumber: 1, lines: [line], row: try #require(state.row), plan: bytes))
    self.created = state
  }

  func engine() -> Engine { Engine(plan: plan, digest: "d", actions: builtInActions, run: created) }
}

/// A world in which every question fails in another way than the one before, until there were enough events; time jumps.
struct LongWorld: World {
  private static let batch = 500

  let run: LongRun
  private(set) var committed = 1
  private(set) var failure: (any Error)?
  /// KiB.
  private(set) var memoryAtAFifth: Int?
  private var inputs: [Input]
  private var lines: [String] = []
  private var row: RunRow?
  private var urgent = false
  private var epoch = 0
  private var now: Int64 = 1_000_000_000

  init(_ run: LongRun) {
    self.run = run
    let driver = DriverStarted(
      epoch: 1, pid: 1, host: "h", bootID: "boot", purpose: "run", actor: LongRun.actor)
    inputs = [.begin(Begin(purpose: .run, driver: driver, fates: [:]))]
  }

  private var clock: Clock {
    Clock(
      wall: Timestamp(seconds: now / 1_000_000_000, nanoseconds: Int32(now % 1_000_000_000)),
      boot: TimeSpan(nanoseconds: now), bootID: "boot")
  }

  mutating func next(until deadline: TimeSpan?) -> (input: Input, clock: Clock)? {
    if urgent || lines.count >= LongWorld.batch { commit() }
    if failure != nil { return nil }
    if !inputs.isEmpty { return (inputs.removeFirst(), clock) }
    guard let deadline else { return nil }
    now = max(now, deadline.nanoseconds)
    return (.timePassed, clock)
  }

  private mutating func commit() {
    guard let row, !lines.isEmpty else { return }
    do {
      _ = try run.store.append(
        AppendBatch(run: run.name, epoch: epoch, firstNumber: committed + 1, lines: lines, row: row))
      try run.store.checkpointIfIdle()
    } catch { failure = error }
    committed += lines.count
    lines.removeAll(keepingCapacity: true)
    urgent = false
    inputs.append(.committed(through: committed))
    if memoryAtAFifth == nil, committed >= run.events / 5 { memoryAtAFifth = memory() }
  }

  mutating func perform(_ commands: [Command]) {
    for command in commands {
      switch command {
      case .append(let events, let at, let row, let isUrgent):
        for event in events {
          if case .driverStarted(let driver) = event { epoch = driver.epoch }
          let number = committed + lines.count + 1
          lines.append(EventLine.encode(event, run: run.name, number: number, epoch: epoch, at: at))
        }
        self.row = row
        urgent = urgent || isUrgent
      case .start(let order): inputs.append(.effectEnded(order.attempt, answer()))
      case .stopAttempt, .claim, .reply, .leave: break
      }
    }
  }

  private func answer() -> EffectReport {
    let number = committed + lines.count
    let code: Int32 = number >= run.events ? 0 : Int32(1 + number % 2)
    let nothing = ProcessResult.Stream(text: "", truncated: false)
    return EffectReport(
      result: ProcessResult(
        ending: .exited(code: code), stdout: nothing, stderr: nothing, duration: .milliseconds(1)),
      stdout: KeptStream(), stderr: KeptStream())
  }
}

/// Of this process, KiB.
func memory() -> Int {
  let line = (Files.text("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

func scratchFolder() throws -> String {
  var template = Array("/tmp/belay-endurance-XXXXXX".utf8CString)
  try #require(mkdtemp(&template) != nil)
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func removeScratch(_ path: String) {
  for name in Files.names(in: path) where name != "." && name != ".." { removeScratch(path + "/" + name) }
  Glibc.remove(path)
}
