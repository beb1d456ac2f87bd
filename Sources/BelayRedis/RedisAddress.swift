/// `redis://user:password@host:port/database`, `rediss://` with TLS.
struct RedisAddress {
  var host: String
  var port = 6379
  var usesTLS: Bool
  var user = ""
  var password = ""
  var database = 0

  /// Nil where it is none; its text may be a secret, so nothing is said of it.
  init?(_ url: String) {
    guard let mark = url.firstRange(of: "://") else { return nil }
    switch url[..<mark.lowerBound] {
    case "redis": usesTLS = false
    case "rediss": usesTLS = true
    default: return nil
    }
    let rest = url[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    var place = authority[...]
    host = ""
    if let at = authority.lastIndex(of: "@") {
      let login = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = RedisAddress.decoded(login.first ?? ""),
        let second = RedisAddress.decoded(login.count > 1 ? login[1] : "")
      else { return nil }
      user = first
      password = second
      place = authority[authority.index(after: at)...]
    }
    guard readPlace(place), readDatabase(rest[authority.endIndex...]) else { return nil }
  }

  private mutating func readPlace(_ place: Substring) -> Bool {
    var end = place.endIndex
    if let colon = place.lastIndex(of: ":"), place[colon...].last != "]" {
      guard let port = Int(place[place.index(after: colon)...]), (1...65535).contains(port) else {
        return false
      }
      self.port = port
      end = colon
    }
    host = String(place[..<end])
    return !host.isEmpty
  }

  private mutating func readDatabase(_ path: Substring) -> Bool {
    let name = path.drop { $0 == "/" }
    if name.isEmpty { return true }
    guard let number = Int(name), number >= 0 else { return false }
    database = number
    return true
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
