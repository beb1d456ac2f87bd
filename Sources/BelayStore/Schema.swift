import BelayJournal

/// The tables, as JournalFormat.md has them.
enum Schema {
  /// `BELA`, in the file's header.
  static let applicationID = 0x4245_4C41
  /// Of tables and ledger; a newer one is refused, never rewritten.
  static let version = 1

  /// In the order in which they are made. No triggers, no views; one index, for lists by time.
  static let statements = [
    """
    CREATE TABLE event(run TEXT NOT NULL, n INTEGER NOT NULL, line TEXT, stamp TEXT NOT NULL, \
    link BLOB NOT NULL, PRIMARY KEY(run, n)) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE ledger(n INTEGER PRIMARY KEY, entry TEXT NOT NULL, link BLOB NOT NULL) STRICT",
    """
    CREATE TABLE run(run TEXT PRIMARY KEY, playbook TEXT NOT NULL, title TEXT NOT NULL, \
    environment TEXT NOT NULL, status TEXT NOT NULL, cause TEXT NOT NULL, initiator TEXT NOT NULL, \
    plan_digest TEXT NOT NULL, created_at TEXT NOT NULL, changed_at TEXT NOT NULL, epoch INTEGER NOT NULL, \
    events INTEGER NOT NULL) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX run_by_time ON run(created_at)",
    """
    CREATE TABLE claim(name TEXT PRIMARY KEY, run TEXT NOT NULL, since TEXT NOT NULL) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE plan(run TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID",
  ]

  /// What the file is: an empty database, ours, or neither.
  enum State { case empty, current }

  static func state(of database: SQLiteDatabase, path: String) throws(StoreError) -> State {
    let found: (application: Int, version: Int, tables: Int)
    do throws(SQLiteError) {
      // One snapshot: another process may be making the store just now.
      try database.execute("BEGIN")
      defer { try? database.execute("COMMIT") }
      found = (
        try number("PRAGMA application_id", database), try number("PRAGMA user_version", database),
        try number("SELECT count(*) FROM sqlite_schema", database)
      )
    } catch { throw error.asStoreError(path) }
    if found == (0, 0, 0) { return .empty }
    guard found.application == applicationID else { throw .unusable("\(path) is no store of belay's") }
    guard found.version <= version else {
      throw .newer(
        "\(path) is of store version \(found.version), made by a newer belay; this one reads \(version)")
    }
    guard found.version == version else { throw .broken("\(path) has no store version \(found.version)") }
    return .current
  }

  private static func number(_ sql: String, _ database: SQLiteDatabase) throws(SQLiteError) -> Int {
    try database.statement(sql).first { $0.int(0) } ?? 0
  }
}
