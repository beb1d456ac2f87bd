internal import CSystem
internal import Glibc

/// Where a run's kept output lies, and how much of it there may be.
final class OutputFolder {
  /// Of all files together, in bytes.
  private static let runLimit = 256 << 20
  /// Free space below which nothing is kept: the larger of this and a twentieth of the disk.
  private static let freeLimit = 512 << 20

  private let runFolder: String
  /// Nil until the first file: most runs need none.
  private var used: Int?

  init(runFolder: String) { self.runFolder = runFolder }

  /// Makes the file of a stream; its largest size counts as used until `settle`.
  func open(
    _ stream: OutputStream, of attempt: AttemptID, limits: OutputLimits
  ) throws(StreamRecord.Missing) -> KeptFile {
    guard hasSpace() else { throw .diskNearlyFull }
    let used: Int
    if let known = self.used { used = known } else { used = try begin() }
    self.used = used
    let size = KeptFile.largestSize(limits)
    guard used + size <= OutputFolder.runLimit else { throw .runLimit }
    let path = runFolder + "/" + stream.file(of: attempt)
    do {
      let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
      self.used = used + size
      return KeptFile(file, path: path, limits: limits)
    } catch .system(_, _, let code) {
      throw StreamRecord.Missing(writeError: code)
    } catch { throw .writeFailed }
  }

  /// A file has its final size; 0 where it was removed.
  func settle(_ limits: OutputLimits, size: UInt64) {
    used = max(0, (used ?? 0) - KeptFile.largestSize(limits) + Int(size))
  }

  /// Makes names in the folder durable, and its own.
  func sync() -> Bool { isNamed && OutputFolder.sync(runFolder + "/output") }

  /// Asked once: what an earlier keeper has made it may not have synced.
  private lazy var isNamed = OutputFolder.sync(runFolder)

  private static func sync(_ path: String) -> Bool {
    guard let folder = try? Descriptor(opening: path, O_RDONLY | O_DIRECTORY) else { return false }
    return fsync(folder.number) == 0
  }

  /// - Returns: what keepers before this one have left there.
  private func begin() throws(StreamRecord.Missing) -> Int {
    let path = runFolder + "/output"
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw StreamRecord.Missing(writeError: errno) }
    guard let folder = opendir(path) else { throw .writeFailed }
    defer { closedir(folder) }
    var sum = 0
    while let entry = readdir(folder) {
      var status = stat()
      let found = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          fstatat(dirfd(folder), $0, &status, AT_SYMLINK_NOFOLLOW)
        }
      }
      if found == 0, status.st_mode & S_IFMT == S_IFREG { sum += Int(status.st_size) }
    }
    return sum
  }

  private func hasSpace() -> Bool {
    var status = statvfs()
    guard statvfs(runFolder, &status) == 0 else { return false }
    let block = UInt64(status.f_frsize)
    let free = UInt64(status.f_bavail) * block
    return free >= max(UInt64(OutputFolder.freeLimit), UInt64(status.f_blocks) * block / 20)
  }
}

extension StreamRecord.Missing: Error {
  init(writeError code: Int32) {
    self = code == ENOSPC || code == EDQUOT ? .diskNearlyFull : .writeFailed
  }
}
