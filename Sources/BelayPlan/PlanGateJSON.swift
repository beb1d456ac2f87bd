internal import BelayModel

// Gates, watches, notices and the roster, as they stand in a plan.

extension PlanGate {
  var json: JSON {
    var members: [JSON.Member] = [JSON.Member(wait.key, wait.json)]
    members +=
      JSON.object([
        "message": message.map { .string($0.source) }, "within": within.map { .string($0.source) },
      ]).members ?? []
    return .object(members)
  }
}

extension PlanGate.Wait {
  fileprivate var key: String {
    switch self {
    case .approve: "approve"
    case .window: "window"
    case .until: "until"
    case .wait: "wait"
    }
  }

  fileprivate var json: JSON {
    switch self {
    case .approve(let approvals): .array(approvals.map(\.json))
    case .window(let window): window.json
    case .until(let moment): .string(moment.source)
    case .wait(let duration): .string(duration.source)
    }
  }
}

extension PlanApproval {
  var json: JSON {
    .object([
      "by": .strings(by.map(\.source)), "count": count == 1 ? nil : .int(Int64(count)),
      "exclude": exclude.isEmpty ? nil : .strings(exclude.map(\.source)),
      "assurance": assurance.map { .string($0.rawValue) },
    ])
  }
}

extension PlanWindow {
  fileprivate var json: JSON {
    .object([
      "name": name.map(JSON.string), "days": .strings(window.days.map(\.rawValue)),
      "from": .string(PlanWindow.clock(window.from)), "to": .string(PlanWindow.clock(window.to)),
      "zone": .string(window.zone),
    ])
  }

  /// `02:00`, of minutes after midnight.
  static func clock(_ minutes: Int) -> String {
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(minutes / 60)):\(two(minutes % 60))"
  }
}

extension PlanEscalation {
  var json: JSON {
    .object(["after": .string(after.source), "to": .strings(to.map(\.source))])
  }
}

extension PlanWatch {
  func json(among nodes: [PlanNode]) -> JSON {
    .object([
      "watch": .string(id), "of": scope.map { .string(nodes[$0].id) },
      "frame": frame == 0 ? nil : .int(Int64(frame)), "title": .string(title), "place": .string(place),
      "body": body.json, "trips_after": .string(tripsAfter.source),
      "on_failure": .string(onFailure.rawValue), "on_unknown": .string(onUnknown.rawValue),
      "action": action.map(JSON.string),
    ])
  }
}

extension PlanNotice {
  var json: JSON {
    let trigger: JSON.Member =
      switch self.trigger {
      case .events(let events): JSON.Member("events", .strings(events.map(\.rawValue)))
      case .every(let span): JSON.Member("every", .string(span.source))
      }
    let rest = JSON.object([
      "to": .strings(to.map(\.source)), "place": .string(place), "body": body.json,
      "action": action.map(JSON.string),
    ])
    return .object([trigger] + (rest.members ?? []))
  }
}

extension Roster {
  var json: JSON {
    .object([
      "path": .string(path), "people": .array(people.map(\.json)), "roles": .array(roles.map(\.json)),
      "overrides": overrides.isEmpty ? nil : .array(overrides.map(\.json)),
      "escalation": escalation.isEmpty ? nil : .array(escalation.map(\.json)),
    ])
  }
}

extension Roster.Person {
  fileprivate var json: JSON {
    .object([
      "id": .string(id), "name": .string(name),
      "accounts": accounts.entries.isEmpty ? nil : Value.map(accounts).exactJSON,
      "keys": keys.isEmpty ? nil : .strings(keys),
    ])
  }
}

extension Roster.Role {
  fileprivate var json: JSON {
    switch members {
    case .people(let people):
      .object(["role": .string(name), "people": .strings(people.map(\.id))])
    case .rotation(let rotation):
      .object([
        "role": .string(name), "people": .strings(rotation.people.map(\.id)),
        "every": .string(rotation.every.text), "from": .string(rotation.from.text),
        "zone": .string(rotation.zone), "offset": .int(Int64(rotation.offset)),
      ])
    }
  }
}

extension Roster.Override {
  fileprivate var json: JSON {
    .object([
      "role": .string(role.id), "person": .string(person.id), "from": .string(from.text),
      "to": .string(to.text),
    ])
  }
}

extension Roster.Escalation {
  fileprivate var json: JSON {
    .object(["after": .string(after.text), "to": .strings(to.map(\.id))])
  }
}
