internal import BelayModel

// The other files of a project.
extension KeyTables {
  static let action: [Key] = [
    version,
    Key("description", .text, "For authors: what it does, and what its answer holds."),
    Key(
      "effect", .choice(ActionFile.Effect.self), isRequired: true,
      "read: may stand in a check. write: in a step only."),
    Key("params", .named("parameters"), "What 'with' gives it."),
    Key("expect", .named("conditions"), "All must be true to pass."),
    Key("fail_if", .named("conditions"), "Definitely failed."),
    Key("unknown_if", .named("conditions"), "The answer proves nothing."),
    Key("outputs", .named("expressions"), "What a node that uses this file sees, by name; nothing else."),
  ]

  static let environment: [Key] = [
    version,
    Key("protected", .boolean, "A run is asked for before it starts, and who starts it may not approve it."),
    Key(
      "pass", .oneOrMany(.named("variable")),
      "Variables of the caller that commands get, beside the standard ones."),
    Key(
      "vars", .map(names: .identifiers, .any),
      "Values, read as environment.vars.<name>. Nothing is bound in them."),
    Key(
      "secrets", .map(names: .identifiers, .named("secret")),
      "Where secrets come from, by name; never the secret itself."),
    Key("windows", .map(names: .identifiers, .named("window")), "Maintenance windows, by name."),
    Key("store", .text, "Where runs are recorded, if not at the usual place."),
    Key("shells", .map(names: .identifiers, .named("shell")), "Ways to other hosts and containers, by name."),
  ]

  static let secret: [Key] = [
    Key(
      "env", .either([.plainForm("^[A-Za-z_][A-Za-z0-9_]*$", example: "API_TOKEN"), .boolean]),
      "A variable of the caller."),
    Key("file", .filledText, "A file that holds it."),
    Key("exec", .named("command"), "A program that prints it."),
    Key("receipts", .boolean, "The database behind it may keep receipts of what was done."),
    Key("allow_short", .boolean, "It is shorter than 6 characters, and is masked all the same."),
  ]

  static let shell: [Key] = [
    Key(
      "command", .named("command"), isRequired: true,
      "What reads a script from its input there: [ssh, host, bash, -s]."),
    Key("setup", .text, "Comes before every script."),
  ]

  static let window: [Key] = [
    Key("days", .oneOrMany(.choice(Window.Day.self), atLeast: 1), isRequired: true, "On which it opens."),
    Key("from", .named("time_of_day"), isRequired: true, "When it opens."),
    Key("to", .named("time_of_day"), isRequired: true, "When it closes; the next day where that is earlier."),
    Key("zone", .named("zone"), isRequired: true, "IANA's name: Europe/Berlin, UTC."),
  ]

  static let roster: [Key] = [
    version,
    Key("people", .map(names: .identifiers, .table(KeyTable(person))), "Who there is, by name."),
    Key("roles", .map(names: .identifiers, .named("role")), "Who has which role, or takes turns at it."),
    Key("overrides", .list(.table(KeyTable(override))), "Who stands in for whom, and when."),
    Key(
      "escalation", .list(.table(KeyTable(rosterEscalation))),
      "Who is told when a node takes long, and after how long."),
  ]

  static let person: [Key] = [
    Key("name", .text, isRequired: true, "As it is shown."),
    Key("accounts", .map(names: .texts, .text), "Names elsewhere, by service: os, slack, github."),
    Key("keys", .oneOrMany(.text), "Public keys that sign approvals: ssh-ed25519 …"),
  ]

  static let role: [Key] = [
    Key("people", .oneOrMany(.named("id"), atLeast: 1), "All who have it."),
    Key("rotation", .table(KeyTable(rotation)), "Who takes turns at it."),
  ]

  static let rotation: [Key] = [
    Key("people", .oneOrMany(.named("id"), atLeast: 1), isRequired: true, "In their order."),
    Key("every", .named("plain_duration"), isRequired: true, "How long a turn is."),
    Key("from", .moment, isRequired: true, "When the first turn started."),
    Key("zone", .named("zone"), isRequired: true, "IANA's name: Europe/Berlin, UTC."),
    Key("offset", .integer(0...1000), "Turns ahead: 1 is who comes next."),
  ]

  static let override: [Key] = [
    Key("role", .named("id"), isRequired: true, "Of which role."),
    Key("person", .named("id"), isRequired: true, "Who has it meanwhile."),
    Key("from", .moment, isRequired: true, "From then on."),
    Key("to", .moment, isRequired: true, "Until then."),
  ]

  static let rosterEscalation: [Key] = [
    Key("after", .named("plain_duration"), "From when the node is ready; at once if nothing is said."),
    Key("to", .oneOrMany(.named("id"), atLeast: 1), isRequired: true, "Roles or people."),
  ]
}
