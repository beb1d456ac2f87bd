public import BelayDigest
public import BelayModel

/// Why bytes are no plan that this version can execute.
public struct PlanFormatError: Error, Hashable {
  public var message: String
}

extension Plan {
  /// The exact bytes: one JSON text over several lines, ended by a line end. The same plan, the same bytes.
  public func encoded() -> [UInt8] {
    var out: [UInt8] = []
    json.write(into: &out, indent: 0)
    out.append(0x0A)
    return out
  }

  public static func digest(of bytes: [UInt8]) -> Digest { SHA256.digest(bytes) }

  public var json: JSON {
    .object([
      "belay_plan": .int(Int64(Plan.format)), "run": .string(run), "playbook": .string(playbook),
      "path": .string(path), "title": .string(title), "version": .string(version),
      "created_at": .string(createdAt.text), "project": .string(project),
      "environment": environment.map(JSON.string), "saved": saved?.json,
      "environment_vars": Value.map(environmentVars).exactJSON, "roles": Value.map(roles).exactJSON,
      "protected": isProtected ? .bool(true) : nil, "roster": roster?.json,
      "scopes": .array(scopes.map { $0.json(among: nodes) }),
      "frames": .array(frames.map { $0.json(among: nodes) }),
      "secrets": .array(secrets.map(\.json)), "claims": .strings(claims),
      "expected": expected.map { .string($0.text) },
      "max_parallel": .int(Int64(maxParallel)),
      "on_failure": .string(onFailure.rawValue), "search_path": .string(searchPath), "pass": .strings(pass),
      "sources": .array(sources.map(\.json)),
      "programs": .array(programs.map(\.json)), "warnings": .strings(warnings),
      "watches": watches.isEmpty ? nil : .array(watches.map { $0.json(among: nodes) }),
      "notify": notices.isEmpty ? nil : .array(notices.map(\.json)),
      "nodes": .array(nodes.map { $0.json(among: nodes) }),
    ])
  }
}

extension JSON {
  static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
}

extension Plan.Saved {
  fileprivate var json: JSON {
    .object(["expires_at": .string(expiresAt.text), "store": .string(store)])
  }

  init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "'saved'")
    self.init(expiresAt: try fields.timestamp("expires_at"), store: try fields.string("store"))
    try fields.finish()
  }
}

extension Plan.SourceFile {
  fileprivate var json: JSON { .object(["path": .string(path), "digest": .string(digest)]) }
}

extension Plan.Program {
  fileprivate var json: JSON {
    .object([
      "name": .string(name), "path": path.map(JSON.string), "size": .int(size), "changed_at": .int(changedAt),
    ])
  }
}

extension Plan.SecretReference {
  fileprivate var json: JSON {
    let from: JSON =
      switch source {
      case .env(let variable): .object(["env": .string(variable)])
      case .file(let path): .object(["file": .string(path)])
      case .exec(let command): .object(["exec": .strings(command)])
      }
    return .object([
      "name": .string(name), "from": from, "allow_short": allowShort ? .bool(true) : nil,
      "receipts": receipts ? .bool(true) : nil,
    ])
  }
}

extension PlanNode {
  /// Nodes name one another by id; `nodes` are all of the plan.
  func json(among nodes: [PlanNode]) -> JSON {
    let role: JSON? =
      switch self.role {
      case .main: nil
      case .rollback(let of): .string("rollback of \(nodes[of].id)")
      case .steadyState: .string("steady state")
      }
    var members: [JSON.Member] = [JSON.Member(kindName, .string(id))]
    let common = JSON.object([
      "title": .string(title), "place": .string(place), "role": role,
      "in": parent.map { .string(nodes[$0].id) }, "frame": frame == 0 ? nil : .int(Int64(frame)),
      "needs": .strings(needs.map { nodes[$0].id }), "when": when.map { .string($0.source) },
      "on_failure": .object([
        "rule": .string(failure.rule.rawValue), "scope": failure.scope.map { .string(nodes[$0].id) },
      ]),
      "sensitive": sensitive ? .bool(true) : nil, "due": due.map { .string($0.source) },
      "escalate": escalation.isEmpty ? nil : .array(escalation.map(\.json)), "preview": preview.json,
    ])
    members += common.members ?? []
    members += detail.json(among: nodes).members ?? []
    return .object(members)
  }

  public var kindName: String {
    switch detail {
    case .step: "step"
    case .check: "check"
    case .gate: "gate"
    case .group: "group"
    }
  }
}

extension Preview {
  fileprivate var json: JSON {
    .object([
      "word": .string(word.rawValue), "reason": reason.map(JSON.string), "action": action.map(JSON.string),
      "reads": isRead ? .bool(true) : nil, "also": also.isEmpty ? nil : .strings(also),
      "expected": expected.map { .string($0.text) },
      "if_it_fails": ifItFails.isEmpty ? nil : .string(ifItFails),
    ])
  }
}

extension PlanNode.Detail {
  func json(among nodes: [PlanNode]) -> JSON {
    switch self {
    case .step(let step): step.json(among: nodes)
    case .check(let check):
      .object([
        "body": check.body.json, "tolerate": check.tolerate == 0 ? nil : .int(Int64(check.tolerate)),
        "min_samples": check.minSamples.map { .int(Int64($0)) }, "recheck": check.recheck ? .bool(true) : nil,
      ])
    case .gate(let gate): gate.json
    case .group(let group): group.json(among: nodes)
    }
  }
}

extension PlanStep {
  func json(among nodes: [PlanNode]) -> JSON {
    let skip: JSON? =
      switch self.skip {
      case nil: nil
      case .verified: .string("verified")
      case .body(let body): body.json
      }
    return .object([
      "body": body.json, "verify": verify?.json, "skip_if": skip,
      "capture": captures.isEmpty ? nil : .array(captures.map(\.json)),
      "rollback": rollback.json(among: nodes),
      "temporary": temporary ? .bool(true) : nil, "irreversible": irreversible?.json,
      "idempotent": idempotent ? .bool(true) : nil, "interrupt": interrupt ? .bool(true) : nil,
      "retry": retry.attempts == 1 ? nil : retry.json,
    ])
  }
}

extension PlanStep.Capture {
  var json: JSON {
    .object(["name": .string(name), "body": body.json, "value": .string(value.source)])
  }
}

extension PlanStep.Irreversible {
  var json: JSON {
    .object([
      "why": .string(why.source), "recover": .string(recover.source), "when": when.map { .string($0.source) },
      "approve": approval.json,
    ])
  }
}

extension PlanRetry {
  var json: JSON {
    .object([
      "attempts": .int(Int64(attempts)), "delay": .string(delay.source), "backoff": .double(backoff),
      "max_delay": .string(maxDelay.source), "when": when.map { .string($0.source) },
    ])
  }
}

extension PlanBody {
  var json: JSON {
    .object([
      "action": action.map { .object([JSON.Member($0.keyword, $0.fields.json)]) },
      "timeout": timeout.map { .string($0.source) },
      "env": env.isEmpty ? nil : .object(env.map { JSON.Member($0.name, .string($0.template.source)) }),
      "cwd": cwd.map { .string($0.source) }, "shell": shell?.json, "use": use?.json,
      "outputs": outputs.json,
      "unknown_if": expressions(unknownIf), "fail_if": expressions(failIf), "expect": expressions(expect),
      "within": within.map { .string($0.source) }, "every": every.map { .string($0.source) },
      "stays_for": staysFor.map { .string($0.source) }, "max_output": maxOutput.map { .int(Int64($0)) },
      "keep": keep.map { .string($0.source) },
    ])
  }
}

func expressions(_ list: [Expression]) -> JSON? { list.isEmpty ? nil : .strings(list.map(\.source)) }

extension TemplateTree {
  /// Texts as written; scalars by their value, and by their text too where it is another (`1.10`, `0777`). A map with a
  /// key that starts with `$` is a list of pairs, as an object of one such key is something else here.
  var json: JSON {
    switch content {
    case .scalar(let value, let text):
      value.exactJSON.text == text
        ? value.exactJSON : .object(["$written": .string(text), "value": value.exactJSON])
    case .text(let template): .string(template.source)
    case .list(let items): .array(items.map(\.json))
    case .map(let entries) where entries.contains { $0.key.hasPrefix("$") }:
      .object(["$map": .array(entries.map { .array([.string($0.key), $0.value.json]) })])
    case .map(let entries): .object(entries.map { JSON.Member($0.key, $0.value.json) })
    }
  }
}
