import BelayActions
import BelayModel
import BelayYAML
import Testing

/// The reader takes each key of a table where that table says it may stand, and refuses every other.
@Suite("The tables of keys are the reader's") struct KeyTests {
  static let language = Language(actions: builtInActions)

  /// By name, those among the definitions and the files that are maps with known keys.
  static let tables: [(name: String, table: KeyTable)] =
    (language.files.map { ($0.kind.rawValue, $0.shape) } + language.definitions).compactMap {
      guard let table = table($0.1) else { return nil }
      return (name: $0.0, table: table)
    }

  private static func table(_ shape: Shape) -> KeyTable? {
    switch shape {
    case .table(let table): table
    case .either(let shapes): shapes.lazy.compactMap(table).first
    case .map(_, let value, _): table(value)
    default: nil
    }
  }

  static let everyKey = Set(tables.flatMap { $0.table.keys.names }).sorted()

  /// A file for each of them, with a key at `@`; the path says what kind of file it is.
  private static let places: [String: (path: String, text: String)] = {
    func playbook(_ text: String) -> (String, String) { ("playbooks/a.yaml", "belay: 1\n" + text) }
    func node(_ text: String) -> (String, String) { playbook("steps: [{ \(text) }]") }
    return [
      "playbook": ("playbooks/a.yaml", "{ @ }"), "action": ("playbooks/actions/a.yaml", "{ @ }"),
      "environment": ("playbooks/environments/a.yaml", "{ @ }"), "roster": ("playbooks/roster.yaml", "{ @ }"),
      "test": ("playbooks/tests/a.yaml", "{ @ }"), "case": ("playbooks/tests/a.yaml", "cases: [{ @ }]"),
      "given": ("playbooks/tests/a.yaml", "given: { @ }"),
      "expected": ("playbooks/tests/a.yaml", "cases: [{ expect: { @ } }]"),
      "given_approval": ("playbooks/tests/a.yaml", "given: { approvals: { a: { @ } } }"),
      "step": node("step: a, manual: look, @"), "check": node("check: a, @"), "gate": node("gate: a, @"),
      "steady_check": playbook("steady_state: [{ check: a, @ }]"), "group": node("group: a, @"),
      "watch": playbook("watch: [{ check: a, @ }]"), "question": node("step: a, verify: { @ }"),
      "capture": node("step: a, capture: { b: { @ } }"),
      "undoing": node("step: a, rollback: { manual: look, @ }"), "retry": node("step: a, retry: { @ }"),
      "rounds": node("group: a, retry: { @ }"), "irreversible": node("step: a, irreversible: { @ }"),
      "escalation": node("step: a, escalate: [{ @ }]"), "approval": node("gate: a, approve: { @ }"),
      "window": node("gate: a, window: { @ }"), "notice": playbook("notify: [{ @ }]"),
      "parameters": playbook("params: { a: { @ } }"),
      "item_type": playbook("params: { a: { type: list, of: { @ } } }"),
      "secret": ("playbooks/environments/a.yaml", "secrets: { a: { @ } }"),
      "shell": ("playbooks/environments/a.yaml", "shells: { a: { @ } }"),
      "role": ("playbooks/roster.yaml", "roles: { a: { @ } }"),
      "action_http": node("step: a, http: { @ }"), "action_sql": node("step: a, sql: { @ }"),
      "action_redis": node("step: a, redis: { @ }"), "action_manual": node("step: a, manual: { @ }"),
    ]
  }()

  /// The reader knows the key, and refuses it for a better reason than that.
  private static let refusedByName: Set<String> = [
    "watch within", "watch playbook", "question playbook", "capture playbook", "undoing playbook",
    "steady_check each", "action playbook", "action uses", "action with",
    "step every", "step stays_for", "undoing every",
    "undoing stays_for",
  ]

  @Test("each key where it may stand, every other refused", arguments: tables.map(\.name))
  func keys(_ name: String) throws {
    let table = try #require(Self.tables.first { $0.name == name }?.table)
    let place = try #require(Self.places[name], "this test has no file for '\(name)'")
    for key in Self.everyKey + ["bogus"] {
      guard !Self.refusedByName.contains("\(name) \(key)"), !isKind(key, in: name) else { continue }
      let known = table.keys.names.contains(key)
      #expect(refuses(key, place) == !known, "\(key) in \(name)")
    }
  }

  /// A second kind is told as that.
  private func isKind(_ key: String, in name: String) -> Bool {
    ["step", "check", "gate", "group", "steady_check"].contains(name)
      && ["step", "check", "gate", "group"].contains(key)
  }

  private func refuses(_ key: String, _ place: (path: String, text: String)) -> Bool {
    let text = String(
      place.text.split(separator: "@", omittingEmptySubsequences: false).joined(separator: "\(key): 1"))
    var reader = ProjectReader(actions: builtInActions) { _ in .missing }
    reader.add(place.path, Array(text.utf8))
    return reader.finish().read.flatMap(\.diagnostics).contains {
      $0.message == "unknown key '\(key)'" || $0.message == "'\(key)' does not belong here"
    }
  }

  @Test("there are as many as there are") func enough() {
    #expect(Self.tables.count >= 33 && Self.everyKey.count > 120)
  }

  @Test("each has a text for whoever points at it")
  func texts() {
    for (name, table) in Self.tables {
      for key in table.keys { #expect(key.text.count > 8, "\(key.name) in \(name)") }
    }
  }
}
