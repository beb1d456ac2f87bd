import BelayEngine
import BelayJournal
import BelayModel
import Testing

private func step(_ more: String) -> String {
  "belay: 1\nsteps:\n  - step: a\n    exec: [a]\n    rollback: nothing\n\(more)"
    + "  - step: b\n    exec: [b]\n    rollback: nothing\n"
}

private let verify = "    verify: { exec: [look], fail_if: exit_code == 3 }\n"

@Suite("An attempt of which nobody knows") struct DoubtTests {
  @Test("a timeout is in doubt: the run is held and asks")
  func timeoutHolds() throws {
    let stage = try Stage(step(""))
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    #expect(try stage.state()["a"].status == .held)
    #expect(stage.started == ["a"])
  }

  @Test("retry does not apply to it")
  func noRetry() throws {
    let stage = try Stage(step("    retry: { attempts: 3 }\n"))
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["a"])
  }

  @Test("verify that passes settles it as done")
  func verified() throws {
    let stage = try Stage(step(verify))
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a?", "b"])
  }

  @Test("verify whose fail_if holds proves that it is not there: it runs again under the same key")
  func provenNotThere() throws {
    let stage = try Stage(step(verify))
    stage.acts["a"] = [.timesOut, .ok]
    stage.acts["a?"] = [.fails(3), .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a?", "a", "a?", "b"])
    #expect(try Set(stage.state().attempts.values.filter { $0.node == "a" }.map(\.intent.key)) == ["r/a/1"])
  }

  @Test("verify that merely fails proves nothing: held")
  func provesNothing() throws {
    let stage = try Stage(step(verify))
    stage.acts["a"] = [.timesOut]
    stage.acts["a?"] = [.fails(1)]
    #expect(try stage.drive() == .held)
    #expect(stage.started == ["a", "a?"])
  }

  @Test("an idempotent step runs again, three times at the most")
  func idempotent() throws {
    let stage = try Stage(step("    idempotent: true\n"))
    stage.acts["a"] = [.timesOut, .timesOut, .ok]
    #expect(try stage.drive() == .succeeded)
    let endless = try Stage(step("    idempotent: true\n"))
    endless.acts["a"] = [.timesOut]
    #expect(try endless.drive() == .held)
    #expect(endless.started.count == 4)
  }

  @Test("where retry is given, it runs again as often and as late as that says, under the same key")
  func idempotentRetry() throws {
    let retry = "    idempotent: true\n    retry: { attempts: 6, delay: 8s, backoff: 1 }\n"
    let stage = try Stage(step(retry))
    stage.acts["a"] = Array(repeating: .timesOut, count: 5) + [.ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a", "a", "a", "a", "a", "b"])
    let attempts = try stage.state().attempts.values.filter { $0.node == "a" }
      .sorted { $0.intendedAt < $1.intendedAt }
    #expect(Set(attempts.map(\.intent.key)) == ["r/a/1"])
    for (earlier, later) in zip(attempts, attempts.dropFirst()) {
      let until = try #require(earlier.settlement?.notBefore)
      #expect(later.intendedAt >= until.wall)
    }
    let endless = try Stage(step(retry))
    endless.acts["a"] = [.timesOut]
    #expect(try endless.drive() == .held)
    #expect(endless.started.count == 6)
  }

  @Test("what a person or the rules repeat counts among the attempts that retry gives")
  func repetitionsCount() throws {
    let stage = try Stage(step("    idempotent: true\n    retry: { attempts: 3, delay: 1s }\n"))
    stage.acts["a"] = [.timesOut, .timesOut, .fails(1)]
    #expect(try stage.drive() == .failed)
    #expect(stage.started.count == 3)
  }

  @Test(
    "where retry is not for such a failure, only the rule for idempotent steps repeats it, late as it says")
  func retryForOthers() throws {
    let retry = "retry: { attempts: 9, delay: 8s, when: 'error.kind == \"exit\"' }"
    let stage = try Stage(step("    idempotent: true\n    \(retry)\n"))
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    #expect(stage.started.count == 4)
  }

  @Test("what verify proves not to be there, again and again, is a person's in the end")
  func neverThere() throws {
    let stage = try Stage(step(verify))
    stage.acts["a"] = [.timesOut]
    stage.acts["a?"] = [.fails(3)]
    #expect(try stage.drive() == .held)
    #expect(stage.started.filter { $0 == "a" }.count == 4)
  }

  @Test("a person resolves it", arguments: [Resolution.done, .notDone, .failed])
  func resolved(_ resolution: Resolution) throws {
    let stage = try Stage(step(""))
    stage.acts["a"] = [.timesOut, .ok]
    #expect(try stage.drive() == .held)
    try stage.resolve("a", resolution)
    let status = try stage.drive(.resume(retry: false))
    switch resolution {
    case .done:
      #expect(status == .succeeded)
      #expect(stage.started == ["a", "b"])
    case .notDone:
      #expect(status == .succeeded)
      #expect(stage.started == ["a", "a", "b"])
    case .failed: #expect(status == .failed)
    }
  }

  @Test("a person says that it has failed: where the playbook goes on over failures, the run goes on")
  func resolvedAndContinued() throws {
    let stage = try Stage(step("    on_failure: continue\n"))
    stage.acts["a"] = [.timesOut]
    #expect(try stage.drive() == .held)
    try stage.resolve("a", .failed)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "b"])
    #expect(try stage.state().cause == "1 failure continued")
    #expect(try stage.state()["a"].failure?.kind == "person")
  }

  @Test("a step whose verify does not confirm it is in doubt, not done")
  func unconfirmed() throws {
    let stage = try Stage(step(verify))
    stage.acts["a?"] = [.fails(1)]
    #expect(try stage.drive() == .held)
  }

  @Test("an unknown check stops the run under its own name")
  func unknownCheck() throws {
    let stage = try Stage(
      "belay: 1\non_failure: rollback\nsteps:\n  - step: a\n    exec: [a]\n    rollback: { exec: [u] }\n"
        + "  - check: c\n    exec: [c]\n    unknown_if: exit_code == 7\n")
    stage.acts["c?"] = [.fails(7)]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["a", "c?"], "an unknown answer rolls nothing back")
    #expect(try stage.state()["c"].status == .unknown)
  }
}

@Suite("A crash anywhere") struct CrashTests {
  private static let playbook = """
    belay: 1
    on_failure: rollback
    steps:
      - step: a
        exec: [a]
        capture: { before: { exec: [read], value: stdout } }
        rollback: { exec: [undo_a] }
      - group: g
        mode: parallel
        steps:
          - step: t
            exec: [on]
            temporary: true
            rollback: { exec: [off] }
          - step: b
            exec: [b]
            verify: { exec: [look] }
            rollback: { exec: [undo_b] }
          - check: c
            exec: [c]
            within: 20s
      - step: d
        exec: [d]
        retry: { attempts: 2 }
        rollback: { exec: [undo_d] }
    steady_state:
      - check: serving
        exec: [serving]
    """

  private func stage(failing: Bool) throws -> Stage {
    let stage = try Stage(CrashTests.playbook)
    stage.acts["c?"] = [.fails(), .ok]
    if failing { stage.acts["d"] = [.fails()] }
    return stage
  }

  /// Actions only: questions may be asked twice.
  private func deeds(_ stage: Stage) -> [String] { stage.started.filter { !$0.hasSuffix("?") }.sorted() }

  @Test("after every durable event: resumed, it ends as if nothing had happened", arguments: [false, true])
  func afterEveryEvent(failing: Bool) throws {
    let whole = try stage(failing: failing)
    let end = try whole.drive()
    #expect(end == (failing ? .rolledBack : .succeeded))
    for limit in 1..<whole.journal.count {
      let crashed = try stage(failing: failing)
      crashed.diesAfterEvents = limit
      #expect(try crashed.drive() == nil)
      crashed.diesAfterEvents = nil
      #expect(try crashed.drive(.resume(retry: false)) == end, "after event \(limit)")
      #expect(deeds(crashed) == deeds(whole), "after event \(limit)")
    }
  }

  @Test("before every start: what was intended and never started is started exactly once")
  func beforeEveryStart() throws {
    for failing in [false, true] {
      let whole = try stage(failing: failing)
      let end = try whole.drive()
      for limit in 0..<whole.started.count {
        let crashed = try stage(failing: failing)
        crashed.diesAfterStarts = limit
        #expect(try crashed.drive() == nil)
        crashed.diesAfterStarts = nil
        #expect(try crashed.drive(.resume(retry: false)) == end, "before start \(limit)")
        #expect(deeds(crashed) == deeds(whole), "before start \(limit)")
      }
    }
  }

  @Test("a pause at any second ends in a run that resumes to the same end")
  func pauseAnywhere() throws {
    for failing in [false, true] {
      let whole = try stage(failing: failing)
      let end = try whole.drive()
      for second in 0..<(whole.now / 1_000_000_000) {
        let paused = try stage(failing: failing)
        paused.stopAtSecond = [(second, .pause)]
        var status = try paused.drive()
        if status == .paused { status = try paused.drive(.resume(retry: false)) }
        #expect(status == end, "paused at second \(second)")
        #expect(deeds(paused) == deeds(whole), "paused at second \(second)")
      }
    }
  }

  @Test("what is stopped by force is in doubt, and never done twice blindly")
  func killAnywhere() throws {
    for second in Int64(0)..<4 {
      let killed = try stage(failing: false)
      killed.stopAtSecond = [(second, .kill)]
      guard try killed.drive() == .paused else { continue }
      let status = try killed.drive(.resume(retry: false))
      #expect(
        status == .held || status == .succeeded, "killed at second \(second): \(String(describing: status))")
    }
  }
}
