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
