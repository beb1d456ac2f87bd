import Testing

@Suite("Who is on call") struct OnCallTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    sandbox.write(
      """
      belay: 1
      people:
        ana: { name: Ana, accounts: { os: ana, slack: U0ANA } }
        ben: { name: Ben, accounts: { os: ben } }
        cleo: { name: Cleo, accounts: { os: cleo } }
      roles:
        oncall: { rotation: { people: [ana, ben], every: 1w, from: "2026-01-05T08:00:00Z", zone: Europe/Berlin } }
        second: { rotation: { people: [ana, ben], every: 1w, from: "2026-01-05T08:00:00Z", zone: Europe/Berlin, offset: 1 } }
        alone: { rotation: { people: [ana], every: 1d, from: "2026-01-05T08:00:00Z", zone: UTC } }
        manager: { people: [cleo] }
      overrides:
        - { role: oncall, person: cleo, from: "2026-04-01T00:00:00Z", to: "2026-04-02T00:00:00Z" }
      """, to: "playbooks/roster.yaml")
    return sandbox
  }

  @Test("with the next hand-over, at the same hour of the zone's clocks when these are set forward")
  func text() throws {
    let sandbox = try sandbox()
    let end = try sandbox.belay("oncall", "--at", "2026-03-28T12:00:00Z")
    #expect(end.status == 0, "\(end)")
    #expect(
      end.lines == [
        "oncall   Ben (ben, os ben), until 2026-03-30 07:00 UTC, in 43 h; then Ana (ana, os ana, slack U0ANA)",
        "second   Ana (ana, os ana, slack U0ANA), until 2026-03-30 07:00 UTC, in 43 h; then Ben (ben, os ben)",
        "alone    Ana (ana, os ana, slack U0ANA)",
        "manager  Cleo (cleo, os cleo)",
      ])
  }

  @Test("by an override, until it ends; before the first turn nobody; as JSON")
  func override() throws {
    let sandbox = try sandbox()
    let day = try sandbox.belay("oncall", "oncall", "--at", "2026-04-01T12:00:00Z", "--format", "json")
    #expect(day.status == 0, "\(day)")
    for text in [
      "\"override\": true", "\"id\": \"cleo\"", "\"until\": \"2026-04-02T00:00:00Z\"", "Europe/Berlin",
    ] {
      #expect(day.output.contains(text), "\(day)")
    }
    let before = try sandbox.belay("oncall", "oncall", "--at", "2026-01-01T00:00:00Z")
    #expect(before.lines.first?.hasPrefix("oncall  nobody, until 2026-01-05 08:00 UTC") == true, "\(before)")
    #expect(try sandbox.belay("oncall").status == 0)
  }

  @Test("says what there is instead of what is asked for")
  func mistakes() throws {
    let sandbox = try sandbox()
    let role = try sandbox.belay("oncall", "nobody")
    #expect(role.status == 2 && role.error.contains("there are: oncall, second, alone, manager"), "\(role)")
    let time = try sandbox.belay("oncall", "--at", "tomorrow")
    #expect(time.status == 2 && time.error.contains("--at takes a time"), "\(time)")
    sandbox.write("belay: 1\npeople: {}\nroles: { oncall: { people: [eve] } }\n", to: "playbooks/roster.yaml")
    #expect(try sandbox.belay("oncall").status == 2)
    let none = try Sandbox()
    let end = try none.belay("oncall")
    #expect(end.status == 2 && end.error.contains("playbooks/roster.yaml"), "\(end)")
  }
}
