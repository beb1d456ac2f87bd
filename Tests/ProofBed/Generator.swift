import BelayModel
import BelaySimulation

/// Draws playbooks: every kind of node, nested groups, retries, doubts, rollbacks, temporaries, barriers, and what
/// the commands in them do.
struct Generator {
  var chance: Chance
  /// Names so far.
  var made = 0

  init(_ chance: Chance) { self.chance = chance }

  mutating func sketch() -> Sketch {
    var sketch = Sketch()
    sketch.maxParallel = chance.int(1...4)
    sketch.onFailure = chance.one(in: 2) ? "rollback" : "stop"
    sketch.locks = chance.one(in: 2)
    sketch.isProtected = chance.one(in: 3)
    sketch.isAttended = chance.one(in: 2)
    sketch.nodes = nodes(depth: 0, .sequence)
    if chance.one(in: 3) { sketch.watches = watches() }
    if chance.one(in: 4) { sketch.notices = notices() }
    if chance.one(in: 2) { sketch.steady = chance.one(in: 6) ? [fails(1), succeeds()] : [succeeds()] }
    return sketch
  }

  private mutating func nodes(depth: Int, _ mode: GroupSketch.Mode) -> [SketchNode] {
    if mode == .choice { return alternatives(depth: depth) }
    var nodes: [SketchNode] = []
    for _ in 0..<chance.int(1...4) {
      var node = node(depth: depth)
      let isParallel = mode == .parallel
      if isParallel, let earlier = nodes.last, chance.one(in: 4) { node.needs = [earlier.id] }
      if !isParallel, let first = nodes.first, nodes.count > 1, chance.one(in: 8) { node.needs = [first.id] }
      nodes.append(node)
    }
    return nodes
  }

  /// All but the last have a condition.
  private mutating func alternatives(depth: Int) -> [SketchNode] {
    var nodes: [SketchNode] = []
    for _ in 0..<chance.int(2...3) {
      var node = node(depth: depth)
      node.when = chance.one(in: 2) ? "2 > 1" : "1 > 2"
      node.each = nil
      nodes.append(node)
    }
    nodes[nodes.count - 1].when = nil
    return nodes
  }

  private mutating func node(depth: Int) -> SketchNode {
    made += 1
    let id = "n\(made)"
    var node: SketchNode
    switch chance.int(0...9) {
    case 0...1 where depth < 3: node = SketchNode(id: id, kind: .group(group(depth)))
    case 9 where depth < 3:
      node = SketchNode(id: id, kind: .call(chance.one(in: 4) ? questions() : call(depth)))
    case 2: node = SketchNode(id: id, kind: .check(check()))
    case 3: node = SketchNode(id: id, kind: chance.one(in: 3) ? .manual(manual()) : .gate(gate()))
    default: node = SketchNode(id: id, kind: .step(step()))
    }
    if chance.one(in: 12) { node.when = chance.one(in: 2) ? "2 > 1" : "1 > 2" }
    if chance.one(in: 5) { node.onFailure = chance.pick(["stop", "continue", "rollback"]) }
    if chance.one(in: 8) { node.due = chance.int(0...60) }
    if chance.one(in: 8) { node.escalates = chance.int(0...20) }
    if chance.one(in: 10), node.count < 6 { node.each = Array(["a", "b", "c"].prefix(chance.int(1...3))) }
    return node
  }

  private mutating func gate() -> GateSketch {
    let within = chance.one(in: 2) ? chance.int(20...400) : nil
    switch chance.int(0...5) {
    case 0: return GateSketch(wait: .wait(chance.int(1...20)), within: chance.one(in: 4) ? within : nil)
    case 1: return GateSketch(wait: .until(chance.int(0...90)), within: chance.one(in: 4) ? within : nil)
    case 2:
      // The simulation begins at 22:13:20.
      let from = chance.pick([1330, 1333, 1334, 1335, 1380, 1439])
      return GateSketch(
        wait: .window(from: from, to: (from + chance.pick([1, 5, 60, 600])) % 1440),
        within: chance.one(in: 4) ? within : nil)
    default: return GateSketch(wait: .approve(requirements()), within: within)
    }
  }

  private mutating func requirements() -> [String] {
    var all: [String] = []
    for _ in 0..<(chance.one(in: 3) ? 2 : 1) {
      var text = "{ by: [\(chance.pick(["release", "database", "ben", "ana, cleo"]))]"
      if chance.one(in: 6) { text = "{ by: [release, database], count: 2" }
      if chance.one(in: 3) { text += ", exclude: [\(chance.pick(["initiator", "initiator", "cleo"]))]" }
      if chance.one(in: 3) { text += ", assurance: \(chance.pick(["os", "signature"]))" }
      all.append(text + " }")
    }
    return all
  }

  private mutating func manual() -> ManualSketch {
    ManualSketch(
      isStep: chance.one(in: 2), by: chance.one(in: 2) ? chance.pick(["release", "cleo"]) : nil,
      within: chance.one(in: 3) ? chance.int(20...400) : nil)
  }

  private mutating func group(_ depth: Int) -> GroupSketch {
    var group = GroupSketch()
    group.mode = chance.pick([.sequence, .sequence, .parallel, .parallel, .choice])
    if group.mode == .parallel, chance.one(in: 3) { group.maxParallel = chance.int(1...2) }
    if chance.one(in: 5) { group.attempts = chance.int(2...3) }
    (group.rollback, group.undoActs) = groupRollback()
    if case .step = group.rollback { group.captures = chance.one(in: 2) }
    group.locks = chance.one(in: 4)
    if chance.one(in: 6) { group.watches = watches() }
    group.nodes = nodes(depth: depth + 1, group.mode)
    return group
  }

  /// A playbook of checks, asked until all of them hold.
  private mutating func questions() -> CallSketch {
    var call = CallSketch()
    call.within = chance.pick([12, 40])
    call.isGiven = chance.one(in: 3)
    call.locks = chance.one(in: 8)
    var list: [SketchNode] = []
    for _ in 0..<chance.int(1...3) {
      made += 1
      var node = SketchNode(id: "n\(made)", kind: .check(check()))
      if chance.one(in: 4) {
        var group = GroupSketch()
        group.mode = chance.pick([.sequence, .parallel])
        if chance.one(in: 3) { group.attempts = 2 }
        group.nodes = [node]
        for _ in 0..<chance.int(0...2) {
          made += 1
          group.nodes.append(SketchNode(id: "n\(made)", kind: .check(check())))
        }
        made += 1
        node = SketchNode(id: "n\(made)", kind: .group(group))
      }
      if chance.one(in: 8) { node.onFailure = "continue" }
      list.append(node)
    }
    call.nodes = list
    if chance.one(in: 4) { call.steady = [fails(1), succeeds()] }
    return call
  }

  private mutating func call(_ depth: Int) -> CallSketch {
    var call = CallSketch()
    if chance.one(in: 4) { call.attempts = chance.int(2...3) }
    call.onFailure = chance.one(in: 2) ? "rollback" : "stop"
    call.isGiven = chance.one(in: 2)
    call.locks = chance.one(in: 3)
    call.captures = chance.one(in: 6)
    (call.rollback, call.undoActs) = groupRollback()
    if chance.one(in: 6) { call.watches = watches() }
    call.nodes = nodes(depth: depth + 1, .sequence)
    if chance.one(in: 3) { call.steady = chance.one(in: 5) ? [fails(1), succeeds()] : [succeeds()] }
    return call
  }

  private mutating func groupRollback() -> (GroupRollback, [Act]) {
    let acts = chance.one(in: 8) ? [fails(1), succeeds()] : [succeeds()]
    switch chance.int(0...6) {
    case 0: return (.nothing, [])
    case 1: return (.step(idempotent: chance.one(in: 2)), acts)
    default: return (.absent, [])
    }
  }

  private mutating func check() -> CheckSketch {
    var check = CheckSketch()
    if chance.one(in: 2) { check.within = 25 }
    if chance.one(in: 5) { check.staysFor = 20 }
    check.recheck = chance.one(in: 6)
    check.acts = [succeeds()]
    if chance.one(in: 4) { check.acts = [fails(1), fails(1), succeeds()] }
    if chance.one(in: 14) { check.acts = [fails(1)] }
    if chance.one(in: 4) {
      check.carrier = chance.pick(Carrier.requests)
      check.acts = check.acts.map { asked($0) }
    }
    return check
  }

  private mutating func step() -> StepSketch {
    var step = StepSketch()
    step.timeout = chance.pick([10, 30, 60])
    if chance.one(in: 3) { step.attempts = chance.one(in: 4) ? 6 : chance.int(2...3) }
    step.idempotent = chance.one(in: 4)
    step.interrupt = chance.one(in: 10)
    step.sensitive = chance.one(in: 10)
    // What is captured is kept, and of a sensitive step nothing is.
    step.captures = chance.one(in: 4) && !step.sensitive
    step.unknownIf = chance.one(in: 8)
    if chance.one(in: 2) { step.verify = chance.one(in: 2) ? .plain : .canDeny }
    if step.idempotent, chance.one(in: 12) { step.verify = .blind }
    if chance.one(in: 8) {
      step.skipIf = step.verify != nil && chance.one(in: 2) ? "verified" : "{ exec: [probe] }"
    }
    step.acts = acts(of: step)
    if chance.one(in: 3) {
      step.carrier = chance.pick(Carrier.requests)
      step.unknownIf = false
      step.acts = step.acts.map { asked($0) }
    }
    undo(&step)
    return step
  }

  private mutating func undo(_ step: inout StepSketch) {
    if chance.one(in: 14) {
      step.irreversible = true
      return
    }
    switch chance.int(0...5) {
    case 0: step.rollback = .nothing
    case 1: step.rollback = .absent
    case 2: step.rollback = .list
    default: step.rollback = .step(idempotent: chance.one(in: 2))
    }
    if step.rollback != .nothing, step.rollback != .absent { step.temporary = chance.one(in: 4) }
    step.undoActs = [succeeds()]
    if chance.one(in: 12) { step.undoActs = [fails(1), succeeds()] }
    if chance.one(in: 16) { step.undoActs = [hangs(), succeeds()] }
    if chance.one(in: 4) {
      step.undoCarrier = chance.pick(Carrier.requests)
      step.undoActs = step.undoActs.map { asked($0) }
    }
  }

  private mutating func acts(of step: StepSketch) -> [Act] {
    switch chance.int(0...15) {
    case 0: return [fails(1), succeeds()]
    case 1: return [fails(1)]
    case 2: return [failsHalfway(), succeeds()]
    case 3: return [hangs(), succeeds()]
    case 4: return [refused(), succeeds()]
    case 5 where step.unknownIf: return [unclear(), succeeds()]
    default: return [succeeds()]
    }
  }

  // MARK: Acts

  private mutating func succeeds() -> Act {
    var act = Act()
    act.takes = .milliseconds(Int64(chance.int(5...6000)))
    act.effectAt = chance.int(0...1000)
    act.ignoresTerm = chance.one(in: 6)
    if chance.one(in: 10) { act.leavesRunning = ["4711 server"] }
    return act
  }

  private mutating func fails(_ code: Int32) -> Act {
    var act = Act()
    act.takes = .milliseconds(Int64(chance.int(5...3000)))
    act.exitCode = code
    act.stderr = "it failed\n"
    return act
  }

  private mutating func failsHalfway() -> Act {
    var act = fails(1)
    act.effectAt = chance.int(0...900)
    return act
  }

  /// Longer than any timeout; its effect comes early, late, or after it was stopped.
  private mutating func hangs() -> Act {
    var act = succeeds()
    act.takes = .seconds(1000)
    act.effectAt = chance.pick([0, 5, 20, 500])
    return act
  }

  private mutating func refused() -> Act {
    var act = Act()
    act.refused = "no such file"
    return act
  }

  /// Of a server: its answer may be lost.
  private mutating func asked(_ act: Act) -> Act {
    var act = act
    act.leavesRunning = []
    // Of a process that end says nothing of its effect; of a server it would deny it.
    act.losesAnswer = chance.one(in: 5) || act.exitCode == 7
    if act.exitCode == 7 { act.exitCode = 0 }
    return act
  }

  private mutating func unclear() -> Act {
    var act = fails(7)
    act.effectAt = chance.one(in: 2) ? chance.int(0...900) : nil
    return act
  }
}
