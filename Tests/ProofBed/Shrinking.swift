import BelaySimulation

extension Scenario {
  /// The smallest scenario found that still breaks the same promise: without what it does not need.
  public func shrunk(breaking property: String) -> Scenario {
    var best = self
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for candidate in best.smaller where candidate.breaks(property) {
        best = candidate
        isSmaller = true
        break
      }
    }
    return best
  }

  private func breaks(_ property: String) -> Bool { (try? play())?.broken.first == property }

  /// One step smaller, the largest steps first.
  private var smaller: [Scenario] {
    var all: [Scenario] = []
    if people != nil { all.append(changed { $0.people = nil }) }
    for index in faults.indices { all.append(changed { $0.faults.remove(at: index) }) }
    all += sketch.smaller.map { sketch in changed { $0.sketch = sketch } }
    return all
  }

  private func changed(_ body: (inout Scenario) -> Void) -> Scenario {
    var copy = self
    body(&copy)
    return copy
  }
}

extension Sketch {
  fileprivate var smaller: [Sketch] {
    var all = SketchNode.smaller(nodes).filter { !$0.isEmpty }.map { nodes in changed { $0.nodes = nodes } }
    if steady != nil { all.append(changed { $0.steady = nil }) }
    if locks { all.append(changed { $0.locks = false }) }
    for index in watches.indices { all.append(changed { $0.watches.remove(at: index) }) }
    for index in notices.indices { all.append(changed { $0.notices.remove(at: index) }) }
    if isProtected { all.append(changed { $0.isProtected = false }) }
    if isAttended { all.append(changed { $0.isAttended = false }) }
    return all
  }

  private func changed(_ body: (inout Sketch) -> Void) -> Sketch {
    var copy = self
    body(&copy)
    return copy
  }
}

extension SketchNode {
  /// Lists with one node fewer, or with one node smaller.
  fileprivate static func smaller(_ nodes: [SketchNode]) -> [[SketchNode]] {
    var all: [[SketchNode]] = []
    for index in nodes.indices {
      var fewer = nodes
      let gone = fewer.remove(at: index)
      for other in fewer.indices { fewer[other].needs?.removeAll { $0 == gone.id } }
      all.append(fewer)
    }
    for index in nodes.indices {
      for smaller in nodes[index].smaller {
        var list = nodes
        list.replaceSubrange(index...index, with: smaller)
        all.append(list)
      }
    }
    return all
  }

  /// What may stand in its place: for a group also what is in it.
  private var smaller: [[SketchNode]] {
    var all: [[SketchNode]] = []
    if !inner.isEmpty {
      all.append(inner)
      all += SketchNode.smaller(inner).filter { !$0.isEmpty }.map { nodes in [with(nodes)] }
    }
    if case .call(var call) = kind, call.attempts > 1 {
      call.attempts = 1
      all.append([changed { $0.kind = .call(call) }])
    }
    if case .call(var call) = kind, call.locks {
      call.locks = false
      all.append([changed { $0.kind = .call(call) }])
    }
    if case .group(let group) = kind {
      all += group.smaller.map { group in [changed { $0.kind = .group(group) }] }
    }
    if each != nil { all.append([changed { $0.each = nil }]) }
    if let each, each.count > 1 { all.append([changed { $0.each = Array(each.dropLast()) }]) }
    if when != nil { all.append([changed { $0.when = nil }]) }
    if due != nil { all.append([changed { $0.due = nil }]) }
    if escalates != nil { all.append([changed { $0.escalates = nil }]) }
    if onFailure != nil { all.append([changed { $0.onFailure = nil }]) }
    if case .step(let step) = kind {
      all += step.smaller.map { step in [changed { $0.kind = .step(step) }] }
    }
    return all
  }

  private func with(_ nodes: [SketchNode]) -> SketchNode {
    changed { node in
      switch node.kind {
      case .group(var group):
        group.nodes = nodes
        node.kind = .group(group)
      case .call(var call):
        call.nodes = nodes
        node.kind = .call(call)
      case .step, .check, .gate, .manual: break
      }
    }
  }

  private func changed(_ body: (inout SketchNode) -> Void) -> SketchNode {
    var copy = self
    body(&copy)
    return copy
  }
}

extension GroupSketch {
  fileprivate var smaller: [GroupSketch] {
    let changes: [(inout GroupSketch) -> Void] = [
      { $0.watches = [] }, { $0.attempts = 1 }, { $0.captures = false }, { $0.maxParallel = nil },
      { $0.locks = false },
      {
        $0.rollback = .absent
        $0.captures = false
      },
      { if $0.mode == .parallel { $0.mode = .sequence } },
    ]
    return changes.map { change in
      var copy = self
      change(&copy)
      return copy
    }.filter { $0 != self }
  }
}

extension StepSketch {
  fileprivate var smaller: [StepSketch] {
    let changes: [(inout StepSketch) -> Void] = [
      { $0.carrier = .process }, { $0.undoCarrier = .process },
      { $0.attempts = 1 }, { $0.interrupt = false }, { $0.sensitive = false }, { $0.captures = false },
      { $0.skipIf = nil }, { $0.unknownIf = false },
      { $0.verify = $0.skipIf == "verified" ? $0.verify : nil },
      { $0.idempotent = false }, { $0.timeout = 60 },
      { if $0.rollback == .list { $0.rollback = .step(idempotent: false) } },
      { $0.acts = Array($0.acts.suffix(1)) }, { $0.undoActs = Array($0.undoActs.suffix(1)) },
    ]
    return changes.map { change in
      var copy = self
      change(&copy)
      return copy
    }.filter { $0 != self }
  }
}
