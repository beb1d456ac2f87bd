import BelayJournal
import Glibc
import TestFiles
import Testing

@testable import BelayStore

@Suite("A store that is not there, or not all of it") struct Presence {
  private let folder: TemporaryFolder
  private var database: String { folder.store + "/store.db" }

  init() throws { folder = try TemporaryFolder() }

  /// What each way of opening says.
  private func refusals() -> [StoreError?] {
    func refusal(_ body: () throws -> Void) -> StoreError? {
      do { try body() } catch let error as StoreError { return error } catch {
        Issue.record("another error: \(error)")
      }
      return nil
    }
    return [
      refusal { _ = try SQLiteStore.openReadOnly(folder.store) },
      refusal { _ = try SQLiteAudit.open(folder.store) }, refusal { _ = try SQLiteStore.open(folder.store) },
    ]
  }

  private func makeStore() throws {
    var run = Journey(try SQLiteStore.open(folder.store), run: "r1")
    try run.begin()
    try run.end()
  }

  private func removeDatabase() { for end in ["", "-wal", "-shm"] { unlink(database + end) } }

  private func gone(_ what: String, _ traces: String) -> StoreError {
    .broken(
      "\(database) \(what), though \(traces) in \(folder.store) tell of runs: put it back from a copy, or begin a"
        + " new store: mv \(folder.store) \(folder.store).old")
  }

  @Test("the database removed: whoever opens is told what is missing, and no new one is made")
  func removed() throws {
    try makeStore()
    removeDatabase()
    #expect(refusals() == [StoreError?](repeating: gone("is missing", "heads.log and runs"), count: 3))
    #expect(access(database, F_OK) != 0)
  }

  @Test("the database removed, and one of what it has left")
  func removedWithMore() throws {
    try makeStore()
    removeDatabase()
    truncate(folder.store + "/heads.log", 0)
    #expect(refusals() == [StoreError?](repeating: gone("is missing", "runs"), count: 3))
    let other = try TemporaryFolder()
    var run = Journey(try SQLiteStore.open(other.store), run: "r1")
    try run.begin()
    try run.end()
    for name in ["store.db", "store.db-wal", "store.db-shm"] { unlink(other.store + "/" + name) }
    for name in ["drive.lock", ""] { Glibc.remove(other.store + "/runs/r1/" + name) }
    #expect(throws: StoreError.self) { try SQLiteStore.open(other.store) }
    #expect(throws: StoreError.self) { try SQLiteAudit.open(other.store) }
  }

  @Test("the database emptied")
  func emptied() throws {
    try makeStore()
    removeDatabase()
    Files.write("", to: database)
    let refusal = gone("is empty", "heads.log and runs")
    let told = refusals()
    #expect(told[0] == refusal && told[2] == refusal, "\(told)")
    #expect(!(try verified(folder.store).findings.isEmpty))
  }

  @Test("what a power loss may leave of a store that was just being made is none, and the store is made")
  func halfMade() throws {
    try StoreFolder.makeFolders(folder.store + "/runs")
    for name in ["heads.log", "store.lock"] { Files.write("", to: folder.store + "/" + name) }
    #expect(try SQLiteStore.openReadOnly(folder.store) == nil)
    #expect(try SQLiteAudit.open(folder.store) == nil)
    Files.write("", to: database)
    #expect(try SQLiteStore.openReadOnly(folder.store) == nil)
    #expect(try SQLiteAudit.open(folder.store) == nil)
    try makeStore()
    #expect(try verified(folder.store).findings == [])
  }

  /// SQLite switches a new file to its write-ahead log with a journal of the old kind, which only a writer may roll back.
  @Test("a store whose making was killed in its first write is none, and the store is made")
  func killedInFirstWrite() throws {
    try StoreFolder.makeFolders(folder.store + "/runs")
    let magic = "\u{D9}\u{D5}\u{05}\u{F9}\u{20}\u{A1}\u{63}\u{D7}".unicodeScalars.map { UInt8($0.value) }
    // No records, a nonce, no pages before, sectors of 512 bytes, pages of 4096.
    let numbers: [UInt32] = [0, 7, 0, 512, 4096]
    let header =
      magic + numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    let journal = try OpenFile(database + "-journal", O_RDWR | O_CREAT)
    try journal.write(header + [UInt8](repeating: 0, count: 512 - header.count), at: 0)
    let page = try OpenFile(database, O_RDWR | O_CREAT)
    try page.write([UInt8](repeating: 0, count: 4096), at: 0)
    #expect(try SQLiteStore.openReadOnly(folder.store) == nil)
    #expect(try SQLiteAudit.open(folder.store) == nil)
    try makeStore()
    #expect(try verified(folder.store).findings == [])
  }

  @Test("a plain file in place of the folder, above it, or a folder in place of the database")
  func otherKinds() throws {
    try StoreFolder.makeFolders(folder.path + "/state")
    Files.write("", to: folder.store)
    var told = refusals()
    #expect(
      told[0] == .unusable("\(folder.store) is not a folder: it can be no part of a store")
        && told[1] == told[0])
    #expect(told[2] == .unusable("\(folder.store) is no folder"))
    unlink(folder.store)
    rmdir(folder.path + "/state")
    Files.write("", to: folder.path + "/state")
    told = refusals()
    #expect(told[0] == .unusable("\(folder.store) may not be read: Not a directory") && told[1] == told[0])
    #expect(told[2] == .unusable("create folder \(folder.store): Not a directory"))
    unlink(folder.path + "/state")
    try StoreFolder.makeFolders(database)
    chmod(folder.store, 0o700)
    #expect(
      refusals()
        == [StoreError?](
          repeating: .unusable("\(database) is not a plain file: it can be no part of a store"), count: 3))
  }
}
