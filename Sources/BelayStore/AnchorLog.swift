import Glibc

/// `heads.log` and `checkpoints.log`: how far the ledger had come, outside the database. Whoever cuts the newest entries
/// off the database must cut them off here too, and wherever these files have been copied to.
struct AnchorLog {
  let path: String

  /// Durable when it returns. What a crash or a power loss left of a line is replaced.
  func append(_ line: String) throws(FileError) {
    let file = try OpenFile(path, O_RDWR | O_CREAT)
    var end = try lineEnd(in: file, before: try file.size())
    let start = try lineEnd(in: file, before: max(0, end - 1))
    if AnchorLog.isTorn(try file.read(from: start, limit: end - start)) { end = start }
    try file.truncate(to: end)
    try file.write(Array((line + "\n").utf8), at: end)
    try file.sync()
  }

  /// The place after the last line end that lies before an offset.
  private func lineEnd(in file: OpenFile, before offset: Int) throws(FileError) -> Int {
    var end = offset
    while end > 0 {
      let start = max(0, end - 4096)
      let piece = try file.read(from: start, limit: end - start)
      if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) { return start + newline + 1 }
      end = start
    }
    return 0
  }

  /// Sectors that a power loss has kept from the disk read as zeros; no line has any.
  private static func isTorn(_ line: some Sequence<UInt8>) -> Bool { line.contains(0) }

  /// In bytes; 0 where there is no file.
  func size() throws(FileError) -> Int {
    var status = stat()
    if stat(path, &status) == 0 { return Int(status.st_size) }
    if errno == ENOENT { return 0 }
    throw FileError(call: "stat", path: path, code: errno)
  }

  /// Whole lines; without what a crash or a power loss left of one at the end. Empty where there is no file.
  func lines() throws(FileError) -> [String] {
    let file: OpenFile
    do throws(FileError) { file = try OpenFile(path, O_RDONLY) } catch {
      if error.code == ENOENT { return [] }
      throw error
    }
    let bytes = try file.read(limit: try file.size())
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    if let last = lines.last, AnchorLog.isTorn(last) { lines.removeLast() }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }
}
