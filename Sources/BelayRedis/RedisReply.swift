/// What Redis answers to one command.
///
/// - Source: the specification of RESP2 and RESP3.
public indirect enum RedisReply: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case bytes([UInt8])
  case error(String)
  case list([RedisReply])
  /// Keys and values in turn.
  case map([RedisReply])
  /// Longer than may be kept.
  case cut
}

/// Reads replies as their bytes come; keeps at most so many bytes, and reads past the rest.
struct ReplyReader {
  enum Mistake: Error, Hashable {
    case malformed(String)
  }

  /// Of bytes that are kept, all replies together.
  private(set) var room: Int
  private(set) var isCut = false
  private var buffer: [UInt8] = []
  private var start = 0
  private static let deepest = 32
  private static let longestLine = 64 << 10

  init(room: Int) { self.room = room }

  /// The next reply; more bytes are asked for as they are needed.
  ///
  /// - Throws: what `more` throws, and `Mistake` for what is no RESP.
  mutating func next(_ more: () throws -> [UInt8]) throws -> RedisReply { try reply(0, more) }

  private mutating func reply(_ depth: Int, _ more: () throws -> [UInt8]) throws -> RedisReply {
    guard depth < ReplyReader.deepest else { throw Mistake.malformed("replies in replies, too deep") }
    let line = try line(more)
    guard let kind = line.first else { throw Mistake.malformed("an empty line") }
    let text = String(decoding: line.dropFirst(), as: UTF8.self)
    switch Unicode.Scalar(kind) {
    case "+": return kept(Array(text.utf8))
    case "-": return .error(text)
    case ":": return .integer(try number(text))
    case "_": return .null
    case "#": return .bool(text == "t")
    case ",": return try double(text)
    case "(": return kept(Array(text.utf8))
    case "$": return try string(text, more)
    case "!":
      guard case .bytes(let words) = try string(text, more) else {
        return .error("an error too long to keep")
      }
      return .error(String(decoding: words, as: UTF8.self))
    // The first three letters and a colon say what kind of text it is.
    case "=":
      guard case .bytes(let words) = try string(text, more) else { return .cut }
      return .bytes(Array(words.dropFirst(4)))
    case "*", "~": return try list(text, 1, depth, more).map(RedisReply.list) ?? .null
    case "%": return try list(text, 2, depth, more).map(RedisReply.map) ?? .null
    // What nobody asked for, and attributes of what comes next.
    case ">":
      _ = try list(text, 1, depth, more)
      return try reply(depth, more)
    case "|":
      _ = try list(text, 2, depth, more)
      return try reply(depth, more)
    default: throw Mistake.malformed("it begins with the byte \(kind)")
    }
  }

  private func number(_ text: String) throws -> Int64 {
    guard let number = Int64(text) else { throw Mistake.malformed("'\(text.prefix(40))' is no number") }
    return number
  }

  private func double(_ text: String) throws -> RedisReply {
    guard let number = Double(text) else { throw Mistake.malformed("'\(text.prefix(40))' is no number") }
    return .double(number)
  }

  private mutating func kept(_ bytes: [UInt8]) -> RedisReply {
    guard bytes.count <= room else {
      isCut = true
      room = 0
      return .cut
    }
    room -= bytes.count
    return .bytes(bytes)
  }

  /// What is too long is read and forgotten.
  private mutating func string(_ length: String, _ more: () throws -> [UInt8]) throws -> RedisReply {
    let count = try number(length)
    if count < 0 { return .null }
    guard count <= Int64(room) else {
      isCut = true
      room = 0
      try skip(count + 2, more)
      return .cut
    }
    while buffer.count - start < Int(count) + 2 { buffer += try more() }
    let bytes = Array(buffer[start..<start + Int(count)])
    start += Int(count) + 2
    compact()
    return kept(bytes)
  }

  private mutating func skip(_ count: Int64, _ more: () throws -> [UInt8]) throws {
    var rest = count
    while rest > 0 {
      if start == buffer.count {
        buffer = try more()
        start = 0
      }
      let step = min(rest, Int64(buffer.count - start))
      start += Int(step)
      rest -= step
    }
    compact()
  }

  private mutating func list(
    _ length: String, _ each: Int64, _ depth: Int, _ more: () throws -> [UInt8]
  ) throws -> [RedisReply]? {
    let count = try number(length)
    if count < 0 { return nil }
    guard count <= 1 << 30 else { throw Mistake.malformed("a list of \(count) items") }
    var items: [RedisReply] = []
    for _ in 0..<count * each {
      let item = try reply(depth + 1, more)
      // An item costs something, whatever is in it.
      guard room >= 16 else {
        isCut = true
        continue
      }
      room -= 16
      items.append(item)
    }
    return items
  }

  private mutating func line(_ more: () throws -> [UInt8]) throws -> [UInt8] {
    var end = start
    while true {
      while end + 1 < buffer.count {
        if buffer[end] == 13, buffer[end + 1] == 10 {
          let line = Array(buffer[start..<end])
          start = end + 2
          compact()
          return line
        }
        end += 1
      }
      guard end - start < ReplyReader.longestLine else { throw Mistake.malformed("a line without end") }
      buffer += try more()
    }
  }

  private mutating func compact() {
    guard start > 64 << 10 || start == buffer.count else { return }
    buffer.removeFirst(start)
    start = 0
  }
}
