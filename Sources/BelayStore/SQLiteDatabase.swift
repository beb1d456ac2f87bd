import CSQLite
import Glibc

/// One connection: opened here, closed with this object, never shared between threads.
final class SQLiteDatabase {
  enum Access { case readOnly, readWrite }

  private let handle: OpaquePointer
  private var cache: [String: SQLiteStatement] = [:]
  /// Frames in the write-ahead log after this connection's last commit.
  private let walPages: UnsafeMutablePointer<Int32>

  init(path: String, _ access: Access) throws(SQLiteError) {
    var opened: OpaquePointer?
    let rights = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    let code = sqlite3_open_v2(path, &opened, rights | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteDatabase.error(code, opened)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    walPages = .allocate(capacity: 1)
    walPages.initialize(to: 0)
    try configure()
  }

  /// Opens a store's database for reading; nil when its making was killed half-way, so that it waits for the next
  /// writer to roll it back.
  static func reading(_ path: String) throws(SQLiteError) -> SQLiteDatabase? {
    do throws(SQLiteError) { return try SQLiteDatabase(path: path, .readOnly) } catch {
      if error.isHalfMade { return nil }
      throw error
    }
  }

  deinit {
    for statement in cache.values { statement.finalize() }
    sqlite3_close_v2(handle)
    walPages.deallocate()
  }

  /// Whatever the file says must not make this process run or trust anything.
  private func configure() throws(SQLiteError) {
    let options: [(option: Int32, on: Int32)] = [
      (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1), (SQLITE_DBCONFIG_DEFENSIVE, 1),
      (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0), (SQLITE_DBCONFIG_ENABLE_VIEW, 0),
      (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    ]
    for (option, on) in options { try check(belay_sqlite3_set(handle, option, on)) }
    // Writers queue on a lock of their own; this is for a reader that recovers the log after a crash, and for
    // other programs that open the file.
    sqlite3_busy_timeout(handle, 10_000)
    try execute("PRAGMA synchronous=FULL")
    try execute("PRAGMA wal_autocheckpoint=0")
    try execute("PRAGMA mmap_size=0")
    // After wal_autocheckpoint, which sets this hook itself.
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, walPages)
  }

  /// Pages in the write-ahead log when this connection last committed.
  var pagesInLog: Int { Int(walPages.pointee) }

  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Runs SQL without values and throws its rows away.
  func execute(_ sql: String) throws(SQLiteError) { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

  /// The statement for this text, prepared once a connection.
  func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    if let known = cache[sql] { return known }
    var prepared: OpaquePointer?
    try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
    guard let prepared else { preconditionFailure("no statement in: \(sql)") }
    let statement = SQLiteStatement(prepared, of: handle)
    cache[sql] = statement
    return statement
  }

  /// Writes what it can from the log into the database, waiting for nobody.
  ///
  /// - Source: SQLITE_CHECKPOINT_PASSIVE of sqlite3_wal_checkpoint_v2
  func checkpoint() throws(SQLiteError) {
    var left: Int32 = 0
    var done: Int32 = 0
    try check(sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &left, &done))
    walPages.pointee = left == done ? 0 : left
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    if code != SQLITE_OK { throw SQLiteDatabase.error(code, handle) }
  }

  static func error(_ code: Int32, _ handle: OpaquePointer?) -> SQLiteError {
    // Not sqlite3_system_errno, which a failed COMMIT does not set.
    let systemErrno = errno
    let text = handle.flatMap(sqlite3_errmsg) ?? sqlite3_errstr(code)
    return SQLiteError(
      code: code, systemErrno: systemErrno,
      message: text.map { String(cString: $0) } ?? "SQLite error \(code)")
  }
}
