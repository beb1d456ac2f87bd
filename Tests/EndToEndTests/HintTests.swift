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
    ])
    let html = try sandbox.belay("run", "json")
    #expect(
      html.output.contains("no 'json': stdout is no JSON: it begins with '<html>not found</html>"), "\(html)")
    let empty = try sandbox.belay("run", "empty")
    #expect(empty.output.contains("no 'json': stdout is empty"), "\(empty)")
  }
}
