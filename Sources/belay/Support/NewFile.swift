import Glibc

/// Files that a command makes: whole on the disk or not there, and never over another one unless that is asked for.
enum NewFile {
  /// - Parameters:
  ///   - path: absolute.
  ///   - shown: as the one who asked calls it.
  ///   - hints: what to do where there is such a file.
  /// - Throws: exit 2 where it cannot be made, 9 where it cannot be written; then it is gone again.
  static func write(
    _ bytes: [UInt8], to path: String, shown: String, mode: mode_t = 0o644, hints: [String] = []
  ) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      let code = errno
      throw Failure(
        .usage, "\(shown) cannot be made: \(String(cString: strerror(code)))",
        hints: code == EEXIST ? hints : [])
    }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw unwritten(path, shown) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw unwritten(path, shown) }
  }

  /// In place of one that may be there: readers see the old one or the new one.
  static func replace(_ path: String, with bytes: [UInt8], shown: String) throws {
    let draft = "\(path).\(getpid()).new"
    unlink(draft)
    try write(bytes, to: draft, shown: shown)
    guard rename(draft, path) == 0 else { throw unwritten(draft, shown) }
  }

  /// With all folders above it.
  static func makeFolder(_ path: String, shown: String) throws {
    if isFolder(path) { return }
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    if !parent.isEmpty { try makeFolder("/" + parent, shown: shown) }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST && isFolder(path) else {
      throw Failure(.usage, "\(shown) cannot be made: \(String(cString: strerror(errno)))")
    }
  }

  private static func unwritten(_ path: String, _ shown: String) -> Failure {
    let why = String(cString: strerror(errno))
    unlink(path)
    return Failure(.unusable, "\(shown) cannot be written: \(why)")
  }
}
