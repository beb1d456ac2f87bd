public import BelayModel

/// The language as shapes: what each kind of file may hold, and what the names in those shapes stand for.
///
/// The reader's own keys are the same tables.
public struct Language: Sendable {
  /// The shape of each kind of file.
  public let files: [(kind: ProjectReader.Kind, shape: Shape)]
  /// What `Shape.named` stands for, sorted by name.
  public let definitions: [(name: String, shape: Shape)]

  public init(actions: ActionTable) {
    let tables = Tables(actions)
    files = [
      (.playbook, .table(KeyTable(KeyTables.playbook))), (.action, .table(tables.actionFile)),
      (.environment, .table(KeyTable(KeyTables.environment))), (.roster, .table(KeyTable(KeyTables.roster))),
      (.test, .table(KeyTable(KeyTables.test))),
    ]
    definitions = (tables.definitions + Language.scalars + Language.parts + KeyTables.ofTests).sorted {
      $0.name < $1.name
    }
  }

  private static let scalars: [(name: String, shape: Shape)] = [
    ("version", .integer(1...1)), ("id", .plainForm(Identifier.pattern, example: "check_health")),
    (
      "variable", .either([.plainForm("^(?!BELAY_)[A-Za-z_][A-Za-z0-9_]*$", example: "API_TOKEN"), .boolean])
    ),
    ("due", .either([.duration(allowsZero: true), .moment])),
    (
      "size",
      .bindable(
        .either([
          .integer(1...Limits.maxOutput),
          .plainForm("^[+]?0*[1-9][0-9]*(GiB|MiB|KiB)?$", example: "64KiB, 4MiB"),
        ]))
    ),
    ("time_of_day", .plainForm("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", example: "02:00")),
    (
      "zone",
      .plainForm("^(UTC|[A-Za-z0-9_+-]+/[A-Za-z0-9_+/-]*)$", example: "Europe/Berlin")
    ),
    (
      "plain_duration",
      .plainForm("^(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", example: "1w")
    ),
    ("item_type", .either([.words(KeyTables.simpleTypes), .table(KeyTables.itemType)])),
    ("items", .either([.list(.any, atLeast: 0), .map(names: .texts, .any), .bindable(.list(.any))])),
  ]

  private static let parts: [(name: String, shape: Shape)] = [
    ("parameters", .map(names: .identifiers, .table(KeyTables.parameterTable))),
    ("expressions", .map(names: .identifiers, .expression)),
    ("conditions", .oneOrMany(.condition, atLeast: 1, atMost: 200)),
    ("command", .program), ("window", .table(KeyTable(KeyTables.window))),
    ("shell", .table(KeyTable(KeyTables.shell))),
    ("secret", .table(KeyTable(KeyTables.secret, [.exactlyOne(["env", "file", "exec"])]))),
    ("role", .table(KeyTable(KeyTables.role, [.exactlyOne(["people", "rotation"])]))),
    ("approval", .table(KeyTable(KeyTables.approval))),
    ("escalation", .table(KeyTable(KeyTables.escalation))),
    ("irreversible", .table(KeyTable(KeyTables.irreversible))),
    ("retry", .table(KeyTable(KeyTables.retry(atMost: Limits.attempts)))),
    ("rounds", .table(KeyTable(KeyTables.retry(atMost: Limits.rounds)))),
    ("notice", .table(KeyTable(KeyTables.notice, [.exactlyOne(["events", "every"])]))),
    ("rollback", .either([.words(["nothing"]), .named("nodes"), .named("undoing")])),
    ("nodes", .list(.named("node"))),
    ("node", .either(["step", "check", "gate", "group"].map(Shape.named))),
    ("captures", .map(names: .identifiers, .named("capture"))),
  ]
}

extension KeyTables {
  /// What depends on the type of a parameter.
  private static let typeRules: [KeyTable.Rule] =
    [
      .when(
        "type", is: [.string("list")], .init(needs: ["of"], excludes: ["min", "max", "pattern", "fields"]))
    ]
    + [
      .when(
        "type", is: [.string("map")], .init(needs: ["fields"], excludes: ["min", "max", "pattern", "of"]))
    ]
    + simpleTypes.map { type in
      var excludes = ["of", "fields"]
      if type != "string" { excludes += ["pattern", "min_length", "max_length"] }
      if ["string", "boolean"].contains(type) { excludes += ["min", "max"] }
      let value = literal(type)
      let bounds = excludes.contains("min") ? [] : ["min", "max"].map { Key($0, value, "") }
      return .when(
        "type", is: [.string(type)],
        .init(
          excludes: excludes,
          shapes: [
            Key("default", .either([value, .form("^$", example: "")]), ""), Key("enum", .list(value), ""),
          ]
            + bounds))
    }

  private static let ofAndFields: [KeyTable.Rule] = [
    .when("type", is: [.string("list")], .init(needs: ["of"], excludes: ["fields"])),
    .when("type", is: [.string("map")], .init(needs: ["fields"], excludes: ["of"])),
    .when("type", is: simpleTypes.map(JSON.string), .init(excludes: ["of", "fields"])),
  ]

  static let parameterTable = KeyTable(
    parameter, typeRules + [.when("required", is: [.bool(true)], .init(excludes: ["default"]))])

  static let itemType = KeyTable(
    parameter.filter { ["type", "of", "fields"].contains($0.name) }, ofAndFields)

  /// Also in quotes: a value is decoded from its text.
  private static func literal(_ type: String) -> Shape {
    switch type {
    case "integer":
      .either([
        .integer(Int.min...Int.max), .plainForm("^([-+]?[0-9]+|0o[0-7]+|0x[0-9A-Fa-f]+)$", example: "5"),
      ])
    case "number":
      .either([
        .number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude),
        .plainForm(#"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"#, example: "0.5"),
      ])
    case "boolean": .either([.boolean, .plainForm("^(true|True|TRUE|false|False|FALSE)$", example: "true")])
    case "duration": .named("plain_duration")
    case "timestamp": .moment
    default: .text
    }
  }
}
