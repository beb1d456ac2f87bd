import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Telling people") struct NoticeTests {
  private static let tell = """
    belay: 1
    effect: write
    params: { text: { type: string } }
    exec: [tell, "${{ params.text }}"]
    """
  private static let roster = "belay: 1\npeople:\n  ana: { name: Ana }\n  ben: { name: Ben }\n"

  private func stage(_ notify: String, _ rest: String = "") throws -> Stage {
    try Stage(
      """
      belay: 1
      title: Deploy
      notify:
        - \(notify)
          uses: tell
          with: { text: "${{ event.kind }}/${{ event.node }}/${{ event.text }}" }
      steps:
        - step: a
          exec: [a]
          rollback: nothing
      \(rest)
      """,
      files: ["playbooks/actions/tell.yaml": NoticeTests.tell, "playbooks/roster.yaml": NoticeTests.roster])
  }

  /// What became of each: `1 sent`, `2 the reason`.
  private func ends(_ stage: Stage) -> [String] {
    stage.journal.compactMap { item in
      if case .noticeEnded(let number, let failure) = item.event {
        "\(number) \(failure ?? "sent")"
      } else {
        nil
      }
    }
  }

  private let name = NoticeName.of(0) + "?"

  @Test("the beginning and the end, before the engine leaves")
  func beginningAndEnd() throws {
    let stage = try stage("events: [started, succeeded]")
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == [name, "a", name] || stage.started == ["a", name, name])
    #expect(ends(stage) == ["1 sent", "2 sent"])
    #expect(stage.texts == ["started//started by ana", "succeeded//succeeded"])
  }

  @Test("one that fails is written down and fails nothing")
  func failing() throws {
    let stage = try stage("events: [succeeded]")
    stage.acts[name] = [.fails()]
    #expect(try stage.drive() == .succeeded)
    #expect(ends(stage).first?.hasPrefix("1 exit status 1") == true)
  }

  @Test("one that hangs has a minute, and the run has ended before")
  func hanging() throws {
    let stage = try stage("events: [succeeded]")
    stage.acts[name] = [Act(takes: .seconds(1000))]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.now < 70_000_000_000)
    #expect(ends(stage).count == 1)
  }

  @Test("a failure is told with its cause")
  func failure() throws {
    let stage = try stage("events: [failed]")
    stage.acts["a"] = [.fails()]
    #expect(try stage.drive() == .failed)
    #expect(stage.texts.first?.hasPrefix("failed/a/failed: a failed: ") == true)
  }

  @Test("the engine dies before it was sent: the next one sends it, once")
  func killed() throws {
    let stage = try stage("events: [started]")
    stage.diesOnce = { if case .noticeDue = $0 { true } else { false } }
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(ends(stage) == ["1 sent"])
    #expect(stage.texts.count == 1)
  }

  @Test("every so often while the run is at work")
  func everySoOften() throws {
    let stage = try stage("every: 20s", "  - gate: g\n    wait: 70s")
    #expect(try stage.drive() == .succeeded)
    #expect(stage.texts.map { $0.prefix(6) } == ["every/", "every/", "every/"])
  }

  @Test("a node is overdue once, and nobody waits for it")
  func overdue() throws {
    let stage = try stage("events: [overdue]", "  - gate: g\n    wait: 70s\n    due: 30s")
    #expect(try stage.drive() == .succeeded)
    #expect(stage.texts.count == 1)
    #expect(try stage.state()["g"].isOverdue)
  }

  @Test("a node that is to be done again after its moment is overdue before the run rests")
  func overdueAgain() throws {
    let stage = try stage(
      "events: [overdue]", "  - step: b\n    exec: [b]\n    rollback: nothing\n    due: 30s")
    #expect(try stage.drive() == .succeeded)
    stage.now += 60_000_000_000
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.state()["b"].isOverdue)
    #expect(stage.texts.count == 1)
  }

  @Test("what has ended in time and is undone is not overdue, and waits for nobody")
  func undoneInTime() throws {
    let stage = try stage(
      "events: [overdue, escalated]",
      "  - step: b\n    exec: [b]\n    rollback: { exec: [undo] }\n    due: 30s\n"
        + "    escalate: [{ after: 30s, to: ana }]")
    stage.acts["b~rollback"] = [Act(takes: .seconds(60))]
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.now >= 60_000_000_000)
    #expect(stage.texts.isEmpty)
  }

  /// When each node was called overdue, in seconds from the run's start by the wall clock.
  private func overdue(_ stage: Stage) -> [String] {
    stage.journal.compactMap { item in
      if case .overdue(let node, _) = item.event {
        "\(node) \(item.at.seconds - Stage.begin / 1_000_000_000)"
      } else {
        nil
      }
    }
  }

  @Test("a clock that is set past its moment makes a node overdue at once")
  func overdueByTheClock() throws {
    let stage = try stage("events: [overdue]", "  - gate: g\n    wait: 70s\n    due: 5000s")
    stage.clockSetAtSecond = (30, by: .seconds(6000))
    #expect(try stage.drive() == .succeeded)
    #expect(overdue(stage) == ["g 6030"])
  }

  @Test("what was chosen is overdue before its turn comes")
  func overdueWhereChosen() throws {
    let stage = try stage(
      "events: [overdue]",
      """
        - group: g
          mode: choice
          steps:
            - group: h
              when: 2 > 1
              steps:
                - gate: d
                  wait: 70s
                - gate: e
                  wait: 1s
                  due: 30s
            - gate: f
              wait: 1s
              due: 20s
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(overdue(stage) == ["e 30"])
  }

  @Test("a further attempt at a group is overdue once it is to come")
  func overdueInAFurtherAttempt() throws {
    let stage = try stage(
      "events: [overdue]",
      """
        - group: g
          retry: { attempts: 2, delay: 50s }
          steps:
            - step: d
              exec: [d]
              rollback: nothing
            - gate: e
              wait: 1s
              due: 30s
      """)
    stage.acts["d"] = [.fails(), .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(overdue(stage) == ["g#2/e 30"])
  }

  @Test("who is next hears of a gate that waits, up to the end of the chain")
  func escalation() throws {
    let stage = try stage(
      "events: [escalated]",
      "  - gate: g\n    wait: 70s\n    escalate: [{ after: 10s, to: ana }, { after: 30s, to: [ben] }]")
    #expect(try stage.drive() == .succeeded)
    let told = stage.journal.compactMap { item in
      if case .escalated(let node, let level, let to) = item.event { "\(node) \(level) \(to)" } else { nil }
    }
    #expect(told == ["g 1 [\"ana\"]", "g 2 [\"ben\"]"])
    #expect(stage.texts.count == 2)
  }

  @Test("a chain goes on where the engine before has left it")
  func escalationAfterACrash() throws {
    let stage = try stage(
      "events: [escalated]",
      "  - gate: g\n    wait: 70s\n    escalate: [{ after: 10s, to: ana }, { after: 30s, to: [ben] }]")
    stage.diesAtSecond = 20
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(try stage.state()["g"].escalated == 2)
    #expect(stage.texts.count == 2)
  }

  @Test("after the end of a run nothing but what people are told is written down")
  func afterTheEnd() throws {
    let stage = try stage("events: [closed]")
    stage.stopAtSecond = [(0, .pause)]
    #expect(try stage.drive() == .paused)
    #expect(try stage.drive(.close(note: "no more")) == .closed)
    #expect(ends(stage) == ["1 sent"])
  }
}
