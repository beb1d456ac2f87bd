/// Doubles as decimal texts with a number of digits, rounded exactly, halves to even; as C's `%f` and `%e`, which the
/// standard library has not.
enum DecimalText {
  static func special(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
  }

  /// `123.500`
  static func fixed(_ number: Double, digits: Int) -> String {
    guard number.isFinite else { return special(number) }
    let exact = Exact(number)
    let all = exact.rounded(keeping: exact.point + digits)
    let written = all.digits.prefix(max(0, all.point))
    let whole = written + [UInt8](repeating: 0, count: max(0, all.point) - written.count)
    let leading = [UInt8](repeating: 0, count: min(digits, max(0, -all.point)))
    let decimals = Array((leading + all.digits.dropFirst(max(0, all.point))).prefix(digits))
    let filled = decimals + [UInt8](repeating: 0, count: digits - decimals.count)
    return sign(number) + (whole.isEmpty ? "0" : text(whole)) + (digits == 0 ? "" : "." + text(filled))
  }

  /// `1.052033e+03`
  static func scientific(_ number: Double, digits: Int) -> String {
    guard number.isFinite else { return special(number) }
    let all = Exact(number).rounded(keeping: digits + 1)
    let filled = all.digits + [UInt8](repeating: 0, count: max(0, digits + 1 - all.digits.count))
    let exponent = number == 0 ? 0 : all.point - 1
    let power = (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    return sign(number) + text(filled[..<1]) + (digits == 0 ? "" : "." + text(filled[1...digits])) + "e"
      + power
  }

  private static func sign(_ number: Double) -> String { number.sign == .minus ? "-" : "" }

  private static func text(_ digits: some Sequence<UInt8>) -> String {
    String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
  }

  /// All decimal digits of a double: 0.d₁d₂d₃… × 10^point, without zeros at either end.
  private struct Exact {
    var digits: [UInt8]
    var point: Int

    init(digits: [UInt8], point: Int) {
      self.digits = digits
      self.point = point
    }

    /// A double is an integer times a power of two. Halving is a multiplication by five and a move of the point.
    init(_ number: Double) {
      let significand =
        number.isNormal ? number.significandBitPattern | 1 << 52 : number.significandBitPattern
      let power = (number.isNormal ? Int(number.exponentBitPattern) : 1) - 1075
      var number = Decimal(significand)
      number.multiply(by: power < 0 ? 5 : 2, times: abs(power))
      let all = number.digits
      point = all.count + min(0, power)
      digits = Array(all[..<(all.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)])
      if digits.isEmpty { point = 0 }
    }

    /// With at most so many digits.
    func rounded(keeping count: Int) -> Exact {
      guard count < digits.count else { return self }
      guard count >= 0 else { return Exact(digits: [], point: 0) }
      let next = digits[count]
      let isHalf = next == 5 && count + 1 == digits.count
      let isOdd = count > 0 && !digits[count - 1].isMultiple(of: 2)
      var kept = Array(digits[..<count])
      guard next > 5 || next == 5 && (!isHalf || isOdd) else { return Exact(digits: kept, point: point) }
      for index in kept.indices.reversed() {
        if kept[index] < 9 {
          kept[index] += 1
          return Exact(digits: kept, point: point)
        }
        kept[index] = 0
      }
      return Exact(digits: [1] + kept, point: point + 1)
    }
  }
}

/// A natural number of any size.
private struct Decimal {
  /// Nine digits each, the least first.
  private var limbs: [UInt64]
  private static let base: UInt64 = 1_000_000_000

  init(_ number: UInt64) {
    limbs = [
      number % Decimal.base, number / Decimal.base % Decimal.base, number / Decimal.base / Decimal.base,
    ]
  }

  mutating func multiply(by factor: UInt64, times: Int) {
    var left = times
    while left > 0 {
      // As much at once as leaves room for a limb beside it.
      var step: UInt64 = 1
      while left > 0, step < 1 << 30 {
        step *= factor
        left -= 1
      }
      multiply(by: step)
    }
  }

  private mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = limbs[index] * factor + carry
      limbs[index] = product % Decimal.base
      carry = product / Decimal.base
    }
    while carry > 0 {
      limbs.append(carry % Decimal.base)
      carry /= Decimal.base
    }
  }

  /// The greatest first, none for zero.
  var digits: [UInt8] {
    let all = limbs.reversed().flatMap { limb in
      let text = Array(String(limb).utf8)
      return [UInt8](repeating: 0, count: 9 - text.count) + text.map { $0 - 0x30 }
    }
    return Array(all.drop { $0 == 0 })
  }
}
