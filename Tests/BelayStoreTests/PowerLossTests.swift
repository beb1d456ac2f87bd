import BelayJournal
import BelayModel
import Glibc
import Testing

@testable import BelayStore

/// A memory file system: what survives is decided by the model, not by the machine.
let fastFolder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

/// Holds a store against what was asked of it and what it has reported.
struct Survival {
  var lines: [String: [String]]
  var commits: [String: Set<Int>]

  /// - Throws: with what is wrong; every test of many states stops at the first.
  func check(_ folder: String, _ reported: WatchedDisk.Reported) throws {
    let store = try SQLiteStore.open(folder)
    if let id = reported.store, store.id != id { throw Wrong("it is another store") }
    for run in reported.folders.sorted() where access(store.runFolder(run), F_OK) != 0 {
      throw Wrong("the folder of \(run) is lost")
    }
    for run in lines.keys.sorted() {
      let found = try store.events(of: run, from: 1, limit: .max).map(\.line)
      let asked = lines[run] ?? []
      if found != Array(asked.prefix(found.count)) { throw Wrong("\(run) has events that nobody appended") }
      if found.count < reported.events[run] ?? 0 {
        throw Wrong("\(run) has \(found.count) events, \(reported.events[run] ?? 0) were reported durable")
      }
      if found.count > 0, commits[run]?.contains(found.count) != true {
        throw Wrong("\(run) has \(found.count) events: a part of a commit")
      }
    }
    try verify(folder, reported.anchor)
    // The store can be used: another run from its beginning to its end.
    var more = Journey(store, run: "after")
    try more.begin(claims: ["after"])
    try more.end()
    try verify(folder, reported.anchor + 1)
  }

  /// Rows and claims are folded again by verification.
  func verify(_ folder: String, _ anchor: Int) throws {
    let report = try verified(folder)
    if let first = report.findings.first { throw Wrong("verification: \(first.text)") }
    let entry = if case .complete(let head) = report.verdict { head.entry } else { 0 }
    if entry < anchor { throw Wrong("verification proves entry \(entry), \(anchor) was reported") }
  }

  struct Wrong: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}

extension OnAFaultyDisk {
  @Suite("Power loss") struct PowerLoss {
    /// The whole workload, as the disk has seen it.
    private func recorded() throws -> (operations: [WatchedDisk.Operation], survival: Survival) {
      let folder = try TemporaryFolder(in: fastFolder)
      try StoreFolder.makeFolders(folder.path + "/store")
      let disk = WatchedDisk(folder.path + "/store")
      defer { disk.end() }
      let work = StoreWorkload(folder.path + "/store", disk)
      try work.play()
      return (disk.operations, Survival(lines: work.lines, commits: work.commits))
    }

    private static let losses: [(name: String, loss: Loss)] =
      [("all that was unsynced is lost", .everythingUnsynced), ("nothing is lost", .nothing)]
      + [0.5, 0.9, 0.1, 0.5].enumerated().map { seed, kept in
        (
          "\(kept) of the sectors are kept, seed \(seed)",
          .parts(SeededGenerator(state: UInt64(seed)), kept: kept)
        )
      }

    @Test("at every operation of a workload: a prefix is there, with all that was reported, and it verifies")
    func everywhere() throws {
      let (operations, survival) = try recorded()
      var image = DiskImage()
      var reported = WatchedDisk.Reported()
      var seen: Set<String> = []
      var states = 0
      for (place, operation) in operations.enumerated() {
        image.apply(operation)
        if case .reported(let now) = operation { reported = now }
        for (name, loss) in PowerLoss.losses {
          let files = image.after(loss)
          states += 1
          guard seen.insert("\(files.digest) \(reported)").inserted else { continue }
          do { try check(files, survival, reported) } catch {
            Issue.record(
              "after operation \(place) of \(operations.count), \(operation.text): \(name): \(error)")
            return
          }
        }
      }
      print("power loss: \(operations.count) boundaries, \(states) states, \(seen.count) of them different")
      #expect(operations.count > 250 && seen.count > 500, "the workload has shrunk")
    }

    @Test("at every operation, and again after the first commit that follows the recovery")
    func twice() throws {
      let (operations, survival) = try recorded()
      var image = DiskImage()
      var reported = WatchedDisk.Reported()
      var seen: Set<String> = []
      for (place, operation) in operations.enumerated() {
        image.apply(operation)
        if case .reported(let now) = operation { reported = now }
        for (name, loss) in [PowerLoss.losses[0], PowerLoss.losses[2]] {
          let files = image.after(loss)
          guard seen.insert("\(files.digest) \(reported)").inserted else { continue }
          do { try checkRecovery(files, survival, reported) } catch {
            Issue.record("after operation \(place), \(operation.text): \(name), then all again: \(error)")
            return
          }
        }
      }
      print("power loss after a recovery: \(operations.count) boundaries, \(seen.count) different states")
    }

    /// What recovery has read is as durable as what it then reports; nothing of it may rest on unsynced writes.
    private func checkRecovery(
      _ files: [String: [UInt8]?], _ survival: Survival, _ reported: WatchedDisk.Reported
    ) throws {
      let folder = try TemporaryFolder(in: fastFolder)
      let path = folder.path + "/store"
      try files.write(to: path)
      var image = try DiskImage(of: path)
      let disk = WatchedDisk(path)
      defer { disk.end() }
      let store = try SQLiteStore.open(path)
      var run = Journey(store, run: "later")
      let batch = try run.batch([.runCreated(Journey.created()), Journey.driver(1)])
      _ = try store.append(batch)
      disk.end()
      for operation in disk.operations { image.apply(operation) }
      var survival = survival
      survival.lines["later"] = batch.lines
      survival.commits["later"] = [2]
      var later = reported
      later.store = store.id
      later.events["later"] = 2
      try check(image.after(.everythingUnsynced), survival, later)
    }

    private func check(
      _ files: [String: [UInt8]?], _ survival: Survival, _ reported: WatchedDisk.Reported
    ) throws {
      let folder = try TemporaryFolder(in: fastFolder)
      let path = folder.path + "/store"
      try files.write(to: path)
      try survival.check(path, reported)
    }
  }
}

extension WatchedDisk.Operation {
  /// Without the bytes.
  var text: String {
    switch self {
    case .write(let path, let offset, let bytes): "write \(path) \(offset)+\(bytes.count)"
    case .reported: "report"
    default: "\(self)"
    }
  }
}
