import BelayDigest
import BelayJournal
import BelayModel
import Glibc
import Testing

@testable import BelayStore

/// SplitMix64: the same seed finds the same edit again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

@Suite("Nothing editable goes unnoticed") struct NothingGoesUnnoticed {
  private struct Cell {
    var table: String
    var column: String
    var keys: [String]
  }

  /// Every column of every table that the database has, whatever tables those are.
  private func cells(_ database: SQLiteDatabase) throws -> [Cell] {
    let tables = try database.statement("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all { $0.text(0) }
    return try tables.flatMap { table in
      let columns = try database.statement("SELECT name, pk FROM pragma_table_info('\(table)')").all {
        (name: $0.text(0), isKey: $0.int(1) > 0)
      }
      let keys = columns.filter(\.isKey).map(\.name)
      return columns.map { Cell(table: table, column: $0.name, keys: keys) }
    }
  }

  /// The value with one byte, or the number, changed.
  private func altered(
    _ cell: Cell, row: Int, _ database: SQLiteDatabase, _ random: inout SeededGenerator
  ) throws -> (sql: String, values: [SQLiteValue]) {
    let keys = cell.keys.joined(separator: ", ")
    let sql =
      "SELECT typeof(\(cell.column)), \(cell.column), \(keys) FROM \(cell.table) LIMIT 1 OFFSET \(row)"
    let found = try #require(
      try database.statement(sql).first { found in
        let keys = cell.keys.indices.map { SQLiteValue.text(found.text(Int32($0 + 2))) }
        return (type: found.text(0), bytes: found.bytes(1), number: found.int(1), keys: keys)
      })
    let condition = cell.keys.map { "CAST(\($0) AS TEXT) = ?" }.joined(separator: " AND ")
    if found.type == "integer" {
      let number =
        found.number + (Int.random(in: 1...1000, using: &random) * (Bool.random(using: &random) ? 1 : -1))
      return (
        "UPDATE \(cell.table) SET \(cell.column) = ? WHERE \(condition)", [.int(number)] + found.keys
      )
    }
    var bytes = found.bytes
    if bytes.isEmpty {
      bytes = [0x78]
    } else {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    return (
      "UPDATE \(cell.table) SET \(cell.column) = CAST(? AS \(found.type)) WHERE \(condition)",
      [.blob(bytes)] + found.keys
    )
  }

  @Test("one byte or number of any column of any row", arguments: 0..<8)
  func everyColumn(seed: Int) throws {
    let folder = try SampleStore.make()
    var random = SeededGenerator(state: UInt64(seed))
    let database = try SQLiteDatabase(path: folder.store + "/store.db", .readWrite)
    for cell in try cells(database) {
      let count = try database.statement("SELECT count(*) FROM \(cell.table)").first { $0.int(0) } ?? 0
      let row = Int.random(in: 0..<count, using: &random)
      let edit = try altered(cell, row: row, database, &random)
      try database.execute("DROP TABLE IF EXISTS temp.before")
      try database.execute("CREATE TEMP TABLE before AS SELECT * FROM \(cell.table)")
      // A key that another row has already cannot be written: that is no edit.
      if (try? database.statement(edit.sql).run(edit.values)) == nil { continue }
      let report = try verified(folder.store)
      #expect(!report.findings.isEmpty, "\(cell.table).\(cell.column), row \(row)")
      try database.execute("DELETE FROM \(cell.table)")
      try database.execute("INSERT INTO \(cell.table) SELECT * FROM temp.before")
    }
    #expect(try verified(folder.store).findings == [])
  }

  @Test("a row of any table deleted", arguments: ["event", "ledger", "run", "claim", "plan"])
  func everyRow(table: String) throws {
    let folder = try SampleStore.make()
    let database = try SQLiteDatabase(path: folder.store + "/store.db", .readWrite)
    let count = try database.statement("SELECT count(*) FROM \(table)").first { $0.int(0) } ?? 0
    try database.execute("CREATE TEMP TABLE before AS SELECT * FROM \(table)")
    for row in 0..<count {
      try database.execute("DELETE FROM \(table)")
      try database.execute(
        "INSERT INTO \(table) SELECT * FROM temp.before WHERE rowid <> \(row + 1)")
      #expect(!(try verified(folder.store).findings.isEmpty), "\(table), row \(row)")
    }
  }

  @Test("a row of any table copied under another key")
  func copies() throws {
    let copies = [
      "INSERT INTO event SELECT 'r9', n, line, stamp, link FROM event WHERE run = 'r1'",
      "INSERT INTO event SELECT run, 0, line, stamp, link FROM event WHERE run = 'r1' AND n = 1",
      "INSERT INTO event SELECT run, n + 7, line, stamp, link FROM event WHERE run = 'r1'",
      "INSERT INTO ledger SELECT n + 17, entry, link FROM ledger WHERE n = 1",
      "INSERT INTO ledger SELECT 0, entry, link FROM ledger WHERE n = 1",
      "INSERT INTO plan SELECT 'r9', bytes FROM plan WHERE run = 'r1'",
      "INSERT INTO claim SELECT 'x', run, since FROM claim",
      "INSERT INTO run SELECT 'r9', playbook, title, environment, status, cause, initiator, plan_digest, created_at,"
        + " changed_at, epoch, events FROM run WHERE run = 'r1'",
    ]
    for copy in copies {
      let folder = try SampleStore.make()
      try tamper(folder.store, copy)
      #expect(!(try verified(folder.store).findings.isEmpty), "\(copy)")
    }
  }

  /// Everything that the store says.
  private func content(_ folder: String) throws -> [String] {
    let audit = try #require(try SQLiteAudit.open(folder))
    var lines: [String] = []
    try AuditExport.write(audit) { lines.append($0) }
    for run in ["r1", "r2", "r3", "r4"] {
      lines += try audit.columns(of: run) ?? []
      lines.append(try audit.planDigest(of: run)?.description ?? "")
    }
    return lines + (try audit.claimColumns()).map { "\($0)" }
  }

  @Test("a bit of the file itself: named, or without any effect on what the store says", arguments: 0..<8)
  func rawBits(seed: Int) throws {
    let folder = try SampleStore.make()
    let before = try content(folder.store)
    let file = try OpenFile(folder.store + "/store.db", O_RDWR)
    let size = try file.size()
    var random = SeededGenerator(state: UInt64(seed))
    for _ in 0..<60 {
      let offset = Int.random(in: 0..<size, using: &random)
      let byte = try #require(try file.read(from: offset, limit: 1).first)
      try file.write([byte ^ 1 << UInt8.random(in: 0..<8, using: &random)], at: offset)
      for name in ["-wal", "-shm"] { unlink(folder.store + "/store.db" + name) }
      if let report = try? verified(folder.store), report.findings.isEmpty {
        #expect(try content(folder.store) == before, "offset \(offset)")
      }
      try file.write([byte], at: offset)
    }
  }
}
