import Testing

@Suite("A dry run") struct DryRun {
  private static let playbook = """
    belay: 1
    on_failure: rollback
    steps:
      - check: ask
        run: touch asked
      - step: change
        capture:
          before: { run: touch captured, value: "lines[0]" }
        run: touch changed
        skip_if: { run: touch skipped }
        rollback: { run: touch undone }
      - gate: pause
        wait: 1h
      - step: never
        when: 1 > 2
        run: touch never
        rollback: nothing
    steady_state:
      - check: steady
        run: touch steady
    """

  @Test("shows every node with its word, starts nothing, and makes no file, not even a store")
  func nothing() throws {
    let sandbox = try Sandbox(["all": DryRun.playbook])
    let before = try sandbox.execute(["/usr/bin/find", sandbox.project, sandbox.home]).wait().output
    for command in [["run", "all", "--dry-run"], ["plan", "all"], ["plan", "all", "--format", "json"]] {
      let end = try sandbox.start(command, variables: [:], in: nil).wait()
      #expect(end.status == 0, "\(end)")
      for node in ["ask", "change", "pause", "never", "steady", "change~rollback"] {
        #expect(end.output.contains(node), "\(command): \(node)")
      }
      #expect(!end.output.contains("succeeded"))
    }
    let text = try sandbox.belay("run", "all", "--dry-run").output
    for words in ["would ask", "would run", "would wait", "would skip"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(try sandbox.execute(["/usr/bin/find", sandbox.project, sandbox.home]).wait().output == before)
  }

  @Test("a wrong playbook is told of with its place and a caret, exit 2, and starts nothing")
  func wrong() throws {
    let sandbox = try Sandbox(["wrong": "belay: 1\nsteps:\n  - step: a\n    rnu: touch x\n"])
    for command in ["run", "plan", "validate"] {
      let end = try sandbox.belay(command, command == "validate" ? "playbooks/wrong.yaml" : "wrong")
      #expect(end.status == 2, "\(end)")
      #expect(
        (end.output + end.error).contains("playbooks/wrong.yaml:4:5: error: unknown key 'rnu'"), "\(end)")
    }
    #expect(!sandbox.exists("x"))
  }
}
