import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Playbooks in playbooks, and groups undone as a whole") struct CallTests {
  private static let part = """
    belay: 1
    params: { name: { type: string } }
    outputs: { greeting: steps.b.said }
    on_failure: rollback
    steps:
      - { step: a, exec: [a, "${{ params.name }}"], rollback: { exec: [undo] } }
      - { step: b, exec: [b], outputs: { said: "lines[0]" }, rollback: { exec: [undo] } }
    steady_state:
      - { check: ok, exec: [ok] }
    """

  @Test("a playbook gets what is known only now, ends with its steady state, and gives its outputs alone")
  func outputs() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: first, exec: [first], outputs: { name: "lines[0]" }, rollback: nothing }
        - { step: call, playbook: part, with: { name: "${{ steps.first.name }}" } }
        - { step: last, when: steps.call.greeting == "hello", exec: [last], rollback: nothing }
      """, calling: ["part": CallTests.part])
    stage.acts = ["first": [.says("eva\n")], "call/b": [.says("hello\n")]]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["first", "call/a", "call/b", "call/ok?", "last"])
    #expect(try stage.state()["call"].captures["with.name"] == .string("eva"))
    #expect(try stage.state()["call"].outputs["greeting"] == .string("hello"))
  }

  @Test("its rule holds inside, and then the caller's for the node that calls it")
  func rules() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: call, playbook: part, with: { name: eva }, on_failure: continue }
        - { step: last, exec: [last], rollback: nothing }
      """, calling: ["part": CallTests.part])
    stage.acts = ["call/b": [.fails()]]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["call/a", "call/b", "call/b~rollback", "call/a~rollback", "last"])
    #expect(try stage.state()["call"].continued)
  }

  @Test(
    "what is tried again is the whole playbook, with nothing undone, and the last attempt's outputs are read")
  func retry() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: call
          playbook: part
          capture: { before: { exec: [read], value: "lines[0]" } }
          retry: { attempts: 3, delay: 2s, when: error.exit_code == 1 }
        - { step: last, when: steps.call.said == "hello" && steps.call.before == "7", exec: [last], rollback: nothing }
      """,
      calling: [
        "part": """
        belay: 1
        outputs: { said: steps.b.said }
        steps:
          - { step: a, exec: [a], rollback: { exec: [undo] } }
          - { step: b, exec: [b], outputs: { said: "lines[0]" }, rollback: nothing }
        """
      ])
    stage.acts = [
      "call?": [.says("7\n"), .says("9\n")], "call/b": [.fails()], "call#2/b": [.says("hello\n")],
    ]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["call?", "call/a", "call/b", "call#2/a", "call#2/b", "last"])
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started.suffix(2) == ["call#2/a~rollback", "call/a~rollback"])
  }

  @Test("a group in an attempt that has failed is over: its watch is not asked while the next attempt runs")
  func groupOfAFailedAttempt() throws {
    let stage = try Stage(
      "belay: 1\nsteps: [{ step: call, playbook: part, retry: { attempts: 2, delay: 1s } }]",
      calling: [
        "part": """
        belay: 1
        steps:
          - group: g
            watch: [{ check: rate, exec: [measure], every: 5s, on_failure: stop }]
            steps:
              - { step: a, exec: [a], rollback: nothing }
              - { step: b, exec: [b], rollback: nothing }
        """
      ])
    stage.acts = ["call/b": [.fails()], "call#2/a": [Act(takes: .seconds(20))]]
    #expect(try stage.drive() == .succeeded)
    let first = try #require(stage.started.firstIndex(of: "call#2/a"))
    #expect(!stage.started[first...].contains("call/rate?"))
    #expect(stage.started[first...].contains("call#2/rate?"))
    #expect(try stage.state()["call/g"].status == .failed)
  }

  @Test(
    "one that is not tried again, or has failed as often as it may, has failed by the caller's rule",
    arguments: [(1, "stop", RunStatus.failed), (2, "continue", .succeeded), (1, "continue", .succeeded)])
  func givenUp(code: Int32, rule: String, ends: RunStatus) throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: call, playbook: part, retry: { attempts: 2, delay: 1s, when: error.exit_code == 1 }, on_failure: \(rule) }
        - { check: after, expect: steps.call.state == "failed" }
      """, calling: ["part": "belay: 1\nsteps:\n  - { step: a, exec: [a], rollback: nothing }\n"])
    stage.acts = ["call/a": [.fails(code)], "call#2/a": [.fails()]]
    #expect(try stage.drive() == ends)
    #expect(stage.started == (code == 1 ? ["call/a", "call#2/a"] : ["call/a"]))
    if rule == "continue" { #expect(try stage.state()["call"].continued) }
  }

  private static let healthy = """
    belay: 1
    outputs: { seen: steps.b.seen }
    steps:
      - { check: a, exec: [a] }
      - { check: b, exec: [b], outputs: { seen: "lines[0]" } }
    """

  @Test("a check that calls a playbook asks all of it again until it holds, at most for its time")
  func asked() throws {
    let yaml = """
      belay: 1
      steps:
        - { check: call, playbook: part, within: 30s, every: 10s }
        - { step: last, when: steps.call.seen == "yes", exec: [last], rollback: nothing }
      """
    let stage = try Stage(yaml, calling: ["part": CallTests.healthy])
    stage.acts = ["call/b?": [.fails(), Act(exit: 0, stoppedBecause: "timeout"), .says("yes\n")]]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["call/a?", "call/b?", "call/a?", "call/b?", "call/a?", "call/b?", "last"])
    #expect((22...24).contains(stage.now / 1_000_000_000), "\(stage.now)")
    let other = try Stage(yaml, calling: ["part": CallTests.healthy])
    other.acts = ["call/a?": [.fails()]]
    #expect(try other.drive() == .failed)
    #expect(other.started.count == 4, "at 0, 10, 20 and, for the last time, 30 seconds")
    // Its time begins anew for who tries again.
    other.acts = ["call/b?": [.says("yes\n")]]
    #expect(try other.drive(.resume(retry: true)) == .succeeded)
  }

  @Test("killed at any second and resumed, it has the time that was left of it, and ends the same")
  func askedAndKilled() throws {
    for second in Int64(1)...35 {
      let stage = try Stage(
        """
        belay: 1
        steps:
          - { check: call, playbook: part, within: 30s, every: 10s }
        """, calling: ["part": CallTests.healthy])
      stage.acts = ["call/a?": [.fails()]]
      stage.diesAtSecond = second
      let first = try stage.drive()
      if first == nil { #expect(try stage.drive(.resume(retry: false)) == .failed) }
      #expect((30...36).contains(stage.now / 1_000_000_000), "\(second): \(stage.now)")
    }
  }

  private static let whole = """
    belay: 1
    steps:
      - group: g
        on_failure: rollback
        capture: { before: { exec: [read], value: "lines[0]" } }
        rollback: { exec: [undo, "${{ steps.g.before }}"] }
        steps:
          - { step: a, exec: [a], rollback: { exec: [undo] } }
          - { step: b, exec: [b], rollback: { exec: [undo] } }
    """

  @Test("a group's rollback stands in place of its steps', and the group has failed by it")
  func wholeGroup() throws {
    let stage = try Stage(CallTests.whole)
    stage.acts = ["g?": [.says("7\n"), .says("9\n")], "b": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(stage.started == ["g?", "a", "b", "g~rollback"])
    #expect(try stage.state()["g"].failure?.kind == "rollback")
    #expect(try stage.state()["a"].status == .compensated)
    // What is tried again begins from the state that is there then.
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started.dropFirst(4) == ["g?", "a", "b"])
    #expect(try stage.state()["g"].captures["before"] == .string("9"))
  }

  @Test("before every start: killed there and resumed, the group is undone once and as a whole")
  func killed() throws {
    for start in 0..<4 {
      let stage = try Stage(CallTests.whole)
      stage.acts = ["g?": [.says("7\n")], "b": [.fails()]]
      stage.diesAfterStarts = start
      try stage.drive()
      stage.diesAfterStarts = nil
      #expect(try stage.drive(.resume(retry: false)) == .failed)
      #expect(stage.started.filter { $0 == "g~rollback" }.count == 1, "killed before start \(start)")
      #expect(!stage.started.contains("a~rollback"))
    }
  }

  @Test("a group's rollback that ended unseen has undone its steps")
  func endedUnseen() throws {
    let stage = try Stage(CallTests.whole)
    stage.acts = ["g?": [.says("7\n")], "b": [.fails()], "g~rollback": [Act(takes: .seconds(5))]]
    stage.diesAtSecond = 6
    #expect(try stage.drive() == nil)
    stage.now = 60_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(stage.started == ["g?", "a", "b", "g~rollback"])
    #expect(try stage.state()["b"].status == .compensated)
  }

  @Test("what a group has captured is kept while something of it stands")
  func keptCapture() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          capture: { before: { exec: [read], value: "lines[0]" } }
          rollback: { exec: [undo, "${{ steps.g.before }}"] }
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] } }
            - { step: b, exec: [b], rollback: { exec: [undo] }, on_failure: rollback }
      """)
    stage.acts = ["g?": [.says("7\n"), .says("9\n")], "b": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(try stage.state()["g"].captures["before"] == .string("7"))
    #expect(stage.started.filter { $0 == "g?" }.count == 1)
  }

  @Test("what was undone with its group is done again with it, also a failure that the run went over")
  func continuedAndUndone() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: rollback
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] }, on_failure: continue }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
      """)
    stage.acts = ["a": [.fails(), .ok], "b": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["a", "b", "b~rollback", "a~rollback", "a", "b"])
  }

  @Test("a group that was undone as a whole and goes on, as a part of it is skipped, can be undone again")
  func undoneAgain() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: rollback
          rollback: { exec: [undo] }
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] } }
            - { check: b, exec: [b] }
      """)
    stage.acts = ["b?": [.fails()]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: true), skips: ["b"]) == .succeeded)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started.filter { $0 == "g~rollback" }.count == 2)
  }

  @Test("a group that was undone as a whole can be resumed where a person has to decide first")
  func heldAtBarrier() throws {
    let stage = try Stage(
      """
      belay: 1
      on_failure: rollback
      steps:
        - { step: gone, exec: [x], irreversible: { why: It is gone, recover: Restore it } }
        - group: g
          on_failure: rollback
          rollback: { exec: [undo] }
          steps:
            - { step: a, exec: [a] }
      """)
    stage.acts = ["a": [.fails(), .ok]]
    #expect(try stage.drive() == .waiting)
    #expect(try stage.say(.init(node: "gone", uid: 1000)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .held)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["gone", "a", "g~rollback", "a"])
  }

  @Test("rolled back to a node of a scope that was undone: what was undone before the node is done again")
  func backIntoUndone() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          on_failure: rollback
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] } }
            - { check: b, exec: [b] }
            - { step: c, exec: [c], rollback: { exec: [undo] } }
      """)
    stage.acts = ["c": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("b"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "b?", "c", "c~rollback", "a~rollback", "a", "c"])
  }

  @Test("rolled back to a node of an attempt that was undone: it is done again with what was before the node")
  func backIntoUndoneAttempt() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: g, playbook: other, retry: { attempts: 2, delay: 1s } }
      """,
      calling: [
        "other": """
        belay: 1
        on_failure: rollback
        steps:
          - { step: a, exec: [a], rollback: { exec: [undo] } }
          - { check: b, exec: [b] }
          - { step: c, exec: [c], rollback: nothing }
        """
      ])
    stage.acts = ["g/c": [.fails(), .ok], "g#2/c": [.fails()]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("g/b"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started.suffix(2) == ["g/a", "g/c"])
  }
}
