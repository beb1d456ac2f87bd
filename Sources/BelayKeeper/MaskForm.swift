/// The ways in which a value is recognised. Each is a walk over the value and the output side by side: it knows at any
/// point whether the output still can be the value in this form, so that a value cut in two is found as well.
enum MaskForm: UInt8, CaseIterable {
  case raw
  /// Any byte may stand as `%xx`, a space as `+`: encoders differ in what they leave alone.
  case percent
  /// Any character may stand behind a backslash: JSON with its `\/` and `\u00xx`, C, `printf %q`, `$'…'`, `"…"`.
  case backslash
  /// A single quote stands as `'\''` or `'"'"'`.
  case singleQuoted
  /// Two digits a byte, of either case. Lines may be broken anywhere (`xxd -p`).
  case hex
  /// Both alphabets; the value begins at the first, second or third byte of a group. Lines may be broken anywhere
  /// (`base64`, `openssl base64`).
  case base64First, base64Second, base64Third

  /// What is no escape stands for itself.
  var readsBytes: Bool { rawValue <= MaskForm.singleQuoted.rawValue }

  /// Encoders of this form break lines.
  var breaksLines: Bool { rawValue >= MaskForm.hex.rawValue }

  /// Bytes of the group before the value begins.
  var alignment: Int? {
    switch self {
    case .base64First: 0
    case .base64Second: 1
    case .base64Third: 2
    case .raw, .percent, .backslash, .singleQuoted, .hex: nil
    }
  }
}

/// One value in one form, its bytes in a pool that all patterns share.
struct MaskPattern {
  var form: MaskForm
  var start: Int
  var count: Int
}

/// How far the output is the value.
enum MaskMatch {
  case none
  /// It ends where the value could still go on.
  case open
  case whole(Int)
}

/// A step of a walk: how much of the value and of the output it took.
private enum Step {
  case none
  case open
  case took(value: Int, output: Int)
}

/// Output under the eye of a pattern.
struct MaskWalk {
  /// Of a line's end and an indentation: what is held back has an end.
  private static let longestBreak = 40

  let output: UnsafeBufferPointer<UInt8>
  /// The value's bytes; for base64 its digits, each with a mask of the bits that the value decides.
  let pool: UnsafeBufferPointer<UInt8>

  /// - Parameter isEnd: nothing comes after the output.
  func match(_ pattern: MaskPattern, at start: Int, isEnd: Bool) -> MaskMatch {
    var place = start
    var index = 0
    while index < pattern.count {
      guard place < output.count else { return isEnd ? .none : .open }
      if pattern.form.readsBytes, isPlain(output[place]) {
        // Most of a value stands as it is in most forms.
        if output[place] == pool[pattern.start + index] {
          index += 1
          place += 1
          continue
        }
        if !(pattern.form == .percent && output[place] == UInt8(ascii: "+")) { return .none }
      }
      if pattern.form.breaksLines, place > start, endsLine(output[place]) {
        switch afterBreak(place) {
        case .none: return .none
        case .open: return isEnd ? .none : .open
        case .whole(let next): place = next
        }
      }
      switch step(pattern, index, place) {
      case .none: return .none
      case .open: return isEnd ? .none : .open
      case .took(let value, let output):
        index += value
        place += output
      }
    }
    if pattern.form.alignment == nil { return .whole(place - start) }
    return padding(from: place, start: start, isEnd: isEnd)
  }

  /// No form uses it for anything but itself, or for a space.
  private func isPlain(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "'")
  }

  private func step(_ pattern: MaskPattern, _ index: Int, _ place: Int) -> Step {
    let byte = output[place]
    let wanted = pool[pattern.start + index]
    switch pattern.form {
    case .raw: return byte == wanted ? .took(value: 1, output: 1) : .none
    case .percent: return percent(wanted, byte, place)
    case .backslash: return backslash(pattern, index, byte, place)
    case .singleQuoted: return singleQuoted(wanted, byte, place)
    case .hex: return hex(wanted, at: place)
    case .base64First, .base64Second, .base64Third:
      guard let value = base64Value(byte) else { return .none }
      return value & pool[pattern.start + pattern.count + index] == wanted
        ? .took(value: 1, output: 1) : .none
    }
  }

  /// Padding tells how long the value is.
  private func padding(from end: Int, start: Int, isEnd: Bool) -> MaskMatch {
    var place = end
    for _ in 0..<2 {
      var next = place
      if next < output.count, endsLine(output[next]) {
        switch afterBreak(next) {
        case .none: return .whole(place - start)
        case .open: return isEnd ? .whole(place - start) : .open
        case .whole(let after): next = after
        }
      }
      guard next < output.count else { return isEnd ? .whole(place - start) : .open }
      guard output[next] == UInt8(ascii: "=") else { break }
      place = next + 1
    }
    return .whole(place - start)
  }

  // MARK: Broken lines

  private func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  /// The place behind a line's end and the next one's indentation.
  private func afterBreak(_ place: Int) -> MaskMatch {
    for next in place..<(place + MaskWalk.longestBreak) {
      guard next < output.count else { return .open }
      let byte = output[next]
      if !endsLine(byte), byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { return .whole(next) }
    }
    return .none
  }

  /// Two digits, perhaps on two lines.
  private func hex(_ wanted: UInt8, at place: Int) -> Step {
    guard hexValue(output[place]) == wanted >> 4 else { return .none }
    var low = place + 1
    guard low < output.count else { return .open }
    if endsLine(output[low]) {
      switch afterBreak(low) {
      case .none: return .none
      case .open: return .open
      case .whole(let next): low = next
      }
    }
    guard hexValue(output[low]) == wanted & 15 else { return .none }
    return .took(value: 1, output: low + 1 - place)
  }

  private func percent(_ wanted: UInt8, _ byte: UInt8, _ place: Int) -> Step {
    if byte == UInt8(ascii: "%") {
      return digits(UInt32(wanted), count: 2, at: place + 1, taking: 1, before: 1)
    }
    if byte == UInt8(ascii: "+"), wanted == UInt8(ascii: " ") { return .took(value: 1, output: 1) }
    return byte == wanted ? .took(value: 1, output: 1) : .none
  }

  private func singleQuoted(_ wanted: UInt8, _ byte: UInt8, _ place: Int) -> Step {
    guard byte == wanted else { return .none }
    guard wanted == UInt8(ascii: "'") else { return .took(value: 1, output: 1) }
    let escaped = text("'\\''", at: place)
    if case .none = escaped { return text("'\"'\"'", at: place) }
    return escaped
  }

  private func text(_ text: StaticString, at place: Int) -> Step {
    for offset in 0..<text.utf8CodeUnitCount {
      guard place + offset < output.count else { return .open }
      guard output[place + offset] == text.utf8Start[offset] else { return .none }
    }
    return .took(value: 1, output: text.utf8CodeUnitCount)
  }

  private func backslash(_ pattern: MaskPattern, _ index: Int, _ byte: UInt8, _ place: Int) -> Step {
    let wanted = pool[pattern.start + index]
    guard byte == UInt8(ascii: "\\") else {
      return byte == wanted ? .took(value: 1, output: 1) : .none
    }
    guard place + 1 < output.count else { return .open }
    let letter = output[place + 1]
    switch letter {
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      return unicode(pattern, index, at: place, digits: letter == UInt8(ascii: "u") ? 4 : 8)
    case UInt8(ascii: "x"): return digits(UInt32(wanted), count: 2, at: place + 2, taking: 1, before: 2)
    case UInt8(ascii: "0")...UInt8(ascii: "7"): return octal(wanted, at: place)
    default:
      let meant = isLetterOrDigit(letter) ? controlCharacter(letter) : letter
      return meant == wanted ? .took(value: 1, output: 2) : .none
    }
  }

  private func octal(_ wanted: UInt8, at place: Int) -> Step {
    for offset in 1...3 {
      guard place + offset < output.count else { return .open }
      let digit = UInt8(ascii: "0") + wanted >> UInt8(9 - 3 * offset) & 7
      guard output[place + offset] == digit else { return .none }
    }
    return .took(value: 1, output: 4)
  }

  /// A character by its number: one or two units of UTF-16 behind `\u`, or the number itself behind `\U`.
  private func unicode(_ pattern: MaskPattern, _ index: Int, at place: Int, digits count: Int) -> Step {
    let end = pattern.start + pattern.count
    let bytes = pool[(pattern.start + index)..<min(end, pattern.start + index + 4)]
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return .none }
    let length = UTF8.width(scalar)
    if count == 8 || scalar.value < 0x10000 {
      return digits(scalar.value, count: count, at: place + 2, taking: length, before: 2)
    }
    let high = 0xD800 + (scalar.value - 0x10000) >> 10
    let low = 0xDC00 + (scalar.value - 0x10000) & 0x3FF
    guard case .took = digits(high, count: 4, at: place + 2, taking: length, before: 2) else {
      return digits(high, count: 4, at: place + 2, taking: length, before: 2)
    }
    for (offset, byte) in [UInt8(ascii: "\\"), UInt8(ascii: "u")].enumerated() {
      guard place + 6 + offset < output.count else { return .open }
      guard output[place + 6 + offset] == byte else { return .none }
    }
    return digits(low, count: 4, at: place + 8, taking: length, before: 8)
  }

  /// Hexadecimal digits of either case.
  private func digits(_ value: UInt32, count: Int, at place: Int, taking: Int, before: Int) -> Step {
    for offset in 0..<count {
      guard place + offset < output.count else { return .open }
      let wanted = UInt8(truncatingIfNeeded: value >> UInt32(4 * (count - 1 - offset)) & 15)
      guard hexValue(output[place + offset]) == wanted else { return .none }
    }
    return .took(value: taking, output: before + count)
  }
}

/// The digits and masks of a value in base64, for the pool.
///
/// A digit holds six bits. The first and the last may share theirs with what stands before and after the value: the mask
/// says which bits are the value's.
func base64Digits(_ value: [UInt8], alignment: Int) -> (digits: [UInt8], masks: [UInt8]) {
  let first = 8 * alignment
  let end = first + 8 * value.count
  var digits: [UInt8] = []
  var masks: [UInt8] = []
  for start in stride(from: first - first % 6, to: end, by: 6) {
    var digit: UInt8 = 0
    var mask: UInt8 = 0
    for bit in start..<(start + 6) {
      digit <<= 1
      mask <<= 1
      guard bit >= first, bit < end else { continue }
      digit |= value[(bit - first) / 8] >> UInt8(7 - (bit - first) % 8) & 1
      mask |= 1
    }
    digits.append(digit)
    masks.append(mask)
  }
  return (digits, masks)
}

private func base64Value(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
  case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
  case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
  case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
  default: nil
  }
}

private func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"):
    true
  default: false
  }
}

/// What a letter behind a backslash stands for.
private func controlCharacter(_ letter: UInt8) -> UInt8? {
  switch letter {
  case UInt8(ascii: "n"): 10
  case UInt8(ascii: "t"): 9
  case UInt8(ascii: "r"): 13
  case UInt8(ascii: "b"): 8
  case UInt8(ascii: "f"): 12
  case UInt8(ascii: "v"): 11
  case UInt8(ascii: "a"): 7
  case UInt8(ascii: "e"), UInt8(ascii: "E"): 27
  default: nil
  }
}
