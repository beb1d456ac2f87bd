import BelayDigest
import BelayJournal
import BelayModel
import Glibc
import Testing

@testable import BelayStore

@Suite("The store on SQLite") struct StoreOnSQLite {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test("folder, database, log and lock belong to their owner alone")
  func modes() throws {
    let store = try SQLiteStore.open(folder.store)
    var run = Journey(store, run: "r1")
    try run.begin()
    try run.end()
    #expect(mode(folder.store) == 0o700)
    #expect(mode(folder.store + "/runs/r1") == 0o700)
    for name in ["store.db", "store.db-wal", "store.db-shm", "store.lock", "reserve", "heads.log"] {
      #expect(mode(folder.store + "/" + name) == 0o600, "\(name)")
    }
  }

  @Test("what is appended is there, in order, for a second connection too")
  func readBack() throws {
    let store = try SQLiteStore.open(folder.store)
    var run = Journey(store, run: "r1")
    try run.begin(claims: ["deploy/staging"])
    try run.step("build")
    let reader = try #require(try SQLiteStore.openReadOnly(folder.store))
    #expect(reader.id == store.id)
    #expect(store.id.utf8.count == 32)
    let events = try reader.events(of: "r1", from: 1, limit: 100)
    #expect(events.map(\.number) == [1, 2, 3, 4, 5, 6])
    #expect(
      try events.map { try EventLine(parsing: $0.line).event.type }.prefix(3) == [
        "run_created", "driver_started", "attempt_intended",
      ])
    #expect(try reader.events(of: "r1", from: 3, limit: 2).map(\.number) == [3, 4])
    #expect(try reader.run("r1") == run.state.row)
    #expect(try reader.plan(of: "r1") == Journey.plan)
    #expect(try reader.run("r2") == nil)
    #expect(try reader.plan(of: "r2") == nil)
    let claims = try reader.claims()
    #expect(claims.map(\.name) == ["deploy/staging"])
    #expect(claims.map(\.by) == ["ada"])
  }

  @Test("reading what does not exist creates nothing")
  func readingCreatesNothing() throws {
    #expect(try SQLiteStore.openReadOnly(folder.store) == nil)
    #expect(try SQLiteAudit.open(folder.store) == nil)
    #expect(access(folder.path + "/state", F_OK) != 0)
  }

  @Test("a store opened for reading does not write")
  func readOnly() throws {
    var run = Journey(try SQLiteStore.open(folder.store), run: "r1")
    try run.begin()
    let reader = try #require(try SQLiteStore.openReadOnly(folder.store))
    let batch = try run.batch([.nodeHeld("a", reason: "b")])
    #expect(throws: StoreError.unusable("\(folder.store) was opened for reading")) {
      try reader.append(batch)
    }
  }

  @Test("runs are listed newest first, by status and since")
  func listing() throws {
    let store = try SQLiteStore.open(folder.store)
    for index in 1...5 {
      var run = Journey(store, run: "r\(index)", at: Int64(index) * 1000)
      try run.begin()
      if index.isMultiple(of: 2) { try run.end() }
    }
    var filter = RunFilter()
    #expect(try store.runs(filter).map(\.run) == ["r5", "r4", "r3", "r2", "r1"])
    filter.statuses = [.succeeded]
    #expect(try store.runs(filter).map(\.run) == ["r4", "r2"])
    filter.statuses = [.succeeded, .running]
    filter.since = Timestamp(seconds: 3000)
    filter.limit = 2
    #expect(try store.runs(filter).map(\.run) == ["r5", "r4"])
  }

  @Test("an old driver and one that missed an event are fenced, and nothing is written")
  func fence() throws {
    let store = try SQLiteStore.open(folder.store)
    var run = Journey(store, run: "r1")
    try run.begin()
    var old = run
    try run.append([Journey.driver(2)])
    var batch = try old.batch([.nodeHeld("a", reason: "b")])
    #expect(throws: StoreError.fenced("run r1 was taken over: driver 2 has followed driver 1")) {
      try store.append(batch)
    }
    batch.epoch = 2
    batch.row.epoch = 2
    #expect(throws: StoreError.fenced("run r1 has 3 events, not 2: another process appended")) {
      try store.append(batch)
    }
    #expect(try store.run("r1")?.events == 3)
    var unknown = Journey(store, run: "r9")
    _ = try unknown.batch([.runCreated(Journey.created())])
    let lost = try unknown.batch([Journey.driver(1)])
    #expect(throws: StoreError.fenced("run r9 does not exist")) { try store.append(lost) }
    #expect(try verified(folder.store).verdict == .consistent)
  }

  @Test("claims are taken all or none, name their holder, and are let go with the run's end")
  func claims() throws {
    let store = try SQLiteStore.open(folder.store)
    var first = Journey(store, run: "r1")
    try first.begin(claims: ["b", "c"])
    var second = Journey(store, run: "r2")
    let batch = try second.batch(
      [.runCreated(Journey.created(["a", "b"])), Journey.driver(1)], claims: .take(["b", "a"]))
    let error = #expect(throws: StoreError.self) { try store.append(batch) }
    guard case .claimed(let claim)? = error else {
      Issue.record("not claimed: \(String(describing: error))")
      return
    }
    #expect(claim.name == "b")
    #expect(claim.run == "r1")
    #expect(claim.by == "ada")
    #expect(try store.run("r2") == nil)
    #expect(try store.claims().map(\.name) == ["b", "c"])

    try first.append([.claimsTaken(["b", "d"])], claims: .take(["b", "d"]))
    try first.append([.claimsReleased(["c"])], claims: .release(["c"]))
    #expect(try store.claims().map(\.name) == ["b", "d"])
    #expect(try verified(folder.store).findings == [])
    try first.end()
    #expect(try store.claims() == [])
    _ = try store.append(batch)
    #expect(try store.claims().map(\.run) == ["r2", "r2"])
    #expect(try verified(folder.store).findings == [])
  }

  @Test("each run end leaves the ledger's head outside the database")
  func heads() throws {
    let store = try SQLiteStore.open(folder.store)
    for name in ["r1", "r2"] {
      var run = Journey(store, run: name)
      try run.begin()
      try run.end()
    }
    let log = AnchorLog(path: folder.store + "/heads.log")
    let heads = try log.lines().map { try LedgerHead(parsing: $0) }
    #expect(heads.map(\.entry) == [3, 5])
    #expect(heads.map(\.store) == [store.id, store.id])
    #expect(try verified(folder.store).verdict == .complete(upTo: try #require(heads.last)))

    // A crash in the middle of a line: what is torn is not read, and the next line replaces it.
    let file = try OpenFile(log.path, O_RDWR)
    try file.write(Array("{\"at\":".utf8), at: try file.size())
    #expect(try log.lines().count == 2)
    var run = Journey(store, run: "r3")
    try run.begin()
    try run.end()
    #expect(try log.lines().map { try LedgerHead(parsing: $0).entry } == [3, 5, 7])
  }

  @Test("a full disk writes nothing of the batch; the reserve is released once, and the batch appended again")
  func full() throws {
    let store = try SQLiteStore.open(folder.store)
    let reserve = Reserve(path: folder.store + "/reserve")
    #expect(reserve.isThere)
    var run = Journey(store, run: "r1")
    try run.begin()
    try store.database.execute("PRAGMA max_page_count=9")
    let before = run
    let long = String(repeating: "x", count: 100_000)
    let error = #expect(throws: StoreError.self) { try run.append([.nodeHeld("a", reason: long)]) }
    guard case .full? = error else {
      Issue.record("not full: \(String(describing: error))")
      return
    }
    #expect(reserve.isThere, "whoever drives says when it is needed")
    #expect(try store.run("r1")?.events == 2)
    #expect(try store.releaseReserve())
    #expect(try !store.hasReserve && !store.releaseReserve())
    run = before
    try run.append([.nodeHeld("a", reason: "the disk is full")])
    #expect(try store.run("r1")?.events == 3)
    try store.restoreReserve()
    #expect(reserve.isThere)
    #expect(try verified(folder.store).findings == [])
  }

  @Test("after an I/O error a connection says nothing more")
  func broken() throws {
    let store = try SQLiteStore.open(folder.store)
    let failure = SQLiteError(code: SQLiteStoreCodes.fsync, systemErrno: EIO, message: "disk I/O error")
    #expect(throws: StoreError.self) { try store.checked { () throws(SQLiteError) in throw failure } }
    let error = #expect(throws: StoreError.self) { try store.runs(RunFilter()) }
    guard case .broken? = error else {
      Issue.record("not broken: \(String(describing: error))")
      return
    }
    #expect(try SQLiteStore.open(folder.store).runs(RunFilter()) == [])
  }

  @Test("what a code of SQLite's means for the store")
  func codes() {
    func kind(_ code: Int32, _ systemErrno: Int32 = 0) -> String {
      let error = SQLiteError(code: code, systemErrno: systemErrno, message: "m").asStoreError("p")
      return String("\(error)".prefix { $0 != "(" })
    }
    #expect(kind(13) == "full")
    #expect(kind(778, EDQUOT) == "full")
    #expect(kind(4874, ENOSPC) == "full")
    #expect(kind(SQLiteStoreCodes.fsync, EIO) == "broken")
    #expect(kind(SQLiteStoreCodes.fsync, ENOSPC) == "broken")
    #expect(kind(778, EIO) == "broken")
    #expect(kind(11) == "broken")
    #expect(kind(26) == "broken")
    #expect(kind(5) == "unusable")
    #expect(kind(8) == "unusable")
    #expect(kind(14) == "unusable")
  }

  @Test("a newer store and a foreign database are refused, and not rewritten")
  func foreign() throws {
    _ = try SQLiteStore.open(folder.store)
    try tamper(folder.store, "PRAGMA user_version=2")
    let newer = #expect(throws: StoreError.self) { try SQLiteStore.open(folder.store) }
    guard case .newer? = newer else {
      Issue.record("not newer: \(String(describing: newer))")
      return
    }
    #expect(throws: StoreError.self) { try SQLiteStore.openReadOnly(folder.store) }
    #expect(throws: StoreError.self) { try SQLiteAudit.open(folder.store) }
    try tamper(folder.store, "PRAGMA user_version=1", "PRAGMA application_id=7")
    #expect(throws: StoreError.unusable("\(folder.store)/store.db is no store of belay's")) {
      try SQLiteStore.open(folder.store)
    }
  }

  @Test("a folder that others may enter is refused when it holds other files, else made private")
  func openFolder() throws {
    try StoreFolder.makeFolders(folder.store)
    chmod(folder.store, 0o755)
    _ = try OpenFile(folder.store + "/notes.txt", O_RDWR | O_CREAT)
    #expect(
      throws: StoreError.unusable(
        "\(folder.store) is open to other users: chmod 700 \(folder.store), or, for a group, chgrp GROUP \(folder.store) && chmod 2770 \(folder.store)"
      )
    ) { try SQLiteStore.open(folder.store) }
    unlink(folder.store + "/notes.txt")
    _ = try SQLiteStore.open(folder.store)
    #expect(mode(folder.store) == 0o700)
  }

  @Test("file systems without working locks are known by their number")
  func fileSystems() {
    #expect(StoreFolder.unfit(0x6969) == "NFS")
    #expect(StoreFolder.unfit(0x0102_1997) == "9p")
    #expect(StoreFolder.unfit(0x6573_5546) == "FUSE")
    #expect(StoreFolder.unfit(-11_317_950) == "SMB")
    #expect(StoreFolder.unfit(0xEF53) == nil)
    #expect(StoreFolder.unfit(0x0102_1994) == nil)
  }

  @Test("names that would leave the runs' folder name no run", arguments: ["", ".", "..", "a/b", "é", ".x"])
  func runNames(name: String) throws {
    let store = try SQLiteStore.open(folder.store)
    #expect(throws: StoreError.self) { try store.makeRunFolder(name) }
  }

  @Test("a checkpoint empties the log; short logs and other writers are left alone")
  func checkpoint() throws {
    let store = try SQLiteStore.open(folder.store)
    var run = Journey(store, run: "r1")
    try run.begin()
    try store.checkpointIfIdle()
    #expect(store.database.pagesInLog > 0)
    while !store.checkpointIsDue {
      try run.append([.nodeHeld("a", reason: String(repeating: "x", count: 9000))])
    }
    try store.checkpointIfIdle()
    #expect(store.database.pagesInLog == 0)
    #expect(!store.checkpointIsDue)
    #expect(try verified(folder.store).findings == [])
  }
}

/// Extended result codes that are macros with arithmetic, which Swift does not import.
enum SQLiteStoreCodes {
  /// SQLITE_IOERR_FSYNC
  static let fsync: Int32 = 10 | 4 << 8
}
