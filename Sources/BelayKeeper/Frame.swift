internal import Glibc

/// What goes over the socket: length (4 bytes, of what follows), kind (1), body. KeeperLogFormat.md has the bodies'
/// records; the rest is the business of the two ends, which are of one build or speak one protocol number.
enum Frame {
  static let protocolNumber: UInt32 = 2
  static let sizeLimit = 64 << 20

  enum Kind: UInt8 {
    case hello = 1
    case secrets, spawn, stop, leave
    case welcome = 129
    case denied, started, finished, refused, usedBefore, noSpace
  }

  static func bytes(_ kind: Kind, _ body: ByteWriter) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes.reserveCapacity(body.bytes.count + 5)
    writer.append(UInt32(body.bytes.count + 1))
    writer.append(kind.rawValue)
    writer.bytes += body.bytes
    return writer.bytes
  }
}

/// Takes frames out of bytes that arrive in any pieces.
struct FrameBuffer {
  private static let piece = 64 << 10

  private var bytes: [UInt8] = []
  private var start = 0

  mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  /// Takes all that a socket has, which is non-blocking: true when nothing will come any more.
  mutating func fill(from socket: Descriptor) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: FrameBuffer.piece, alignment: 16) { buffer in
      while true {
        let count = recv(socket.number, buffer.baseAddress, buffer.count, 0)
        if count > 0 {
          append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
          if count < buffer.count { return false }
        } else if count == 0 {
          return true
        } else if errno != EINTR {
          return errno != EAGAIN
        }
      }
    }
  }

  /// The next whole frame; nil when there is none yet.
  mutating func next() throws(KeeperError) -> (Frame.Kind, ByteReader)? {
    guard bytes.count - start >= 4 else { return nil }
    let length = bytes.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
    }
    guard length >= 1, length <= Frame.sizeLimit else { throw .garbled("a frame of \(length) bytes") }
    guard bytes.count - start >= 4 + length else { return nil }
    guard let kind = Frame.Kind(rawValue: bytes[start + 4]) else {
      throw .garbled("a frame of kind \(bytes[start + 4])")
    }
    let body = Array(bytes[(start + 5)..<(start + 4 + length)])
    start += 4 + length
    if start == bytes.count {
      // Capacity of a large script is given back.
      bytes.removeAll(keepingCapacity: bytes.count <= 1 << 16)
      start = 0
    } else if start > 1 << 16 {
      bytes.removeFirst(start)
      start = 0
    }
    return (kind, ByteReader(body))
  }
}

/// The first words of an engine.
struct Hello: Hashable {
  var protocolNumber: UInt32
  var version: String
  var run: String
  var epoch: UInt32

  var frame: [UInt8] {
    var writer = ByteWriter()
    writer.append(protocolNumber)
    writer.append(epoch)
    writer.append(text: version)
    writer.append(text: run)
    return Frame.bytes(.hello, writer)
  }

  init(run: String, epoch: UInt32, version: String) {
    protocolNumber = Frame.protocolNumber
    self.version = version
    self.run = run
    self.epoch = epoch
  }

  init(_ reader: inout ByteReader) throws(KeeperError) {
    protocolNumber = try reader.integer()
    epoch = try reader.integer()
    version = try reader.text()
    run = try reader.text()
  }
}

/// The keeper's answer to it.
struct Welcome: Hashable {
  var protocolNumber: UInt32
  var version: String
  var pid: Int32
  /// The slot of its `B`: what was accepted before is an earlier keeper's.
  var begunAt: UInt32
  /// So many slots of the log are written.
  var slots: UInt32
  /// Attempts of earlier keepers whose end it will tell.
  var adopted: [AttemptID]

  var frame: [UInt8] {
    var writer = ByteWriter()
    writer.append(protocolNumber)
    writer.append(pid)
    writer.append(begunAt)
    writer.append(slots)
    writer.append(text: version)
    writer.append(UInt32(adopted.count))
    for attempt in adopted { attempt.append(to: &writer) }
    return Frame.bytes(.welcome, writer)
  }

  init(version: String, pid: Int32, begunAt: UInt32, slots: UInt32, adopted: [AttemptID]) {
    protocolNumber = Frame.protocolNumber
    self.version = version
    self.pid = pid
    self.begunAt = begunAt
    self.slots = slots
    self.adopted = adopted
  }

  init(_ reader: inout ByteReader) throws(KeeperError) {
    protocolNumber = try reader.integer()
    pid = try reader.integer()
    begunAt = try reader.integer()
    slots = try reader.integer()
    version = try reader.text()
    adopted = []
    for _ in 0..<(try reader.integer(UInt32.self)) { adopted.append(try AttemptID(&reader)) }
  }
}
