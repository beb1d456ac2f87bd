public import BelayDigest
public import BelayJournal
import Glibc

/// One snapshot of a store, for verification and export. Needs nothing of the store to be right.
public final class SQLiteAudit: VerificationSource {
  public let headLines: [String]
  public let checkpointLines: [String]
  public let runFolders: [String]
  private let folder: StoreFolder
  private let database: SQLiteDatabase
  private let isEmpty: Bool

  /// Nil when there is no store, or somebody is just making it.
  public static func open(_ path: String) throws(StoreError) -> SQLiteAudit? {
    let folder = StoreFolder(path: path)
    guard try folder.isThere() else { return nil }
    let traces = try folder.traces()
    guard let audit = try SQLiteAudit(folder) else {
      try traces.refuse("is empty", in: folder)
      return nil
    }
    if audit.isEmpty, traces.names.isEmpty { return nil }
    return audit
  }

  private init?(_ folder: StoreFolder) throws(StoreError) {
    self.folder = folder
    // Before the snapshot: what is written meanwhile is then in the snapshot at least.
    do throws(FileError) {
      headLines = try AnchorLog(path: folder.heads).lines()
      checkpointLines = try AnchorLog(path: folder.checkpoints).lines()
      runFolders = try SQLiteAudit.foldersInUse(folder)
    } catch { throw error.asStoreError }
    do throws(SQLiteError) {
      guard let found = try SQLiteDatabase.reading(folder.database) else { return nil }
      database = found
    } catch { throw error.asStoreError(folder.database) }
    isEmpty = try Schema.state(of: database, path: folder.database) == .empty
    do throws(SQLiteError) { try database.execute("BEGIN") } catch {
      throw error.asStoreError(folder.database)
    }
  }

  private func checked<Result>(_ body: () throws(SQLiteError) -> Result) throws(StoreError) -> Result {
    do throws(SQLiteError) { return try body() } catch { throw error.asStoreError(folder.database) }
  }

  // MARK: - Rows

  public func nextEntry() throws(StoreError) -> LedgerRow? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT n, entry, link FROM ledger ORDER BY n").next { row in
        LedgerRow(number: row.int(0), entry: row.bytes(1), link: row.bytes(2))
      }
    }
  }

  public func entry(_ number: Int) throws(StoreError) -> LedgerRow? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT n, entry, link FROM ledger WHERE n = ?").first([.int(number)]) { row in
        LedgerRow(number: row.int(0), entry: row.bytes(1), link: row.bytes(2))
      }
    }
  }

  public func nextEvent() throws(StoreError) -> EventRow? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT run, n, line, stamp, link FROM event ORDER BY run, n").next { row in
        EventRow(
          run: row.text(0), number: row.int(1), line: row.isNull(2) ? nil : row.bytes(2), stamp: row.bytes(3),
          link: row.bytes(4))
      }
    }
  }

  public func link(ofEvent number: Int, of run: String) throws(StoreError) -> [UInt8]? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT link FROM event WHERE run = ? AND n = ?")
        .first([.text(run), .int(number)]) { $0.bytes(0) }
    }
  }

  public func columns(of run: String) throws(StoreError) -> [String]? {
    let names = RunRow.columnNames
    return try checked { () throws(SQLiteError) in
      try database.statement("SELECT \(names.joined(separator: ", ")) FROM run WHERE run = ?")
        .first([.text(run)]) { row in names.indices.map { row.text(Int32($0)) } }
    }
  }

  public func planDigest(of run: String) throws(StoreError) -> Digest? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT bytes FROM plan WHERE run = ?").first([.text(run)]) {
        SHA256.digest($0.bytes(0))
      }
    }
  }

  public func claimColumns() throws(StoreError) -> [ClaimColumns] {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT name, run, since FROM claim ORDER BY name").all { row in
        ClaimColumns(name: row.text(0), run: row.text(1), since: row.text(2))
      }
    }
  }

  public func rowsWithoutEvents() throws(StoreError) -> [(table: String, run: String)] {
    let sql = """
      SELECT 'run', run FROM run WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.run = run.run) \
      UNION ALL SELECT 'plan', run FROM plan WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.run = plan.run)
      """
    return try checked { () throws(SQLiteError) in
      try database.statement(sql).all { (table: $0.text(0), run: $0.text(1)) }
    }
  }

  public func structure() throws(StoreError) -> [String] {
    let found = try checked { () throws(SQLiteError) in
      try database.statement("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all { $0.text(0) }
    }
    var mistakes = Schema.statements.filter { !found.contains($0) }.map { "it lacks or has altered: \($0)" }
    mistakes += found.filter { !Schema.statements.contains($0) }.map { "it was given: \($0)" }
    let pages = try checked { () throws(SQLiteError) in
      try database.statement("PRAGMA integrity_check(5)").all { $0.text(0) }
    }
    return mistakes + pages.filter { $0 != "ok" }
  }

  // MARK: - Files

  public func fileDigest(run: String, path: String) throws(StoreError) -> Digest? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard StoreFolder.isRunName(run), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      return nil
    }
    do throws(FileError) {
      let file = try OpenFile(folder.runFolder(run) + "/" + path, O_RDONLY | O_NOFOLLOW)
      let hash = SHA256()
      var offset = 0
      while true {
        let piece = try file.read(from: offset, limit: 1 << 16)
        if piece.isEmpty { return hash.finalize() }
        hash.update(piece)
        offset += piece.count
      }
    } catch {
      if error.code == ENOENT || error.code == ELOOP || error.code == ENOTDIR { return nil }
      throw error.asStoreError
    }
  }

  /// Before its first event a run may have a folder with its lock, and nothing else.
  private static func foldersInUse(_ folder: StoreFolder) throws(FileError) -> [String] {
    var used: [String] = []
    for run in try StoreFolder.names(in: folder.runs) {
      let names = try StoreFolder.names(in: folder.runFolder(run))
      if names.contains(where: { $0 != DriverLock.fileName }) { used.append(run) }
    }
    return used.sorted()
  }
}
