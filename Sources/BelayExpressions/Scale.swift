internal import BelayModel

/// How much values hold, counted to a limit.
struct Scale {
  /// What JSON's reader takes back.
  static let depthLimit = 200

  let limit: Int
  private(set) var weight = 0
  private(set) var isTooDeep = false

  init(limit: Int) { self.limit = limit }

  /// One for each value, more for long texts; stops where the limit is passed.
  mutating func add(_ value: Value, depth: Int) {
    guard weight <= limit else { return }
    weight += 1
    switch value {
    case .string(let text): weight += text.utf8.count / 16
    case .bytes(let data): weight += data.count / 16
    case .list(let items):
      guard enters(depth) else { return }
      for item in items where weight <= limit { add(item, depth: depth + 1) }
    case .map(let map):
      guard enters(depth) else { return }
      for entry in map.entries where weight <= limit {
        add(entry.key, depth: depth + 1)
        add(entry.value, depth: depth + 1)
      }
    case .null, .bool, .int, .uint, .double, .timestamp, .duration, .type: break
    }
  }

  private mutating func enters(_ depth: Int) -> Bool {
    isTooDeep = isTooDeep || depth >= Scale.depthLimit
    return !isTooDeep
  }
}

/// What one function may make.
enum SizeLimit {
  /// In bytes of UTF-8.
  static let text = 4 << 20
  static let items = 1 << 18

  static func require(_ bytes: Int) throws(OperationError) {
    guard bytes <= text else { throw OperationError("the text would be longer than 4 MiB") }
  }

  static func require(items count: Int) throws(OperationError) {
    guard count <= items else { throw OperationError("the list would have more than \(items) elements") }
  }
}
