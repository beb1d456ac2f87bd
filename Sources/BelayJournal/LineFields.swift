import BelayModel

/// Reads the members of one JSON object in the order in which the format has them.
struct LineFields {
  private let members: [JSON.Member]
  private var next = 0
  /// For messages: `initiator.` within the initiator, empty at the top.
  private let path: String

  init(parsing line: String) throws(EventLineError) {
    let json: JSON
    do { json = try JSON(parsing: line) } catch {
      throw .malformed("no JSON: \(error.message) at byte \(error.offset)")
    }
    guard let members = json.members else { throw .malformed("no JSON object") }
    self.members = members
    path = ""
  }

  private init(_ members: [JSON.Member], path: String) {
    self.members = members
    self.path = path
  }

  /// - Throws: when a member is left that the format does not have here.
  func finish() throws(EventLineError) {
    guard next == members.count else {
      throw .malformed("'\(path)\(members[next].key)' is not expected here")
    }
  }

  private mutating func optional(_ key: String) -> JSON? {
    guard next < members.count, members[next].key == key else { return nil }
    next += 1
    return members[next - 1].value
  }

  private mutating func required(_ key: String) throws(EventLineError) -> JSON {
    guard let value = optional(key) else { throw missing(key) }
    return value
  }

  private func missing(_ key: String) -> EventLineError {
    .malformed("'\(path)\(key)' is missing or out of its place")
  }

  private func wrong(_ key: String, _ type: String) -> EventLineError {
    .malformed("'\(path)\(key)' is not \(type)")
  }

  mutating func text(_ key: String) throws(EventLineError) -> String {
    guard let text = try required(key).string else { throw wrong(key, "a string") }
    return text
  }

  mutating func optionalText(_ key: String) throws(EventLineError) -> String? {
    guard let value = optional(key) else { return nil }
    guard let text = value.string else { throw wrong(key, "a string") }
    return text
  }

  mutating func int(_ key: String) throws(EventLineError) -> Int {
    guard let number = try required(key).int else { throw wrong(key, "an integer") }
    return Int(number)
  }

  mutating func optionalInt(_ key: String) throws(EventLineError) -> Int? {
    guard let value = optional(key) else { return nil }
    guard let number = value.int else { throw wrong(key, "an integer") }
    return Int(number)
  }

  mutating func flag(_ key: String) throws(EventLineError) -> Bool {
    guard let flag = try required(key).bool else { throw wrong(key, "true or false") }
    return flag
  }

  mutating func optionalFlag(_ key: String) throws(EventLineError) -> Bool? {
    guard let value = optional(key) else { return nil }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  mutating func time(_ key: String) throws(EventLineError) -> Timestamp {
    guard let moment = try optionalTime(key) else { throw missing(key) }
    return moment
  }

  mutating func optionalTime(_ key: String) throws(EventLineError) -> Timestamp? {
    guard let text = try optionalText(key) else { return nil }
    // One moment has one text: anything else would not come back as the bytes that were read.
    guard let moment = Timestamp(text: text), moment.fixedText == text else {
      throw wrong(key, "a moment in UTC with nine decimals")
    }
    return moment
  }

  mutating func word<Word: RawRepresentable<String>>(_ key: String) throws(EventLineError) -> Word {
    let text = try text(key)
    guard let word = Word(rawValue: text) else { throw .malformed("'\(path)\(key)' cannot be '\(text)'") }
    return word
  }

  /// Absent where it is empty.
  mutating func optionalList(_ key: String) throws(EventLineError) -> [String] {
    guard let value = optional(key) else { return [] }
    let texts = try strings(value, key)
    guard !texts.isEmpty else { throw wrong(key, "a list of one or more") }
    return texts
  }

  mutating func list(_ key: String) throws(EventLineError) -> [String] {
    try strings(try required(key), key)
  }

  private func strings(_ value: JSON, _ key: String) throws(EventLineError) -> [String] {
    guard let items = value.array else { throw wrong(key, "a list") }
    let texts = items.compactMap(\.string)
    guard texts.count == items.count else { throw wrong(key, "a list of strings") }
    return texts
  }

  mutating func ints(_ key: String) throws(EventLineError) -> [Int] {
    guard let items = try required(key).array else { throw wrong(key, "a list") }
    let numbers = items.compactMap(\.int)
    guard numbers.count == items.count else { throw wrong(key, "a list of integers") }
    return numbers.map(Int.init)
  }

  mutating func objects<Result>(
    _ key: String, _ read: (inout LineFields) throws(EventLineError) -> Result
  ) throws(EventLineError) -> [Result] {
    guard let items = try required(key).array else { throw wrong(key, "a list") }
    var results: [Result] = []
    for item in items {
      guard let members = item.members else { throw wrong(key, "a list of objects") }
      var fields = LineFields(members, path: path + key + ".")
      results.append(try read(&fields))
      try fields.finish()
    }
    return results
  }

  mutating func value(_ key: String) throws(EventLineError) -> Value {
    guard let value = Value(exact: try required(key)) else { throw wrong(key, "a value") }
    return value
  }

  /// Empty where it is left out.
  mutating func map(_ key: String) throws(EventLineError) -> ValueMap {
    guard let json = optional(key) else { return ValueMap() }
    guard case .map(let map)? = Value(exact: json) else { throw wrong(key, "a map") }
    return map
  }

  mutating func object<Result>(
    _ key: String, _ read: (inout LineFields) throws(EventLineError) -> Result
  ) throws(EventLineError) -> Result {
    guard let result = try optionalObject(key, read) else { throw missing(key) }
    return result
  }

  mutating func optionalObject<Result>(
    _ key: String, _ read: (inout LineFields) throws(EventLineError) -> Result
  ) throws(EventLineError) -> Result? {
    guard let value = optional(key) else { return nil }
    guard let members = value.members else { throw wrong(key, "an object") }
    var fields = LineFields(members, path: path + key + ".")
    let result = try read(&fields)
    try fields.finish()
    return result
  }
}
