import BelayJournal
import BelayModel
import Testing

@testable import BelayStore

/// Who can edit the file can write any number into it. Arithmetic that traps would end belay without a word.
@Suite("Numbers at the ends of their range") struct ExtremeNumbers {
  private static let columns: [(table: String, column: String, row: String)] = [
    ("ledger", "n", "n = (SELECT max(n) FROM ledger)"), ("ledger", "n", "n = 1"), ("ledger", "n", "n = 5"),
    ("event", "n", "run = 'r2' AND n = 11"), ("event", "n", "run = 'r1' AND n = 1"),
    ("event", "n", "run = 'r4' AND n = 3"), ("run", "events", "run = 'r2'"), ("run", "epoch", "run = 'r2'"),
  ]

  @Test(
    "are named by verification, and end no process: neither its own nor that of who appends",
    arguments: ["9223372036854775807", "9223372036854775806", "0", "-1", "-9223372036854775808"])
  func inColumns(number: String) throws {
    for (table, column, row) in ExtremeNumbers.columns {
      let folder = try SampleStore.make()
      var run = try SampleStore.secondRun(in: folder)
      try tamper(folder.store, "UPDATE \(table) SET \(column) = \(number) WHERE \(row)")
      let what = "\(table).\(column) = \(number) where \(row)"
      let report = try verified(folder.store)
      #expect(!report.findings.isEmpty, "\(what)")
      // Refused, or it mends the derived row that it writes.
      let isRefused = (try? run.end()) == nil
      let after = try verified(folder.store)
      #expect(isRefused || table == "run" || !after.findings.isEmpty, "\(what), after an append")
    }
  }

  @Test("two ends in one column are a gap, not a sum")
  func bothEnds() throws {
    let folder = try SampleStore.make()
    try tamper(
      folder.store, "UPDATE ledger SET n = -9223372036854775808 WHERE n = 1",
      "UPDATE ledger SET n = 9223372036854775807 WHERE n = 2",
      "UPDATE event SET n = -9223372036854775808 WHERE run = 'r1' AND n = 1",
      "UPDATE event SET n = 9223372036854775807 WHERE run = 'r1' AND n = 2")
    #expect(!(try verified(folder.store).findings.isEmpty))
  }

  @Test("a ledger whose newest entry nothing can follow takes no commit, and says why")
  func lastEntry() throws {
    let folder = try SampleStore.make()
    var run = try SampleStore.secondRun(in: folder)
    try tamper(folder.store, "UPDATE ledger SET n = 9223372036854775807 WHERE n = 17")
    #expect(
      try verified(folder.store).findings.first?.text
        == "ledger entry 17: it and 9223372036854775789 more after it are missing")
    let error = #expect(throws: StoreError.self) { try run.end() }
    #expect(
      error
        == .broken(
          "ledger entry 9223372036854775807 is the last that there can be: 'belay audit verify' tells more"))
  }

  @Test("in the lines themselves: what would not fold is no event")
  func inLines() throws {
    var state = RunState(run: "r")
    try state.apply(.runCreated(Journey.created()), at: Timestamp(seconds: 1))
    try state.apply(Journey.driver(1), at: Timestamp(seconds: 2))
    let intent = Intent(
      attempt: "1.1", number: 1, key: "k", actionDigest: "d", rollback: nil, timeout: .seconds(1), rerun: .max
    )
    #expect(throws: FoldError("a: attempt 1 after \(Int.max) repetitions, expected 0")) {
      try state.apply(.attemptIntended("a", intent), at: Timestamp(seconds: 3))
    }
  }
}
