internal import BelayModel

// `playbooks/tests/<playbook>.yaml`: what nodes are given, and how the run has to go.
extension KeyTables {
  static let test: [Key] = [
    version,
    Key("title", .text, "One line that says what is tested."),
    Key("description", .text, "For people."),
    Key("params", .map(names: .identifiers, .any), "What every case is started with, by parameter."),
    Key("given", .named("given"), "The base of every case: what nodes get in place of the world's answers."),
    Key("cases", .list(.named("case")), isRequired: true, "Each one run, in simulated time."),
  ]

  static let testCase: [Key] = [
    Key("name", .script, isRequired: true, "A sentence that the case proves."),
    Key("params", .map(names: .identifiers, .any), "In place of those of the file, by parameter."),
    Key("given", .named("given"), "In place of the base, by node."),
    Key("expect", .named("expected"), isRequired: true, "How the run has to go."),
  ]

  static let given: [Key] = [
    Key(
      "steps", .map(names: .texts, .oneOrMany(.map(names: .identifiers, .any), atLeast: 1)),
      "By node, what its answer holds; a list holds successive answers."),
    Key(
      "samples", .map(names: .texts, .list(.map(names: .identifiers, .any))),
      "By check or watch, what is measured from when on: at, and the outputs."),
    Key(
      "approvals", .map(names: .texts, .oneOrMany(.named("given_approval"), atLeast: 1)),
      "By gate, who says what."),
    Key("takes", .map(names: .texts, .named("plain_duration")), "By node, how long it takes."),
  ]

  static let givenApproval: [Key] = [
    Key("by", .named("id"), isRequired: true, "A person of the roster."),
    Key("after", .named("plain_duration"), "From when the gate opens; at once if nothing is said."),
    Key("reject", .boolean, "True: says no."),
    Key("note", .text, "What is said with it."),
  ]

  static let expected: [Key] = [
    Key("status", .words(endings), isRequired: true, "How the run ends."),
    Key("order", .list(.text, atLeast: 0), "Nodes in the order in which they start."),
    Key("not_run", .list(.text, atLeast: 0), "Nodes that never start."),
    Key("rollback", .list(.text, atLeast: 0), "Nodes that are undone, in that order."),
    Key("notified", .list(.any, atLeast: 0), "Who is told of what, in that order."),
    Key("steps", .map(names: .texts, .any), "By node, the state it ends in, or what it recorded."),
    Key("sent", .map(names: .texts, .any), "By node, what it asks of the world."),
  ]

  private static let endings = [
    "succeeded", "failed", "rolled_back", "rollback_incomplete", "held", "waiting", "paused",
  ]

  static let ofTests: [(name: String, shape: Shape)] = [
    ("case", .table(KeyTable(testCase))), ("given", .table(KeyTable(given))),
    ("given_approval", .table(KeyTable(givenApproval))), ("expected", .table(KeyTable(expected))),
  ]
}
