import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Watches") struct WatchTests {
  /// A watch around a step, a gate and another step.
  private static func playbook(
    _ watch: String = "", gate: String = "wait: 60s", first: String = "", rule: String = "rollback"
  ) -> String {
    """
    belay: 1
    watch:
      - check: rate
        exec: [measure]
        every: 10s
        unknown_if: exit_code == 7
        on_failure: \(rule)
    \(watch)
    steps:
      - step: a
        exec: [a]
        rollback: { exec: [undo] }
    \(first)
      - gate: g
        \(gate)
      - step: b
        exec: [b]
        rollback: { exec: [undo] }
    """
  }

  private let fails = Act.fails(1)
  private let blind = Act.fails(7)

  /// The trips of a journal: watch, verdict, rule, seconds since the beginning.
  private func trips(_ stage: Stage) -> [String] {
    stage.journal.compactMap { item in
      guard case .watchTripped(let watch, let trip) = item.event else { return nil }
      let waits = trip.waitsFor.isEmpty ? "" : " after \(trip.waitsFor.joined(separator: ", "))"
      return "\(watch) \(trip.verdict.rawValue) \(trip.rule.rawValue) at \(item.at.seconds - 86_400)\(waits)"
    }
  }

  @Test("nothing is changed before it has passed once")
  func firstPass() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 60s"))
    stage.acts["rate?"] = [fails, fails, .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started.prefix(4) == ["rate?", "rate?", "rate?", "a"])
  }

  @Test("it trips at once where nothing is said, and nothing was changed")
  func atOnce() throws {
    let stage = try Stage(WatchTests.playbook())
    stage.acts["rate?"] = [fails]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started == ["rate?"])
    #expect(trips(stage) == ["rate fail rollback at 1"])
  }

  @Test("it trips during a gate, and what was done is undone")
  func duringAGate() throws {
    let stage = try Stage(WatchTests.playbook())
    stage.acts["rate?"] = [.ok, .ok, .ok, fails]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "a~rollback"])
    #expect(trips(stage) == ["rate fail rollback at 31"])
    #expect(try stage.state().cause.hasPrefix("rate tripped: "))
  }

  @Test("it has to fail in every answer for as long as is said; one that passes begins anew")
  func tripsAfter() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 20s"))
    stage.acts["rate?"] = [.ok, fails, fails, .ok, fails, blind, fails]
    #expect(try stage.drive() == .rolledBack)
    // Asked at 40, 50 and 60: between the first and the last failing answer lie 20 s.
    #expect(trips(stage) == ["rate fail rollback at 61"])
  }

  @Test("a blind metric is no pass and no failure: it has a rule of its own, which is to stop")
  func blindness() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 20s"))
    stage.acts["rate?"] = [.ok, blind]
    #expect(try stage.drive() == .failed)
    #expect(stage.started.filter { $0 != "rate?" } == ["a"])
    #expect(trips(stage) == ["rate unknown stop at 31"])
    #expect(try stage.state().cause.contains("no answer"))
  }

  @Test("a question that hangs for as long as there may be no answer trips too")
  func hanging() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 20s\n    timeout: 10m"))
    stage.acts["rate?"] = [.ok, Act(takes: .seconds(500))]
    #expect(try stage.drive() == .failed)
    #expect(trips(stage) == ["rate unknown stop at 30"])
    #expect(stage.stopped == ["rate?"])
  }

  @Test("an answer that takes longer than it may fail is no missing answer")
  func slowAnswers() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 1s"))
    stage.acts["rate?"] = [Act(takes: .seconds(3))]
    #expect(try stage.drive() == .succeeded)
    #expect(trips(stage).isEmpty)
  }

  @Test("a blind one rolls back where its author says so")
  func blindRollback() throws {
    let stage = try Stage(WatchTests.playbook("    on_unknown: rollback"))
    stage.acts["rate?"] = [.ok, blind]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "a~rollback"])
  }

  @Test("a trip during a step waits for it and says so; the next one does not start")
  func duringAStep() throws {
    let stage = try Stage(WatchTests.playbook())
    stage.acts["rate?"] = [.ok, fails]
    stage.acts["a"] = [Act(takes: .seconds(30))]
    #expect(try stage.drive() == .rolledBack)
    #expect(trips(stage) == ["rate fail rollback at 11 after a"])
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "a~rollback"])
    #expect(stage.stopped.filter { $0 == "a" }.isEmpty)
  }

  @Test("a step that may be interrupted is")
  func interrupted() throws {
    let stage = try Stage(WatchTests.playbook(first: "    interrupt: true"))
    stage.acts["rate?"] = [.ok, fails]
    stage.acts["a"] = [Act(takes: .seconds(30))]
    _ = try stage.drive()
    #expect(stage.stopped.contains("a"))
  }

  @Test("one that only tells changes nothing, and tells once until it passes again")
  func tells() throws {
    let stage = try Stage(WatchTests.playbook(rule: "continue"))
    stage.acts["rate?"] = [.ok, fails, fails, .ok, fails, .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(trips(stage) == ["rate fail tell at 11", "rate fail tell at 41"])
  }

  @Test("after a pause it has to pass again before anything is changed")
  func afterAPause() throws {
    let stage = try Stage(WatchTests.playbook(gate: "wait: 20s"))
    stage.stopAtSecond = [(15, .pause)]
    #expect(try stage.drive() == .paused)
    stage.acts["rate?"] = [fails]
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "a~rollback"])
  }

  @Test(
    "the engine dies right after the trip: the next one draws the consequence, whatever the metric shows now")
  func killedAfterTheTrip() throws {
    let stage = try Stage(WatchTests.playbook())
    stage.acts["rate?"] = [.ok, fails, .ok]
    stage.acts["a"] = [Act(takes: .seconds(30))]
    stage.diesOnce = { if case .watchTripped = $0 { true } else { false } }
    #expect(try stage.drive() == nil)
    #expect(try stage.state().trip != nil)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "a~rollback"])
  }

  @Test("an engine that is killed has not lost since when it fails")
  func killedWhileFailing() throws {
    let stage = try Stage(WatchTests.playbook("    trips_after: 40s"))
    stage.acts["rate?"] = [.ok, fails]
    stage.diesAtSecond = 35
    #expect(try stage.drive() == nil)
    stage.now = 52_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(trips(stage) == ["rate fail rollback at 53"])
  }

  @Test("a paused trip is not forgotten")
  func pausedTrip() throws {
    let stage = try Stage(WatchTests.playbook())
    stage.acts["rate?"] = [.ok, fails]
    stage.acts["a"] = [Act(takes: .seconds(30))]
    stage.stopAtSecond = [(20, .pause)]
    #expect(try stage.drive() == .paused)
    stage.acts["rate?"] = [.ok]
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
  }

  @Test("who resumes after a trip that stopped goes on when the metric is good again")
  func resumed() throws {
    let stage = try Stage(WatchTests.playbook(rule: "stop"))
    stage.acts["rate?"] = [.ok, .ok, fails, .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.filter { $0 != "rate?" } == ["a", "b"])
  }

  @Test("one of a group is asked while the group is at work, and undoes the group")
  func ofAGroup() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: before
          exec: [before]
          rollback: { exec: [undo] }
        - group: g
          on_failure: continue
          watch:
            - check: rate
              exec: [measure]
              every: 10s
              on_failure: rollback
          steps:
            - step: a
              exec: [a]
              rollback: { exec: [undo] }
            - gate: settle
              wait: 60s
        - step: after
          exec: [after]
          rollback: { exec: [undo] }
      """)
    stage.acts["rate?"] = [.ok, fails]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["before", "rate?", "a", "rate?", "a~rollback"])
    #expect(try stage.state()["g"].status == .failed)
  }

  @Test("a step whose attempt has failed while no engine lived is not tried again before it has passed")
  func retryAfterAResume() throws {
    let stage = try Stage(
      WatchTests.playbook("    trips_after: 60s", first: "    retry: { attempts: 2, delay: 1s }"))
    stage.acts["a"] = [Act(exit: 1, takes: .seconds(30)), .ok]
    stage.diesAtSecond = 20
    #expect(try stage.drive() == nil)
    stage.now = 40_000_000_000
    stage.acts["rate?"] = [fails, .ok]
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    // Asked at 0 and 10 before the kill, and twice after it before the second attempt.
    let second = stage.started.lastIndex(of: "a") ?? 0
    #expect(stage.started[..<second].filter { $0 == "rate?" }.count == 4)
  }

  @Test("while the run goes back it is only told")
  func whileGoingBack() throws {
    let stage = try Stage(WatchTests.playbook(gate: "wait: 1s"))
    stage.acts["b"] = [.fails()]
    stage.acts["a~rollback"] = [Act(takes: .seconds(30))]
    stage.acts["rate?"] = [.ok, fails]
    #expect(try stage.drive(.run) == .failed)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(trips(stage).allSatisfy { $0.contains(" tell ") })
  }

  @Test("one that fails while a called playbook is undone stops the next attempt of it")
  func whileGoingBackAndForward() throws {
    let stage = try Stage(
      """
      belay: 1
      watch:
        - { check: rate, exec: [measure], every: 60s, on_failure: stop }
      steps:
        - { step: call, playbook: part, retry: { attempts: 2, delay: 1s } }
      """,
      calling: [
        "part": """
        belay: 1
        steps:
          - group: g
            on_failure: rollback
            steps:
              - { step: a, exec: [a], rollback: { exec: [undo] } }
              - { step: b, exec: [b], rollback: nothing }
        """
      ])
    stage.acts = [
      "call/b": [.fails()], "call/a~rollback": [Act(takes: .seconds(90))], "rate?": [.ok, fails],
    ]
    #expect(try stage.drive() == .failed)
    #expect(!stage.started.contains("call#2/a"))
    #expect(trips(stage) == ["rate fail tell at 61 after call/a~rollback", "rate fail stop at 121"])
  }

  @Test("a temporary is applied again only when the watch of the group around it has passed")
  func temporaryTriedAgain() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: rollback
          watch:
            - check: rate
              exec: [measure]
              every: 10s
              on_failure: rollback
          steps:
            - step: t
              exec: [t]
              temporary: true
              rollback: { exec: [undo] }
            - step: a
              exec: [a]
              rollback: { exec: [undo] }
      """)
    stage.acts["t"] = [.fails(), .ok]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    let second = stage.started.lastIndex(of: "t") ?? 0
    #expect(stage.started[..<second].last == "rate?")
  }
}
