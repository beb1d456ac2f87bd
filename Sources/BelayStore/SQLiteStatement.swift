import BelayDigest
import CSQLite

/// A value for a placeholder.
enum SQLiteValue {
  case text(String)
  case int(Int)
  case blob([UInt8])
  case null

  static func digest(_ digest: Digest) -> SQLiteValue { .blob(digest.bytes) }
}

/// A prepared statement; belongs to its connection's cache, which ends it.
///
/// Every call resets it, also when it throws: a statement left open would hold its snapshot, and the log
/// could never start anew.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  init(_ handle: OpaquePointer, of connection: OpaquePointer) {
    self.handle = handle
    self.connection = connection
  }

  func finalize() { sqlite3_finalize(handle) }

  /// For statements without rows.
  func run(_ values: [SQLiteValue] = []) throws(SQLiteError) {
    defer { reset() }
    try bind(values)
    while try step() {}
  }

  /// The first row, or nil.
  func first<Result>(
    _ values: [SQLiteValue] = [], read: (SQLiteRow) -> Result
  ) throws(SQLiteError) -> Result? {
    defer { reset() }
    try bind(values)
    return try step() ? read(SQLiteRow(handle)) : nil
  }

  func all<Result>(_ values: [SQLiteValue] = [], read: (SQLiteRow) -> Result) throws(SQLiteError) -> [Result]
  {
    defer { reset() }
    try bind(values)
    var rows: [Result] = []
    while try step() { rows.append(read(SQLiteRow(handle))) }
    return rows
  }

  /// Row after row, a call each; nil after the last one, then from the start again. Between the calls the
  /// statement is open and holds its snapshot.
  func next<Result>(_ read: (SQLiteRow) -> Result) throws(SQLiteError) -> Result? {
    do throws(SQLiteError) {
      if try step() { return read(SQLiteRow(handle)) }
    } catch {
      reset()
      throw error
    }
    reset()
    return nil
  }

  private func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  private func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw SQLiteDatabase.error(code, connection)
    }
  }

  private func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    for (index, value) in values.enumerated() {
      let code = bind(value, at: Int32(index + 1))
      if code != SQLITE_OK { throw SQLiteDatabase.error(code, connection) }
    }
  }

  private func bind(_ value: SQLiteValue, at index: Int32) -> Int32 {
    // SQLITE_TRANSIENT, a cast that C macros can and Swift cannot import: SQLite copies the bytes.
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .null: return sqlite3_bind_null(handle, index)
    case .int(let number): return sqlite3_bind_int64(handle, index, Int64(number))
    case .blob(let bytes):
      if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, index, 0) }
      return bytes.withUnsafeBytes {
        sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), copied)
      }
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text64(handle, index, $0.baseAddress, UInt64($0.count), copied, UInt8(SQLITE_UTF8))
        }
      }
    }
  }
}

/// The current row of a statement; of use only within the closure that it is given to.
struct SQLiteRow {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }

  func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  /// Bytes that are no UTF-8 become U+FFFD; ``bytes(_:)`` has them as they are.
  func text(_ column: Int32) -> String { String(decoding: buffer(column), as: UTF8.self) }

  func bytes(_ column: Int32) -> [UInt8] { Array(buffer(column)) }

  func digest(_ column: Int32) -> Digest? { Digest(bytes: bytes(column)) }

  private func buffer(_ column: Int32) -> UnsafeRawBufferPointer {
    // The pointer first: asking for the length may otherwise be answered for another encoding.
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }
}
