internal import BelayModel

// `playbooks/roster.yaml`
extension Reading {
  func roster(_ node: YAMLNode) -> Roster? {
    guard var fields = Fields(node, of: "a roster", reading: self) else { return nil }
    var roster = Roster(path: source.path)
    version(&fields)
    roster.people = fields.take("people").map(people) ?? []
    let roles = fields.take("roles")
    roster.roles = roles.map(self.roles) ?? []
    roster.overrides = fields.take("overrides").map { list($0).compactMap(override) } ?? []
    roster.escalation = fields.take("escalation").map { list($0).compactMap(rosterEscalation) } ?? []
    fields.finish(known: Keys.roster)
    // Those too in which something is wrong: that is told already.
    let written = roles?.value.entries?.map(\.name) ?? []
    check(roster, Names(written))
    return roster
  }

  private func people(_ entry: YAMLEntry) -> [Roster.Person] {
    guard let people = Fields(entry.value, of: "people", reading: self) else { return [] }
    return people.entries.compactMap { person in
      let id = identifier(person.key, "a person")
      guard var fields = Fields(person.value, of: person.name, help: "{ name: Ana }", reading: self) else {
        return nil
      }
      let name = fields.required("name", in: "a person").flatMap { text($0) }
      var read = Roster.Person(id: id ?? "", span: person.key.span, name: name ?? "")
      if let accounts = fields.take("accounts") {
        let known = Fields(accounts.value, of: "accounts", reading: self)?.entries ?? []
        for account in known {
          if let text = text(account) { read.accounts[account.name] = .string(text) }
        }
      }
      read.keys = fields.take("keys").map { texts($0).compactMap(\.text) } ?? []
      fields.finish(known: Keys.person)
      return id == nil ? nil : read
    }
  }

  private func roles(_ entry: YAMLEntry) -> [Roster.Role] {
    guard let roles = Fields(entry.value, of: "roles", reading: self) else { return [] }
    return roles.entries.compactMap { role in
      let name = identifier(role.key, "a role")
      guard var fields = Fields(role.value, of: role.name, help: "{ people: [ana] }", reading: self) else {
        return nil
      }
      let people = fields.take("people")
      let turns = fields.take("rotation")
      fields.finish(known: Keys.role)
      guard (people == nil) != (turns == nil) else {
        error(
          "bad-value", "a role has either 'people' or a 'rotation'", at: role.key.span,
          help: "{ people: [ana] } or { rotation: { people: [ana, ben], every: 1w, from: …, zone: UTC } }")
        return nil
      }
      var members: Roster.Role.Members?
      if let people { members = .people(self.names(someTexts(people), "a role")) }
      if let turns { members = rotation(turns).map { .rotation($0) } }
      guard let name, let members else { return nil }
      return Roster.Role(name: name, span: role.key.span, members: members)
    }
  }

  private func rotation(_ entry: YAMLEntry) -> Roster.Rotation? {
    guard var fields = Fields(entry.value, of: "rotation", reading: self) else { return nil }
    let people =
      fields.required("people", in: "a rotation")
      .map { self.names(someTexts($0), "a rotation") } ?? []
    let every = fields.required("every", in: "a rotation").flatMap(turn)
    let from = fields.required("from", in: "a rotation").flatMap(plainMoment)
    let zone = fields.required("zone", in: "a rotation").flatMap(zone)
    let offset = fields.take("offset").flatMap { integer($0, in: 0...1000) } ?? 0
    fields.finish(known: Keys.rotation)
    guard let every, let from, let zone, !people.isEmpty else { return nil }
    return Roster.Rotation(people: people, every: every, from: from, zone: zone, offset: offset)
  }

  private func turn(_ entry: YAMLEntry) -> TimeSpan? {
    guard let every = plainSpan(entry) else { return nil }
    guard every >= .seconds(60) else {
      error("out-of-range", "a turn lasts a minute at least", at: entry.value.span, help: "every: 1w")
      return nil
    }
    return every
  }

  private func override(_ item: YAMLNode) -> Roster.Override? {
    guard var fields = Fields(item, of: "overrides", reading: self) else { return nil }
    let role = fields.required("role", in: "an override").flatMap { self.names([$0.value], "'role'").first }
    let person = fields.required("person", in: "an override").flatMap {
      self.names([$0.value], "'person'").first
    }
    let from = fields.required("from", in: "an override").flatMap(plainMoment)
    let to = fields.required("to", in: "an override")
    let end = to.flatMap(plainMoment)
    fields.finish(known: Keys.override)
    guard let role, let person, let from, let end, let to else { return nil }
    if end <= from { error("out-of-range", "an override ends after it starts", at: to.value.span) }
    return Roster.Override(role: role, person: person, from: from, to: end)
  }

  private func rosterEscalation(_ item: YAMLNode) -> Roster.Escalation? {
    guard var fields = Fields(item, of: "escalation", help: "- { after: 5m, to: secondary }", reading: self)
    else { return nil }
    let after = fields.take("after").map(plainSpan) ?? .zero
    let to = fields.required("to", in: "'escalation'").map { self.names(someTexts($0), "'to'") } ?? []
    fields.finish(known: Keys.escalation)
    return after.map { Roster.Escalation(after: $0, to: to) }
  }

  private func plainSpan(_ entry: YAMLEntry) -> TimeSpan? {
    guard let template = duration(entry, allowsZero: true) else { return nil }
    if let binding = template.expressions.first {
      error(
        "binding-not-allowed", "nothing can be bound in the roster", at: binding.span,
        help: "write the duration")
    }
    return template.literal.flatMap { TimeSpan(text: $0) }
  }

  private func plainMoment(_ entry: YAMLEntry) -> Timestamp? {
    guard let text = text(entry) else { return nil }
    guard let moment = Timestamp(text: text) else {
      error(
        "bad-value", "'\(text)' is no moment", at: entry.value.span, help: "write \"2026-01-05T09:00:00Z\"")
      return nil
    }
    return moment
  }

  /// Everybody who is named is there.
  private func check(_ roster: Roster, _ roles: Names) {
    let people = Names(roster.people.map(\.id))
    let both = Names(roles.all + people.all)
    for role in roster.roles {
      switch role.members {
      case .people(let members): for member in members { require(member, in: people, "person") }
      case .rotation(let rotation): for member in rotation.people { require(member, in: people, "person") }
      }
      if people.contains(role.name) {
        error(
          "duplicate-name", "'\(role.name)' is a person as well", at: role.span,
          help: "'by' and 'to' take both: choose another name")
      }
    }
    for override in roster.overrides {
      require(override.role, in: roles, "role")
      require(override.person, in: people, "person")
    }
    for escalation in roster.escalation {
      for target in escalation.to { require(target, in: both, "role or person") }
    }
  }

  private func require(_ name: Node.Need, in known: Names, _ what: String) {
    guard !known.contains(name.id) else { return }
    error(
      "unknown-name", "there is no \(what) '\(name.id)' in the roster", at: name.span,
      help: nearest(name.id, known.all).map { "did you mean '\($0)'?" })
  }
}
