import BelayActions
import BelayModel
import BelayYAML
import TestFiles
import Testing

@Suite("Reading a playbook") struct ReadingTests {
  private func read(_ text: String, _ environment: EnvironmentFile? = nil) -> (Playbook?, [Diagnostic]) {
    PlaybookReader(actions: builtInActions).read(
      bytes: Array(text.utf8), path: "playbooks/deploy.yaml", environment: environment)
  }

  private func playbook(_ text: String) throws -> Playbook {
    let (playbook, diagnostics) = read(text)
    return try #require(playbook, "\(diagnostics.map { $0.text(source: text) })")
  }

  @Test("a file's name is the playbook's") func name() throws {
    let playbook = try playbook("belay: 1\nsteps:\n  - check: a\n    run: \"true\"\n")
    #expect(
      playbook.name == "deploy" && playbook.path == "playbooks/deploy.yaml" && playbook.maxParallel == nil)
  }

  @Test("every key of the language lands where it belongs") func everything() throws {
    let text = Files.text("\(GoldenTests.folder)/good.yaml") ?? ""
    let playbook = try playbook(text)
    #expect(playbook.params.map(\.name) == ["version", "soak", "hosts", "size", "at", "window"])
    #expect(playbook.params.map(\.required) == [true, false, true, false, false, false])
    #expect(
      playbook.params[0].example == "1.10" && playbook.params[3].allowed == [.int(1), .int(2), .int(4)])
    #expect(playbook.params[2].kind == .list(of: .string))
    #expect(
      playbook.onFailure == .value(.rollback) && playbook.maxParallel == .value(4)
        && playbook.pass == ["LANG"])
    #expect(playbook.setting.env.map(\.name) == ["APP", "TOKEN"])
    #expect(playbook.steps.map(\.id) == ["before", "build", "switch", "settle", "healthy", "done"])
    guard case .group(let group) = playbook.steps[2].kind, case .step(let link) = group.steps[0].kind,
      case .step(let banner) = group.steps[1].kind, case .check(let healthy) = playbook.steps[4].kind,
      case .gate(let gate) = playbook.steps[3].kind, case .wait(let wait) = gate.wait,
      case .step(let done) = playbook.steps[5].kind
    else {
      Issue.record("other kinds")
      return
    }
    #expect(group.mode == .value(.parallel) && wait.literal == "10s" && banner.temporary == .value(true))
    #expect(link.captures.map(\.name) == ["old"] && link.skipIf == .verified)
    #expect(link.verify?.polling.within?.literal == "10s")
    guard case .body(let undo) = link.rollback else {
      Issue.record("no rollback")
      return
    }
    #expect(
      undo.retry.attempts == .value(3) && undo.retry.delay?.literal == "2s" && undo.idempotent == .value(true)
    )
    #expect(healthy.body.polling.within?.literal == "2m" && healthy.body.polling.every?.literal == "5s")
    #expect(healthy.body.failIf.map(\.source) == ["error.kind == \"exit\" && exit_code == 22"])
    #expect(healthy.tolerate == .value(2) && healthy.minSamples == .value(3))
    #expect(done.irreversible?.why.literal == "Mail goes out")
    #expect(playbook.steadyState.map(\.id) == ["serving"])
  }

  @Test("scalars stay what was written in a string field") func scalars() throws {
    let text = """
      belay: 1
      params:
        a: { type: string, default: 1.10 }
      steps:
        - check: a
          exec: [echo, 1.10, 0777, true, ~x, "quoted"]
          env: { A: 007, B: 12:30 }
      """
    let playbook = try playbook(text)
    guard case .check(let check) = playbook.steps[0].kind, let action = check.body.action,
      case .list(let items) = action.fields.content
    else {
      Issue.record("no list")
      return
    }
    #expect(items.count == 6 && check.body.setting.env.map(\.template.literal) == ["007", "12:30"])
    #expect(items[1].content == .scalar(.double(1.1), text: "1.10"))
    #expect(playbook.params[0].defaultValue?.content == .scalar(.double(1.1), text: "1.10"))
    #expect(read(text).1.map(\.code) == ["yaml-1.1", "yaml-1.1", "yaml-1.1"])
  }

  @Test("an expression keeps its place through folding, escapes and anchors") func places() throws {
    let text = """
      belay: 1
      x-a: &shared
        run: |
          echo
            ${{ run.id }}
      steps:
        - check: a
          <<: *shared
          title: "\\t\\u0041 ${{ run.id }}"
          description: >-
            one
            two ${{ run.id }}
      """
    let playbook = try playbook(text)
    guard case .check(let check) = playbook.steps[0].kind else { return }
    let run = check.body.action?.fields.templates.first?.expressions.first?.span
    #expect(run == SourceSpan(file: "playbooks/deploy.yaml", line: 5, column: 11, length: 6))
    let title = playbook.steps[0].title?.expressions.first?.span
    #expect(title == SourceSpan(file: "playbooks/deploy.yaml", line: 9, column: 26, length: 6))
    let description = playbook.steps[0].description?.expressions.first?.span
    #expect(description == SourceSpan(file: "playbooks/deploy.yaml", line: 12, column: 15, length: 6))
  }

  @Test("'${{ }}' around a whole condition is accepted") func bindingAround() throws {
    let playbook = try playbook(
      "belay: 1\nsteps:\n  - check: a\n    when: \"${{ run.id == 'x' }}\"\n    run: \"true\"\n")
    #expect(playbook.steps[0].when?.source == "run.id == 'x'")
  }

  @Test("line ends of other systems", arguments: ["\r\n", "\r"]) func lineEnds(_ end: String) throws {
    let lines = [
      "belay: 1", "steps:", "  - check: a", "    run: |", "      echo ${{ run.id }}", "      echo b", "",
    ]
    let playbook = try playbook(lines.joined(separator: end))
    guard case .check(let check) = playbook.steps[0].kind else { return }
    let template = check.body.action?.fields.templates.first
    #expect(template?.source == "echo ${{ run.id }}\necho b\n")
    #expect(template?.expressions.first?.span.line == 5 && template?.expressions.first?.span.column == 16)
  }

  @Test("an environment file") func environment() throws {
    let text = """
      belay: 1
      protected: true
      pass: [LANG, LC_ALL]
      vars: { host: example.org, ports: [80, 443], deep: { a: null } }
      secrets:
        token: { env: APP_TOKEN }
        key:   { file: ~/.config/belay/key, allow_short: true }
      """
    let (environment, diagnostics) = EnvironmentReader().read(
      bytes: Array(text.utf8), path: "playbooks/environments/production.yaml")
    let file = try #require(environment, "\(diagnostics)")
    #expect(file.name == "production" && file.protected && file.pass == ["LANG", "LC_ALL"])
    #expect(file.vars["ports"] == .list([.int(80), .int(443)]))
    #expect(file.vars["deep"] == .map(["a": .null] as ValueMap))
    #expect(file.secrets.map(\.source) == [.env("APP_TOKEN"), .file("~/.config/belay/key")])
    #expect(file.secrets.map(\.allowShort) == [false, true])
  }

  @Test("a diagnostic as JSON") func json() {
    let (_, found) = read("belay: 1\na: 1\na: 2\nsteps: []\n")
    #expect(
      found.first { $0.code == "duplicate-key" }?.json.text
        == "{\"severity\":\"error\",\"code\":\"duplicate-key\",\"message\":\"the key 'a' stands here twice\","
        + "\"file\":\"playbooks/deploy.yaml\",\"line\":3,\"column\":1,\"length\":1,\"notes\":[{\"message\":\"first here\","
        + "\"file\":\"playbooks/deploy.yaml\",\"line\":2,\"column\":1,\"length\":1}]}")
  }

  @Test("what the terminal shows of a line") func text() {
    let span = SourceSpan(file: "a\u{1B}.yaml", line: 1, column: 4, length: 2)
    let found = Diagnostic(code: "x", "no\u{202E}", at: span, help: "h")
    #expect(
      found.text(source: "\t日本x y")
        == "a\\u{1B}.yaml:1:4: error: no\\u{202E}\n            日本x y\n                ^~\n  help: h")
    let long = Diagnostic(code: "x", "m", at: SourceSpan(file: "f", line: 1, column: 500))
    let shown = long.text(source: String(repeating: "a", count: 1000)).split(separator: "\n")
    #expect(shown[1].hasPrefix("    …") && shown[1].hasSuffix("…") && shown[1].count < 130)
    let past = Diagnostic(code: "x", "m", at: SourceSpan(file: "f", line: 9, column: 1))
    #expect(past.text(source: "a") == "f:9:1: error: m")
  }
}
