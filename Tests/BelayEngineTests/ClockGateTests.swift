import BelayEngine
import BelayJournal
import BelayModel
import Testing

/// The stage begins at 1970-01-02T00:00:00Z, a Friday.
@Suite("Windows and moments") struct ClockGateTests {
  private func window(_ from: String, _ to: String, timeout: String = "10m", more: String = "") -> String {
    """
    belay: 1
    steps:
      - gate: night
        window: { days: [fri, sat], from: "\(from)", to: "\(to)", zone: UTC }
    \(more)
      - step: work
        exec: [work]
        timeout: \(timeout)
        rollback: nothing
    """
  }

  @Test("it waits until the window opens, and says when it closes")
  func waits() throws {
    let stage = try Stage(window("02:00", "04:00"))
    #expect(try stage.drive() == .succeeded)
    let outputs = try stage.state()["night"].outputs
    #expect(outputs["opened_at"]?.text == "1970-01-02T02:00:00Z")
    #expect(outputs["closes_at"]?.text == "1970-01-02T04:00:00Z")
    #expect(stage.started == ["work"])
  }

  @Test("what does not fit into the rest of it is refused, and into all of it too")
  func doesNotFit() throws {
    let rest = try Stage(window("00:00", "00:09"))
    #expect(try rest.drive() == .failed)
    #expect(
      try rest.state()["night"].failure?.message
        == "what follows may take 10m, and only 9m are left until it closes at 1970-01-02T00:09:00Z")
    #expect(rest.started.isEmpty)
    let whole = try Stage(window("02:00", "02:09"))
    #expect(try whole.drive() == .failed)
    #expect(whole.now == 0)
    let exactly = try Stage(window("00:00", "00:10"))
    #expect(try exactly.drive() == .succeeded)
  }

  @Test(
    "what follows counts to the end of the list: retries, verify, checks, waits, and the undoing of temporaries"
  )
  func needs() throws {
    let more = """
        - step: maintenance
          exec: [on]
          timeout: 1m
          temporary: true
          rollback: { exec: [off], timeout: 2m }
        - check: calm
          exec: [calm]
          timeout: 10s
          within: 5m
        - gate: settle
          wait: 4m
      """
    // 1m + 5m10s + 4m + 10m + 2m
    #expect(try Stage(window("00:00", "00:22", more: more)).drive() == .failed)
    #expect(try Stage(window("00:00", "00:23", more: more)).drive() == .succeeded)
  }

  @Test(
    "a person lets it pass outside, on the record with the reason; a protected environment asks another one")
  func overridden() throws {
    let stage = try Stage(window("02:00", "04:00"))
    stage.overrides = ["night"]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.now < 60_000_000_000)
    let notes = stage.journal.compactMap { item -> String? in
      if case .windowOverridden("night", let note, _) = item.event { note } else { nil }
    }
    #expect(notes == ["ticket 1"])

    let guarded = try Stage(window("02:00", "04:00"), roster: Stage.roster, isProtected: true)
    guarded.overrides = ["night"]
    #expect(try guarded.drive() == .waiting)
    #expect(guarded.started.isEmpty)
    #expect(
      try guarded.say(.init(node: "night", uid: 1000, signer: "ana"))?.contains("may not approve") == true)
    #expect(try guarded.say(.init(node: "night", uid: 1002, signer: "cleo")) == nil)
    #expect(try guarded.drive(.resume(retry: false)) == .succeeded)
  }

  @Test("until waits for a moment by the wall clock, also when that is set")
  func until() throws {
    let yaml = """
      belay: 1
      steps:
        - gate: later
          until: timestamp("1970-01-02T01:00:00Z")
      """
    let stage = try Stage(yaml)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.now == 3_600_000_000_000)
    let behind = try Stage(yaml)
    behind.wallIsBehind = .seconds(3600)
    #expect(try behind.drive() == .succeeded)
    #expect(behind.now == 7_200_000_000_000)
    let past = try Stage(yaml.replacing("01:00", with: "00:00"))
    #expect(try past.drive() == .succeeded)
    #expect(past.now == 0)
  }

  @Test("what does not open within its time has failed")
  func expired() throws {
    for wait in [
      "window: { days: [sun], from: \"02:00\", to: \"04:00\", zone: UTC }",
      "until: timestamp(\"1970-01-03T00:00:00Z\")", "wait: 2h",
    ] {
      let stage = try Stage(
        """
        belay: 1
        steps:
          - gate: later
            \(wait)
            within: 1h
        """)
      #expect(try stage.drive() == .failed)
      #expect(stage.now == 3_600_000_000_000)
      #expect(try stage.state()["later"].failure?.message == "it did not open until 1970-01-02T01:00:00Z")
    }
  }

  @Test("opened while no engine ran, in time, it is open")
  func openedMeanwhile() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - gate: later
          until: timestamp("1970-01-02T01:00:00Z")
          within: 2h
      """)
    stage.diesAtSecond = 10
    #expect(try stage.drive() == nil)
    stage.now = 9_000_000_000_000
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
  }
}
