internal import BelayModel

// The roster, read from a plan: whoever is named in it is there.
extension Roster {
  init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "the roster")
    self.init(path: try fields.string("path"))
    people = try fields.list("people", Person.init(decoding:))
    roles = try fields.list("roles", Role.init(decoding:))
    for item in fields.take("overrides")?.array ?? [] { overrides.append(try Override(decoding: item)) }
    for item in fields.take("escalation")?.array ?? [] { escalation.append(try Escalation(decoding: item)) }
    try fields.finish()
    let known = Set(people.map(\.id))
    let members = roles.flatMap(\.names) + overrides.map(\.person)
    if let stranger = members.first(where: { !known.contains($0.id) }) {
      throw PlanFormatError(message: "the roster names '\(stranger.id)', who is not in it")
    }
  }
}

extension Roster.Role {
  fileprivate var names: [Node.Need] {
    switch members {
    case .people(let people): people
    case .rotation(let rotation): rotation.people
    }
  }

  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "a role")
    let name = try fields.string("role")
    let people = try fields.needs("people")
    var members = Members.people(people)
    if let text = try fields.optionalString("every") {
      guard let every = TimeSpan(text: text), every > .zero else { throw fields.missing("every") }
      members = .rotation(
        Roster.Rotation(
          people: people, every: every, from: try fields.timestamp("from"), zone: try fields.string("zone"),
          offset: try fields.int("offset")))
    }
    try fields.finish()
    self.init(name: name, span: .nowhere("roster"), members: members)
  }
}

extension Roster.Person {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "a person")
    self.init(id: try fields.string("id"), span: .nowhere("roster"), name: try fields.string("name"))
    if let json = fields.take("accounts") {
      guard case .map(let map)? = Value(exact: json) else { throw fields.missing("accounts") }
      accounts = map
    }
    keys = try fields.optionalStrings("keys")
    try fields.finish()
  }
}

extension Roster.Override {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "an override")
    self.init(
      role: Node.Need(id: try fields.string("role"), span: .nowhere("roster")),
      person: Node.Need(id: try fields.string("person"), span: .nowhere("roster")),
      from: try fields.timestamp("from"), to: try fields.timestamp("to"))
    try fields.finish()
  }
}

extension Roster.Escalation {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "the roster's escalation")
    guard let after = TimeSpan(text: try fields.string("after")) else { throw fields.missing("after") }
    self.init(after: after, to: try fields.needs("to"))
    try fields.finish()
  }
}

extension PlanFields {
  fileprivate mutating func needs(_ key: String) throws(PlanFormatError) -> [Node.Need] {
    try strings(key).map { Node.Need(id: $0, span: .nowhere("roster")) }
  }

  mutating func optionalStrings(_ key: String) throws(PlanFormatError) -> [String] {
    guard let json = take(key) else { return [] }
    let texts = (json.array ?? []).compactMap(\.string)
    guard let count = json.array?.count, texts.count == count else { throw missing(key) }
    return texts
  }
}
