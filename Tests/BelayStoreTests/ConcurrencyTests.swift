import BelayJournal
import BelayModel
import Glibc
import Synchronization
import Testing

@testable import BelayStore

@Suite("Several writers at once") struct SeveralWriters {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Threads of their own: what blocks in flock(2) must not hold the pool that tests run on.
  private func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Work: Sendable {
      let index: Int
      let body: @Sendable (Int) -> Void
      init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.index = index
        self.body = body
      }
    }
    let threads = (0..<count).compactMap { index -> pthread_t? in
      var thread = pthread_t()
      let work = Unmanaged.passRetained(Work(index, body))
      let code = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
          work.body(work.index)
          return nil
        }, work.toOpaque())
      return code == 0 ? thread : nil
    }
    for thread in threads { pthread_join(thread, nil) }
  }

  @Test("eight writers that create one store and append to it all end well")
  func eight() throws {
    let path = folder.store
    let failures = Mutex<[String]>([])
    inThreads(8) { index in
      do {
        let store = try SQLiteStore.open(path)
        var run = Journey(store, run: "r\(index)")
        try run.begin(claims: ["claim-\(index)"])
        for step in 0..<10 {
          try run.step("step-\(step)")
          if step == 5 { try store.database.execute("PRAGMA cache_size=-2000") }
          try store.checkpointIfIdle()
        }
        try run.end()
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    let report = try verified(path)
    #expect(report.findings == [])
    #expect(report.runs == 8)
    #expect(report.events == 8 * 43)
  }

  @Test("of eight drivers that follow the same one, one appends and seven are fenced")
  func drivers() throws {
    let path = folder.store
    var run = Journey(try SQLiteStore.open(path), run: "r")
    try run.begin()
    let batch = try run.batch([Journey.driver(2)])
    let outcomes = Mutex<[String]>([])
    inThreads(8) { _ in
      do {
        _ = try SQLiteStore.open(path).append(batch)
        outcomes.withLock { $0.append("appended") }
      } catch { outcomes.withLock { $0.append("\(error)") } }
    }
    let all = outcomes.withLock { $0 }
    #expect(all.count == 8)
    #expect(all.filter { $0 == "appended" }.count == 1)
    #expect(all.filter { $0.contains("fenced") }.count == 7)
  }

  @Test("of eight runs that want one claim, one has it and seven are told who")
  func claims() throws {
    let path = folder.store
    let outcomes = Mutex<[String]>([])
    inThreads(8) { index in
      do {
        var run = Journey(try SQLiteStore.open(path), run: "r\(index)")
        try run.begin(claims: ["deploy/production", "a", "b"])
        outcomes.withLock { $0.append("has it") }
      } catch StoreError.claimed(let claim) {
        outcomes.withLock { $0.append(claim.run) }
      } catch { outcomes.withLock { $0.append("\(error)") } }
    }
    let all = outcomes.withLock { $0 }
    let holder = try #require(try SQLiteStore.open(path).claims().first?.run)
    #expect(all.filter { $0 == "has it" }.count == 1)
    #expect(all.filter { $0 == holder }.count == 7)
    #expect(try verified(path).findings == [])
  }

  @Test("a snapshot being verified sees no part of what is appended meanwhile")
  func snapshot() throws {
    var run = Journey(try SQLiteStore.open(folder.store), run: "r1")
    try run.begin()
    let audit = try #require(try SQLiteAudit.open(folder.store))
    #expect(try audit.nextEntry()?.number == 1)
    try run.step("a")
    try run.end()
    var other = Journey(run.store, run: "r2")
    try other.begin()
    while try audit.nextEntry() != nil {}
    let report = try AuditReport.verifying(audit, by: RunRefold.self)
    #expect(report.findings == [])
    #expect(report.events == 2)
    #expect(try verified(folder.store).events == 9)
  }
}
