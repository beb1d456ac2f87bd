internal import BelayModel

// What is laid out beside the main nodes: the steady state, and the undoing of each step and group.
extension PlanBuilder {
  mutating func layOutSteadyState(_ outer: Surroundings) {
    guard !request.playbook.steadyState.isEmpty else { return }
    var around = outer
    around.role = .steadyState
    around.parent = nil
    let root = addGroup(
      "~steady_state", title: "the steady state", place: request.playbook.path,
      group: PlanGroup(mode: .sequence), in: around)
    around.parent = root
    layOut(request.playbook.steadyState, mode: .sequence, in: around)
  }

  /// Of a group or of a node that calls a playbook.
  mutating func setRollback(_ rollback: Step.Rollback?, of index: Int, setting: Setting) {
    guard let rollback, case .group(var group) = nodes[index].detail else { return }
    if rollback == .nothing {
      group.rollback = .nothing
      nodes[index].detail = .group(group)
    } else {
      pendingRollbacks.append((of: index, rollback: rollback, setting: setting))
    }
  }

  /// The list grows while it is walked. Inside a rollback none is asked for.
  mutating func layOutRollbacks() {
    var position = 0
    // Laying one out may add others.
    while position < pendingRollbacks.count, !isFull {
      let (of, rollback, setting) = pendingRollbacks[position]
      position += 1
      if case .rollback = nodes[of].role { continue }
      guard hasRoom(.nowhere(nodes[of].place)) else { return }
      let root = layOut(rollback, of: of, setting)
      switch nodes[of].detail {
      case .step(var step):
        step.rollback = .root(root)
        nodes[of].detail = .step(step)
      case .group(var group):
        group.rollback = .root(root)
        nodes[of].detail = .group(group)
      case .check, .gate: break
      }
    }
  }

  private mutating func layOut(_ rollback: Step.Rollback, of: Int, _ setting: Setting) -> Int {
    let id = "\(nodes[of].id)~rollback"
    let frame = nodes[of].frame
    current = frame
    let outer = Surroundings(
      parent: nil, policy: FailurePolicy(rule: .stop, scope: nil), setting: setting, role: .rollback(of: of),
      frame: frame)
    let place = nodes[of].place
    let root = addGroup(
      id, title: "undo \(nodes[of].id)", place: place, group: PlanGroup(mode: .sequence), in: outer)
    switch rollback {
    case .body(let step):
      if step.body.calls {
        let node = Node(id: id, span: .nowhere(place), kind: .step(step))
        layOutCall(step, node, at: root, in: outer)
      } else {
        nodes[root].detail = .step(self.step(step, at: root, in: outer))
        nodes[root].title = ""
      }
    case .nodes(let list):
      var inner = outer
      inner.parent = root
      layOut(list, mode: .sequence, in: inner)
    case .nothing: break
    }
    return root
  }

  /// What stands in a sensitive node, or undoes it, is as sensitive: each stands after what it belongs to.
  mutating func spreadSensitivity() {
    for index in nodes.indices {
      var isSensitive = nodes[index].parent.map { nodes[$0].sensitive } ?? false
      if case .rollback(let of) = nodes[index].role { isSensitive = isSensitive || nodes[of].sensitive }
      if isSensitive { nodes[index].sensitive = true }
      refuseSensitiveCaptures(index)
    }
  }

  private mutating func refuseSensitiveCaptures(_ index: Int) {
    let captures =
      switch nodes[index].detail {
      case .step(let step): step.captures
      case .group(let group): group.captures
      case .check, .gate: [PlanStep.Capture]()
      }
    guard nodes[index].sensitive, let first = captures.first else { return }
    diagnostics.append(
      Diagnostic(
        code: "sensitive-capture",
        "'\(nodes[index].id)' is sensitive, and '\(first.name)' would be kept: it may be needed after a crash",
        at: .nowhere(nodes[index].place), help: "capture it in a node of its own that is not sensitive"))
  }
}
