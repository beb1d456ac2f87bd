public import BelayJournal
import Glibc

/// `checkpoints.log` of a store, or a copy kept elsewhere.
public struct CheckpointLog {
  public let path: String

  /// Of a store.
  public init(of store: String) { path = StoreFolder(path: store).checkpoints }

  public init(path: String) { self.path = path }

  /// Durable when it returns.
  public func append(_ checkpoint: Checkpoint) throws(StoreError) {
    do throws(FileError) {
      // Two people may sign at once.
      let file = try OpenFile(path, O_RDWR | O_CREAT)
      _ = try file.lock(LOCK_EX)
      try AnchorLog(path: path).append(checkpoint.text)
      withExtendedLifetime(file) {}
    } catch { throw error.asStoreError }
  }

  /// - Throws: where there is no such file, too.
  public func lines() throws(StoreError) -> [String] {
    guard access(path, R_OK) == 0 else {
      throw .unusable(FileError(call: "open", path: path, code: errno).message)
    }
    do throws(FileError) { return try AnchorLog(path: path).lines() } catch { throw error.asStoreError }
  }
}
