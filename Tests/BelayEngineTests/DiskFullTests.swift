import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("When the disk is full") struct DiskFullTests {
  private static let cause = "the disk is full: no room"

  private func stage(_ steps: String) throws -> Stage { try Stage("belay: 1\nsteps:\n" + steps) }

  /// The number of events after which an event of this kind is the next.
  private func events(_ stage: Stage, before type: String) throws -> Int {
    try #require(stage.journal.firstIndex { $0.event.type == type })
  }

  @Test("an intent that does not fit starts nothing; the run is held, and goes on when there is room")
  func intent() throws {
    let stage = try stage("  - step: a\n    exec: [a]\n    rollback: nothing\n")
    stage.fullAfterEvents = 1
    #expect(try stage.drive() == .held)
    #expect(stage.started == [])
    let state = try stage.state()
    #expect(state.cause == DiskFullTests.cause)
    #expect(state["a"].status == .pending, "its intent came to nothing, and that is proven")
    #expect(state["a"].effects == 0)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a"])
    #expect(Set(try stage.state().attempts.values.map(\.intent.key)) == ["r/a/1"])
  }

  @Test("what runs ends and is recorded; its verify and what follows wait for room")
  func running() throws {
    let stage = try stage(
      """
        - group: g
          mode: parallel
          steps:
            - step: a
              exec: [a]
              rollback: nothing
            - step: b
              exec: [b]
              verify: { exec: [look] }
              rollback: nothing
        - step: c
          exec: [c]
          rollback: nothing

      """)
    stage.acts["b"] = [Act(takes: .seconds(9))]
    // The end of 'a' does not fit any more, 'b' runs.
    stage.fullAfterEvents = 7
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["a", "b"])
    let state = try stage.state()
    #expect(state["a"].status == .succeeded)
    #expect(state["b"].status == .running)
    #expect(state.attempts.values.allSatisfy { $0.end?.outcome == .succeeded })
    #expect(stage.now == 9_000_000_000)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "b", "b?", "c"])
  }

  @Test("a failure does not begin its rollback before there is room")
  func failure() throws {
    let yaml = """
      belay: 1
      on_failure: rollback
      steps:
        - step: a
          exec: [a]
          rollback: { exec: [undo] }
        - step: b
          exec: [b]
          rollback: nothing
      """
    let whole = try Stage(yaml)
    whole.acts["b"] = [.fails()]
    #expect(try whole.drive() == .rolledBack)
    let full = try Stage(yaml)
    full.acts["b"] = [.fails()]
    full.fullAfterEvents = try events(whole, before: "rollback_started")
    #expect(try full.drive() == .held)
    #expect(full.started == ["a", "b"])
    #expect(try full.drive(.resume(retry: false)) == .rolledBack)
    #expect(full.started == ["a", "b", "a~rollback"])
  }

  @Test("a keeper without room starts nothing: the intent stays open, what runs ends", arguments: 0...4)
  func keeperFull(limit: Int) throws {
    let yaml = """
        - group: g
          mode: parallel
          steps:
            - step: a
              exec: [a]
              rollback: nothing
            - step: b
              exec: [b]
              verify: { exec: [look] }
              rollback: nothing
            - check: c
              exec: [c]
            - step: d
              exec: [d]
              retry: { attempts: 2 }
              rollback: nothing

      """
    let stage = try stage(yaml)
    stage.keeperFullAfterStarts = limit
    #expect(try stage.drive() == .held)
    #expect(stage.started.count == limit)
    #expect(try stage.state().cause == DiskFullTests.cause)
    #expect(try stage.state().attempts.values.allSatisfy { $0.end?.outcome != .failed })
    stage.keeperFullAfterStarts = nil
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.filter { !$0.hasSuffix("?") }.sorted() == ["a", "b", "d"])
  }

  @Test("of several temporaries on their way back, the next one waits for room")
  func undoing() throws {
    let temporary = { (id: String) in
      "        - step: \(id)\n          exec: [a]\n          temporary: true\n          rollback: { exec: [u] }\n"
    }
    let yaml =
      "  - group: all\n    mode: parallel\n    steps:\n    - group: inside\n      steps:\n"
      + temporary("one") + temporary("two")
      + "    - step: beside\n      exec: [b]\n      rollback: nothing\n"
    let stage = try stage(yaml)
    // 'two' is on its way back from second 2 to 7; the end of 'beside', at second 4, does not fit.
    stage.acts = ["two~rollback": [Act(takes: .seconds(5))], "beside": [Act(takes: .seconds(4))]]
    let whole = try self.stage(yaml)
    whole.acts = stage.acts
    #expect(try whole.drive() == .succeeded)
    stage.fullAfterEvents = whole.journal.firstIndex { item in
      if case .attemptFinished("beside", _, _) = item.event { true } else { false }
    }
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["beside", "one", "two", "two~rollback"])
    #expect(stage.startedWhenFull == 4)
    #expect(stage.now == 7_000_000_000)
    #expect(try stage.state().left.map { $0.prefix(19) } == ["still in force: one"])
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.last == "one~rollback")
  }

  @Test("a second Ctrl-C still stops what runs, and a cancel that was asked for is named")
  func killed() throws {
    let stage = try stage("  - step: a\n    exec: [a]\n    timeout: 1h\n    rollback: nothing\n")
    stage.acts["a"] = [Act(takes: .seconds(3000))]
    let whole = try self.stage("  - step: a\n    exec: [a]\n    rollback: nothing\n")
    try whole.drive()
    stage.fullAfterEvents = try events(whole, before: "attempt_finished")
    // A pause makes an event that does not fit.
    stage.stopAtSecond = [(5, .pause), (6, .cancel)]
    #expect(try stage.drive() == .held)
    #expect(stage.now == 6_000_000_000)
    let state = try stage.state()
    #expect(state.cause == DiskFullTests.cause)
    #expect(state.left == ["asked for and not done: cancel"])
    #expect(state["a"].status == .inDoubt)
  }

  @Test("at the very last commit the run is at rest already, and stays so")
  func last() throws {
    let yaml = "  - step: a\n    exec: [a]\n    rollback: nothing\n"
    let whole = try stage(yaml)
    #expect(try whole.drive() == .succeeded)
    let full = try stage(yaml)
    full.fullAfterEvents = whole.journal.count - 1
    #expect(try full.drive() == .succeeded)
    #expect(full.startedWhenFull == 1)
  }
}
