internal import BelayModel

// Scopes, frames and what groups have, as they stand in a plan. Nodes name one another by id.

extension PlanScope {
  func json(among nodes: [PlanNode]) -> JSON {
    .object([
      "playbook": .string(playbook), "caller": caller.map { .string(nodes[$0].id) },
      "params": Value.map(params).exactJSON, "given": given.isEmpty ? nil : .array(given.map(\.json)),
      "vars": Value.map(vars).exactJSON,
      "later_vars": laterVars.isEmpty
        ? nil : .object(laterVars.map { JSON.Member($0.key, $0.value.json) }),
    ])
  }
}

extension PlanScope.Given {
  var json: JSON { .object(["parameter": parameter.json, "value": value.json]) }
}

extension Parameter {
  var json: JSON {
    let values: ([Value]) -> JSON = { .array($0.map(\.exactJSON)) }
    var members: [JSON.Member] = [JSON.Member("name", .string(name)), JSON.Member("type", kind.json)]
    members +=
      JSON.object([
        "optional": required ? nil : .bool(true), "enum": allowed.isEmpty ? nil : values(allowed),
        "pattern": pattern.map(JSON.string), "min": minimum?.exactJSON, "max": maximum?.exactJSON,
        "min_length": minLength.map { .int(Int64($0)) }, "max_length": maxLength.map { .int(Int64($0)) },
      ]).members ?? []
    return .object(members)
  }
}

extension Parameter.Kind {
  var json: JSON {
    switch self {
    case .list(let of): .object(["list": of.json])
    case .map(let fields): .object(["map": .array(fields.map(\.json))])
    default: .string(name)
    }
  }
}

extension PlanFrame {
  func json(among nodes: [PlanNode]) -> JSON {
    .object([
      "scope": .int(Int64(scope)), "parent": parent.map { .int(Int64($0)) },
      "item": item.map {
        .object(["name": .string($0.name), "key": .string($0.key), "value": $0.value.exactJSON])
      },
      "names": .object(names.map { JSON.Member($0.id, $0.target.json(among: nodes)) }),
    ])
  }
}

extension PlanFrame.Target {
  func json(among nodes: [PlanNode]) -> JSON {
    switch self {
    case .node(let index): .string(nodes[index].id)
    case .copies(let copies):
      .object(["copies": .object(copies.map { JSON.Member($0.key, $0.target.json(among: nodes)) })])
    case .rounds(let group, let rounds):
      .object([
        "rounds": .string(nodes[group].id), "targets": .array(rounds.map { $0.json(among: nodes) }),
      ])
    }
  }
}

extension PlanGroup {
  func json(among nodes: [PlanNode]) -> JSON {
    .object([
      "mode": .string(mode.rawValue), "max_parallel": maxParallel.map { .int(Int64($0)) },
      "capture": captures.isEmpty ? nil : .array(captures.map(\.json)),
      "rollback": rollback.json(among: nodes), "locks": claims.isEmpty ? nil : .strings(claims),
      "retry": retry?.json, "call": call?.json,
    ])
  }
}

extension PlanCall {
  var json: JSON {
    .object([
      "scope": .int(Int64(scope)), "frame": .int(Int64(frame)), "outputs": outputs.json,
      "check": isCheck ? .bool(true) : nil, "on_failure": .string(onFailure.rawValue),
      "polling": polling?.json,
    ])
  }
}

extension PlanPolling {
  var json: JSON {
    .object(["within": .string(within.source), "every": every.map { .string($0.source) }])
  }
}

extension PlanStep.Rollback {
  func json(among nodes: [PlanNode]) -> JSON? {
    switch self {
    case .absent: nil
    case .nothing: .string("nothing")
    case .root(let index): .string(nodes[index].id)
    }
  }
}

extension PlanShell {
  var json: JSON {
    .object(["name": .string(name), "command": .strings(command), "setup": .string(setup)])
  }
}

extension PlanUse {
  var json: JSON {
    .object([
      "name": .string(name), "params": .array(params.map(\.json)), "outputs": outputs.json,
      "unknown_if": expressions(unknownIf), "fail_if": expressions(failIf), "expect": expressions(expect),
    ])
  }
}

extension [NamedExpression] {
  /// Nil when there are none.
  var json: JSON? {
    isEmpty ? nil : .object(map { JSON.Member($0.name, .string($0.expression.source)) })
  }
}
