internal import BelayDigest
internal import Glibc

/// The file of a stream: its head, then a ring of its last bytes that is put in order at the end.
final class KeptFile {
  private static let markLimit = 64

  private let file: Descriptor
  private let path: String
  private let head: Int
  private let tail: Int
  /// Of the stream.
  private var position = 0

  init(_ file: Descriptor, path: String, limits: OutputLimits) {
    self.file = file
    self.path = path
    head = Int(limits.head)
    tail = Int(limits.tail)
  }

  static func largestSize(_ limits: OutputLimits) -> Int {
    Int(limits.head) + Int(limits.tail) + KeptFile.markLimit
  }

  /// - Throws: the file is removed then.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamRecord.Missing) {
    var rest = bytes[...]
    if position >= head, rest.count > tail {
      // What the ring would overwrite at once is not written.
      position += rest.count - tail
      rest = rest.suffix(tail)
    }
    while !rest.isEmpty {
      let isHead = position < head
      if !isHead, tail == 0 {
        position += rest.count
        return
      }
      let place = isHead ? position : head + (position - head) % tail
      let room = isHead ? head - place : head + tail - place
      let piece = rest.prefix(room)
      try put(UnsafeRawBufferPointer(rebasing: piece), at: place)
      position += piece.count
      rest = rest.dropFirst(piece.count)
    }
  }

  /// Puts the ring in order and makes the file durable.
  ///
  /// - Parameter whole: digest of the whole stream, which is the file's where nothing was left out.
  func finish(whole: Digest) throws(StreamRecord.Missing) -> (bytes: UInt64, digest: Digest, durable: Bool) {
    var size = position
    var digest = whole
    let leftOut = position - head - tail
    if leftOut > 0 { (size, digest) = try order(leftOut) }
    return (UInt64(size), digest, fsync(file.number) == 0)
  }

  func remove() { unlink(path) }

  private func order(_ leftOut: Int) throws(StreamRecord.Missing) -> (Int, Digest) {
    let kept = try read(0, head + tail)
    let first = kept[..<head]
    let turn = tail == 0 ? 0 : (position - head) % tail
    let newline = UInt8(ascii: "\n")
    var end: [UInt8] = head == 0 || first.last == newline ? [] : [newline]
    end += "… \(leftOut) bytes left out …\n".utf8
    end += kept[(head + turn)...]
    end += kept[head..<(head + turn)]
    var failure: StreamRecord.Missing?
    end.withUnsafeBytes { bytes in
      do throws(StreamRecord.Missing) { try put(bytes, at: head) } catch { failure = error }
    }
    if let failure { throw failure }
    let hash = SHA256()
    hash.update(first)
    hash.update(end)
    return (head + end.count, hash.finalize())
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(StreamRecord.Missing) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(file.number, rest.baseAddress, rest.count, off_t(place + done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        let code = errno
        remove()
        throw StreamRecord.Missing(writeError: code)
      }
    }
  }

  private func read(_ place: Int, _ size: Int) throws(StreamRecord.Missing) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, let start = buffer.baseAddress {
        let got = pread(file.number, start + count, size - count, off_t(place + count))
        if got > 0 { count += got } else if got == 0 || errno != EINTR { return }
      }
    }
    guard bytes.count == size else {
      remove()
      throw .writeFailed
    }
    return bytes
  }
}
