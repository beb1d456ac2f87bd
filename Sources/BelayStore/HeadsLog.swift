import BelayJournal
import Glibc

/// `heads.log`: the ledger's head at each run's end, outside the database. Whoever cuts the newest entries off
/// the database must cut them off here too, and wherever this file has been copied to.
struct HeadsLog {
  let path: String

  /// Durable when it returns. A line that a crash left half written is replaced.
  func append(_ head: LedgerHead) throws(FileError) {
    let file = try OpenFile(path, O_RDWR | O_CREAT)
    var end = try file.size()
    while end > 0 {
      let start = max(0, end - 4096)
      let tail = try file.read(from: start, limit: end - start)
      let newline = tail.lastIndex(of: UInt8(ascii: "\n"))
      end = newline.map { start + $0 + 1 } ?? start
      if newline != nil { break }
    }
    try file.truncate(to: end)
    try file.write(Array((head.text + "\n").utf8), at: end)
    try file.sync()
  }

  /// In bytes; 0 where there is no file.
  func size() throws(FileError) -> Int {
    var status = stat()
    if stat(path, &status) == 0 { return Int(status.st_size) }
    if errno == ENOENT { return 0 }
    throw FileError(call: "stat", path: path, code: errno)
  }

  /// Whole lines; without what a crash left half written at the end. Empty where there is no file.
  func lines() throws(FileError) -> [String] {
    let file: OpenFile
    do throws(FileError) { file = try OpenFile(path, O_RDONLY) } catch {
      if error.code == ENOENT { return [] }
      throw error
    }
    let text = String(decoding: try file.read(limit: try file.size()), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return Array(lines.dropLast())
  }
}
