import BelayActions
import BelayDigest
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation
import BelayYAML

/// What became of a scenario.
public struct Outcome: Sendable {
  public var violations: [String]
  /// The names of the promises that were not kept, the first one first.
  public var broken: [String]
  public var coverage: [String: Int]
  public var inputs: Int
  public var drivers: Int
  public var status: String
  /// Of everything that was written down and started.
  public var digest: String
  /// The journal, for people.
  public var journal: [String]
}

/// Plays a scenario: drivers one after the other, until the run rests and nobody wants anything of it any more.
final class Episode {
  let scenario: Scenario
  let machine: SimulatedMachine
  let plan: Plan
  let referee: Referee
  private let planBytes: [UInt8]
  let planDigest: String
  private var acts: [String: [Act]]
  private let measures: [String: WatchSketch]
  /// Of what commands answer.
  private var answers: Chance
  private(set) var drivers = 0
  var voices: Voices
  var words: [Spoken] = []
  /// Gates that the next driver lets pass outside of their windows.
  var overrides: [NodeID] = []
  private var frozen: (engine: Engine, world: SimulatedWorld)?

  static let driverLimit = 40
  static let actor = Actor(name: "ana", assurance: .os, uid: 1000)

  init(_ scenario: Scenario) throws(ScenarioError) {
    self.scenario = scenario
    var chance = Chance(seed: scenario.world)
    machine = SimulatedMachine(seed: chance.next())
    answers = chance.split()
    voices = Voices(chance.split(), areKind: scenario.people == nil)
    acts = scenario.sketch.acts
    measures = scenario.sketch.measures
    planBytes = try Episode.plan(scenario.sketch)
    planDigest = Plan.digest(of: planBytes).description
    // From the bytes: what a resuming driver would read.
    do { plan = try Plan(decoding: planBytes) } catch { throw ScenarioError(description: "\(error)") }
    referee = Referee(plan, machine, once: scenario.sketch.once)
    machine.observer = referee
    for fault in scenario.faults { machine.faults[fault.at, default: []].append(fault) }
    machine.program = { [unowned self] order in act(order) }
    referee.asked = { [unowned self] node, inquiry, number in hear(inquiry, of: node, number) }
    machine.voice = { [unowned self] turn in speak(turn) }
    machine.undriven = { [unowned self] proposal, actor in writeDown(proposal, by: actor) }
  }

  private static let otherFiles = [
    "playbooks/actions/tell.yaml": NoticeSketch.action,
    "playbooks/roster.yaml": "belay: 1\npeople:\n  ana: { name: Ana }\n",
  ]

  private static func plan(_ sketch: Sketch) throws(ScenarioError) -> [UInt8] {
    let texts = sketch.texts
    var reader = ProjectReader(
      actions: builtInActions, playbookNames: texts.map(\.name),
      find: { path in
        if path == "playbooks/roster.yaml" { return .bytes(Array(Voices.roster.utf8)) }
        if let other = Episode.otherFiles[path] { return .bytes(Array(other.utf8)) }
        let file = texts.first { path == "playbooks/\($0.name).yaml" }
        return file.map { .bytes(Array($0.text.utf8)) } ?? .missing
      })
    let playbook = reader.playbook("playbooks/\(Sketch.playbook).yaml", Array(texts[0].text.utf8))
    let (files, read) = reader.finish()
    let mistakes = read.flatMap { file in
      file.diagnostics.filter { $0.severity == .error }.map { $0.text(source: "") }
    }
    guard let playbook, mistakes.isEmpty else {
      throw ScenarioError(description: mistakes.joined(separator: "\n") + "\n" + sketch.text)
    }
    let request = PlanRequest(
      playbook: playbook, environment: Carrier.environment(isProtected: sketch.isProtected), files: files,
      params: ValueMap(), run: "r",
      version: "simulated",
      createdAt: Timestamp(seconds: 0), project: "/project", searchPath: "/bin", sources: [])
    let (plan, problems) = PlanBuilder.plan(request, actions: builtInActions)
    guard let plan else { throw ScenarioError(description: "\(problems)\n\(sketch.text)") }
    return plan.encoded()
  }

  func run() -> Outcome {
    create()
    var people = People(self)
    var next: People.Next = .drive(.run, skips: [])
    while case .drive(let purpose, let skips) = next, referee.violations.isEmpty {
      let status = drive(purpose, skips)
      guard referee.violations.isEmpty else { break }
      next = people.next(after: status)
      if drivers > Episode.driverLimit {
        referee.blame(.rest, "after \(drivers) drivers it is \(referee.durable.status.rawValue)")
      }
    }
    audit()
    return outcome
  }

  // MARK: Driving

  private func create() {
    let facts = RunCreated(
      planDigest: planDigest, playbook: plan.playbook, title: plan.title, environment: nil,
      initiator: Episode.actor, host: "simulated", version: "simulated", project: "/project", commit: nil,
      dirty: false, claims: plan.claims)
    append(.runCreated(facts), plan: planBytes, claims: plan.claims.isEmpty ? .none : .take(plan.claims))
  }

  /// As a command without a driver does it.
  func append(_ event: RunEvent, plan: [UInt8]? = nil, claims: ClaimChange = .none) {
    machine.store.nextFailure = nil
    var state = referee.durable
    let now = machine.clock.wall
    do {
      try state.apply(event, at: now)
      guard let row = state.row else { return }
      let line = EventLine.encode(event, run: row.run, number: state.events, epoch: state.epoch, at: now)
      _ = try machine.store.append(
        AppendBatch(
          run: row.run, epoch: state.epoch, firstNumber: state.events, lines: [line], row: row,
          claims: claims, plan: plan))
      machine.store.land()
    } catch {
      referee.blame(.transitions, "\(event.type) by a person is refused: \(error)")
    }
    referee.committed()
  }

  /// - Returns: the status at rest; nil when the driver was lost.
  private func drive(_ purpose: Begin.Purpose, _ skips: [NodeID]) -> RunStatus? {
    drivers += 1
    guard let state = read() else { return nil }
    var engine = engine(state)
    var world = SimulatedWorld(machine, driver: drivers, plan: plan, run: state, actor: Episode.actor)
    world.begin(
      purpose, run: state, skips: skips, overrides: overrides, isAttended: scenario.sketch.isAttended)
    overrides = []
    referee.driverBegins(world, from: state)
    let status = BelayEngine.drive(&engine, in: &world)
    if world.ending == .frozen { freeze(engine, world) }
    referee.driverEnded(engine, started: state, world: world)
    if let status { referee.rested(status, engine) }
    return status
  }

  /// From the lines, as `resume` does.
  func read() -> RunState? {
    var state = RunState(run: plan.run)
    do {
      for stored in machine.store.events(of: plan.run, from: 1, limit: .max) {
        let line = try EventLine(parsing: stored.line)
        try state.apply(line.event, at: line.at)
      }
      return state
    } catch {
      referee.blame(.fold, "the journal cannot be read: \(error)")
      return nil
    }
  }

  private func freeze(_ engine: Engine, _ world: SimulatedWorld) {
    frozen = (engine, world)
    machine.thaw = { [unowned self] in
      guard var sleeper = frozen else { return }
      frozen = nil
      referee.isThawing = true
      sleeper.world.thaw(&sleeper.engine)
      referee.isThawing = false
    }
  }

  // MARK: What commands do

  private func act(_ order: EffectOrder) -> Act {
    let node = order.node
    switch order.arguments.first {
    case "measure": return measures[Episode.written(node)]?.act(at: machine.now) ?? Act()
    case "look": return answer(referee.truth.stands(node) ? 0 : 3)
    case "blind":
      var act = answer(255)
      act.exitCode = 255
      return act
    case "probe": return answer(referee.truth.stands(node) ? 0 : 1)
    case "read":
      var act = answer(0)
      act.exitCode = 0
      act.stdout = referee.truth.stands(node) ? "1\n" : "0\n"
      return act
    default: return next(of: node)
    }
  }

  /// True, or no answer at all.
  private func answer(_ exitCode: Int32) -> Act {
    var act = Act()
    act.takes = .milliseconds(Int64(answers.int(1...500)))
    act.exitCode = answers.one(in: 6) ? 255 : exitCode
    return act
  }

  /// Every copy has what is drawn for the node; the attempts of a group go on where the one before has ended.
  private func next(of node: NodeID) -> Act {
    let key = node.split(separator: "/").filter { !$0.contains("#") }.joined(separator: "/")
    guard let list = acts[key] ?? acts[Episode.written(key)], let first = list.first else {
      var act = Act()
      act.effectAt = 500
      return act
    }
    acts[key] = list.count > 1 ? Array(list.dropFirst()) : list
    return first
  }

  /// As the file has it: of a copy, of an attempt at a group, of a node of a playbook that is called.
  static func written(_ node: NodeID) -> String {
    node.split(separator: "/").last.map { String($0).replacing(/\[[^\]]*\]/, with: "") } ?? node
  }

  // MARK: The end

  private func audit() {
    machine.store.land()
    machine.store.vacate()
    do {
      let report = try AuditReport.verifying(SimulatedAudit(machine.store), by: RunRefold.self)
      for finding in report.findings { referee.blame(.chain, finding.text) }
    } catch { referee.blame(.chain, error.message) }
  }

  private var outcome: Outcome {
    var coverage = referee.coverage
    for kind in machine.applied { coverage.add("fault \(kind.name)") }
    for (what, count) in machine.noted { coverage.add(what, count) }
    for node in plan.nodes where referee.durable.nodes[node.id] != nil {
      coverage.add(node.kindName)
      if node.id.contains("[") { coverage.add("kind copy for an item") }
    }
    let lines = machine.store.events(of: plan.run, from: 1, limit: .max)
    let digest = SHA256()
    for line in lines { digest.update(line.line.utf8) }
    for start in referee.starts { digest.update(start.utf8) }
    return Outcome(
      violations: referee.violations.map { "\($0.property.rawValue): \($0.message)" },
      broken: referee.violations.map(\.property.rawValue), coverage: coverage.counts, inputs: machine.inputs,
      drivers: drivers, status: referee.durable.status.rawValue, digest: digest.finalize().description,
      journal: lines.map(\.short))
  }
}

extension PlanNode {
  /// What statistics call it.
  var kindName: String {
    let role =
      switch role {
      case .main: ""
      case .rollback: " of a rollback"
      case .steadyState: " of the steady state"
      }
    switch detail {
    case .check(let check) where check.body.action?.keyword == "manual": return "kind check by a person"
    case .check(let check): return "kind check\(check.body.staysFor == nil ? "" : " that soaks")\(role)"
    case .gate(let gate): return "kind gate \(gate.manner)"
    case .group(let group): return "kind group, \(group.manner)\(role)"
    case .step(let step):
      if step.body.action?.keyword == "manual" { return "kind step by a person\(role)" }
      let manner =
        step.temporary
        ? "temporary" : step.irreversible != nil ? "irreversible" : step.idempotent ? "idempotent" : "plain"
      return "kind step, \(manner)\(role)"
    }
  }
}

extension PlanGate {
  fileprivate var manner: String {
    switch wait {
    case .approve(let all): all.count > 1 ? "with several requirements" : "with one requirement"
    case .window: "with a window"
    case .until: "until a moment"
    case .wait: "that waits"
    }
  }
}

extension PlanGroup {
  fileprivate var manner: String {
    if let call { return call.polling == nil ? "playbook" : "playbook that is asked again" }
    switch mode {
    case .sequence: return rollback == .absent ? "sequential" : "sequential, undone as a whole"
    case .parallel: return rollback == .absent ? "parallel" : "parallel, undone as a whole"
    case .choice: return "choice"
    case .rounds: return "tried again"
    }
  }
}

extension StoredEvent {
  /// Without what is the same on every line.
  fileprivate var short: String {
    guard let parsed = try? EventLine(parsing: line), let type = line.firstRange(of: "\"type\":") else {
      return line
    }
    return "\(number) \(parsed.epoch) \(parsed.at.text.dropFirst(11)) \(line[type.upperBound...])"
  }
}
