import BelayActions
import BelayModel
import BelayPlan
import BelayYAML
import Testing

@Suite("Playbooks that grow when they are planned") struct HostilePlanTests {
  /// - Parameter files: by name; the first one is planned, the others may be called.
  private func plan(_ files: KeyValuePairs<String, String>) throws -> (plan: Plan?, diagnostics: [Diagnostic])
  {
    var all = ProjectFiles()
    for (name, text) in files {
      let (playbook, found) = PlaybookReader(actions: builtInActions).read(
        bytes: Array(text.utf8), path: "playbooks/\(name).yaml")
      let made: Playbook = try #require(playbook, "\(found)")
      all.playbooks[name] = made
    }
    let request = PlanRequest(
      playbook: try #require(all.playbooks[files[0].key]), environment: nil, files: all, params: ValueMap(),
      run: "20260104-020000-k7qm", version: "0.1.0",
      createdAt: try #require(Timestamp(text: "2026-01-04T02:00:00Z")), project: "/srv/app",
      searchPath: "/usr/bin", sources: [],
      findProgram: { Plan.Program(name: $0, path: nil, size: 0, changedAt: 0) })
    return PlanBuilder.plan(request, actions: builtInActions)
  }

  private func codes(_ text: String) throws -> [String] { try plan(["a": text]).diagnostics.map(\.code) }

  private static let check = "steps:\n  - check: a\n    run: echo ${{ size(vars.v40) }}\n"

  private func doubled(_ first: String, _ next: (String) -> String) -> String {
    "belay: 1\nvars:\n  v0: \(first)\n"
      + (1...40).map { "  v\($0): \(next("vars.v\($0 - 1)"))\n" }.joined() + HostilePlanTests.check
  }

  @Test("a list of many items of one name is told in part") func sameNames() throws {
    let items = String(repeating: "    - a\n", count: 500)
    let check = "steps:\n  - check: c\n    each: { i: \"${{ vars.l }}\" }\n    run: x\n"
    let text = "belay: 1\nvars:\n  l:\n" + items + check
    #expect(try codes(text) == [String](repeating: "bad-each", count: 20))
  }

  @Test("variables that double with every line") func doubling() throws {
    #expect(try codes(doubled("aaaa") { "\"${{ \($0) }}${{ \($0) }}\"" }) == ["too-large"])
    #expect(try codes(doubled("[a, a]") { "[\"${{ \($0) }}\", \"${{ \($0) }}\"]" }) == ["too-large"])
    #expect(try codes(doubled("[a, a]") { "\"${{ \($0) + \($0) }}\"" }) == ["too-large"])
    #expect(try codes(doubled("aaaa") { "\"${{ {'a': \($0), 'b': \($0)} }}\"" }) == ["too-large"])
  }

  @Test("what is bound in many places, and what takes long to compute") func often() throws {
    let text = String(repeating: "a", count: 50_000)
    let many = (0..<2000).map { "  - check: c\($0)\n    run: echo ${{ vars.v }}\n" }.joined()
    #expect(try codes("belay: 1\nvars: { v: \(text) }\nsteps:\n" + many) == ["too-large"])
    let list = (0..<300).map { "\($0)" }.joined(separator: ", ")
    let slow = (0..<100).map {
      "  - check: c\($0)\n    run: echo ${{ vars.l.map(a, vars.l.filter(b, a < b)).size() }}\n"
    }.joined()
    #expect(try codes("belay: 1\nvars: { l: [\(list)] }\nsteps:\n" + slow) == ["too-large"])
  }

  @Test("one expression that works on large texts is ended as well") func evaluation() throws {
    let text = String(repeating: "a", count: 60_000)
    let list = (0..<2000).map { "\($0)" }.joined(separator: ", ")
    for expression in ["vars.t + vars.t", "vars.t.replace('a', 'bb')"] {
      let found = try codes(
        "belay: 1\nvars: { t: \(text), l: [\(list)], v: \"${{ size(vars.l.map(x, \(expression))) }}\" }\n"
          + "steps:\n  - check: a\n    run: echo ${{ vars.v }}\n")
      #expect(found == ["evaluation"], "\(expression)")
    }
  }

  private func nested(_ levels: Int, _ key: (Int) -> String) -> String {
    var text = "belay: 1\nsteps:\n"
    for level in 0..<levels {
      let indent = String(repeating: "    ", count: level)
      text += "  \(indent)- group: g\(level)\n    \(indent)\(key(level))\n    \(indent)steps:\n"
    }
    let indent = String(repeating: "    ", count: levels)
    return text + "  \(indent)- check: a\n    \(indent)run: \"true\"\n"
  }

  @Test("loops in loops, rounds of rounds") func nodes() throws {
    let items = (0..<30).map { "\($0)" }.joined(separator: ", ")
    #expect(try codes(nested(3) { "each: { e\($0): [\(items)] }" }) == ["too-large"])
    #expect(try codes(nested(2) { "each: { e\($0): [\(items)] }" }) == [])
    #expect(try codes(nested(6) { _ in "retry: { attempts: 20 }" }) == ["too-large"])
    let undone = (0..<6300).map { "  - step: s\($0)\n    run: ls\n    rollback: { run: ls }\n" }.joined()
    #expect(try codes("belay: 1\nsteps:\n" + undone) == ["too-large"])
  }

  @Test("as deep as calls and groups may be") func calls() throws {
    func file(_ callee: String?) -> String {
      let inner = nested(28) { _ in "mode: sequence" }
      return callee.map { inner + "  - step: more\n    playbook: \($0)\n    rollback: nothing\n" } ?? inner
    }
    let names = (0..<16).map { "p\($0)" }
    var all = ProjectFiles()
    for (position, name) in names.enumerated() {
      let next = position + 1 < names.count ? names[position + 1] : nil
      all.playbooks[name] =
        PlaybookReader(actions: builtInActions).read(
          bytes: Array(file(next).utf8), path: "playbooks/\(name).yaml"
        ).playbook
    }
    #expect(all.playbooks.count == 16)
    func planned(_ text: String) throws -> [String] {
      let top = PlaybookReader(actions: builtInActions).read(
        bytes: Array(text.utf8), path: "playbooks/top.yaml")
      let request = PlanRequest(
        playbook: try #require(top.playbook), environment: nil, files: all, params: ValueMap(), run: "r",
        version: "0.1.0", createdAt: Timestamp(seconds: 0), project: "/srv", searchPath: "", sources: [],
        findProgram: { Plan.Program(name: $0, path: nil, size: 0, changedAt: 0) })
      return PlanBuilder.plan(request, actions: builtInActions).diagnostics.map(\.code)
    }
    let call = "belay: 1\nsteps:\n  - step: more\n    rollback: nothing\n    playbook: "
    #expect(try planned(call + "p1\n") == [])
    #expect(try planned(call + "p0\n") == ["too-deep"])
  }
}

@Suite("A plan on a terminal") struct PlanOnATerminalTests {
  @Test("shows what could steer it by its number") func control() throws {
    let (playbook, _) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(
        "belay: 1\ntitle: \"\\e]0;x\\a\"\nsteps:\n  - check: a\n    run: \"echo \\e[31m \\u202e \\u009b\\n\\techo\"\n"
          .utf8),
      path: "playbooks/a.yaml")
    let request = PlanRequest(
      playbook: try #require(playbook), environment: nil, params: ValueMap(), run: "r", version: "0.1.0",
      createdAt: Timestamp(seconds: 0), project: "/srv", searchPath: "", sources: [],
      findProgram: { Plan.Program(name: $0, path: nil, size: 0, changedAt: 0) })
    let text = try #require(PlanBuilder.plan(request, actions: builtInActions).plan).text(digest: "")
    #expect(text.contains("\\u{1B}]0;x\\u{7}") && text.contains("echo \\u{1B}[31m \\u{202E} \\u{9B}"))
    #expect(
      text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || $0.value >= 0x20 && $0.value < 0x7F })
  }
}
