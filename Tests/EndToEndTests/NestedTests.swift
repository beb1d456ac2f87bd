import BelayModel
import Testing

@Suite("A playbook that calls a playbook that calls a playbook") struct NestedTests {
  private static let outer = """
    belay: 1
    on_failure: rollback
    params: { fails: { type: boolean, default: false } }
    steps:
      - step: regions
        playbook: region
        each: { region: [eu, us] }
        with: { region: "${{ each.region }}" }
      - step: last
        when: params.fails
        run: exit 3
        rollback: nothing
    """

  private static let region = """
    belay: 1
    params: { region: { type: string } }
    steps:
      - group: way
        mode: choice
        steps:
          - step: quick
            when: params.region == "eu"
            run: echo quick >> did
            rollback: { run: echo not quick >> did }
          - step: slow
            run: echo slow >> did
            rollback: { run: echo not slow >> did }
      - group: hosts
        capture: { before: { run: cat version, value: "lines[0]" } }
        rollback: { run: "echo all of ${{ params.region }} back to ${{ steps.hosts.before }} >> did" }
        steps:
          - step: host
            playbook: host
            each: { host: [a, b] }
            with: { name: "${{ params.region }}-${{ each.host }}" }
    """

  private static let host = """
    belay: 1
    params: { name: { type: string } }
    steps:
      - step: install
        run: |
          echo ${{ params.name }} >> did
          if test ${{ params.name }} = us-a && test -p go; then echo > started; read -r < go; fi
        rollback: nothing
    """

  private func sandbox(_ gates: [String] = []) throws -> Sandbox {
    let sandbox = try Sandbox(
      ["outer": NestedTests.outer, "region": NestedTests.region, "host": NestedTests.host], gates: gates)
    sandbox.write("1.4\n", to: "version")
    return sandbox
  }

  private static let forward = ["quick", "eu-a", "eu-b", "slow", "us-a", "us-b"]

  @Test("its plan shows every node, and its run does nothing else")
  func planned() throws {
    let sandbox = try sandbox()
    let plan = try sandbox.belay("plan", "outer", "-p", "fails=true", "--format", "json")
    let nodes = try JSON(parsing: Array(plan.output.utf8))["nodes"]?.array ?? []
    let shown = Set(nodes.compactMap { $0.members?.first?.value.string })
    #expect(
      shown.isSuperset(of: ["regions[eu]/quick", "regions[us]/host[b]/install", "regions[us]/hosts~rollback"])
    )
    let end = try sandbox.belay("run", "outer", "-p", "fails=true")
    #expect(end.status == 4, "\(end)")
    let back = ["all of us back to 1.4", "not slow", "all of eu back to 1.4", "not quick"]
    #expect(sandbox.lines("did") == NestedTests.forward + back)
    let events = try sandbox.belay("audit", "export").lines.compactMap { line in
      try JSON(parsing: Array(line.utf8))["line"]?.string.map { try JSON(parsing: Array($0.utf8)) }
    }
    let touched = Set(events.compactMap { $0["node"]?.string })
    #expect(touched.isSubset(of: shown), "\(touched.subtracting(shown))")
  }

  @Test("killed deep inside, it is resumed where it was, and each step has run once")
  func killed() throws {
    let sandbox = try sandbox(["started", "go"])
    let engine = try sandbox.start("run", "outer")
    try sandbox.heard("started")
    try engine.killed()
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("did") == NestedTests.forward)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }
}
