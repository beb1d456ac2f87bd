internal import BelayModel
private import CRE2

/// A regular expression of `matches`, compiled.
///
/// - Source: RE2, as cel-spec asks: matched in time linear in the text; no look-around, no back references.
final class Pattern: @unchecked Sendable {
  // Not changed after it was made; RE2 matches on several threads at once.
  private let compiled: OpaquePointer

  /// In bytes, of the program; of the states that matching keeps as many again.
  private static let memory: Int64 = 1 << 18

  init(_ text: String) throws(OperationError) {
    var text = text
    var reason = [CChar](repeating: 0, count: 200)
    let compiled = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        Pattern.compile(characters, &reason)
      }
    }
    guard let compiled else {
      let why = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw OperationError("the pattern '\(text.prefix(60))': \(why)")
    }
    self.compiled = compiled
  }

  /// The empty text has no address.
  private static func compile(
    _ characters: UnsafeBufferPointer<CChar>, _ reason: inout [CChar]
  ) -> OpaquePointer? {
    guard let start = characters.baseAddress else {
      return cre2_compile("", 0, memory, &reason, reason.count)
    }
    return cre2_compile(start, characters.count, memory, &reason, reason.count)
  }

  deinit { cre2_free(compiled) }

  /// Instructions of its program.
  var size: Int { Int(cre2_size(compiled)) }

  /// In steps of an evaluation, for a text of so many bytes. Mostly RE2 looks at a byte once; at worst, where its states
  /// do not fit its memory, at every instruction for each byte, 7 ns each. Common patterns have fewer than 64.
  func cost(of bytes: Int) -> Int {
    let (work, isTooMuch) = bytes.multipliedReportingOverflow(by: max(0, size - 64))
    return isTooMuch ? .max / 2 : bytes / 8 + work / 128
  }

  /// Whether some part of the text matches.
  func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        guard let start = characters.baseAddress else { return cre2_matches(compiled, "", 0) }
        return cre2_matches(compiled, start, characters.count)
      }
    }
  }
}
