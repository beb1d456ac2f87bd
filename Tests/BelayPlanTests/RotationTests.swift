import BelayModel
import TestFiles
import Testing

/// By the system's own zone files, as they are read when a run is driven.
private func zone(_ name: String) throws -> ZoneRules {
  let bytes = try #require(Files.bytes("/usr/share/zoneinfo/\(name)"))
  return try #require(ZoneRules(tzif: bytes))
}

@Suite("Rotations by table") struct RotationTests {
  struct Row: CustomTestStringConvertible {
    var people = ["ana", "ben", "cem"]
    var every: String
    var from: String
    var zone: String
    var offset = 0
    var asked: String
    /// Nil: nobody.
    var has: String?

    var testDescription: String { "\(zone) every \(every) at \(asked)" }
  }

  /// Mondays at nine in Berlin, from winter.
  private static func weekly(_ asked: String, _ has: String?, offset: Int = 0) -> Row {
    Row(
      every: "1w", from: "2026-01-05T09:00:00+01:00", zone: "Europe/Berlin", offset: offset, asked: asked,
      has: has)
  }

  /// At the full hours of one night, one after the other.
  private static func hourly(_ night: String, _ asked: String, _ has: String) -> Row {
    Row(
      people: ["h00", "h01", "h02", "h03", "h04"], every: "1h", from: night, zone: "Europe/Berlin",
      asked: asked, has: has)
  }

  static let rows = [
    weekly("2026-01-05T07:59:59.999999999Z", nil),
    weekly("2026-01-05T08:00:00Z", "ana"),
    weekly("2026-01-12T07:59:59.999999999Z", "ana"),
    weekly("2026-01-12T08:00:00Z", "ben"),
    weekly("2026-01-12T08:00:00Z", "cem", offset: 1),
    weekly("2026-01-12T08:00:00Z", "ana", offset: 2),
    // Clocks are set forward on 2026-03-29: nine is seven in UTC from then on.
    weekly("2026-03-23T07:59:59Z", "ben"),
    weekly("2026-03-23T08:00:00Z", "cem"),
    weekly("2026-03-30T06:59:59Z", "cem"),
    weekly("2026-03-30T07:00:00Z", "ana"),
    weekly("2026-07-06T06:59:59Z", "ben"),
    weekly("2026-07-06T07:00:00Z", "cem"),
    // And set back on 2026-10-25.
    weekly("2026-10-19T06:59:59Z", "ben"),
    weekly("2026-10-19T07:00:00Z", "cem"),
    weekly("2026-10-26T07:30:00Z", "cem"),
    weekly("2026-10-26T07:59:59Z", "cem"),
    weekly("2026-10-26T08:00:00Z", "ana"),
    // By UTC the hour stays.
    Row(
      every: "1w", from: "2026-01-05T09:00:00Z", zone: "UTC", asked: "2026-07-06T08:59:59Z", has: "ben"),
    Row(every: "1w", from: "2026-01-05T09:00:00Z", zone: "UTC", asked: "2026-07-06T09:00:00Z", has: "cem"),
    // Written in summer, asked in winter; on the other side of the Atlantic the change is another week.
    Row(
      every: "1d", from: "2026-10-30T08:00:00-04:00", zone: "America/New_York", asked: "2026-11-01T12:59:59Z",
      has: "ben"),
    Row(
      every: "1d", from: "2026-10-30T08:00:00-04:00", zone: "America/New_York", asked: "2026-11-01T13:00:00Z",
      has: "cem"),
    // Twice a day: the turn through the change is an hour shorter, or longer.
    Row(
      every: "12h", from: "2026-03-28T09:00:00+01:00", zone: "Europe/Berlin", asked: "2026-03-29T06:59:59Z",
      has: "ben"),
    Row(
      every: "12h", from: "2026-03-28T09:00:00+01:00", zone: "Europe/Berlin", asked: "2026-03-29T07:00:00Z",
      has: "cem"),
    // A time that is left out is the moment of the change: the turn of two o'clock has no length.
    hourly("2026-03-29T00:00:00+01:00", "2026-03-29T00:59:59Z", "h01"),
    hourly("2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00Z", "h03"),
    // One that comes twice counts the first time: the turn of two o'clock lasts two hours.
    hourly("2026-10-25T00:00:00+02:00", "2026-10-24T23:59:59Z", "h01"),
    hourly("2026-10-25T00:00:00+02:00", "2026-10-25T00:00:00Z", "h02"),
    hourly("2026-10-25T00:00:00+02:00", "2026-10-25T01:59:59Z", "h02"),
    hourly("2026-10-25T00:00:00+02:00", "2026-10-25T02:00:00Z", "h03"),
    // Decades later, by the rule at the end of the zone's table.
    Row(
      people: ["ana", "ben"], every: "1d", from: "2026-01-05T09:00:00+01:00", zone: "Europe/Berlin",
      asked: "2056-07-01T06:59:59Z", has: "ana"),
    Row(
      people: ["ana", "ben"], every: "1d", from: "2026-01-05T09:00:00+01:00", zone: "Europe/Berlin",
      asked: "2056-07-01T07:00:00Z", has: "ben"),
  ]

  private func role(_ row: Row) throws -> Roster {
    let nowhere = SourceSpan.nowhere("roster")
    var roster = Roster(path: "playbooks/roster.yaml")
    roster.people = row.people.map { Roster.Person(id: $0, span: nowhere, name: $0) }
    let rotation = Roster.Rotation(
      people: row.people.map { Node.Need(id: $0, span: nowhere) },
      every: try #require(TimeSpan(text: row.every)), from: try #require(Timestamp(text: row.from)),
      zone: row.zone, offset: row.offset)
    roster.roles = [Roster.Role(name: "oncall", span: nowhere, members: .rotation(rotation))]
    return roster
  }

  @Test("turns change by the clocks of the zone", arguments: rows)
  func turn(_ row: Row) throws {
    let roster = try role(row)
    let asked = try #require(Timestamp(text: row.asked))
    let zones = [row.zone: try zone(row.zone)]
    #expect(roster.people(called: "oncall", at: asked, in: zones) == (row.has.map { [$0] } ?? []))
  }

  @Test("nobody has a turn in a zone that is not known")
  func unknownZone() throws {
    let roster = try role(Self.weekly("2026-01-12T08:00:00Z", nil))
    let asked = try #require(Timestamp(text: "2026-01-12T08:00:00Z"))
    #expect(roster.people(called: "oncall", at: asked, in: [:]).isEmpty)
    #expect(roster.roles(at: asked, in: [:])["oncall"] == .list([]))
  }
}
