import BelayDigest
import BelayJournal
import BelayModel
import Testing

@testable import BelayStore

@Suite("A withheld line") struct WithheldLine {
  private let folder: TemporaryFolder

  init() throws { folder = try SampleStore.make() }

  /// As belay would do it: the line goes, the ledger keeps its digest.
  private func withhold(_ run: String, _ number: Int, digest of: String? = nil) throws {
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    let hash = ChainHash()
    let line = try #require(try store.events(of: run, from: number, limit: 1).first?.line)
    let database = try SQLiteDatabase(path: folder.store + "/store.db", .readWrite)
    let head = try #require(
      try database.statement("SELECT n, link FROM ledger ORDER BY n DESC LIMIT 1").first {
        (number: $0.int(0), link: $0.digest(1))
      })
    let entry = LedgerLine(
      number: head.number + 1, at: .now,
      entry: .withheld(
        run: run, event: number, line: hash.digest(of: of ?? line), note: "a key", by: Journey.actor)
    ).text
    let link = hash.link(
      ofEntry: head.number + 1, after: try #require(head.link), entry: hash.digest(of: entry))
    try database.statement("UPDATE event SET line = NULL WHERE run = ? AND n = ?").run([
      .text(run), .int(number),
    ])
    try database.statement("INSERT INTO ledger VALUES (?, ?, ?)").run([
      .int(head.number + 1), .text(entry), .digest(link),
    ])
  }

  @Test("verifies by its digest, and is counted")
  func verifies() throws {
    try withhold("r1", 4)
    let report = try verified(folder.store)
    #expect(report.findings == [])
    #expect(report.withheld == 1)
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    #expect(try store.events(of: "r1", from: 4, limit: 1).first?.line == "")
  }

  @Test("does not hide an edit: another line's digest does not fit")
  func otherDigest() throws {
    try withhold("r1", 4, digest: "{}")
    #expect(
      try verified(folder.store).findings.map(\.text) == [
        "event 4 of run r1: its line, its stamp or its link was altered"
      ])
  }

  @Test("without a word in the ledger is a missing line")
  func unsaid() throws {
    try tamper(folder.store, "UPDATE event SET line = NULL WHERE run = 'r1' AND n = 4")
    #expect(
      try verified(folder.store).findings.map(\.text) == [
        "event 4 of run r1: its line is missing, and no ledger entry has withheld it"
      ])
  }
}
