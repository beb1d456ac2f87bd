import BelayDigest
public import BelayJournal
import BelayModel
import Glibc

/// Runs in one SQLite file on a local disk, written by any number of processes.
///
/// Every write and every checkpoint happens under `store.lock`, a flock(2) taken first; commits are synced when
/// `append` returns. An object belongs to one thread at a time.
public final class SQLiteStore: RunStore {
  public let id: String
  /// The folder.
  public var location: String { folder.path }

  let folder: StoreFolder
  let database: SQLiteDatabase
  /// Nil when opened for reading.
  let lock: StoreLock?
  let hash = ChainHash()
  let writer = StampSource()
  /// Why nothing can be believed any more, once that is so.
  private var failure: StoreError?

  /// Past this many pages the log is written into the database when somebody asks.
  public static let dueAtPages = 1000
  /// Past this many, also in the middle of work: readers get slower with every page.
  static let overdueAtPages = 4000

  private init(_ folder: StoreFolder, _ database: SQLiteDatabase, lock: StoreLock?, id: String) {
    self.folder = folder
    self.database = database
    self.lock = lock
    self.id = id
  }

  /// Opens the store in a folder for writing; makes both where they are missing.
  ///
  /// - Parameter onLongWait: told once, from a thread of its own, when waiting for `store.lock` has taken 5 s.
  public static func open(
    _ path: String, onLongWait: @escaping @Sendable (LockHolder) -> Void = { _ in }
  ) throws(StoreError) -> SQLiteStore {
    let folder = StoreFolder(path: path)
    try folder.prepare()
    let lock: StoreLock
    do throws(FileError) {
      lock = try StoreLock(path: folder.lock, onLongWait: onLongWait)
    } catch { throw error.asStoreError }
    let traces = try folder.traces()
    if try !folder.isThere() {
      do throws(FileError) { try folder.makeDatabase() } catch { throw error.asStoreError }
    }
    let database: SQLiteDatabase
    do throws(SQLiteError) { database = try SQLiteDatabase(path: folder.database, .readWrite) } catch {
      throw error.asStoreError(folder.database)
    }
    if try Schema.state(of: database, path: folder.database) == .empty {
      try traces.refuse("is empty", in: folder)
      try lock.held { () throws(StoreError) in try create(database, in: folder) }
    }
    let id = try identity(database, folder)
    guard let id else {
      throw .broken("\(path): the ledger's first entry is damaged: 'belay audit verify' tells more")
    }
    let store = SQLiteStore(folder, database, lock: lock, id: id)
    // On a full disk the store can be read and what finished recorded; who starts something asks again.
    try? store.restoreReserve()
    return store
  }

  /// Opens the store in a folder for reading; nil when there is none. Makes no folder and no store.
  ///
  /// - Note: SQLite keeps `store.db-shm` beside an existing store, also for readers.
  public static func openReadOnly(_ path: String) throws(StoreError) -> SQLiteStore? {
    let folder = StoreFolder(path: path)
    guard try folder.isThere() else { return nil }
    try folder.checkFileSystem()
    let traces = try folder.traces()
    let found: SQLiteDatabase?
    do throws(SQLiteError) { found = try SQLiteDatabase.reading(folder.database) } catch {
      throw error.asStoreError(folder.database)
    }
    guard let database = found, try Schema.state(of: database, path: folder.database) == .current else {
      try traces.refuse("is empty", in: folder)
      return nil
    }
    return SQLiteStore(folder, database, lock: nil, id: try identity(database, folder) ?? "")
  }

  /// - Returns: nil when the ledger does not begin as it must.
  private static func identity(
    _ database: SQLiteDatabase, _ folder: StoreFolder
  ) throws(StoreError) -> String? {
    do throws(SQLiteError) {
      let entry = try database.statement("SELECT entry FROM ledger WHERE n = 1").first { $0.text(0) }
      guard let entry, let line = try? LedgerLine(parsing: entry), case .storeCreated(let id) = line.entry
      else { return nil }
      return id
    } catch { throw error.asStoreError(folder.database) }
  }

  /// Under the lock: another process may have made it meanwhile.
  private static func create(_ database: SQLiteDatabase, in folder: StoreFolder) throws(StoreError) {
    guard try Schema.state(of: database, path: folder.database) == .empty else { return }
    var random = SystemRandomNumberGenerator()
    let id = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }.hex
    let hash = ChainHash()
    let entry = LedgerLine(number: 1, at: .now, entry: .storeCreated(store: id)).text
    let link = hash.link(ofEntry: 1, after: hash.start(ofStore: id), entry: hash.digest(of: entry))
    do throws(SQLiteError) {
      try database.execute("PRAGMA journal_mode=WAL")
      try database.execute("BEGIN IMMEDIATE")
      for statement in Schema.statements { try database.execute(statement) }
      try database.statement("INSERT INTO ledger VALUES (1, ?, ?)").run([.text(entry), .digest(link)])
      try database.execute("PRAGMA application_id=\(Schema.applicationID)")
      try database.execute("PRAGMA user_version=\(Schema.version)")
      try database.execute("COMMIT")
      try database.checkpoint()
    } catch { throw error.asStoreError(folder.database) }
    // With its name durable before its first line.
    do throws(FileError) { _ = try OpenFile(folder.heads, O_RDWR | O_CREAT) } catch {
      throw error.asStoreError
    }
    try StoreFolder.syncNames(in: folder.path)
  }

  /// Runs what may fail in SQLite. After an I/O error this connection says nothing more: pages that could not be
  /// written are marked clean by Linux, and a second sync would lie.
  func checked<Result>(_ body: () throws(SQLiteError) -> Result) throws(StoreError) -> Result {
    if let failure { throw failure }
    do throws(SQLiteError) { return try body() } catch {
      throw remembered(error.asStoreError(folder.database))
    }
  }

  func remembered(_ error: StoreError) -> StoreError {
    if case .broken = error { failure = error }
    return error
  }

  // MARK: - Care

  /// Writes the log into the database if there is enough of it to be worth a sync and nobody else is writing.
  /// For moments when no step waits; also before the program ends.
  public func checkpointIfIdle() throws(StoreError) {
    guard let lock, database.pagesInLog >= SQLiteStore.dueAtPages / 10 else { return }
    try lock.heldIfFree { () throws(StoreError) in try checkpoint() }
  }

  /// Under the lock. A full disk leaves the log as it was, and nothing is lost.
  func checkpoint() throws(StoreError) {
    do throws(StoreError) {
      try checked { () throws(SQLiteError) in try database.checkpoint() }
    } catch {
      guard case .full = error else { throw error }
    }
  }

  /// True once the log is so long that the next quiet moment should be used.
  public var checkpointIsDue: Bool { database.pagesInLog >= SQLiteStore.dueAtPages }

  /// Takes back the 16 MiB that a full disk has used up; without effect when they are there.
  ///
  /// - Throws: `full` while there is no room. Nothing should be started then.
  public func restoreReserve() throws(StoreError) { try Reserve(path: folder.reserve).restore() }

  /// False once a full disk has used it up, here or in another process.
  public var hasReserve: Bool { Reserve(path: folder.reserve).isThere }

  /// Makes room on a full disk for what must still be recorded; once, until the reserve is restored.
  ///
  /// - Returns: false when there was nothing left to release.
  public func releaseReserve() throws(StoreError) -> Bool {
    do throws(FileError) { return try Reserve(path: folder.reserve).release() } catch {
      throw error.asStoreError
    }
  }

  /// Sees that there is room for the record of a run before there is anything to record.
  ///
  /// - Throws: `full` with how much is needed, and where.
  public func requireRoom() throws(StoreError) {
    try restoreReserve()
    try Room.require(Room.forWork, in: folder.runs, why: "for the journal and the keeper's log")
    try Room.take(Room.forWork, in: folder.runs)
  }

  // MARK: - Folders of runs

  public var path: String { folder.path }

  /// Where a run keeps its files: outputs, sockets, locks.
  public func runFolder(_ run: String) -> String { folder.runFolder(run) }

  /// Makes it, 0700, with a durable name; without effect when it is there.
  public func makeRunFolder(_ run: String) throws(StoreError) -> String {
    guard StoreFolder.isRunName(run) else { throw .unusable("'\(run)' cannot name a run") }
    do throws(StoreError) { try StoreFolder.makeFolders(folder.runFolder(run)) } catch {
      throw remembered(error)
    }
    return folder.runFolder(run)
  }

  /// Of a run that was refused before its first event; of any other it has files, and stays.
  public func removeFolder(ofUnrecorded run: String) {
    unlink(folder.runFolder(run) + "/" + DriverLock.fileName)
    rmdir(folder.runFolder(run))
  }
}
