extension Array where Element == UInt8 {
  /// The bytes as lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: count * 2) { buffer in
      var end = 0
      for byte in self {
        buffer[end] = digits[Int(byte >> 4)]
        buffer[end + 1] = digits[Int(byte & 15)]
        end += 2
      }
      return end
    }
  }

  /// Reads hexadecimal digits of either case; nil when a character is none, or their number is odd.
  public init?(hex text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    reserveCapacity(digits.count / 2)
    for start in stride(from: 0, to: digits.count, by: 2) {
      guard let high = hexDigit(digits[start]), let low = hexDigit(digits[start + 1]) else { return nil }
      append(high << 4 | low)
    }
  }
}

private func hexDigit(_ character: UInt8) -> UInt8? {
  switch character {
  case 0x30...0x39: character - 0x30
  case 0x41...0x46: character - 0x41 + 10
  case 0x61...0x66: character - 0x61 + 10
  default: nil
  }
}
