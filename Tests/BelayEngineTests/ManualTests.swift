import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("What people do and look at") struct ManualTests {
  private static let deed = """
    belay: 1
    on_failure: rollback
    steps:
      - step: switch
        manual:
          text: Switch the lamp on
          by: [release]
          record: { lamp: { type: integer, min: 1 }, color: { type: string, enum: [red, green], required: false } }
        within: 10m
        rollback: { exec: [off] }
      - step: next
        exec: [next]
        rollback: nothing
    """

  @Test(
    "a step by a person: its intent is on the record before it is asked for, and what they record is its own")
  func deed() throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    #expect(try stage.drive() == .waiting)
    let types = stage.journal.map(\.event.type)
    #expect(types.suffix(3) == ["attempt_intended", "asked", "rested"])
    let word = Stage.Word(node: "switch", says: .done, uid: 1001, values: [.init(name: "lamp", text: "7")])
    #expect(try stage.say(word) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    let end = stage.journal.compactMap { item -> AttemptEnd? in
      if case .attemptFinished("switch", _, let end) = item.event { end } else { nil }
    }
    #expect(end.map(\.outcome) == [.succeeded])
    #expect(stage.started == ["next"])
  }

  @Test(
    "what is recorded has its type",
    arguments: [
      ([Proposal.Given](), "'lamp' is missing"),
      ([.init(name: "lamp", text: "x")], "'lamp': 'x' is not an integer such as 42"),
      ([.init(name: "lamp", text: "0")], "'lamp': '0' is less than 1"),
      (
        [.init(name: "lamp", text: "1"), .init(name: "color", text: "blue")],
        "'color': 'blue' is none of red, green"
      ),
      ([.init(name: "lamp", text: "1"), .init(name: "size", text: "1")], "it records no 'size'"),
    ])
  func types(_ values: [Proposal.Given], _ reason: String) throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    try stage.drive()
    let refusal = try stage.say(.init(node: "switch", says: .done, uid: 1001, values: values))
    #expect(refusal?.hasPrefix(reason) == true, "\(refusal ?? "accepted")")
  }

  @Test("by their word it has failed")
  func failed() throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(.init(node: "switch", says: .failed, uid: 1001, note: "no lamp")) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(try stage.state()["switch"].failure?.message == "ben says that it failed: no lamp")
    #expect(stage.started == ["switch~rollback"], "what has failed may have begun")
  }

  @Test("nobody has answered in time: whether it was done nobody knows, and the run holds")
  func unanswered() throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    stage.isAttended = true
    #expect(try stage.drive() == .held)
    #expect(stage.now == 600_000_000_000)
    #expect(try stage.state()["switch"].status == .held)
    #expect(stage.started.isEmpty)
  }

  @Test("a rollback while it is asked for: it may have been begun, and a person decides")
  func rolledBackMeanwhile() throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.drive(.rollback(.run)) == .held)
    try stage.resolve("switch", .notDone)
    #expect(try stage.drive(.resume(retry: false)) == .rolledBack)
    #expect(stage.started.isEmpty)
  }

  @Test("a rollback after they have answered, and no engine has read it: their word counts, and it is undone")
  func rolledBackAfterwards() throws {
    let oneAtATime = ManualTests.deed.replacing("belay: 1", with: "belay: 1\nmax_parallel: 1")
    let stage = try Stage(oneAtATime, roster: Stage.roster)
    try stage.drive()
    let word = Stage.Word(node: "switch", says: .done, uid: 1001, values: [.init(name: "lamp", text: "7")])
    #expect(try stage.say(word) == nil)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started == ["switch~rollback"])
    #expect(!stage.journal.contains { $0.event.type == "doubted" })
  }

  @Test("a pause leaves the question standing")
  func paused() throws {
    let stage = try Stage(ManualTests.deed, roster: Stage.roster)
    stage.isAttended = true
    stage.stopAtSecond = [(5, .pause)]
    #expect(try stage.drive() == .paused)
    let word = Stage.Word(node: "switch", says: .done, uid: 1001, values: [.init(name: "lamp", text: "7")])
    #expect(try stage.say(word) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }

  @Test("a check by a person: pass, fail, and unknown when nobody has looked")
  func look() throws {
    let yaml = """
      belay: 1
      steps:
        - check: calm
          manual: { text: Is it calm?, record: { errors: { type: integer } } }
          within: 5m
          expect: errors < 3
        - step: next
          exec: [next]
          rollback: nothing
      """
    for (errors, status) in [("1", RunStatus.succeeded), ("7", .failed)] {
      let stage = try Stage(yaml, roster: Stage.roster)
      #expect(try stage.drive() == .waiting)
      let word = Stage.Word(
        node: "calm", says: .done, uid: 1003, values: [.init(name: "errors", text: errors)])
      #expect(try stage.say(word) == nil)
      #expect(try stage.drive(.resume(retry: false)) == status)
    }
    let stage = try Stage(yaml, roster: Stage.roster)
    stage.isAttended = true
    #expect(try stage.drive() == .failed)
    #expect(try stage.state()["calm"].ending == .unknown)
  }

  @Test("a person confirms a step, and its doubt is settled by them")
  func verify() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: deploy
          exec: [deploy]
          verify: { manual: Is the new version there? }
          rollback: nothing
      """, roster: Stage.roster)
    #expect(try stage.drive() == .waiting)
    #expect(stage.started == ["deploy"])
    #expect(try stage.say(.init(node: "deploy", says: .done, uid: 1001)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["deploy"])
  }
}
