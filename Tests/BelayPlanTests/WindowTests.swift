import BelayModel
import Glibc
import TestFiles
import Testing

/// By the system's own zone files, as they are read when a run is driven.
private func zone(_ name: String) throws -> ZoneRules {
  let bytes = try #require(Files.bytes("/usr/share/zoneinfo/\(name)"))
  return try #require(ZoneRules(tzif: bytes))
}

private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text: text)) }

@Suite("Windows by table") struct WindowTests {
  struct Row: CustomTestStringConvertible {
    var days: [Window.Day] = Window.Day.allCases
    var from: (Int, Int)
    var to: (Int, Int)
    var zone: String
    var asked: String
    var opens: String
    var closes: String

    var testDescription: String { "\(zone) \(from)-\(to) at \(asked)" }
  }

  static let rows = [
    // Plain, half-open.
    Row(
      from: (2, 0), to: (4, 0), zone: "UTC", asked: "2026-03-01T01:59:59Z", opens: "2026-03-01T02:00:00Z",
      closes: "2026-03-01T04:00:00Z"),
    Row(
      from: (2, 0), to: (4, 0), zone: "UTC", asked: "2026-03-01T02:00:00Z", opens: "2026-03-01T02:00:00Z",
      closes: "2026-03-01T04:00:00Z"),
    Row(
      from: (2, 0), to: (4, 0), zone: "UTC", asked: "2026-03-01T03:59:59.999999999Z",
      opens: "2026-03-01T02:00:00Z", closes: "2026-03-01T04:00:00Z"),
    Row(
      from: (2, 0), to: (4, 0), zone: "UTC", asked: "2026-03-01T04:00:00Z", opens: "2026-03-02T02:00:00Z",
      closes: "2026-03-02T04:00:00Z"),
    // One day a week; 2026-03-01 is a Sunday.
    Row(
      days: [.sun], from: (2, 0), to: (4, 0), zone: "UTC", asked: "2026-03-01T04:00:00Z",
      opens: "2026-03-08T02:00:00Z", closes: "2026-03-08T04:00:00Z"),
    // Through midnight: of the day on which it opens.
    Row(
      days: [.sat], from: (22, 0), to: (2, 0), zone: "UTC", asked: "2026-03-01T01:00:00Z",
      opens: "2026-02-28T22:00:00Z", closes: "2026-03-01T02:00:00Z"),
    Row(
      days: [.sat], from: (22, 0), to: (2, 0), zone: "UTC", asked: "2026-03-01T22:30:00Z",
      opens: "2026-03-07T22:00:00Z", closes: "2026-03-08T02:00:00Z"),
    Row(
      days: [.fri], from: (22, 0), to: (2, 0), zone: "Europe/Berlin", asked: "2026-07-04T00:30:00Z",
      opens: "2026-07-10T20:00:00Z", closes: "2026-07-11T00:00:00Z"),
    Row(
      days: [.fri], from: (22, 0), to: (2, 0), zone: "Europe/Berlin", asked: "2026-07-03T23:30:00Z",
      opens: "2026-07-03T20:00:00Z", closes: "2026-07-04T00:00:00Z"),
    // The same time on the next day is a whole day, and days that touch are one opening.
    Row(
      days: [.mon], from: (0, 0), to: (0, 0), zone: "UTC", asked: "2026-03-02T12:00:00Z",
      opens: "2026-03-02T00:00:00Z", closes: "2026-03-03T00:00:00Z"),
    Row(
      days: [.mon, .tue], from: (0, 0), to: (0, 0), zone: "UTC", asked: "2026-03-02T12:00:00Z",
      opens: "2026-03-02T00:00:00Z", closes: "2026-03-04T00:00:00Z"),
    // Berlin, spring: 2026-03-29, 02:00 becomes 03:00 at 01:00Z.
    Row(
      from: (1, 0), to: (4, 0), zone: "Europe/Berlin", asked: "2026-03-28T23:00:00Z",
      opens: "2026-03-29T00:00:00Z", closes: "2026-03-29T02:00:00Z"),
    Row(
      from: (2, 30), to: (4, 0), zone: "Europe/Berlin", asked: "2026-03-28T23:00:00Z",
      opens: "2026-03-29T01:00:00Z", closes: "2026-03-29T02:00:00Z"),
    Row(
      from: (1, 0), to: (2, 30), zone: "Europe/Berlin", asked: "2026-03-28T23:00:00Z",
      opens: "2026-03-29T00:00:00Z", closes: "2026-03-29T01:00:00Z"),
    Row(
      from: (2, 10), to: (2, 50), zone: "Europe/Berlin", asked: "2026-03-28T23:00:00Z",
      opens: "2026-03-30T00:10:00Z", closes: "2026-03-30T00:50:00Z"),
    Row(
      from: (22, 0), to: (4, 0), zone: "Europe/Berlin", asked: "2026-03-28T21:00:00Z",
      opens: "2026-03-28T21:00:00Z", closes: "2026-03-29T02:00:00Z"),
    // Berlin, autumn: 2026-10-25, 03:00 becomes 02:00 at 01:00Z.
    Row(
      from: (1, 0), to: (4, 0), zone: "Europe/Berlin", asked: "2026-10-24T22:00:00Z",
      opens: "2026-10-24T23:00:00Z", closes: "2026-10-25T03:00:00Z"),
    Row(
      from: (2, 30), to: (3, 30), zone: "Europe/Berlin", asked: "2026-10-24T22:00:00Z",
      opens: "2026-10-25T00:30:00Z", closes: "2026-10-25T02:30:00Z"),
    Row(
      from: (1, 0), to: (2, 30), zone: "Europe/Berlin", asked: "2026-10-24T22:00:00Z",
      opens: "2026-10-24T23:00:00Z", closes: "2026-10-25T00:30:00Z"),
    Row(
      from: (1, 0), to: (2, 30), zone: "Europe/Berlin", asked: "2026-10-25T01:15:00Z",
      opens: "2026-10-26T00:00:00Z", closes: "2026-10-26T01:30:00Z"),
    Row(
      from: (22, 0), to: (2, 0), zone: "Europe/Berlin", asked: "2026-10-24T20:00:00Z",
      opens: "2026-10-24T20:00:00Z", closes: "2026-10-25T00:00:00Z"),
    // New York, spring: 2026-03-08, 02:00 becomes 03:00 at 07:00Z.
    Row(
      from: (1, 0), to: (4, 0), zone: "America/New_York", asked: "2026-03-08T05:00:00Z",
      opens: "2026-03-08T06:00:00Z", closes: "2026-03-08T08:00:00Z"),
    Row(
      from: (2, 30), to: (4, 0), zone: "America/New_York", asked: "2026-03-08T05:00:00Z",
      opens: "2026-03-08T07:00:00Z", closes: "2026-03-08T08:00:00Z"),
    Row(
      from: (1, 0), to: (2, 30), zone: "America/New_York", asked: "2026-03-08T05:00:00Z",
      opens: "2026-03-08T06:00:00Z", closes: "2026-03-08T07:00:00Z"),
    Row(
      from: (2, 0), to: (3, 0), zone: "America/New_York", asked: "2026-03-08T05:00:00Z",
      opens: "2026-03-09T06:00:00Z", closes: "2026-03-09T07:00:00Z"),
    Row(
      from: (23, 0), to: (3, 0), zone: "America/New_York", asked: "2026-03-08T06:30:00Z",
      opens: "2026-03-08T04:00:00Z", closes: "2026-03-08T07:00:00Z"),
    // New York, autumn: 2026-11-01, 02:00 becomes 01:00 at 06:00Z.
    Row(
      from: (0, 30), to: (3, 0), zone: "America/New_York", asked: "2026-11-01T04:00:00Z",
      opens: "2026-11-01T04:30:00Z", closes: "2026-11-01T08:00:00Z"),
    Row(
      from: (1, 30), to: (2, 30), zone: "America/New_York", asked: "2026-11-01T04:00:00Z",
      opens: "2026-11-01T05:30:00Z", closes: "2026-11-01T07:30:00Z"),
    Row(
      from: (0, 30), to: (1, 30), zone: "America/New_York", asked: "2026-11-01T06:15:00Z",
      opens: "2026-11-02T05:30:00Z", closes: "2026-11-02T06:30:00Z"),
    Row(
      days: [.sat], from: (23, 0), to: (1, 30), zone: "America/New_York", asked: "2026-11-01T05:00:00Z",
      opens: "2026-11-01T03:00:00Z", closes: "2026-11-01T05:30:00Z"),
    // After the last change of the table, by the rule at its end.
    Row(
      from: (2, 30), to: (4, 0), zone: "Europe/Berlin", asked: "2058-03-30T23:00:00Z",
      opens: "2058-03-31T01:00:00Z", closes: "2058-03-31T02:00:00Z"),
    Row(
      from: (1, 0), to: (4, 0), zone: "America/New_York", asked: "2058-11-03T04:00:00Z",
      opens: "2058-11-03T05:00:00Z", closes: "2058-11-03T09:00:00Z"),
    // Other zones: no change, south of the equator, half hours.
    Row(
      from: (9, 0), to: (17, 0), zone: "Asia/Kolkata", asked: "2026-06-01T00:00:00Z",
      opens: "2026-06-01T03:30:00Z", closes: "2026-06-01T11:30:00Z"),
    Row(
      from: (1, 0), to: (4, 0), zone: "Australia/Sydney", asked: "2026-10-03T14:00:00Z",
      opens: "2026-10-03T15:00:00Z", closes: "2026-10-03T17:00:00Z"),
    Row(
      from: (1, 0), to: (4, 0), zone: "Australia/Sydney", asked: "2058-10-05T14:00:00Z",
      opens: "2058-10-05T15:00:00Z", closes: "2058-10-05T17:00:00Z"),
  ]

  @Test("it opens and closes when the clocks of its zone say so", arguments: rows)
  func opening(_ row: Row) throws {
    let window = Window(
      days: row.days, from: row.from.0 * 60 + row.from.1, to: row.to.0 * 60 + row.to.1, zone: row.zone)
    let opening = try #require(window.opening(at: try moment(row.asked), in: try zone(row.zone)))
    #expect(opening.opensAt.text == row.opens)
    #expect(opening.closesAt.text == row.closes)
  }

  @Test("a window is found from every moment of a year, and is open at the moment that it names")
  func everyHour() throws {
    let rules = try zone("Europe/Berlin")
    let window = Window(days: [.sat, .sun], from: 22 * 60, to: 3 * 60, zone: "Europe/Berlin")
    var at = try moment("2026-01-01T00:00:00Z")
    let end = try moment("2027-01-01T00:00:00Z")
    var isOpen: Set<Timestamp> = []
    while at < end {
      let opening = try #require(window.opening(at: at, in: rules))
      #expect(at < opening.closesAt && opening.opensAt < opening.closesAt)
      isOpen.insert(opening.opensAt)
      at.seconds += 1800
    }
    #expect(isOpen.count == 105, "each Saturday and Sunday of the year, and the first one of the next")
  }
}

@Suite("Zones") struct ZoneTests {
  @Test("what is no zone file is none, cut anywhere")
  func noZone() throws {
    #expect(ZoneRules(tzif: []) == nil)
    let bytes = try #require(Files.bytes("/usr/share/zoneinfo/Europe/Berlin"))
    for length in stride(from: 0, to: bytes.count - 1, by: 7) {
      #expect(ZoneRules(tzif: Array(bytes.prefix(length))) == nil)
    }
  }

  @Test(
    "offsets are those that Python reads from the same files",
    arguments: [
      "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "America/St_Johns",
      "Asia/Tehran", "Pacific/Apia", "Europe/Dublin", "UTC",
    ])
  func offsets(_ name: String) throws {
    let rules = try zone(name)
    let expected = try PythonZone.offsets(name)
    #expect(expected.count == 4000)
    for (at, offset) in expected { #expect(rules.offset(at: at) == offset, "\(name) at \(at)") }
  }
}

/// Another reader of zone files.
private enum PythonZone {
  /// From 1920 to 2107, seldom at the same hour of a day.
  private static let program = """
    import sys, zoneinfo, datetime
    zone = zoneinfo.ZoneInfo(sys.argv[1])
    for n in range(4000):
      at = -1577923200 + n * 1477777
      print(at, int(datetime.datetime.fromtimestamp(at, zone).utcoffset().total_seconds()))
    """

  static func offsets(_ name: String) throws -> [(Int64, Int64)] {
    let pipe = try #require(popen("python3 -c '\(program)' \(name)", "r"))
    defer { pclose(pipe) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").compactMap { Int64($0) }
      return words.count == 2 ? (words[0], words[1]) : nil
    }
  }
}
