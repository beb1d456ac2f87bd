import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import Testing

/// SplitMix64: the same numbers on every machine.
private struct Chance: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func one(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

/// Playbooks by chance: nested groups, retries, temporaries, rollbacks, checks that poll, failures here and there.
private struct Generator {
  var chance: Chance
  var count = 0
  var acts: [String: [Act]] = [:]

  mutating func playbook() -> String {
    var text = "belay: 1\nmax_parallel: \(Int.random(in: 1...4, using: &chance))\n"
    text += "on_failure: \(chance.one(in: 2) ? "rollback" : "stop")\nsteps:\n"
    text += nodes(depth: 0, indent: "  ")
    if chance.one(in: 2) { text += "steady_state:\n  - check: steady\n    exec: [steady]\n" }
    return text
  }

  private mutating func nodes(depth: Int, indent: String) -> String {
    (0..<Int.random(in: 1...4, using: &chance)).map { _ in node(depth: depth, indent: indent) }.joined()
  }

  private mutating func node(depth: Int, indent: String) -> String {
    count += 1
    let id = "n\(count)"
    switch Int.random(in: 0..<8, using: &chance) {
    case 0...1 where depth < 3: return group(id, depth, indent)
    case 2: return check(id, indent)
    case 3: return "\(indent)- gate: \(id)\n\(indent)  wait: 3s\n"
    default: return step(id, indent)
    }
  }

  private mutating func group(_ id: String, _ depth: Int, _ indent: String) -> String {
    var text = "\(indent)- group: \(id)\n"
    if chance.one(in: 2) { text += "\(indent)  mode: parallel\n" }
    text += rule(indent)
    return text + "\(indent)  steps:\n" + nodes(depth: depth + 1, indent: indent + "    ")
  }

  private mutating func rule(_ indent: String) -> String {
    guard chance.one(in: 4) else { return "" }
    return
      "\(indent)  on_failure: \(["stop", "continue", "rollback"].randomElement(using: &chance) ?? "stop")\n"
  }

  private mutating func check(_ id: String, _ indent: String) -> String {
    acts[id + "?"] = chance.one(in: 3) ? [.fails(), .fails(), .ok] : [.ok]
    if chance.one(in: 12) { acts[id + "?"] = [.fails()] }
    return "\(indent)- check: \(id)\n\(indent)  exec: [ask]\n\(indent)  within: 25s\n" + rule(indent)
  }

  private mutating func step(_ id: String, _ indent: String) -> String {
    var text = "\(indent)- step: \(id)\n\(indent)  exec: [do]\n" + rule(indent)
    let takes = TimeSpan.seconds(Int64.random(in: 1...5, using: &chance))
    acts[id] = [Act(takes: takes)]
    if chance.one(in: 8) { acts[id] = [.fails(), Act(takes: takes)] }
    if chance.one(in: 12) { acts[id] = [.fails()] }
    if chance.one(in: 12) { acts[id] = [.timesOut, Act(takes: takes)] }
    if chance.one(in: 3) { text += "\(indent)  retry: { attempts: 2 }\n" }
    if chance.one(in: 4) { text += "\(indent)  idempotent: true\n" }
    if chance.one(in: 4) { text += "\(indent)  verify: { exec: [look], fail_if: exit_code == 3 }\n" }
    return text + undo(id, indent)
  }

  private mutating func undo(_ id: String, _ indent: String) -> String {
    let temporary = chance.one(in: 5) ? "\(indent)  temporary: true\n" : ""
    if chance.one(in: 16) { acts[id + "~rollback"] = [.fails(), .ok] }
    switch Int.random(in: 0..<6, using: &chance) {
    case 0 where temporary.isEmpty: return "\(indent)  rollback: nothing\n"
    case 1 where temporary.isEmpty: return ""
    case 2:
      return temporary + "\(indent)  rollback:\n\(indent)    - step: \(id)_u1\n\(indent)      exec: [u]\n"
        + "\(indent)      rollback: nothing\n\(indent)    - check: \(id)_u2\n\(indent)      exec: [u]\n"
    default: return temporary + "\(indent)  rollback: { exec: [undo] }\n"
    }
  }
}

@Suite("Playbooks by chance") struct GeneratedTests {
  private func stage(_ seed: UInt64) throws -> Stage {
    var generator = Generator(chance: Chance(state: seed))
    let stage = try Stage(generator.playbook())
    stage.acts = generator.acts
    return stage
  }

  private func deeds(_ stage: Stage) -> [String] { stage.started.filter { !$0.hasSuffix("?") }.sorted() }

  private func isParallel(_ stage: Stage) -> Bool {
    stage.plan.nodes.contains { node in
      if case .group(let group) = node.detail { group.mode == .parallel } else { false }
    }
  }

  @Test(
    "always come to rest, and after a crash anywhere to the same rest by the same deeds", arguments: 0..<150)
  func crashes(seed: Int) throws {
    let whole = try stage(UInt64(seed))
    let end = try #require(try whole.drive(), "seed \(seed) comes to rest")
    var chance = Chance(state: UInt64(seed) ^ 0xC0FFEE)
    for _ in 0..<12 {
      let limit = Int.random(in: 1..<whole.journal.count, using: &chance)
      let crashed = try stage(UInt64(seed))
      crashed.diesAfterEvents = limit
      #expect(try crashed.drive() == nil)
      crashed.diesAfterEvents = nil
      let resumed = try crashed.drive(.resume(retry: false))
      #expect(resumed == end, "seed \(seed), after event \(limit)")
      // What a stop keeps from starting beside it depends on who is first after a crash.
      if end == .succeeded || !isParallel(whole) {
        #expect(deeds(crashed) == deeds(whole), "seed \(seed), after event \(limit)")
      }
    }
  }

  @Test("on a disk full anywhere nothing more starts, and with room again they end alike", arguments: 0..<100)
  func diskFull(seed: Int) throws {
    let whole = try stage(UInt64(seed))
    let end = try #require(try whole.drive())
    var chance = Chance(state: UInt64(seed) ^ 0xD15C)
    for _ in 0..<8 {
      let limit = Int.random(in: 1..<whole.journal.count, using: &chance)
      let full = try stage(UInt64(seed))
      full.fullAfterEvents = limit
      var status = try #require(try full.drive(), "seed \(seed), full after event \(limit), comes to rest")
      #expect(full.startedWhenFull == full.started.count, "seed \(seed), after event \(limit)")
      if try full.state().cause == "the disk is full: no room" {
        #expect(status == .held)
        status = try #require(try full.drive(.resume(retry: false)))
      }
      if end == .succeeded || !isParallel(whole) {
        #expect(status == end, "seed \(seed), after event \(limit)")
        #expect(deeds(full) == deeds(whole), "seed \(seed), after event \(limit)")
      }
    }
  }

  @Test("paused anywhere and resumed, they end alike", arguments: 0..<100)
  func pauses(seed: Int) throws {
    let whole = try stage(UInt64(seed))
    let end = try #require(try whole.drive())
    let paused = try stage(UInt64(seed))
    paused.stopAtSecond = [(Int64(seed) % 13, .pause)]
    var status = try paused.drive()
    if status == .paused { status = try paused.drive(.resume(retry: false)) }
    if end == .succeeded || !isParallel(whole) { #expect(status == end, "seed \(seed)") }
  }

  @Test("cancelled anywhere, no temporary stays in force unless the run says so", arguments: 0..<100)
  func cancels(seed: Int) throws {
    let stage = try stage(UInt64(seed))
    stage.stopAtSecond = [(Int64(seed) % 17, .cancel)]
    let status = try #require(try stage.drive())
    let state = try stage.state()
    let inForce: [String] = stage.plan.nodes.filter { (node: PlanNode) -> Bool in
      guard case .step(let step) = node.detail, step.temporary, node.role == .main else { return false }
      return state[node.id].effects > 0
    }.map(\.id)
    #expect(
      inForce.isEmpty || [.held, .paused, .rollbackIncomplete].contains(status),
      "seed \(seed): \(status) \(inForce)")
  }
}
