import BelayEngine
import BelayJournal
import BelayModel
import Testing

private let gated = """
  belay: 1
  steps:
    - gate: go
      approve: { by: [release] }
      message: Deploy?
      within: 30m
    - step: deploy
      exec: [deploy]
      rollback: nothing
  """

private func two(_ assurance: String = "os") -> String {
  """
  belay: 1
  steps:
    - gate: go
      approve:
        - { by: [release], assurance: \(assurance) }
        - { by: [database], assurance: \(assurance) }
      message: Deploy?
    - step: deploy
      exec: [deploy]
      rollback: nothing
  """
}

@Suite("Approvals") struct ApprovalTests {
  @Test("without a terminal the run waits, by its word, and nothing behind the gate starts")
  func waits() throws {
    let stage = try Stage(gated, roster: Stage.roster)
    #expect(try stage.drive() == .waiting)
    let state = try stage.state()
    #expect(state["go"].status == .waiting)
    #expect(state.cause == "go waits for release since 1970-01-02T00:00:00Z")
    #expect(stage.started.isEmpty)
    #expect(try stage.drive(.resume(retry: false)) == .waiting)
    let asked = stage.journal.count { if case .asked = $0.event { true } else { false } }
    #expect(asked == 1, "who resumes does not ask anew")
  }

  @Test("with the engine stopped meanwhile it is on the record, and resume goes on")
  func stopped() throws {
    let stage = try Stage(gated, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(.init(node: "go", uid: 1001, note: "fine")) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    let outputs = try stage.state()["go"].outputs
    #expect(outputs["by"] == .string("ben"))
    #expect(outputs["note"] == .string("fine"))
    #expect(stage.started == ["deploy"])
  }

  @Test("while the engine runs it frees its branch at once, and the other branch goes on meanwhile")
  func running() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - gate: go
              approve: { by: [release] }
              message: Deploy?
            - step: long
              exec: [long]
              rollback: nothing
            - step: deploy
              needs: [go]
              exec: [deploy]
              rollback: nothing
      """, roster: Stage.roster)
    stage.acts["long"] = [Act(takes: .seconds(100))]
    stage.words = [.init(second: 20, node: "go", uid: 1000)]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.story == ["long", "deploy", "deploy.", "long."])
    #expect(stage.replies == [.accepted("")])
  }

  @Test("rejected, the gate has failed by that person's word")
  func rejected() throws {
    let stage = try Stage(gated, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(.init(node: "go", says: .rejected, uid: 1001, note: "not today")) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    #expect(try stage.state()["go"].failure?.message == "rejected by ben: not today")
    #expect(stage.started.isEmpty)
    #expect(try stage.drive(.resume(retry: true)) == .waiting, "tried again, it is asked anew")
    #expect(try stage.say(.init(node: "go", uid: 1001)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }

  @Test(
    "expired it has failed, also when only the clock that people have says so, and nobody can approve it any more"
  )
  func expired() throws {
    let stage = try Stage(gated, roster: Stage.roster)
    stage.isAttended = true
    #expect(try stage.drive() == .failed)
    #expect(stage.now == 1_800_000_000_000)
    #expect(try stage.state()["go"].failure?.kind == "expired")

    let late = try Stage(gated, roster: Stage.roster)
    try late.drive()
    late.wallIsBehind = .seconds(-1800)
    #expect(try late.say(.init(node: "go", uid: 1001))?.hasPrefix("too late") == true)
    #expect(try late.drive(.resume(retry: false)) == .failed)
  }

  @Test("said in time it counts, whenever the run is resumed")
  func inTime() throws {
    let stage = try Stage(gated, roster: Stage.roster)
    try stage.drive()
    stage.now += 1_799_000_000_000
    #expect(try stage.say(.init(node: "go", uid: 1001)) == nil)
    stage.now += 10_000_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }

  @Test(
    "what does not count is refused with its reason",
    arguments: [
      (Stage.Word(node: "go", uid: 1002), "cleo may not answer go: it asks release"),
      (
        Stage.Word(node: "go", uid: 4711),
        "uid 4711, whom the roster does not know, may not answer go: it asks release"
      ),
      (
        Stage.Word(node: "go", uid: 1001, plan: "other"),
        "this is for another plan than the run's: other, not d"
      ),
      (Stage.Word(node: "go", uid: 1001, isStale: true), "go was asked anew since: look at it again"),
      (Stage.Word(node: "deploy", uid: 1001), "deploy is pending, and asks nobody"),
      (Stage.Word(node: "stop", uid: 1001), "the run has no node 'stop'"),
      (Stage.Word(node: "go", says: .done, uid: 1001), "go is approved or rejected, not answered"),
    ])
  func refused(_ word: Stage.Word, _ reason: String) throws {
    let stage = try Stage(gated, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(word) == reason)
    stage.isAttended = true
    var word = word
    word.second = 1
    stage.words = [word]
    stage.stopAtSecond = [(2, .pause)]
    #expect(try stage.drive(.resume(retry: false)) == .paused)
    #expect(stage.replies == [.refused(reason)])
    #expect(stage.started.isEmpty)
  }

  @Test("said twice, or to what is decided, it is refused")
  func repeated() throws {
    let stage = try Stage(two(), roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(.init(node: "go", uid: 1001)) == nil)
    #expect(try stage.say(.init(node: "go", uid: 1001)) == "ben has said so already, and counts once")
    #expect(try stage.say(.init(node: "go", uid: 1000)) == nil)
    #expect(try stage.say(.init(node: "go", uid: 1002)) == "go is answered already: approved by ana")
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(try stage.say(.init(node: "go", uid: 1002)) == "go is answered already: approved by ana")
  }

  @Test("two requirements need two people, in any order")
  func matching() throws {
    for people in [[1001, 1000], [1000, 1001], [1001, 1002], [1002, 1001]] {
      let stage = try Stage(two(), roster: Stage.roster)
      try stage.drive()
      #expect(try stage.say(.init(node: "go", uid: people[0])) == nil)
      #expect(try stage.drive(.resume(retry: false)) == .waiting)
      #expect(try stage.say(.init(node: "go", uid: people[1])) == nil)
      #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    }
  }

  @Test("count asks for so many people, and a no of one of them stops it")
  func count() throws {
    let yaml = gated.replacing("{ by: [release] }", with: "{ by: [release, cleo], count: 3, assurance: os }")
    let stage = try Stage(yaml, roster: Stage.roster)
    try stage.drive()
    #expect(try stage.say(.init(node: "go", uid: 1000)) == nil)
    #expect(try stage.say(.init(node: "go", uid: 1001)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .waiting)
    #expect(try stage.say(.init(node: "go", says: .rejected, uid: 1001)) == nil, "a yes may be taken back")
    #expect(try stage.drive(.resume(retry: false)) == .failed)
  }

  @Test("who began the run is excluded in a protected environment, and a signature is asked for")
  func excluded() throws {
    let stage = try Stage(gated, roster: Stage.roster, isProtected: true)
    try stage.drive()
    #expect(try stage.say(.init(node: "go", uid: 1000)) == "ana may not approve go: initiator excluded")
    #expect(
      try stage.say(.init(node: "go", uid: 1000, signer: "ana"))
        == "ana may not approve go: initiator excluded")
    #expect(
      try stage.say(.init(node: "go", uid: 1000, signer: "ben")) == "the key is of ben, and ana uses it")
    #expect(try stage.say(.init(node: "go", uid: 1001)) == "go asks for more than os: for signature")
    #expect(try stage.say(.init(node: "go", uid: 1001, signer: "ben")) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }

  @Test("what cannot be undone is approved first, before anything of it is read")
  func irreversible() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: drop
          capture: { before: { exec: [read], value: "lines[0]" } }
          exec: [drop]
          irreversible: { why: The table is gone, recover: From the backup, by: [database] }
      """, roster: Stage.roster)
    stage.acts["drop?"] = [.says("1\n")]
    #expect(try stage.drive() == .waiting)
    #expect(stage.started.isEmpty)
    #expect(try stage.say(.init(node: "drop", uid: 1000))?.hasPrefix("ana may not answer") == true)
    #expect(try stage.say(.init(node: "drop", uid: 1002)) == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["drop?", "drop"])
  }

  @Test("killed after every event, it ends as it would have")
  func crashes() throws {
    for events in 2..<40 {
      let stage = try Stage(two(), roster: Stage.roster)
      stage.diesAfterEvents = events
      stage.isAttended = true
      stage.words = [.init(second: 10, node: "go", uid: 1001), .init(second: 20, node: "go", uid: 1000)]
      var status = try stage.drive()
      while status == nil {
        stage.diesAfterEvents = nil
        // Whoever got no answer says it again.
        stage.words = [
          .init(second: stage.now / 1_000_000_000 + 1, node: "go", uid: 1001),
          .init(second: stage.now / 1_000_000_000 + 2, node: "go", uid: 1000),
        ]
        status = try stage.drive(.resume(retry: false))
      }
      #expect(status == .succeeded)
      #expect(stage.started == ["deploy"])
      let yes = stage.journal.count { if case .decided = $0.event { true } else { false } }
      #expect(yes == 2)
    }
  }
}
