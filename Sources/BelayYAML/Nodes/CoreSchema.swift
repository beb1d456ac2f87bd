internal import BelayModel

/// What a plain scalar means.
///
/// - Source: YAML 1.2.2, 10.3.2 "Tag Resolution" of the core schema; YAML 1.1's type repository for the differences.
enum CoreSchema {
  static let prefix = "tag:yaml.org,2002:"
  static let nullTag = prefix + "null"
  static let stringTag = prefix + "str"
  static let tags: Set<String> = [
    prefix + "null", prefix + "bool", prefix + "int", prefix + "float", prefix + "str", prefix + "map",
    prefix + "seq", "!",
  ]

  static func isNull(_ text: String) -> Bool {
    switch text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }

  static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  /// Whether the text is an integer, also one that 64 bits cannot hold.
  static func isInteger(_ text: String) -> Bool {
    let bytes = text.utf8
    if text.hasPrefix("0o") {
      return bytes.count > 2 && bytes.dropFirst(2).allSatisfy { (0x30...0x37).contains($0) }
    }
    if text.hasPrefix("0x") { return bytes.count > 2 && bytes.dropFirst(2).allSatisfy(isHexDigit) }
    let digits = bytes.first == 0x2B || bytes.first == 0x2D ? bytes.dropFirst() : bytes[...]
    return !digits.isEmpty && digits.allSatisfy(isDigit)
  }

  static func integer(_ text: String) -> Int64? {
    guard isInteger(text) else { return nil }
    if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8) }
    if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16) }
    return Int64(text)
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, `.inf`, `.nan`.
  static func float(_ text: String) -> Double? {
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
    case "-.inf", "-.Inf", "-.INF": return -.infinity
    case ".nan", ".NaN", ".NAN": return .nan
    default: break
    }
    var rest = Array(text.utf8)[...]
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    let whole = takeDigits(&rest)
    var fraction = 0
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      fraction = takeDigits(&rest)
    }
    guard whole + fraction > 0 else { return nil }
    if rest.first == 0x65 || rest.first == 0x45 {
      rest = rest.dropFirst()
      if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
      guard takeDigits(&rest) > 0 else { return nil }
    }
    guard rest.isEmpty else { return nil }
    return Double(text.hasSuffix(".") ? text + "0" : text.replacingPoint())
  }

  /// A text stays a text; an integer that 64 bits cannot hold as well.
  static func value(_ text: String) -> Value {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case 0x2B, 0x2D, 0x2E, 0x30...0x39:
      if let number = integer(text) { return .int(number) }
      if !isInteger(text), let number = float(text) { return .double(number) }
    case 0x74, 0x54, 0x66, 0x46: if let flag = bool(text) { return .bool(flag) }
    case 0x7E, 0x6E, 0x4E: if isNull(text) { return .null }
    default: break
    }
    return .string(text)
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> Int {
    let digits = rest.prefix(while: isDigit)
    rest = rest.dropFirst(digits.count)
    return digits.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}

extension String {
  /// Swift reads `1.e5` and `.5` only with digits on both sides of the point.
  fileprivate func replacingPoint() -> String {
    guard let point = firstIndex(of: ".") else { return self }
    let before = self[..<point]
    let after = self[index(after: point)...]
    let whole = before.last?.isNumber == true ? before : before + "0"
    return whole + "." + (after.first?.isNumber == true ? after : "0" + after)
  }
}

extension CoreSchema {
  /// What YAML 1.1 takes the plain text for, where that differs: `true`, `the number 511`, `a date`.
  static func olderReading(_ text: String) -> String? {
    guard text.utf8.count <= 40, let first = text.utf8.first else { return nil }
    switch text {
    case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": return "true"
    case "n", "N", "no", "No", "NO", "off", "Off", "OFF": return "false"
    default: break
    }
    guard isDigit(first) || first == 0x2B || first == 0x2D else { return nil }
    let unsigned = text.drop { $0 == "+" || $0 == "-" }
    let bytes = unsigned.utf8
    if bytes.count > 1, bytes.first == 0x30, bytes.allSatisfy({ (0x30...0x37).contains($0) }) {
      return Int64(unsigned, radix: 8).map { "the octal number \($0)" }
    }
    if unsigned.hasPrefix("0b"), bytes.count > 2, bytes.dropFirst(2).allSatisfy({ $0 == 0x30 || $0 == 0x31 })
    {
      return "a binary number"
    }
    if unsigned.hasPrefix("0o"), isInteger(text) { return "a text" }
    if bytes.contains(0x5F), isInteger(unsigned.filter { $0 != "_" }) { return "a number" }
    if isSexagesimal(unsigned) { return "a number in base 60" }
    return isDate(unsigned) ? "a date" : nil
  }

  private static func isSexagesimal(_ text: Substring) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }) else {
      return false
    }
    return parts.dropFirst().allSatisfy { $0.utf8.count <= 2 && (Int($0) ?? 60) < 60 }
  }

  private static func isDate(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count >= 8, bytes[..<4].allSatisfy(isDigit), bytes[4] == 0x2D else { return false }
    let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, (1...2).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(isDigit) else {
      return false
    }
    let day = parts[2].utf8.prefix(while: isDigit)
    guard (1...2).contains(day.count) else { return false }
    let rest = parts[2].utf8.dropFirst(day.count)
    return rest.isEmpty || rest.first == 0x54 || rest.first == 0x74 || rest.first == 0x20
  }
}
