import BelayJournal
import BelayModel
import Glibc
import Testing

@testable import BelayStore

extension OnAFaultyDisk {
  @Suite("Failing writes and syncs") struct DiskFaults {
    /// One workload on a new store, in which the disk behaves as `fault` says.
    private struct Play {
      let folder: TemporaryFolder
      let disk: WatchedDisk
      let work: StoreWorkload
      var path: String { work.path }
      var error: StoreError?

      init(
        _ fault: @escaping (WatchedDisk.Operation, Int) -> Int32,
        makesRoom: @escaping (SQLiteStore) throws -> Bool = { _ in false }
      ) throws {
        folder = try TemporaryFolder(in: fastFolder)
        let path = folder.path + "/store"
        try StoreFolder.makeFolders(path)
        disk = WatchedDisk(path)
        disk.fault = fault
        work = StoreWorkload(path, disk)
        work.makesRoom = makesRoom
        do { try work.play() } catch let error as StoreError { self.error = error }
      }

      var survival: Survival { Survival(lines: work.lines, commits: work.commits) }
    }

    /// Plays the workload again and again, the n-th time with a fault at the n-th operation of a kind.
    private func sweep(
      _ what: String, _ body: (_ place: Int) throws -> (hit: Bool, note: String)
    ) {
      var place = 0
      var notes: [String: Int] = [:]
      while true {
        do {
          let (hit, note) = try body(place)
          if !hit { break }
          notes[note, default: 0] += 1
        } catch {
          Issue.record("\(what), place \(place): \(error)")
          return
        }
        place += 1
      }
      let told = notes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      print("\(what): \(place) boundaries: \(told)")
      #expect(place > 20, "the workload has shrunk")
    }

    @Test(
      "a write or a sync that fails with EIO ends the connection: nothing is tried again, a fresh open tells",
      arguments: [true, false])
    func inputOutput(syncs: Bool) {
      sweep(syncs ? "EIO of a sync" : "EIO of a write") { place in
        var count = 0
        var failed: WatchedDisk.Operation?
        let play = try Play { operation, _ in
          guard operation.isSync == syncs, operation.isWatched else { return 0 }
          count += 1
          guard count == place + 1 else { return 0 }
          failed = operation
          return EIO
        }
        defer { play.disk.end() }
        guard let failed else { return (false, "") }
        let note = try expectEnd(of: play, by: failed)
        play.disk.end()
        try play.survival.check(play.path, play.work.reported)
        // Pages that could not be synced are gone when the power is: only what was reported is relied on.
        try checkAfterPowerLoss(play)
        return (true, note)
      }
    }

    /// The connection that has seen the error says nothing more, and asks the disk for nothing more.
    private func expectEnd(of play: Play, by failed: WatchedDisk.Operation) throws -> String {
      guard let error = play.error else {
        guard case .syncNames = failed else { throw Survival.Wrong("\(failed.text) has failed unnoticed") }
        return "of names, which SQLite does not look at"
      }
      guard let store = play.work.store else { return "at an opening" }
      guard case .broken = error else { throw Survival.Wrong("\(error) is not the end of a connection") }
      let before = play.disk.asked
      let again = Result { try store.runs(RunFilter()) }
      guard case .failure(let told as StoreError) = again, told == error else {
        throw Survival.Wrong("the connection still answers: \(again)")
      }
      try? play.work.append("r2", [.nodeHeld("y", reason: "after the error")])
      try? play.work.checkpoint()
      if play.disk.asked > before { throw Survival.Wrong("the disk was asked again") }
      return "fatal"
    }

    private func checkAfterPowerLoss(_ play: Play) throws {
      var image = DiskImage()
      for operation in play.disk.operations { image.apply(operation) }
      let folder = try TemporaryFolder(in: fastFolder)
      try image.after(.everythingUnsynced).write(to: folder.path + "/store")
      try play.survival.check(folder.path + "/store", play.work.reported)
    }

    @Test("a full disk: nothing of the batch is there; with the reserve released all of it is, once")
    func full() {
      sweep("a full disk") { place in
        var growths = 0
        var released = false
        let play = try Play(
          { operation, size in
            if operation == .truncate("reserve", size: 0), size > 0 { released = true }
            guard !released, operation.grows(from: size) else { return 0 }
            growths += 1
            return growths > place ? ENOSPC : 0
          }, makesRoom: { try $0.releaseReserve() })
        play.disk.end()
        if growths <= place { return (false, "") }
        if let error = play.error {
          // SQLite has no word for a full disk where it cannot make a file.
          guard play.work.store == nil || play.work.store?.hasReserve == false && !released else {
            throw error
          }
          let note =
            play.work.store == nil ? "at an opening" : "before there was a reserve: nothing is driven then"
          try play.survival.check(play.path, play.work.reported)
          return (true, note)
        }
        try play.survival.check(play.path, play.work.reported)
        guard play.work.reported.events == play.work.lines.mapValues(\.count) else {
          throw Survival.Wrong("not everything was appended: \(play.work.reported.events)")
        }
        return (true, released ? "made room for" : "in a checkpoint or heads.log, which wait")
      }
    }

    @Test(
      "a disk that is full beyond its reserve: nothing of the batch is there, and the store can still be read"
    )
    func fullBeyond() {
      sweep("a disk full beyond the reserve") { place in
        var growths = 0
        var isFull = true
        let play = try Play(
          { operation, size in
            guard isFull, operation.grows(from: size) else { return 0 }
            growths += 1
            return growths > place ? ENOSPC : 0
          }, makesRoom: { try $0.releaseReserve() })
        defer { play.disk.end() }
        if growths <= place { return (false, "") }
        if let store = play.work.store, let error = play.error {
          guard case .full = error else { throw error }
          _ = try store.runs(RunFilter())
          // With room again the same connection goes on.
          isFull = false
          try play.work.repeatAppend()
        }
        isFull = false
        try play.survival.check(play.path, play.work.reported)
        return (true, play.error == nil ? "in a checkpoint or heads.log, which wait" : "refused")
      }
    }
  }
}

extension WatchedDisk.Operation {
  /// Of the files that matter. Who holds store.lock is written for people, and the reserve is looked at by those that
  /// rely on it.
  var isWatched: Bool {
    switch self {
    case .reported: false
    case .create(let path), .write(let path, _, _), .truncate(let path, _), .allocate(let path, _),
      .sync(let path), .remove(let path):
      path != "store.lock" && path != "reserve"
    case .createFolder, .syncNames: true
    }
  }
}
