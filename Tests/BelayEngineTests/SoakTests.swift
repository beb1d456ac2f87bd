import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("A check that has to stay so, and time that is not there") struct SoakTests {
  private static let soak = """
    belay: 1
    steps:
      - check: a
        exec: [a]
        stays_for: 60s
        every: 10s
    """

  /// When the check ended, in seconds.
  private func end(_ stage: Stage) -> Int64 { stage.now / 1_000_000_000 }

  @Test("the engine is killed: it goes on with the coverage that it had")
  func killed() throws {
    let stage = try Stage(SoakTests.soak)
    stage.diesAtSecond = 35
    #expect(try stage.drive() == nil)
    #expect(try stage.state()["a"].soak?.coverage == .seconds(30))
    // Asked at once, which covers what lies between.
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(end(stage) == 66)
  }

  @Test("nobody looked for longer than twice the interval: the coverage is gone, and the soak goes on")
  func gap() throws {
    let stage = try Stage(SoakTests.soak)
    stage.diesAtSecond = 55
    #expect(try stage.drive() == nil)
    stage.now += 3_600_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(end(stage) == 3_655 + 60 + 1)
  }

  @Test("the gap just counts where it is twice the interval")
  func shortGap() throws {
    let stage = try Stage(SoakTests.soak)
    stage.diesAtSecond = 55
    #expect(try stage.drive() == nil)
    stage.now = 70_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(end(stage) == 71)
  }

  @Test("the machine was restarted: nobody knows for how long, so it covers nothing")
  func restarted() throws {
    let stage = try Stage(SoakTests.soak)
    stage.diesAtSecond = 55
    #expect(try stage.drive() == nil)
    stage.bootID = "another"
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(end(stage) == 55 + 60 + 1)
  }

  @Test("misses before a crash count after it")
  func misses() throws {
    let stage = try Stage(SoakTests.soak + "\n    tolerate: 1")
    stage.acts["a?"] = [.ok, .ok, .fails()]
    stage.diesAtSecond = 25
    #expect(try stage.drive() == nil)
    stage.acts["a?"] = [.fails(), .ok]
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(try stage.state()["a"].status == .failed)
  }

  @Test("a pause takes no coverage away")
  func paused() throws {
    let stage = try Stage(SoakTests.soak)
    stage.stopAtSecond = [(35, .pause)]
    #expect(try stage.drive() == .paused)
    #expect(try stage.state()["a"].status == .pending)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(end(stage) == 66)
  }

  @Test("the time that a check has runs on while the run is paused")
  func within() throws {
    let stage = try Stage(
      "belay: 1\nsteps:\n  - check: a\n    exec: [a]\n    within: 100s\n    every: 10s\n")
    stage.acts["a?"] = [.fails()]
    stage.stopAtSecond = [(35, .pause)]
    #expect(try stage.drive() == .paused)
    stage.now = 80_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(end(stage) == 101)
  }

  @Test("what failed and is tried again has all of its time again")
  func again() throws {
    let stage = try Stage(
      "belay: 1\nsteps:\n  - check: a\n    exec: [a]\n    within: 100s\n    every: 10s\n")
    stage.acts["a?"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(end(stage) == 101)
    #expect(try stage.drive(.resume(retry: true)) == .failed)
    #expect(end(stage) == 202)
  }
}
