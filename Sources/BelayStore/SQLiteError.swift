import BelayJournal
import CSQLite
import Glibc

/// What SQLite answered instead of doing it.
///
/// - Source: https://sqlite.org/rescode.html
struct SQLiteError: Error, Hashable {
  /// Extended result code.
  var code: Int32
  /// errno right after it; of use with an I/O error only.
  var systemErrno: Int32
  var message: String

  /// Errors that leave what is on disk as it was: SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMOPEN and
  /// SQLITE_IOERR_SHMSIZE, macros with arithmetic that Swift does not import. A failed sync is none of them.
  private static let writes = [3, 18, 19].map { SQLITE_IOERR | $0 << 8 }

  /// A reader's word on a database that waits for a writer to roll its journal back (SQLITE_READONLY_ROLLBACK). A store has
  /// such a journal only while it is being made: from then on it has a write-ahead log.
  var isHalfMade: Bool { code == SQLITE_READONLY | 3 << 8 }

  /// What it means for the store at `path`.
  func asStoreError(_ path: String) -> StoreError {
    let text = "\(path): \(message) (SQLite \(code))"
    switch code & 0xFF {
    case SQLITE_FULL: return .full(text)
    // SQLite knows ENOSPC of a write; not a quota, and not shared memory that cannot grow.
    case SQLITE_IOERR
    where SQLiteError.writes.contains(code) && (systemErrno == ENOSPC || systemErrno == EDQUOT):
      return .full(text)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return .unusable("\(text): a program that does not take belay's lock holds the database")
    case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: return .unusable(text)
    case SQLITE_NOTADB: return .broken("\(path) is no SQLite database")
    default: return .broken(text)
    }
  }
}
