internal import BelayModel

/// `"%d of %s".format([1, x])`.
///
/// - Source: the string extension, `format`: clauses s d f e b o x X, `%%`, and a precision before f and e.
struct Format {
  private static let precisionLimit = 1000

  private var rest: ArraySlice<Unicode.Scalar>
  private var arguments: ArraySlice<Value>
  private var out = ""

  static func apply(_ pattern: String, _ arguments: Value) throws(OperationError) -> String {
    guard case .list(let values) = arguments else {
      throw OperationError("format() needs a list, not \(arguments.typeName)")
    }
    var format = Format(rest: Array(pattern.unicodeScalars)[...], arguments: values[...])
    return try format.run()
  }

  private init(rest: ArraySlice<Unicode.Scalar>, arguments: ArraySlice<Value>) {
    self.rest = rest
    self.arguments = arguments
  }

  private mutating func run() throws(OperationError) -> String {
    while let scalar = rest.popFirst() {
      if scalar != "%" {
        out.unicodeScalars.append(scalar)
      } else if rest.first == "%" {
        rest = rest.dropFirst()
        out += "%"
      } else {
        out += try clause()
        try SizeLimit.require(out.utf8.count)
      }
    }
    return out
  }

  private mutating func clause() throws(OperationError) -> String {
    let precision = try precision()
    guard let letter = rest.popFirst() else { throw OperationError("the format ends within a clause") }
    guard precision == nil || letter == "f" || letter == "e" else {
      throw OperationError("%\(letter) takes no precision")
    }
    guard "sdfeboxX".unicodeScalars.contains(letter) else {
      throw OperationError("%\(letter) is no clause: there are %s %d %f %e %b %o %x %X")
    }
    guard let value = arguments.popFirst() else { throw OperationError("there is no value for %\(letter)") }
    let text: String? =
      switch letter {
      case "s": try Format.text(value)
      case "d": Format.decimal(value)
      case "f": Format.real(value).map { DecimalText.fixed($0, digits: precision ?? 6) }
      case "e": Format.real(value).map { DecimalText.scientific($0, digits: precision ?? 6) }
      case "b": Format.binary(value)
      case "o": Format.whole(value, radix: 8)
      default: Format.hexadecimal(value, isUpper: letter == "X")
      }
    guard let text else { throw OperationError("%\(letter) cannot show \(value.typeName)") }
    return text
  }

  private mutating func precision() throws(OperationError) -> Int? {
    guard rest.first == "." else { return nil }
    rest = rest.dropFirst()
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    guard !digits.isEmpty, digits.count < 5,
      let precision = Int(String(String.UnicodeScalarView(digits))), precision <= Format.precisionLimit
    else { throw OperationError("a precision is a number up to \(Format.precisionLimit)") }
    return precision
  }

  // MARK: Clauses

  /// Keys of maps in the order of their texts.
  private static func text(_ value: Value) throws(OperationError) -> String {
    switch value {
    case .null: return "null"
    case .type(let name): return name
    case .list(let items):
      var texts: [String] = []
      for item in items { texts.append(try text(item)) }
      return "[\(texts.joined(separator: ", "))]"
    case .map(let map):
      var texts: [(key: String, value: String)] = []
      for entry in map.entries { texts.append((try text(entry.key), try text(entry.value))) }
      texts.sort { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      return "{\(texts.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    case .double(let number) where !number.isFinite: return DecimalText.special(number)
    default: return try Conversions.string(value)
    }
  }

  private static func decimal(_ value: Value) -> String? {
    switch value {
    case .int(let number): String(number)
    case .uint(let number): String(number)
    case .double(let number): number.isFinite ? nil : DecimalText.special(number)
    default: nil
    }
  }

  private static func real(_ value: Value) -> Double? {
    switch value {
    case .double(let number): number
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    default: nil
    }
  }

  private static func binary(_ value: Value) -> String? {
    if case .bool(let flag) = value { return flag ? "1" : "0" }
    return whole(value, radix: 2)
  }

  private static func whole(_ value: Value, radix: Int, isUpper: Bool = false) -> String? {
    switch value {
    case .int(let number): String(number, radix: radix, uppercase: isUpper)
    case .uint(let number): String(number, radix: radix, uppercase: isUpper)
    default: nil
    }
  }

  private static func hexadecimal(_ value: Value, isUpper: Bool) -> String? {
    switch value {
    case .string(let text): hexadecimal(Array(text.utf8), isUpper)
    case .bytes(let bytes): hexadecimal(bytes, isUpper)
    default: whole(value, radix: 16, isUpper: isUpper)
    }
  }

  private static func hexadecimal(_ bytes: [UInt8], _ isUpper: Bool) -> String {
    let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
