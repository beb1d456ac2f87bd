import Testing

@Suite("How much of an output is kept") struct OutputTests {
  private static let long = "printf '{\"text\": \"'; head -c 2097152 /dev/zero | tr '\\0' x; printf '\"}'"

  private func run(_ node: String, _ max: String?) throws -> (End, Sandbox) {
    let sandbox = try Sandbox()
    let server = try OddServer(sandbox)
    let limit = max.map { "    max_output: \($0)\n" } ?? ""
    sandbox.write(
      "belay: 1\nsteps:\n\(node.replacing("HTTP", with: server.http))\n\(limit)", to: "playbooks/p.yaml")
    return (try sandbox.belay("run", "p"), sandbox)
  }

  private static let nodes = [
    """
      - check: read
        run: |
          \(long)
        expect: size(json.text) == 2097152
    """,
    """
      - step: read
        run: |
          \(long)
        expect: size(json.text) == 2097152
        rollback: nothing
    """,
    """
      - check: read
        http: HTTP/long
        expect: size(json.text) == 2097152
    """,
  ]

  @Test("what is longer than that is no JSON, and nothing passes by its head", arguments: OutputTests.nodes)
  func cut(node: String) throws {
    for limit in [nil, "64KiB"] {
      let (end, sandbox) = try run(node, limit)
      #expect(end.status != 0, "\(end)")
      #expect(try sandbox.belay("audit", "verify").status == 0)
    }
  }

  @Test("more is kept where 'max_output' says so", arguments: OutputTests.nodes)
  func whole(node: String) throws {
    let (end, sandbox) = try run(node, "4MiB")
    #expect(end.status == 0, "\(end)")
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("less is kept where it says so: the first quarter and the rest from the end, and the plan tells it")
  func less() throws {
    let (end, sandbox) = try run(
      "  - step: print\n    run: seq 1 1000\n    rollback: nothing", "100")
    #expect(end.status == 0, "\(end)")
    let logs = try sandbox.belay("logs", "last", "print").output
    #expect(logs.contains("1\n2\n3\n") && logs.contains("999\n1000\n") && !logs.contains("500\n"), "\(logs)")
    #expect(logs.contains("left out"), "\(logs)")
    #expect(try sandbox.belay("plan", "p").output.contains("100 bytes of its output are kept"))
  }
}
