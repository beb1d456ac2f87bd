/// Little-endian bytes, as the log and the frames have them.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Length (4 bytes) and bytes.
  mutating func append(sized piece: some Collection<UInt8>) {
    append(UInt32(piece.count))
    bytes.append(contentsOf: piece)
  }

  mutating func append(text: String) { append(sized: text.utf8) }

  mutating func append(texts: [String]) {
    append(UInt32(texts.count))
    for text in texts { append(text: text) }
  }

  /// Length (2 bytes) and bytes of a text that is cut, between characters, to at most so many bytes.
  mutating func append(short text: String, limit: Int) {
    var cut = text
    while cut.utf8.count > limit { cut.removeLast() }
    append(UInt16(cut.utf8.count))
    bytes.append(contentsOf: cut.utf8)
  }

  mutating func append(_ space: ProcessSpace) {
    bytes.append(contentsOf: space.bootID)
    append(space.namespace)
  }
}

/// Reads what ``ByteWriter`` writes; every length is checked against what is there.
struct ByteReader {
  private let source: [UInt8]
  private var position: Int
  private let end: Int

  init(_ source: [UInt8]) {
    self.source = source
    position = 0
    end = source.count
  }

  var remaining: Int { end - position }

  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(KeeperError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw .garbled("it ends within a number") }
    let value = source.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: position, as: Value.self)
    }
    position += size
    return Value(littleEndian: value)
  }

  mutating func bytes(_ count: Int) throws(KeeperError) -> [UInt8] {
    guard count >= 0, count <= remaining else { throw .garbled("it ends within \(count) bytes") }
    defer { position += count }
    return Array(source[position..<(position + count)])
  }

  mutating func sized() throws(KeeperError) -> [UInt8] { try bytes(Int(try integer(UInt32.self))) }

  mutating func text() throws(KeeperError) -> String { String(decoding: try sized(), as: UTF8.self) }

  mutating func texts() throws(KeeperError) -> [String] {
    // Each has a length of four bytes: a count that cannot be is no reason to reserve memory.
    let count = Int(try integer(UInt32.self))
    guard count <= remaining / 4 else { throw .garbled("a list of \(count)") }
    var texts: [String] = []
    for _ in 0..<count { texts.append(try text()) }
    return texts
  }

  mutating func short() throws(KeeperError) -> String {
    String(decoding: try bytes(Int(try integer(UInt16.self))), as: UTF8.self)
  }

  mutating func space() throws(KeeperError) -> ProcessSpace {
    ProcessSpace(bootID: try bytes(16), namespace: try integer())
  }
}
