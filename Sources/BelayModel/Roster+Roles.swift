extension Roster {
  /// Who has which role at a moment, as expressions read it: a list of `{id, name, accounts}` by role.
  ///
  /// - Parameter zones: of the rotations, by name; nobody has a turn in one that is missing.
  public func roles(at moment: Timestamp, in zones: [String: ZoneRules]) -> ValueMap {
    var map = ValueMap()
    for role in roles {
      map[role.name] = .list(people(of: role, at: moment, in: zones).compactMap(value))
    }
    return map
  }

  /// Ids of whom a name means at a moment: who has the role, the person, or who alone has such an account.
  ///
  /// Empty where it means nobody.
  public func people(called name: String, at moment: Timestamp, in zones: [String: ZoneRules]) -> [String] {
    if let role = roles.first(where: { $0.name == name }) {
      return people(of: role, at: moment, in: zones)
    }
    if people.contains(where: { $0.id == name }) { return [name] }
    let owners = people.filter { $0.accounts.entries.contains { $0.value == .string(name) } }
    return owners.count == 1 ? [owners[0].id] : []
  }

  public func person(_ id: String) -> Person? { people.first { $0.id == id } }

  /// Ids, the override that holds first.
  public func people(of role: Role, at moment: Timestamp, in zones: [String: ZoneRules]) -> [String] {
    if let override = overrides.first(where: {
      $0.role.id == role.name && $0.from <= moment && moment < $0.to
    }) {
      return [override.person.id]
    }
    switch role.members {
    case .people(let people): return people.map(\.id)
    case .rotation(let rotation):
      return zones[rotation.zone].flatMap { rotation.person(at: moment, in: $0) }.map { [$0] } ?? []
    }
  }

  /// Names of the zones by whose clocks turns change.
  public var zones: [String] {
    roles.compactMap { role in
      guard case .rotation(let rotation) = role.members else { return nil }
      return rotation.zone
    }
  }

  private func value(of id: String) -> Value? {
    guard let person = people.first(where: { $0.id == id }) else { return nil }
    return .map([
      "id": .string(person.id), "name": .string(person.name), "accounts": .map(person.accounts),
    ])
  }
}

extension Roster.Rotation {
  /// Whose turn it is; nil before the first one.
  ///
  /// - Parameter rules: of the rotation's zone.
  fileprivate func person(at moment: Timestamp, in rules: ZoneRules) -> String? {
    turn(at: moment, in: rules).map { people[Int(($0 + Int64(offset)) % Int64(people.count))].id }
  }
}
