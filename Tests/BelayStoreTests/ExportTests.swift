import BelayDigest
import BelayJournal
import BelayModel
import Glibc
import Testing

@testable import BelayStore

@Suite("Export") struct Export {
  private let folder: TemporaryFolder

  init() throws { folder = try SampleStore.make() }

  private func lines(run: String? = nil) throws -> [String] {
    let audit = try #require(try SQLiteAudit.open(folder.store))
    var lines: [String] = []
    try AuditExport.write(audit, run: run) { lines.append($0) }
    return lines
  }

  @Test("has every entry and every event, byte for byte")
  func whole() throws {
    let rows = try lines().map { try JSON(parsing: $0) }
    #expect(rows.first == .object(["kind": .string("belay-audit"), "format": .int(1)]))
    #expect(rows.compactMap { $0["entry"] }.count == 17)
    let events = rows.filter { $0["kind"] == .string("event") }
    #expect(events.count == 28)
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    let stored = try ["r1", "r2", "r3", "r4"].flatMap { try store.events(of: $0, from: 1, limit: 99) }
    #expect(events.map { $0["line"]?.string } == stored.map(\.line))
    #expect(events.map { $0["stamp"]?.string } == stored.map(\.stamp))
    #expect(events.map { $0["link"]?.string } == stored.map(\.link.description))
  }

  @Test("as CloudEvents has every event: the attributes that 1.0 asks for, and the line as it is")
  func cloudEvents() throws {
    let audit = try #require(try SQLiteAudit.open(folder.store))
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    var lines: [String] = []
    try CloudEvents.write(audit) { lines.append($0) }
    #expect(lines.count == 28)
    var ids: Set<String> = []
    for text in lines {
      let event = try JSON(parsing: text)
      let members = try #require(event.members)
      #expect(members.allSatisfy { $0.key.wholeMatch(of: #/[a-z0-9]{1,20}/#) != nil })
      #expect(members.allSatisfy { $0.key == "data" || $0.value.string?.isEmpty == false })
      #expect(event["specversion"]?.string == "1.0")
      #expect(event["source"]?.string == "/belay/stores/\(store.id)")
      #expect(event["datacontenttype"]?.string == "application/json")
      #expect(Timestamp(text: try #require(event["time"]?.string)) != nil)
      #expect(event["type"]?.string == "belay.\(try #require(event["data"]?["type"]?.string))")
      #expect(ids.insert(try #require(event["id"]?.string)).inserted)
    }
    let first = try #require(try store.events(of: "r1", from: 1, limit: 1).first)
    #expect(lines[0].hasSuffix(",\"data\":\(first.line)}"))
  }

  @Test("of one run has what speaks of it")
  func oneRun() throws {
    let rows = try lines(run: "r3").map { try JSON(parsing: $0) }
    #expect(rows.first?["run"] == .string("r3"))
    #expect(rows.compactMap { $0["entry"] }.count == 3)
    #expect(rows.filter { $0["kind"] == .string("event") }.compactMap { $0["n"]?.int } == [1, 2, 3, 4])
  }

  /// The program that is shipped, on an export; its exit status.
  private func verifier(_ lines: [String]) throws -> Int32 {
    let program = #filePath.replacing("Tests/BelayStoreTests/ExportTests.swift", with: "examples/verify.py")
    let file = try OpenFile(folder.path + "/export", O_RDWR | O_CREAT)
    try file.truncate(to: 0)
    try file.write(Array((lines.joined(separator: "\n") + "\n").utf8), at: 0)
    return system("python3 \(program) <\(folder.path)/export >\(folder.path)/out 2>&1") >> 8 & 0xFF
  }

  @Test(
    "the verifier that is not ours accepts an export, and finds what was done to one",
    .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
  func foreignVerifier() throws {
    let whole = try lines()
    #expect(try verifier(whole) == 0)
    #expect(try verifier(whole.dropLast()) == 1)
    for index in 1..<whole.count where index.isMultiple(of: 5) {
      var altered = whole
      altered[index] = altered[index].replacing("00Z", with: "01Z", maxReplacements: 1)
      altered[index] = altered[index].replacing(
        "\\\"at\\\":\\\"20", with: "\\\"at\\\":\\\"19", maxReplacements: 1)
      #expect(try verifier(altered) == 1, "line \(index)")
    }
  }
}
