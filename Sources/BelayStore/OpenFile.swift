import BelayJournal
import Glibc

/// A system call that failed on a file.
struct FileError: Error, Hashable {
  var call: String
  var path: String
  var code: Int32

  var message: String { "\(call) \(path): \(String(cString: strerror(code)))" }

  /// What it means for a store that lives there.
  var asStoreError: StoreError {
    switch code {
    case ENOSPC, EDQUOT: .full(message)
    case EIO: .broken(message)
    default: .unusable(message)
    }
  }
}

/// An open file: closed with this object, closed on exec, its lock with it.
final class OpenFile {
  let path: String
  private let descriptor: Int32

  /// - Parameter flags: of open(2); O_CLOEXEC is added. New files have mode 0600, in a shared store 0660.
  init(_ path: String, _ flags: Int32) throws(FileError) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(call: "open", path: path, code: errno) }
    self.path = path
    self.descriptor = descriptor
    if flags & O_CREAT != 0 { StoreFolder.share(path, as: 0o660) }
  }

  deinit { close(descriptor) }

  /// Takes or gives back the lock of flock(2), again after a signal.
  ///
  /// - Returns: false when LOCK_NB was asked and another holds it.
  func lock(_ operation: Int32) throws(FileError) -> Bool {
    while flock(descriptor, operation) != 0 {
      if errno == EWOULDBLOCK { return false }
      guard errno == EINTR else { throw error("flock") }
    }
    return true
  }

  /// At most `limit` bytes from the offset on.
  func read(from offset: Int = 0, limit: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      while count < limit, let start = buffer.baseAddress {
        let got = pread(descriptor, start + count, limit - count, off_t(offset + count))
        if got == 0 { return }
        if got > 0 { count += got } else if errno != EINTR { failure = error("read") }
        if failure != nil { return }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes { buffer in
        pwrite(
          descriptor, UnsafeRawBufferPointer(rebasing: buffer[done...]).baseAddress, bytes.count - done,
          off_t(offset + done))
      }
      if put >= 0 { done += put } else if errno != EINTR { throw error("write") }
    }
  }

  func size() throws(FileError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw error("stat") }
    return Int(status.st_size)
  }

  func truncate(to size: Int) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw error("truncate") }
  }

  /// Reserves real blocks; as sparse bytes nothing would be reserved.
  func allocate(_ size: Int) throws(FileError) {
    let code = posix_fallocate(descriptor, 0, off_t(size))
    guard code == 0 else { throw FileError(call: "allocate", path: path, code: code) }
  }

  func sync() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw error("sync") }
  }

  private func error(_ call: String) -> FileError { FileError(call: call, path: path, code: errno) }
}
