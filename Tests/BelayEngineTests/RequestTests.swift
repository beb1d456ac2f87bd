import BelayEngine
import BelayJournal
import BelayModel
import Testing

private func step(_ method: String, _ more: String = "") -> String {
  """
  belay: 1
  steps:
    - step: a
      http: { method: \(method), url: http://far.example/ }
      rollback: nothing
  \(more)  - { step: b, exec: [b], rollback: nothing }
  """
}

private let verify = "    verify: { exec: [look], fail_if: exit_code == 3 }\n"

@Suite("A request that no keeper carries") struct RequestTests {
  @Test("an engine that dies after its intent leaves it in doubt, sent or not")
  func inDoubt() throws {
    let stage = try Stage(step("POST"))
    stage.diesOnce = RunEvent.intends("a")
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: false)) == .held)
    #expect(stage.started == [])
  }

  @Test("verify settles it, under the same key")
  func verified() throws {
    let stage = try Stage(step("POST", verify))
    stage.acts["a"] = [Act(takes: .seconds(20)), .ok]
    stage.acts["a?"] = [.fails(3), .ok]
    stage.diesAtSecond = 5
    #expect(try stage.drive() == nil)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "a?", "a", "a?", "b"])
    #expect(try Set(stage.state().attempts.values.filter { $0.node == "a" }.map(\.intent.key)) == ["r/a/1"])
    #expect(try stage.state().attempts["1.1"]?.intent.effect == .http)
  }

  @Test(
    "a GET is asked again, a PUT only if its author says so",
    arguments: [("GET", ""), ("PUT", "    idempotent: true\n")])
  func askedAgain(method: String, more: String) throws {
    let stage = try Stage(step(method, more))
    stage.acts["a"] = [.timesOut, .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a", "b"])
  }

  @Test("a repetition that was never sent proves nothing of the attempt in doubt: the key stays")
  func repeatedInVain() throws {
    let stage = try Stage(step("PUT", "    idempotent: true\n    retry: { attempts: 3, delay: 1s }\n"))
    stage.acts["a"] = [.timesOut, Act(stoppedBecause: "timeout", isSent: false), .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a", "a", "b"])
    #expect(try Set(stage.state().attempts.values.filter { $0.node == "a" }.map(\.intent.key)) == ["r/a/1"])
  }

  @Test("what was never sent has changed nothing: it is not undone, also where an earlier attempt was")
  func neverSent() throws {
    let steps =
      "belay: 1\non_failure: rollback\nsteps:\n  - step: a\n"
      + "    http: { method: POST, url: http://far.example/ }\n    rollback: { exec: [undo] }\n"
    let stage = try Stage(steps)
    stage.acts["a"] = [Act(stoppedBecause: "timeout", isSent: false)]
    #expect(try stage.drive() == .rolledBack)
    #expect(stage.started == ["a"])
    let sent = try Stage(steps)
    sent.acts["a"] = [.fails(400)]
    #expect(try sent.drive() == .rolledBack)
    #expect(sent.started == ["a", "a~rollback"])
  }

  @Test("a keeper that dies takes no request with it")
  func keeperLost() throws {
    let stage = try Stage(step("POST"))
    stage.acts["a"] = [Act(takes: .seconds(20))]
    stage.keeperDiesAtSecond = 5
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "b"])
  }

  @Test("504 of a write is in doubt, 429 a failure that waits as long as it is told to")
  func statuses() throws {
    let gateway = try Stage(step("POST"))
    gateway.acts["a"] = [.fails(504)]
    #expect(try gateway.drive() == .held)
    let busy = try Stage(step("POST", "    retry: { attempts: 2, delay: 1s }\n"))
    busy.acts["a"] = [Act(exit: 429, headers: [(name: "retry-after", value: "120")]), .ok]
    #expect(try busy.drive() == .succeeded)
    #expect(busy.now >= 120_000_000_000)
    #expect(
      try Set(busy.state().attempts.values.filter { $0.node == "a" }.map(\.intent.key)) == ["r/a/1", "r/a/2"])
  }

  @Test("429 and 502 say nothing to a check, unless it speaks of the status", arguments: [429, 502])
  func unknown(status: Int32) throws {
    let check = "belay: 1\nsteps:\n  - check: a\n    http: http://far.example/\n"
    let silent = try Stage(check)
    silent.acts["a?"] = [.fails(status)]
    #expect(try silent.drive() == .failed)
    #expect(try silent.state()["a"].status == .unknown)
    let spoken = try Stage(check + "    expect: status == \(status)\n")
    spoken.acts["a?"] = [.fails(status)]
    #expect(try spoken.drive() == .succeeded)
  }

  @Test("an output that is called status is not the response's")
  func shadowed() throws {
    let stage = try Stage(
      "belay: 1\nsteps:\n  - check: a\n    http: http://far.example/\n    outputs: { status: json.s }\n"
        + "    expect: status == \"fine\"\n")
    stage.acts["a?"] = [Act(exit: 500, stdout: "{\"s\": \"fine\"}")]
    #expect(try stage.drive() == .failed)
  }
}
