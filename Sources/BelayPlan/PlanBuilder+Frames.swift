internal import BelayModel

/// A frame while the plan is made.
struct FrameUnderWay {
  var frame: PlanFrame
  /// Around the ids of its nodes: `task_run/`, `[eu]`.
  var prefix: String
  var suffix: String
  var variables: PlanVariables
  /// What `needs` means by a name, read from here.
  var needs: [String: Int] = [:]
  /// Of each name in the frame's list.
  private var positions: [String: Int] = [:]

  init(_ frame: PlanFrame, prefix: String, suffix: String, variables: PlanVariables) {
    self.frame = frame
    self.prefix = prefix
    self.suffix = suffix
    self.variables = variables
  }

  mutating func setTarget(of id: String, _ target: PlanFrame.Target) {
    if let position = positions[id] {
      frame.names[position].target = target
    } else {
      positions[id] = frame.names.count
      frame.names.append(PlanFrame.Name(id: id, target: target))
    }
  }
}

// Where names are looked up.
extension PlanBuilder {
  mutating func addFrame(
    scope: Int, parent: Int?, item: PlanFrame.Item? = nil, prefix: String, suffix: String,
    _ variables: PlanVariables
  ) -> Int {
    var variables = variables
    if let item { variables.items[item.name] = item.value }
    frames.append(
      FrameUnderWay(
        PlanFrame(scope: scope, parent: parent, item: item), prefix: prefix, suffix: suffix,
        variables: variables))
    return frames.count - 1
  }

  /// The id in the plan of what the file calls so.
  func planID(_ id: String, in frame: Int) -> String { frames[frame].prefix + id + frames[frame].suffix }

  mutating func register(_ id: String, _ node: Int, in frame: Int) {
    frames[frame].needs[id] = node
    frames[frame].setTarget(of: id, .node(node))
  }

  /// The names of inner frames, as they are read from the frame around them: by key, or the last round's.
  mutating func export(
    _ inner: [Int], of wrapper: Int, to outer: Int, _ target: ([PlanFrame.Target]) -> PlanFrame.Target
  ) {
    guard let first = inner.first else { return }
    for (position, name) in frames[first].frame.names.enumerated() {
      let targets = inner.map { frames[$0].frame.names[position].target }
      if frames[outer].needs[name.id] == nil { frames[outer].needs[name.id] = wrapper }
      frames[outer].setTarget(of: name.id, target(targets))
    }
  }

  mutating func resolveNeeds() {
    for (node, needs, frame) in writtenNeeds {
      for need in needs {
        if let index = target(of: need.id, from: frame) {
          nodes[node].needs.append(index)
        } else {
          diagnostics.append(
            Diagnostic(code: "unknown-node", "there is no node '\(need.id)'", at: need.span))
        }
      }
    }
  }

  private func target(of id: String, from frame: Int) -> Int? {
    var at: Int? = frame
    while let frame = at {
      if let node = frames[frame].needs[id] { return node }
      at = frames[frame].frame.parent
    }
    return nil
  }
}
