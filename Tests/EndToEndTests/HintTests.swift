import Testing

@Suite("What may be typed next") struct Hints {
  @Test("names the undo of a temporary step that could not be undone, wherever it is told")
  func temporary() throws {
    let sandbox = try Sandbox([
      "held": """
      belay: 1
      steps:
        - step: t
          temporary: true
          run: touch t
          rollback: { run: exit 7 }
        - step: a
          run: echo a
          rollback: nothing
      """
    ])
    let hint = "resolve \(try held(sandbox)) t~rollback --as done|not_done|failed"
    for command in [["status", "last"], ["resume", "last"], ["close", "last", "--note", "x"]] {
      let end = try sandbox.start(command, variables: [:], in: nil).wait()
      #expect(end.output.contains(hint), "\(command): \(end)")
      #expect(!end.output.contains("resolve \(try held(sandbox)) t --as"), "\(command)")
    }
    let wrong = try sandbox.belay("resolve", "last", "t", "--as", "done", "--note", "x")
    #expect(
      wrong.status == 2 && wrong.error.contains("t is compensation failed: there is nothing to resolve"),
      "\(wrong)")
    #expect(
      wrong.error.contains("belay resolve \(try held(sandbox)) t~rollback --as done --note"), "\(wrong)")
    #expect(try sandbox.belay("resolve", "last", "t~rollback", "--as", "done", "--note", "x").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
  }

  private func held(_ sandbox: Sandbox) throws -> String {
    if let run = try sandbox.belay("runs").lines.first?.split(separator: " ").first { return String(run) }
    #expect(try sandbox.belay("run", "held").status == 3)
    return try held(sandbox)
  }

  @Test("names the rollbacks that have failed, in full")
  func rollback() throws {
    let sandbox = try Sandbox([
      "failing": """
      belay: 1
      on_failure: rollback
      steps:
        - step: a
          run: echo a
          rollback: { run: "test -e mended" }
        - step: b
          run: exit 3
          rollback: nothing
      """
    ])
    let end = try sandbox.belay("run", "failing")
    #expect(end.status == 5 && end.output.contains(" a~rollback --as done"), "\(end)")
    #expect(!end.output.contains("NODE"), "\(end)")
    let wrong = try sandbox.belay("resolve", "last", "a", "--as", "done", "--note", "x")
    #expect(wrong.status == 2 && wrong.error.contains(" a~rollback --as done"), "\(wrong)")
    let unknown = try sandbox.belay("resolve", "last", "c", "--as", "done", "--note", "x")
    #expect(unknown.status == 2 && unknown.error.contains("has no node 'c'"), "\(unknown)")
  }

  @Test("a check that reads JSON where there is none is told how stdout begins")
  func json() throws {
    let sandbox = try Sandbox([
      "json": """
      belay: 1
      steps:
        - check: html
          run: echo "<html>not found</html>"
          expect: json.status == "ok"
      """,
      "empty": """
      belay: 1
      steps:
        - check: nothing
          run: "true"
          expect: json.status == "ok"
      """,
      "broken": """
      belay: 1
      steps:
        - check: broken
          run: |
            echo '{"name": "************", "list": [1, 2, 3, 4], "no" "x"}'
          expect: json.name == "ok"
      """,
      "lines": """
      belay: 1
      steps:
        - check: lines
          run: |
            echo '{"a": 1}'
            echo '{"b":}'
          expect: json_lines.size() == 2
      """,
    ])
    let html = try sandbox.belay("run", "json")
    #expect(
      html.output.contains(
        "html is unknown: json.status == \"ok\": no 'json': stdout is no JSON: no value at byte 0; "
          + "it begins with '<html>not found</html>'\n"), "\(html)")
    let empty = try sandbox.belay("run", "empty")
    #expect(empty.output.contains("no 'json': stdout is empty"), "\(empty)")
    let broken = try sandbox.belay("run", "broken")
    #expect(
      broken.output.contains(
        "no 'json': stdout is no JSON: ':' expected at byte 52; "
          + "it begins with '{\"name\": \"************\", \"list\": [1, 2, …'\n"), "\(broken)")
    let lines = try sandbox.belay("run", "lines")
    #expect(
      lines.output.contains(
        "no 'json_lines': line 2 of stdout is no JSON: no value at byte 5; it begins with '{\"b\":}'\n"),
      "\(lines)")
  }

  @Test("a reason is told once of each event, and once in what the run rests on")
  func once() throws {
    let sandbox = try Sandbox([
      "check": """
      belay: 1
      steps:
        - check: a
          run: echo a
          expect: stdout == "b"
      """,
      "doubt": """
      belay: 1
      steps:
        - step: a
          run: echo a
          verify: { run: echo no, expect: stdout == "yes" }
          rollback: nothing
      """,
    ])
    let reason = #"stdout == "b": stdout is "a\n""#
    let check = try sandbox.belay("run", "check")
    #expect(
      Hints.told(check).prefix(4) == [
        "a: begins", "a: fail: \(reason)", "a: failed", "failed: a failed: \(reason)",
      ], "\(check)")
    let doubt = try sandbox.belay("run", "doubt")
    let said = #"stdout == "yes": stdout is "no\n""#
    #expect(
      Hints.told(doubt).prefix(5) == [
        "a: starts", "a: verify: fail: \(said)", "a: in doubt: verify does not confirm it",
        "a: held: nobody knows whether a has taken effect: verify does not confirm it",
        "held: nobody knows whether a has taken effect: verify does not confirm it: \(said)",
      ], "\(doubt)")
  }

  @Test("can be typed as it is printed, also for a store that was named", arguments: [false, true])
  func typed(joined: Bool) throws {
    let sandbox = try Sandbox(["fails": "belay: 1\nsteps:\n  - check: a\n    run: test -e mended\n"])
    let store = sandbox.folder + "/it's a store"
    let option = joined ? ["--store=../it's a store"] : ["--store", "../it's a store"]
    let end = try sandbox.start(["run", "fails"] + option, variables: [:], in: nil).wait()
    let hint = try #require(end.lines.first { $0.contains("try again:") }?.split(separator: ":").last)
    #expect(hint.hasSuffix(" --retry --store '\(store.replacing("'", with: #"'\''"#))'"), "\(end)")
    sandbox.write("", to: "mended")
    // From anywhere.
    let again = try sandbox.execute(["/bin/bash", "-c", String(hint)], in: sandbox.folder).wait()
    #expect(again.status == 0, "\(again)")
  }

  @Test("is nothing where nothing can be done")
  func over() throws {
    let sandbox = try Sandbox(["one": "belay: 1\nsteps:\n  - check: a\n    run: test -e mended\n"])
    try sandbox.belay("run", "one")
    let failed = try sandbox.belay("pause", "last")
    #expect(failed.status == 2 && failed.error.contains("belay resume "), "\(failed)")
    sandbox.write("", to: "mended")
    #expect(try sandbox.belay("resume", "last", "--retry").status == 0)
    let over = try sandbox.belay("pause", "last")
    #expect(over.status == 2 && over.error.contains("it is succeeded"), "\(over)")
    #expect(!over.error.contains("resume"), "\(over)")
  }

  /// Without times, and without the first line, which names the run.
  private static func told(_ end: End) -> [String] {
    end.lines.dropFirst().map { line in
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      return parts.count == 2 && parts[0].count == 8 && parts[0].contains(":")
        ? String(parts[1].drop { $0 == " " }) : line
    }
  }
}
