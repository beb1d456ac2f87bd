internal import CSystem
internal import Glibc

/// A pipe whose reading end does not block; its writing end does, for the process that gets it.
struct Pipe {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(StartFailure) {
    var ends: [Int32] = [-1, -1]
    guard belay_pipe(&ends) == 0 else { throw StartFailure(code: errno, words: "pipe: \(errorText(errno))") }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
    _ = fcntl(reading.number, F_SETFL, O_NONBLOCK)
  }
}

/// What a process reads.
enum StandardInput {
  /// A file without a name, in memory: a process that does not read it blocks nobody.
  ///
  /// - Parameter nothing: `/dev/null`.
  static func file(_ bytes: [UInt8]?, nothing: Descriptor) throws(StartFailure) -> Descriptor {
    guard let bytes else { return nothing }
    let file = Descriptor(owning: belay_memory_file("belay-input"))
    guard file.number >= 0 else { throw failure() }
    var done = 0
    while done < bytes.count {
      let put = bytes[done...].withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
      if put > 0 { done += put } else if put == 0 || errno != EINTR { throw failure() }
    }
    guard lseek(file.number, 0, SEEK_SET) == 0 else { throw failure() }
    return file
  }

  private static func failure() -> StartFailure {
    StartFailure(code: errno, words: "standard input: \(errorText(errno))")
  }
}
