extension Roster {
  /// Who has which role at a moment, as expressions read it: a list of `{id, name, accounts}` by role.
  public func roles(at moment: Timestamp) -> ValueMap {
    var map = ValueMap()
    for role in roles {
      map[role.name] = .list(people(of: role, at: moment).compactMap(value))
    }
    return map
  }

  /// Ids of whom a name means at a moment: who has the role, the person, or who alone has such an account.
  ///
  /// Empty where it means nobody.
  public func people(called name: String, at moment: Timestamp) -> [String] {
    if let role = roles.first(where: { $0.name == name }) { return people(of: role, at: moment) }
    if people.contains(where: { $0.id == name }) { return [name] }
    let owners = people.filter { $0.accounts.entries.contains { $0.value == .string(name) } }
    return owners.count == 1 ? [owners[0].id] : []
  }

  public func person(_ id: String) -> Person? { people.first { $0.id == id } }

  /// Ids, the override that holds first.
  public func people(of role: Role, at moment: Timestamp) -> [String] {
    if let override = overrides.first(where: {
      $0.role.id == role.name && $0.from <= moment && moment < $0.to
    }) {
      return [override.person.id]
    }
    switch role.members {
    case .people(let people): return people.map(\.id)
    case .rotation(let rotation): return [rotation.person(at: moment)].compactMap { $0 }
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
  /// Nil before the first turn, and where a turn has no length.
  func person(at moment: Timestamp) -> String? {
    guard let since = moment.since(from), since >= .zero, every > .zero, !people.isEmpty else { return nil }
    let turn = since.nanoseconds / every.nanoseconds + Int64(offset)
    return people[Int(turn % Int64(people.count))].id
  }
}
