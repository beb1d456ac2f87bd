import BelayActions
import BelayDigest
import BelayModel
import BelayPlan
import BelayYAML
import Testing

func plan(
  _ yaml: String, params: ValueMap = ValueMap(), environment: EnvironmentFile? = nil, name: String = "ping"
) throws -> Plan {
  let path = "playbooks/\(name).yaml"
  let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
    bytes: Array(yaml.utf8), path: path, environment: environment)
  let errors = diagnostics.filter { $0.severity == .error }.map { $0.text(source: yaml) }
  try #require(errors.isEmpty, "\(errors.joined())")
  let request = PlanRequest(
    playbook: try #require(playbook), environment: environment, params: params, run: "20260104-020000-k7qm",
    version: "0.1.0", createdAt: try #require(Timestamp(text: "2026-01-04T02:00:00Z")), project: "/srv/app",
    searchPath: "/usr/bin:/bin", sources: [],
    findProgram: { Plan.Program(name: $0, path: "/usr/bin/\($0)", size: 60_304, changedAt: 1_663_687_647) })
  return try #require(PlanBuilder.plan(request, actions: builtInActions).plan)
}

private let whole = """
  belay: 1
  title: "Deploy ${{ params.version }}"
  params:
    version: { type: string }
    soak: { type: duration, default: 90s }
    dry: { type: boolean, default: false }
  vars:
    name: "app-${{ params.version }}"
    id: "${{ run.id }}"
  locks: [deploy]
  on_failure: rollback
  env: { OUTER: one }
  steps:
    - check: before
      exec: [cat, version]
      outputs:
        version: lines[0]
    - step: switch
      title: Switch over
      exec: [switch, 1.10, "${{ vars.name }}"]
      env: { INNER: "${{ steps.before.version }}" }
      capture: { old: { exec: [cat, version], value: "lines[0]" } }
      verify: { exec: [look], within: "${{ params.soak }}" }
      rollback: { exec: [switch, "${{ steps.switch.old }}"] }
      retry: { attempts: 3, delay: 2s }
    - group: more
      mode: parallel
      when: steps.before.version != "1"
      on_failure: continue
      steps:
        - step: on
          exec: ["on"]
          temporary: true
          rollback:
            - step: off
              exec: ["off"]
              rollback: nothing
        - gate: breathe
          wait: 5s
    - step: never
      when: params.dry
      exec: [never]
      irreversible: { why: It is gone, recover: Call }
  steady_state:
    - check: good
      exec: [good]
  """

@Suite("A plan") struct PlanTests {
  @Test("comes back from its bytes as the same plan, and to the same bytes")
  func roundTrip() throws {
    let made = try plan(
      whole, params: ["version": .string("2"), "soak": .duration(.seconds(90)), "dry": .bool(false)])
    let bytes = made.encoded()
    let read = try Plan(decoding: bytes)
    #expect(read.encoded() == bytes)
    #expect(read.nodes.map(\.id) == made.nodes.map(\.id))
  }

  @Test("shows every node with a word, and what is known of its command")
  func words() throws {
    let made = try plan(
      whole, params: ["version": .string("2"), "soak": .duration(.seconds(90)), "dry": .bool(false)])
    let words = made.nodes.map {
      "\($0.id): \($0.preview.word.rawValue)\($0.preview.reason.map { " \($0)" } ?? "")"
    }
    #expect(
      words == [
        "before: would ask", "switch: would run", "more: undetermined until before",
        "on: undetermined until before", "breathe: undetermined until before",
        "never: would skip params.dry is false", "~steady_state: would run", "good: would ask",
        "switch~rollback: would run", "on~rollback: would run", "off: would run",
      ])
    #expect(made.nodes[1].preview.action == "switch 1.10 app-2")
    #expect(made.nodes[8].preview.action == "switch '(known after switch)'")
    #expect(made.text(digest: "d").contains("succeeded") == false)
  }

  @Test("inherits settings inwards and fills in defaults")
  func inheritance() throws {
    let made = try plan(
      whole, params: ["version": .string("2"), "soak": .duration(.seconds(90)), "dry": .bool(false)])
    guard case .step(let step) = made.nodes[1].detail else { throw TestFailure("no step") }
    #expect(step.body.env.map(\.name) == ["OUTER", "INNER"])
    #expect(step.body.timeout?.source == "15m")
    #expect(step.verify?.env.map(\.name) == ["OUTER", "INNER"])
    #expect(step.verify?.within?.source == "1m30s")
    #expect(made.nodes[2].failure == FailurePolicy(rule: .continue, scope: 2))
    #expect(made.nodes[3].failure == FailurePolicy(rule: .continue, scope: 2))
    #expect(made.nodes[0].failure == FailurePolicy(rule: .rollback, scope: nil))
  }

  @Test("an unknown key, format or name in the bytes is refused")
  func refused() throws {
    let text = String(
      decoding: try plan("belay: 1\nsteps:\n  - check: up\n    exec: [a]\n").encoded(), as: UTF8.self)
    for (old, new) in [
      ("\"belay_plan\": 1", "\"belay_plan\": 2"), ("\"max_parallel\"", "\"window\": 1,\n  \"max_parallel\""),
      ("\"word\": \"would ask\"", "\"word\": \"would succeed\""), ("\"needs\": []", "\"needs\": [\"x\"]"),
    ] {
      #expect(text.contains(old))
      let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
      let changed = parts.joined(separator: new)
      #expect(throws: PlanFormatError.self, "\(new)") { try Plan(decoding: Array(changed.utf8)) }
    }
  }

  @Test("the example of PlanFormat.md is exactly what is written")
  func example() throws {
    let yaml = "belay: 1\nsteps:\n  - check: up\n    exec: [test, -S, app.sock]\n"
    let block = try Documents.firstBlock("Sources/BelayPlan/PlanFormat.md")
    let written = String(decoding: try plan(yaml).encoded(), as: UTF8.self)
    #expect(block + "\n" == written, "\(written)")
  }
}

struct TestFailure: Error {
  init(_ message: String) {}
}

@Suite("Parameters") struct ParameterTests {
  private func values(_ declaration: String, _ given: [(name: String, text: String)]) throws -> (
    ValueMap, [String]
  ) {
    let yaml = "belay: 1\nparams:\n  p: \(declaration)\nsteps:\n  - check: c\n    expect: \"true\"\n"
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(yaml.utf8), path: "playbooks/p.yaml")
    let book = try #require(playbook, "\(diagnostics.map(\.message))")
    var reader = ParameterReader(environment: nil)
    let values = reader.values(book.params, given: given)
    return (values, reader.diagnostics.map(\.code))
  }

  @Test(
    "a default reads the environment and the roles, and is no value where it cannot",
    arguments: [
      ("{ type: integer, default: \"${{ environment.vars.port }}\" }", Value.int(8080)),
      (
        "{ type: string, default: \"${{ roles.oncall[0].id }} at ${{ environment.name }}\" }",
        .string("ana at e")
      ),
      ("{ type: list, of: string, default: \"${{ roles.oncall.map(p, p.id) }}\" }", .list([.string("ana")])),
      ("{ type: string, default: \"${{ roles.oncall[1].id }}\" }", nil),
    ])
  func defaults(_ declaration: String, _ value: Value?) throws {
    let yaml = "belay: 1\nparams:\n  p: \(declaration)\nsteps:\n  - check: a\n    exec: [a]\n"
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(yaml.utf8), path: "playbooks/p.yaml")
    let book = try #require(playbook, "\(diagnostics.map(\.message))")
    var environment = EnvironmentFile(name: "e", path: "playbooks/environments/e.yaml")
    environment.vars = ["port": .int(8080)]
    var reader = ParameterReader(
      environment: environment, roles: ["oncall": .list([.map(["id": .string("ana")])])])
    #expect(reader.values(book.params, given: [])["p"] == value)
    #expect(reader.diagnostics.map(\.code) == (value == nil ? ["parameter-default"] : []))
  }

  @Test(
    "texts become values of their type",
    arguments: [
      ("{ type: integer }", "42", Value.int(42)), ("{ type: number }", "1", .double(1)),
      ("{ type: boolean }", "true", .bool(true)), ("{ type: string }", "0777", .string("0777")),
      ("{ type: duration }", "1h30m", .duration(.seconds(5400))),
      ("{ type: list, of: string }", "[\"a\"]", .list([.string("a")])),
      ("{ type: string, pattern: \"v[0-9]+\" }", "v12", .string("v12")),
    ])
  func types(_ declaration: String, _ text: String, _ value: Value) throws {
    let (values, codes) = try values(declaration, [(name: "p", text: text)])
    #expect(codes.isEmpty)
    #expect(values["p"] == value)
  }

  @Test(
    "what does not fit is refused",
    arguments: [
      ("{ type: integer }", "4.2"), ("{ type: boolean }", "yes"), ("{ type: duration }", "soon"),
      ("{ type: string, enum: [a, b] }", "c"), ("{ type: integer, min: 3 }", "2"),
      ("{ type: string, pattern: \"v[0-9]+\" }", "xv12"), ("{ type: string, min_length: 3 }", "ab"),
      ("{ type: timestamp }", "2026-02-30T00:00:00Z"),
    ])
  func refused(_ declaration: String, _ text: String) throws {
    #expect(try values(declaration, [(name: "p", text: text)]).1.count == 1)
  }

  @Test("missing, unknown and doubled ones are named")
  func names() throws {
    #expect(try values("{ type: string }", []).1 == ["missing-parameter"])
    #expect(
      try values("{ type: string }", [(name: "q", text: ""), (name: "p", text: "")]).1 == [
        "unknown-parameter"
      ])
    #expect(
      try values("{ type: string }", [(name: "p", text: ""), (name: "p", text: "")]).1 == [
        "duplicate-parameter"
      ])
  }
}
