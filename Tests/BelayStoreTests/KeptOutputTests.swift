import Glibc
import Testing

@testable import BelayKeeper
@testable import BelayStore

extension OnAFaultyDisk {
  /// What the keeper keeps of a step's output is told durable before the journal rests on it.
  @Suite("Kept output") struct KeptOutput {
    private static let bytes = [UInt8](repeating: 0x78, count: 20_000)

    /// One stream, kept in the folder of a run that the store has made.
    private func keep(
      _ fault: @escaping (WatchedDisk.Operation, Int) -> Int32 = { _, _ in 0 }
    ) throws -> (record: StreamRecord, disk: WatchedDisk) {
      let folder = try TemporaryFolder(in: fastFolder)
      let store = folder.path + "/store"
      try StoreFolder.makeFolders(store)
      let disk = WatchedDisk(store)
      defer { disk.end() }
      let run = try SQLiteStore.open(store).makeRunFolder("r1")
      disk.fault = fault
      let stream = StreamKeeper(
        .stdout, of: try #require(AttemptID("1.1")), limits: OutputLimits(), sensitive: false,
        patterns: MaskPatterns([]), folder: OutputFolder(runFolder: run))
      KeptOutput.bytes.withUnsafeBytes { stream.take($0) }
      return (stream.finish(heldOpen: false), disk)
    }

    @Test("what is told durable survives a power loss, with the names of all folders above it")
    func powerLoss() throws {
      let (record, disk) = try keep()
      #expect(record.durable)
      var image = DiskImage()
      for operation in disk.operations { image.apply(operation) }
      let files = image.after(.everythingUnsynced)
      #expect(files["runs/r1/output/1.1.stdout"] == KeptOutput.bytes)
    }

    @Test("where one of its syncs fails it is not told durable")
    func failingSyncs() throws {
      var place = 0
      while true {
        var syncs = 0
        let (record, _) = try keep { operation, _ in
          guard operation.isSync else { return 0 }
          syncs += 1
          return syncs == place + 1 ? EIO : 0
        }
        if syncs <= place { break }
        #expect(!record.durable, "sync \(place)")
        place += 1
      }
      #expect(place == 3, "of the file, its folder and the run's folder")
    }
  }
}
