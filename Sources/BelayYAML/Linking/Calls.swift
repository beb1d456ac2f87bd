internal import BelayModel

// Every `uses` and `playbook` of a file, in the order written.
extension Playbook {
  var calls: [ActionSource] {
    var collector = CallCollector()
    for watch in watches { collector.add(watch.body) }
    for notice in notices { collector.add(notice.action) }
    collector.add(steps + steadyState)
    return collector.calls
  }
}

private struct CallCollector {
  var calls: [ActionSource] = []

  mutating func add(_ action: ActionSource?) { if let action, action.isCall { calls.append(action) } }

  mutating func add(_ body: Body) { add(body.action) }

  /// Recursion is as deep as the file, at most 64 levels.
  mutating func add(_ nodes: [Node]) {
    for node in nodes {
      switch node.kind {
      case .step(let step): add(step)
      case .check(let check): add(check.body)
      case .gate: break
      case .group(let group):
        for watch in group.watches { add(watch.body) }
        for capture in group.captures { add(capture.body) }
        add(group.rollback)
        add(group.steps)
      }
    }
  }

  private mutating func add(_ step: Step) {
    if case .body(let body) = step.skipIf { add(body) }
    for capture in step.captures { add(capture.body) }
    add(step.body)
    if let verify = step.verify { add(verify) }
    add(step.rollback)
  }

  private mutating func add(_ rollback: Step.Rollback?) {
    switch rollback {
    case .body(let step): add(step)
    case .nodes(let nodes): add(nodes)
    case .nothing, nil: break
    }
  }
}

/// Which playbook calls which, as far as the files say it.
struct CallGraph {
  /// The ways of those that lead back to themselves, the first name at the end again.
  private(set) var circles: [String: [String]] = [:]
  /// More than ``Limits/nodes`` with all that they call, and what those call.
  private(set) var tooLarge: Set<String> = []
  /// One playbook more inside each other than ``Limits/calls``; who calls them is told there.
  private(set) var tooDeep: Set<String> = []

  private let callees: [String: [String]]
  private let sizes: [String: Int]

  init(_ playbooks: [String: Playbook]) {
    callees = playbooks.mapValues { playbook in
      playbook.calls.filter { $0.keyword == "playbook" }.compactMap(\.calledName)
        .filter { playbooks[$0] != nil }
    }
    sizes = playbooks.mapValues { NodeIndex($0).entries.count }
    walk(playbooks.keys.sorted())
  }

  /// Depth first with a stack of its own: a chain of calls may be as long as there are files.
  private mutating func walk(_ names: [String]) {
    var total: [String: Int] = [:]
    var depth: [String: Int] = [:]
    var isOpen: Set<String> = []
    var seen: Set<String> = []
    for name in names where !seen.contains(name) {
      var path: [(name: String, rest: ArraySlice<String>)] = [(name, callees[name, default: []][...])]
      seen.insert(name)
      isOpen.insert(name)
      while let top = path.indices.last {
        guard let next = path[top].rest.popFirst() else {
          let done = path.removeLast().name
          isOpen.remove(done)
          total[done] = size(of: done, total)
          depth[done] = 1 + callees[done, default: []].reduce(0) { max($0, depth[$1, default: 0]) }
          if depth[done] == Limits.calls + 1 { tooDeep.insert(done) }
          continue
        }
        if isOpen.contains(next), let from = path.lastIndex(where: { $0.name == next }) {
          let circle = path[from...].map(\.name)
          for (offset, name) in circle.enumerated() where circles[name] == nil {
            circles[name] = Array(circle[offset...] + circle[...offset])
          }
        } else if seen.insert(next).inserted {
          isOpen.insert(next)
          path.append((next, callees[next, default: []][...]))
        }
      }
    }
  }

  private mutating func size(of name: String, _ total: [String: Int]) -> Int {
    let size = callees[name, default: []].reduce(sizes[name, default: 0]) { sum, callee in
      min(sum + total[callee, default: 0], Limits.nodes + 1)
    }
    if size > Limits.nodes { tooLarge.insert(name) }
    return size
  }
}
