internal import BelayModel

/// Functions on strings; positions count Unicode scalars.
///
/// - Source: cel-spec's standard definitions, and its string extension.
enum Strings {
  static func call(_ name: String, _ text: String, _ arguments: [Value]) throws(OperationError) -> Value {
    switch name {
    case "contains": return .bool(Occurrences(of: try string(arguments[0], name), in: text).first != nil)
    case "startsWith": return .bool(scalars(text).starts(with: scalars(try string(arguments[0], name))))
    case "endsWith":
      return .bool(scalars(text).reversed().starts(with: scalars(try string(arguments[0], name)).reversed()))
    case "lowerAscii": return .string(mapped(text) { ("A"..."Z").contains($0) ? $0.value + 32 : $0.value })
    case "upperAscii": return .string(mapped(text) { ("a"..."z").contains($0) ? $0.value - 32 : $0.value })
    case "trim": return .string(trimmed(text))
    case "charAt": return .string(try character(text, arguments[0]))
    case "indexOf": return .int(try indexOf(text, arguments))
    case "lastIndexOf": return .int(try lastIndexOf(text, arguments))
    case "substring": return .string(try substring(text, arguments))
    case "split": return .list(try split(text, arguments).map(Value.string))
    case "replace": return .string(try replace(text, arguments))
    default: throw OperationError("a string has no function \(name)()")
    }
  }

  private static func string(_ value: Value, _ name: String) throws(OperationError) -> String {
    try Functions.text(value, name)
  }

  private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

  private static func joined(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private static func mapped(_ text: String, _ change: (Unicode.Scalar) -> UInt32) -> String {
    joined(text.unicodeScalars.map { Unicode.Scalar(change($0)) ?? $0 })
  }

  private static func trimmed(_ text: String) -> String {
    let all = scalars(text)
    let isBlank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    guard let first = all.firstIndex(where: { !isBlank($0) }),
      let last = all.lastIndex(where: { !isBlank($0) })
    else {
      return ""
    }
    return joined(all[first...last])
  }

  private static func number(_ value: Value) throws(OperationError) -> Int {
    guard case .int(let number) = value, let index = Int(exactly: number) else {
      throw OperationError("a position must be an int, not \(value.typeName)")
    }
    return index
  }

  private static func character(_ text: String, _ position: Value) throws(OperationError) -> String {
    let all = scalars(text)
    let index = try number(position)
    guard (0...all.count).contains(index) else {
      throw OperationError("no character \(index) in \(all.count)")
    }
    return index == all.count ? "" : joined([all[index]])
  }

  private static func indexOf(_ text: String, _ arguments: [Value]) throws(OperationError) -> Int64 {
    let found = Occurrences(of: try string(arguments[0], "indexOf"), in: text)
    let start = arguments.count > 1 ? try number(arguments[1]) : 0
    guard (0...found.length).contains(start) else { throw OperationError("no position \(start)") }
    return Int64(found.positions.first { $0 >= start } ?? -1)
  }

  private static func lastIndexOf(_ text: String, _ arguments: [Value]) throws(OperationError) -> Int64 {
    let found = Occurrences(of: try string(arguments[0], "lastIndexOf"), in: text)
    let limit = arguments.count > 1 ? try number(arguments[1]) : found.length
    guard (0...found.length).contains(limit) else { throw OperationError("no position \(limit)") }
    return Int64(found.positions.last { $0 <= limit } ?? -1)
  }

  private static func substring(_ text: String, _ arguments: [Value]) throws(OperationError) -> String {
    let all = scalars(text)
    let start = try number(arguments[0])
    let end = arguments.count > 1 ? try number(arguments[1]) : all.count
    guard (0...all.count).contains(end), (0...end).contains(start) else {
      throw OperationError("no part \(start) to \(end) in \(all.count) characters")
    }
    return joined(all[start..<end])
  }

  private static func split(_ text: String, _ arguments: [Value]) throws(OperationError) -> [String] {
    let separator = try string(arguments[0], "split")
    let limit = arguments.count > 1 ? try number(arguments[1]) : -1
    if limit == 0 { return [] }
    let all = scalars(text)
    var parts: [String] = []
    if separator.isEmpty {
      try SizeLimit.require(items: limit < 0 ? all.count : min(limit, all.count))
      let cut = limit < 0 ? all.count : min(limit - 1, all.count)
      let single = all[..<cut].map { joined([$0]) }
      return cut < all.count ? single + [joined(all[cut...])] : single
    }
    let found = Occurrences(of: separator, in: text)
    var start = 0
    for position in found.apart where limit < 0 || parts.count < limit - 1 {
      parts.append(joined(all[start..<position]))
      start = position + found.width
    }
    try SizeLimit.require(items: parts.count + 1)
    return parts + [joined(all[start...])]
  }

  private static func replace(_ text: String, _ arguments: [Value]) throws(OperationError) -> String {
    let (old, new) = (try string(arguments[0], "replace"), try string(arguments[1], "replace"))
    let limit = arguments.count > 2 ? try number(arguments[2]) : -1
    let found = Occurrences(of: old, in: text)
    let places = limit < 0 ? found.apart[...] : found.apart.prefix(limit)
    let (length, isTooLong) = places.count.multipliedReportingOverflow(by: new.utf8.count)
    try SizeLimit.require(isTooLong ? .max : length)
    try SizeLimit.require(length + text.utf8.count)
    let (all, inserted) = (scalars(text), scalars(new))
    var out: [Unicode.Scalar] = []
    var start = 0
    for position in places {
      out += all[start..<position]
      out += inserted
      start = position + found.width
    }
    return joined(out + all[start...])
  }

  /// As CEL would write it, in quotes.
  ///
  /// - Source: the string extension, `strings.quote`.
  static func quoted(_ text: String) throws(OperationError) -> String {
    let escapes: [Unicode.Scalar: String] = [
      "\u{07}": "\\a", "\u{08}": "\\b", "\u{0C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
      "\u{0B}": "\\v",
      "\\": "\\\\", "\"": "\\\"",
    ]
    try SizeLimit.require(2 * text.utf8.count)
    var out = "\""
    for scalar in text.unicodeScalars {
      if let escape = escapes[scalar] { out += escape } else { out.unicodeScalars.append(scalar) }
    }
    return out + "\""
  }
}
