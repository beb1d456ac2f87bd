import Glibc
import Testing

@Suite("Several at once") struct SeveralAtOnce {
  private static let claiming = """
    belay: 1
    locks: [deploy/here]
    steps:
      - step: slow
        run: |
          echo > started
          read -r < go
        rollback: nothing
    """

  @Test("two engines on one run: one goes, the other says who drives it, exit 7")
  func oneRun() throws {
    let sandbox = try Sandbox(["slow": SeveralAtOnce.claiming], gates: ["started", "go"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    let second = try sandbox.belay("resume", "last")
    #expect(second.status == 7, "\(second)")
    #expect(second.error.contains("\(engine.pid)"), "\(second)")
    try sandbox.open("go")
    #expect(try engine.wait().status == 0)
  }

  @Test("two runs on one claim: one goes, the other says who has it, since when, and what to do, exit 7")
  func oneClaim() throws {
    let sandbox = try Sandbox(["slow": SeveralAtOnce.claiming], gates: ["started", "go"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    let second = try sandbox.belay("run", "slow")
    #expect(second.status == 7, "\(second)")
    for word in ["deploy/here is held by run", "since 2", "belay status", "belay close"] {
      #expect(second.error.contains(word), "\(word): \(second)")
    }
    try sandbox.open("go")
    #expect(try engine.wait().status == 0)
    try sandbox.open("go")
    #expect(try sandbox.belay("run", "slow").status == 0)
  }

  @Test("eight runs at once on one store all end well")
  func eight() throws {
    let steps = (1...10).map { "  - { step: s\($0), run: \"true\", rollback: nothing }\n" }.joined()
    let sandbox = try Sandbox(["many": "belay: 1\nsteps:\n" + steps])
    let engines = try (1...8).map { _ in try sandbox.start("run", "many") }
    for engine in engines {
      let end = try engine.wait()
      #expect(end.status == 0, "\(end)")
    }
    let verified = try sandbox.belay("audit", "verify")
    #expect(verified.status == 0 && verified.output.hasPrefix("8 runs"), "\(verified)")
  }
}
