import BelayJournal
import BelayModel

@testable import BelayStore

/// A small store with everything in it, to be damaged.
enum SampleStore {
  /// r1 succeeded and kept a file; r2 runs and holds a claim; r3 was rolled back by a second driver; r4, the
  /// newest, runs and kept a file. All of it stands in `store.db`, nothing in the log.
  static func make() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(folder.store)
    var first = Journey(store, run: "r1", at: 1000)
    try first.begin(claims: ["deploy/staging"])
    try first.step("build", file: "1.2.out")
    var second = Journey(store, run: "r2", at: 2000)
    try second.begin(claims: ["a/b", "deploy/production"])
    try second.step("migrate")
    try first.end()
    var third = Journey(store, run: "r3", at: 3000)
    try third.begin()
    try third.append([Journey.driver(2)])
    try third.end(.rolledBack)
    try second.append([.claimsReleased(["a/b"])], claims: .release(["a/b"]))
    try second.step("verify")
    var newest = Journey(store, run: "r4", at: 4000)
    try newest.begin()
    try newest.step("check", file: "1.2.out")
    try store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder
  }

  /// The second run, taken up where its events end.
  static func secondRun(in folder: TemporaryFolder) throws -> Journey {
    let store = try SQLiteStore.open(folder.store)
    return try Journey(store, resuming: "r2")
  }
}
