import BelayDigest
import BelayJournal
import BelayModel
import Glibc
import TestFiles
import Testing

@testable import BelayStore

@Suite("Verification names what was done to a store") struct VerificationNames {
  private let folder: TemporaryFolder

  init() throws { folder = try SampleStore.make() }

  private func findings() throws -> [String] { try verified(folder.store).findings.map(\.text) }

  @Test("an untouched store is complete up to the newest run's end")
  func untouched() throws {
    let report = try verified(folder.store)
    #expect(report.findings == [])
    #expect(report.runs == 4)
    #expect(report.events == 28)
    #expect(report.verdict == .complete(upTo: try #require(report.anchor)))
    #expect(report.verdict.text.hasPrefix("complete up to ledger entry 11 of "))
  }

  @Test("without heads.log completeness is not proven")
  func noHeads() throws {
    unlink(folder.store + "/heads.log")
    #expect(try verified(folder.store).verdict.text == "consistent, completeness not proven")
  }

  @Test("one byte of a line")
  func line() throws {
    try tamper(
      folder.store, "UPDATE event SET line = replace(line, 'Deploy', 'Destroy') WHERE run = 'r2' AND n = 1")
    #expect(
      try findings() == [
        "event 1 of run r2: its line, its stamp or its link was altered",
        "run r2: its row says title 'Deploy café', its events say 'Destroy café'",
      ])
    #expect(try verified(folder.store).verdict.text == "BROKEN at event 1 of run r2")
  }

  @Test("one byte of a stamp")
  func stamp() throws {
    try tamper(
      folder.store,
      "UPDATE event SET stamp = replace(stamp, '\"uid\":', '\"uid\":1') WHERE run = 'r1' AND n = 3")
    #expect(try findings() == ["event 3 of run r1: its line, its stamp or its link was altered"])
  }

  @Test("a derived row: status, and an accent spelt otherwise")
  func row() throws {
    try tamper(folder.store, "UPDATE run SET status = 'failed' WHERE run = 'r1'")
    #expect(try findings() == ["run r1: its row says status 'failed', its events say 'succeeded'"])
    try tamper(
      folder.store, "UPDATE run SET status = 'succeeded', title = 'Deploy cafe\u{301}' WHERE run = 'r1'")
    #expect(try findings().count == 1)
  }

  @Test("a claim added, removed, given to another run, dated otherwise")
  func claims() throws {
    try tamper(folder.store, "INSERT INTO claim VALUES ('x', 'r2', '2026')")
    #expect(try findings() == ["claim x: it is stored for run r2, whose events do not hold it"])
    try tamper(folder.store, "DELETE FROM claim WHERE name = 'x'", "UPDATE claim SET run = 'r4'")
    #expect(
      try findings() == ["claim deploy/production: it is stored for run r4, whose events do not hold it"])
    try tamper(folder.store, "UPDATE claim SET run = 'r2', since = 'then'")
    #expect(try findings().first?.hasPrefix("claim deploy/production: it is stored since 'then', ") == true)
    try tamper(folder.store, "DELETE FROM claim")
    #expect(try findings() == ["claim deploy/production: its row is missing; run r2 holds it"])
  }

  @Test("an event deleted, in the middle and at the end")
  func deleted() throws {
    try tamper(folder.store, "DELETE FROM event WHERE run = 'r1' AND n = 4")
    #expect(try findings() == ["event 4 of run r1: it is missing"])
    try tamper(folder.store, "DELETE FROM event WHERE run = 'r2' AND n > 8")
    #expect(
      try findings().last
        == "event 9 of run r2: it and all up to event 11 are missing; ledger entry 14 has sealed them")
  }

  @Test("two events swapped")
  func swapped() throws {
    try tamper(
      folder.store, "UPDATE event SET n = 99 WHERE run = 'r2' AND n = 4",
      "UPDATE event SET n = 4 WHERE run = 'r2' AND n = 5",
      "UPDATE event SET n = 5 WHERE run = 'r2' AND n = 99")
    #expect(try findings().first == "event 4 of run r2: its line, its stamp or its link was altered")
    #expect(try verified(folder.store).verdict.text == "BROKEN at event 4 of run r2")
  }

  @Test("an event added with a link that fits")
  func added() throws {
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    let last = try #require(try store.events(of: "r1", from: 7, limit: 1).first)
    let hash = ChainHash()
    let line = last.line.replacing("\"n\":7", with: "\"n\":8")
    let link = hash.link(
      ofEvent: 8, after: last.link, line: hash.digest(of: line), stamp: hash.digest(of: last.stamp))
    let database = try SQLiteDatabase(path: folder.store + "/store.db", .readWrite)
    try database.statement("INSERT INTO event VALUES ('r1', 8, ?, ?, ?)").run([
      .text(line), .text(last.stamp), .digest(link),
    ])
    #expect(try findings().contains("event 8 of run r1: it was added: no ledger entry has sealed it"))
  }

  @Test("a run rewritten with links that fit")
  func rewritten() throws {
    let store = try #require(try SQLiteStore.openReadOnly(folder.store))
    let events = try store.events(of: "r3", from: 1, limit: 99)
    let hash = ChainHash()
    var link = hash.start(ofRun: "r3")
    let database = try SQLiteDatabase(path: folder.store + "/store.db", .readWrite)
    for event in events {
      let line = event.line.replacing("build-1", with: "build-2")
      link = hash.link(
        ofEvent: event.number, after: link, line: hash.digest(of: line), stamp: hash.digest(of: event.stamp))
      try database.statement("UPDATE event SET line = ?, link = ? WHERE run = 'r3' AND n = ?").run([
        .text(line), .digest(link), .int(event.number),
      ])
    }
    #expect(
      try findings() == [
        "event 2 of run r3: its link is not the one that ledger entry 9 has sealed: the run was altered after its start"
      ])
  }

  private func remove(_ run: String) throws {
    try tamper(
      folder.store, "DELETE FROM event WHERE run = '\(run)'", "DELETE FROM run WHERE run = '\(run)'",
      "DELETE FROM claim WHERE run = '\(run)'", "DELETE FROM plan WHERE run = '\(run)'")
  }

  @Test("a run removed with all its rows")
  func removed() throws {
    try remove("r2")
    #expect(
      try findings() == ["run r2: all its events are missing; ledger entry 14 has sealed them up to event 11"]
    )
  }

  @Test("the newest run removed with its ledger entries: its folder betrays it")
  func newestRemoved() throws {
    try remove("r4")
    try tamper(folder.store, "DELETE FROM ledger WHERE entry LIKE '%\"run\":\"r4\"%'")
    #expect(
      try findings() == ["run r4: its folder is there, and the store knows no such run: it was removed"])
  }

  @Test("everything since a run's end removed, that end too: heads.log betrays it")
  func endRemoved() throws {
    for run in ["r3", "r4"] { try remove(run) }
    try tamper(
      folder.store, "DELETE FROM ledger WHERE n >= 9", "DELETE FROM event WHERE run = 'r2' AND n > 6")
    #expect(
      try findings().contains(
        "heads.log line 2: it names ledger entry 11, and the ledger has none: the newest entries were removed"
      ))
  }

  @Test("ledger entries cut off, taken out and altered")
  func ledger() throws {
    try tamper(folder.store, "DELETE FROM ledger WHERE n = 17")
    #expect(try findings() == ["event 4 of run r4: it was added: no ledger entry has sealed it"])
    try tamper(folder.store, "DELETE FROM ledger WHERE n IN (5, 6)")
    #expect(try findings().first == "ledger entry 5: it and 1 more after it are missing")
    try tamper(
      folder.store, "UPDATE ledger SET entry = replace(entry, '\"event\":2', '\"event\":3') WHERE n = 2")
    #expect(try findings().first == "ledger entry 2: its text or its link was altered")
    try tamper(folder.store, "DELETE FROM ledger")
    #expect(try findings().contains("the store: the ledger is empty"))
  }

  @Test("a kept file altered, and gone")
  func files() throws {
    let path = folder.store + "/runs/r1/1.2.out"
    try OpenFile(path, O_RDWR).write([0x58], at: 2)
    #expect(try findings() == ["event 5 of run r1: its file 1.2.out was altered"])
    unlink(path)
    #expect(try findings() == ["event 5 of run r1: its file 1.2.out is missing"])
  }

  @Test("a plan altered, and gone")
  func plan() throws {
    try tamper(folder.store, "UPDATE plan SET bytes = x'7b7d' WHERE run = 'r3'")
    #expect(try findings() == ["run r3: its plan was altered: not the bytes that its events name"])
    try tamper(folder.store, "DELETE FROM plan WHERE run = 'r3'")
    #expect(try findings() == ["run r3: its plan is missing"])
  }

  @Test("a table, an index, a trigger that do not belong there")
  func structure() throws {
    try tamper(folder.store, "CREATE TABLE note(text TEXT)")
    #expect(try findings() == ["the store: it was given: CREATE TABLE note(text TEXT)"])
    try tamper(folder.store, "DROP TABLE note", "DROP INDEX run_by_time")
    #expect(
      try findings() == ["the store: it lacks or has altered: CREATE INDEX run_by_time ON run(created_at)"])
  }

  @Test(
    "heads.log: a line again, lines out of order, spelt otherwise, and what is no line",
    arguments: [
      (
        ["1", "2", "1"],
        "heads.log line 3: it names ledger entry 8 after entry 11: a line was copied, or moved"
      ),
      (
        ["1", "2", "2"],
        "heads.log line 3: it names ledger entry 11 after entry 11: a line was copied, or moved"
      ),
      (
        ["2", "1"], "heads.log line 2: it names ledger entry 8 after entry 11: a line was copied, or moved"
      ),
      (["1", "rubbish", "2"], "heads.log line 2: no JSON: no value at byte 0"),
      (["1", "2", "rubbish"], "heads.log line 3: no JSON: no value at byte 0"),
      (["1", "", "2"], "heads.log line 2: no JSON: the text ends where a value should stand at byte 0"),
      (["1", "2", ""], "heads.log line 3: no JSON: the text ends where a value should stand at byte 0"),
      (["1", "\0\0", "2"], "heads.log line 2: no JSON: no value at byte 0"),
      (["1 ", "2"], "heads.log line 1: it is not spelt as belay writes it"),
    ])
  func headLines(lines: [String], finding: String) throws {
    let log = folder.store + "/heads.log"
    let before = try AnchorLog(path: log).lines()
    let text = lines.map { line in
      switch line.first {
      case "1": before[0] + line.dropFirst() + "\n"
      case "2": before[1] + "\n"
      default: line + "\n"
      }
    }
    Files.write(text.joined(), to: log)
    #expect(try findings() == [finding])
    #expect(try verified(folder.store).anchor?.entry == 11, "what was appended lowers no claim")
  }

  @Test(
    "heads.log: what a power loss leaves of its last line is none, and the next line replaces it",
    arguments: ["{\"at\":\"20", "\0\0\0\0", "{\"at\0\0\0\"}\n", "\0\0\0\"}\n"])
  func torn(rest: String) throws {
    let log = folder.store + "/heads.log"
    let before = try #require(Files.text(log))
    Files.write(before + rest, to: log)
    #expect(try findings() == [])
    var run = try SampleStore.secondRun(in: folder)
    try run.end()
    #expect(try findings() == [])
    let lines = try AnchorLog(path: log).lines()
    #expect(lines.count == 3 && Files.text(log)?.hasPrefix(before + lines[2]) == true)
  }

  @Test("a line of heads.log altered")
  func heads() throws {
    let log = folder.store + "/heads.log"
    let file = try OpenFile(log, O_RDWR)
    let bytes = try file.read(limit: 4096)
    let text = String(decoding: bytes, as: UTF8.self)
    for (part, replacement) in [("\"entry\":8", "\"entry\":7"), ("\"at\":\"20", "\"at\":\"19")] {
      try file.write(Array(text.replacing(part, with: replacement).utf8), at: 0)
      #expect(try findings().first?.hasPrefix("heads.log line 1: it does not fit ledger entry ") == true)
    }
  }
}
