internal import BelayExpressions
internal import BelayModel

/// Whether a run that has begun by one plan may go on by another: what has an event must be the same in both.
public struct PlanAdoption {
  private let before: Plan
  private let after: Plan
  private let old: [String: PlanNode]
  private let new: [String: PlanNode]

  public init(of after: Plan, for before: Plan) {
    self.before = before
    self.after = after
    old = Dictionary(before.nodes.map { ($0.id, $0) }) { first, _ in first }
    new = Dictionary(after.nodes.map { ($0.id, $0) }) { first, _ in first }
  }

  /// What is otherwise of that which has happened, a line each; empty: it may be adopted.
  ///
  /// - Parameters:
  ///   - touched: ids of nodes with an event, in the order of their first ones.
  ///   - closed: ids of groups that have ended well, were left out or undone: nothing can begin in them any more.
  public func conflicts(touched: [String], closed: Set<String>) -> [String] {
    var lines = whole()
    for id in touched {
      guard let node = old[id] else { continue }
      guard let now = new[id] else {
        lines.append("\(node.kindName) \(id) is gone, and has happened")
        continue
      }
      lines += conflicts(node, now).map { "\(node.kindName) \(id): \($0)" }
    }
    for node in after.nodes where old[node.id] == nil {
      var outer = node.parent
      while let group = outer {
        if closed.contains(after.nodes[group].id) {
          lines.append("\(node.kindName) \(node.id) is new in \(after.nodes[group].id), which has ended")
          break
        }
        outer = after.nodes[group].parent
      }
    }
    return lines
  }

  /// Gates whose approval was given for the plan before: people are asked again before anything goes on.
  ///
  /// - Parameter passed: ids of nodes that have succeeded.
  public func voided(passed: [String]) -> [String] {
    passed.filter { id in
      guard let node = new[id], case .gate(let gate) = node.detail, case .approve = gate.wait else {
        return false
      }
      return true
    }
  }

  /// What the run's first event has said.
  private func whole() -> [String] {
    let pairs: [(String, String, String)] = [
      ("environment", before.environment ?? "none", after.environment ?? "none"),
      ("project", before.project, after.project),
      ("claims", before.claims.joined(separator: ", "), after.claims.joined(separator: ", ")),
    ]
    return pairs.filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1) → \($0.2)" }
  }

  private func conflicts(_ node: PlanNode, _ now: PlanNode) -> [String] {
    var lines = Plan.otherwise(node, in: before, now, in: after)
    lines += read(by: node, in: before).differences(to: read(by: now, in: after))
    guard case .group(let group) = node.detail, case .group(let other) = now.detail else { return lines }
    if group.mode == .choice || group.mode == .rounds {
      let children = [(node, before), (now, after)].map { parent, plan in
        plan.nodes.filter { $0.parent.map { plan.nodes[$0].id } == parent.id }.map(\.id)
      }
      if children[0] != children[1] { lines.append("what it chooses from is otherwise") }
    }
    if let call = group.call, let there = other.call {
      let scopes = [(before, call), (after, there)].map { plan, call in
        plan.scopes[call.scope].json(among: plan.nodes)
      }
      if scopes[0]["playbook"] != scopes[1]["playbook"] || scopes[0]["given"] != scopes[1]["given"]
        || scopes[0]["params"] != scopes[1]["params"]
      {
        lines.append("what it calls is given otherwise")
      }
    }
    return lines
  }

  /// The values known in the plan that a node binds or is judged by.
  private func read(by node: PlanNode, in plan: Plan) -> ReadValues {
    var values = ReadValues()
    let frame = plan.frames[node.frame]
    if let item = frame.item { values["each.\(item.name)"] = item.value.text }
    let scope = plan.scopes[frame.scope]
    let later = Dictionary(scope.laterVars.map { ($0.key, $0.value.json.text) }) { first, _ in first }
    for expression in node.expressions {
      for reference in (try? Program(parsing: expression))?.references ?? [] {
        guard let root = reference.path.first else { continue }
        let name = reference.path.dropFirst().first
        switch root {
        case "params": values["params.\(name ?? "")"] = value(name, in: scope.params)
        case "vars": values["vars.\(name ?? "")"] = name.flatMap { later[$0] } ?? value(name, in: scope.vars)
        case "environment":
          let key = reference.path.dropFirst(2).first
          values["environment.vars.\(key ?? "")"] = value(key, in: plan.environmentVars)
        case "roles": values["roles.\(name ?? "")"] = value(name, in: plan.roles)
        default: break
        }
      }
    }
    return values
  }

  private func value(_ name: String?, in map: ValueMap) -> String {
    guard let name else { return Value.map(map).text }
    return map[name]?.text ?? "none"
  }
}

private typealias ReadValues = [String: String]

extension ReadValues {
  fileprivate func differences(to other: ReadValues) -> [String] {
    keys.sorted().compactMap { key in
      guard let now = other[key], now != self[key] else { return nil }
      return "\(key): \(self[key] ?? "") → \(now)"
    }
  }
}

extension PlanNode {
  /// Everything in it that is evaluated.
  fileprivate var expressions: [Expression] {
    var found: [Expression] = when.map { [$0] } ?? []
    for body in bodies {
      var templates = body.action?.templates ?? []
      templates += body.env.map(\.template)
      if let cwd = body.cwd { templates.append(cwd) }
      for given in body.use?.params ?? [] { templates += given.value.templates }
      found += templates.flatMap(\.expressions)
      found += body.outputs.map(\.expression)
      found += body.unknownIf + body.failIf + body.expect
    }
    return found
  }
}
