import Testing

@testable import BelayKeeper

@Suite("Secrets in output") struct Masking {
  private static let secret = "pa55 w/+é'\"\\%\t~word"

  /// The stream masked when it comes in these pieces.
  private func masked(_ pieces: [[UInt8]], _ patterns: MaskPatterns) -> String {
    let masker = Masker(patterns)
    var out: [UInt8] = []
    for piece in pieces { piece.withUnsafeBytes { masker.write($0) { out.append(contentsOf: $0) } } }
    masker.finish { out.append(contentsOf: $0) }
    return String(decoding: out, as: UTF8.self)
  }

  /// Whole, in single bytes, and cut at every one of its places.
  private func expect(
    _ text: String, _ secrets: [String], becomes expected: String, at place: SourceLocation = #_sourceLocation
  ) {
    let patterns = MaskPatterns(secrets)
    let bytes = Array(text.utf8)
    #expect(masked([bytes], patterns) == expected, sourceLocation: place)
    #expect(masked(bytes.map { [$0] }, patterns) == expected, sourceLocation: place)
    for cut in 1..<max(2, bytes.count) {
      let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
      #expect(masked(pieces, patterns) == expected, "cut at \(cut)", sourceLocation: place)
    }
  }

  // MARK: Forms

  @Test("the value as it stands")
  func raw() {
    expect("<\(Masking.secret)>", [Masking.secret], becomes: "<•••>")
    expect(Masking.secret, [Masking.secret], becomes: "•••")
    expect("x\(Masking.secret)", ["unrelated-value", Masking.secret], becomes: "x•••")
  }

  @Test("base64 of both alphabets at each alignment, with padding and without", arguments: 0..<3, 0..<3)
  func base64(before: Int, after: Int) {
    for secret in [Masking.secret, "0123456789", "0123456789a", "0123456789ab", "ÿþýüûúùø??>>"] {
      let bytes = Array(repeating: UInt8(0xA7), count: before) + Array(secret.utf8)
      let whole = bytes + Array(repeating: UInt8(0x5C), count: after)
      for url in [false, true] {
        for padded in [false, true] {
          let text = "token: \(encodeBase64(whole, url: url, padded: padded))\n"
          let masked = masked([Array(text.utf8)], MaskPatterns([secret]))
          // What stands around the value may stay: every digit that has a bit of the value is gone.
          let left = masked.utf8.count - "token: \n".utf8.count - "•••".utf8.count
          #expect(masked.contains("•••"), "\(text) became \(masked)")
          #expect(
            left <= (before * 8 + 5) / 6 + (after * 8 + 5) / 6 + (after > 0 ? 2 : 0), "\(text): \(masked)")
          let exact = before == 0 && after == 0
          if exact { expect(text, [secret], becomes: "token: •••\n") }
        }
      }
    }
  }

  @Test("percent-encoded: everything, what must be, forms, either case")
  func percent() {
    let secret = "a b+c/d%e=é&zz"
    for text in [
      "a%20b%2Bc%2Fd%25e%3D%C3%A9%26zz", "a%20b%2bc%2fd%25e%3d%c3%a9%26zz", "a+b%2Bc%2Fd%25e%3D%C3%A9%26zz",
      "a%20b%2Bc/d%25e=é&zz", "%61%20%62%2B%63%2F%64%25%65%3D%C3%A9%26%7A%7a",
    ] {
      expect("?q=\(text)&x=1", [secret], becomes: "?q=•••&x=1")
    }
  }

  @Test("JSON-escaped: short, by number, of either case, with an escaped slash")
  func json() {
    let secret = "a\"b\\c/d\ne\u{7}é😀zz"
    for text in [
      #"a\"b\\c/d\ne\u0007é😀zz"#, #"a\"b\\c\/d\ne\u0007\u00e9\ud83d\ude00zz"#,
      #"a\u0022b\u005Cc\u002Fd\u000ae\u0007\u00E9\uD83D\uDE00zz"#,
      #"\u0061\u0022\u0062\u005c\u0063\u002f\u0064\u000a\u0065\u0007\u00e9\ud83d\ude00\u007a\u007a"#,
    ] {
      expect(#"{"key":"\#(text)"}"#, [secret], becomes: #"{"key":"•••"}"#)
    }
    // Go's encoder does this to HTML's characters.
    expect(#"{"k":"a\u003cb\u003e\u0026cccc"}"#, ["a<b>&cccc"], becomes: #"{"k":"•••"}"#)
  }

  @Test("shell-escaped: in quotes of each kind, with backslashes, as $'…'")
  func shell() {
    let secret = "it's \"a\" $b `c`\t!é"
    for text in [
      #"'it'\''s "a" $b `c`\#t!é'"#, #"'it'"'"'s "a" $b `c`\#t!é'"#,
    ] {
      expect("x=\(text) y", [secret], becomes: "x='•••' y")
    }
    expect(#"it\'s\ \"a\"\ \$b\ \`c\`\#t\!é"#, [secret], becomes: "•••")
    expect(#""it's \"a\" \$b \`c\`\#t!é""#, [secret], becomes: "\"•••\"")
    expect(#"$'it\'s "a" $b `c`\t!\303\251'"#, [secret], becomes: "$'•••'")
    expect(#"$'it\'s "a" $b `c`\x09!\xc3\xA9'"#, [secret], becomes: "$'•••'")
    expect(#"$'it\'s "a" $b `c`\u0009\u0021\U000000e9'"#, [secret], becomes: "$'•••'")
  }

  @Test("hexadecimal of either case")
  func hex() {
    expect("0x70617373776F7264313233 70617373776f7264313233", ["password123"], becomes: "0x••• •••")
  }

  // MARK: Encoders that break lines

  private func wrapped(_ text: String, every width: Int, with lineBreak: String) -> String {
    text.enumerated().map { index, character in
      index > 0 && index.isMultiple(of: width) ? lineBreak + String(character) : String(character)
    }.joined()
  }

  @Test(
    "base64 and hexadecimal are masked across line breaks, at every width and alignment", arguments: 1...80,
    ["\n", "\r\n", "\n  ", "\r\n\t"])
  func wrapped(width: Int, lineBreak: String) {
    let secret = "correct horse battery staple, and 40 more"
    let patterns = MaskPatterns([secret])
    for before in 0..<3 {
      let bytes = Array(repeating: UInt8(0xA7), count: before) + Array(secret.utf8)
      for after in 0..<3 {
        let whole = bytes + Array(repeating: UInt8(0x5C), count: after)
        let encoded = encodeBase64(whole, url: before == 1, padded: after != 1)
        let text = "token: " + wrapped(encoded, every: width, with: lineBreak) + "\nend\n"
        let masked = masked([Array(text.utf8)], patterns)
        let left = masked.filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" && $0 != " " && $0 != "\t" }
        let most = (before * 8 + 5) / 6 + (after * 8 + 5) / 6 + (after > 0 ? 2 : 0)
        #expect(masked.contains("•••"), "\(text) became \(masked)")
        #expect(left.count <= "token:•••end".count + most, "\(text) became \(masked)")
      }
    }
    let hex = Array(secret.utf8).map(hexByte).joined()
    let text = "x " + wrapped(hex, every: width, with: lineBreak) + "\nend\n"
    #expect(masked([Array(text.utf8)], patterns) == "x •••\nend\n")
  }

  @Test("they are so however the output is cut, with the padding on a line of its own")
  func wrappedInPieces() {
    let secret = "it's 12 bytes!"
    let encoded = encodeBase64(Array(secret.utf8), url: false, padded: true)
    for width in [1, 4, 5, 18, 19] {
      for lineBreak in ["\n", "\r\n"] {
        expect("<\(wrapped(encoded, every: width, with: lineBreak))>\n", [secret], becomes: "<•••>\n")
      }
    }
    let hex = Array(secret.utf8).map(hexByte).joined()
    expect("<\(wrapped(hex, every: 7, with: "\r\n"))>", [secret], becomes: "<•••>")
  }

  @Test("a line break that no encoder makes ends the value: nothing is held back for ever")
  func endless() {
    let masker = Masker(MaskPatterns(["password123"]))
    var count = 0
    let piece = Array(("7061" + String(repeating: "\n", count: 1000)).utf8)
    for _ in 0..<100 { piece.withUnsafeBytes { masker.write($0) { count += $0.count } } }
    #expect(count > 99 * piece.count)
  }

  // MARK: Which values

  @Test("short values are masked as they stand only")
  func short() {
    expect("pin 1234, MTIzNA, %31%32%33%34", ["1234"], becomes: "pin •••, MTIzNA, %31%32%33%34")
    expect("a-b", ["b"], becomes: "a-•••")
    expect("nothing", [""], becomes: "nothing")
  }

  @Test("lines of a value of several, and what is within its white space, are values too")
  func lines() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\nAB==\n-----END KEY-----\n"
    expect("kqhkiG9w0BAQEF and MIIEvQIBADANBg", [key], becomes: "••• and •••")
    expect(key.replacing("\n", with: "\\n"), [key], becomes: "•••")
    expect("crlf kqhkiG9w0BAQEF\r\n", [key.replacing("\n", with: "\r\n")], becomes: "crlf •••\r\n")
    expect("[correct horse]", ["  correct horse\n"], becomes: "[•••]")
  }

  // MARK: Several at once

  @Test("of nested values the longest goes, of overlapping ones everything")
  func overlapping() {
    expect("xx secret-token-long yy", ["secret-token", "secret-token-long"], becomes: "xx ••• yy")
    expect("xx secret-token-lo yy", ["secret-token", "secret-token-long"], becomes: "xx •••-lo yy")
    expect("the token-inside-it", ["token-inside", "n-inside-it", "unrelated"], becomes: "the •••")
    expect("abcdefghijklmnopqrst", ["abcdefgh", "efghijkl", "ijklmnop"], becomes: "•••qrst")
    expect("abcdefghabcdefgh", ["abcdefgh"], becomes: "••••••")
    expect(String(repeating: "a", count: 100), ["aaaaaaaa"], becomes: "•••")
    expect(String(repeating: "a", count: 7) + "b", ["aaaaaaaa"], becomes: "aaaaaaab")
    expect("aaaaaaaaaaab!", ["aaaaaaab"], becomes: "aaaa•••!")
    expect("abababababc", ["ababababc"], becomes: "ab•••")
  }

  @Test("what only begins like a value comes out at the end")
  func beginnings() {
    expect("this was no secret-toke", ["secret-token"], becomes: "this was no secret-toke")
    expect("secret-secret-token", ["secret-token"], becomes: "secret-•••")
    expect("\\\\u00", ["\\ucode-of-it"], becomes: "\\\\u00")
  }

  @Test("nothing is held back that cannot be a value")
  func promptness() {
    let masker = Masker(MaskPatterns(["secret-token"]))
    var out: [UInt8] = []
    Array("Password: s".utf8).withUnsafeBytes { masker.write($0) { out.append(contentsOf: $0) } }
    #expect(String(decoding: out, as: UTF8.self) == "Password: ")
    Array("?".utf8).withUnsafeBytes { masker.write($0) { out.append(contentsOf: $0) } }
    #expect(String(decoding: out, as: UTF8.self) == "Password: s?")
  }

  @Test("a stream that is cut off where a value could go on ends in the mark")
  func cutOff() {
    for (text, expected) in [
      ("password: secret-to", "password: •••"), ("password: secret-token", "password: •••"),
      ("password: secret-t?", "password: secret-t?"), ("", ""),
    ] {
      let masker = Masker(MaskPatterns(["secret-token"]))
      var out: [UInt8] = []
      Array(text.utf8).withUnsafeBytes { masker.write($0) { out.append(contentsOf: $0) } }
      masker.finish(isCut: true) { out.append(contentsOf: $0) }
      #expect(String(decoding: out, as: UTF8.self) == expected)
    }
  }

  @Test("hundreds of values, and very short ones, are all found")
  func hundreds() {
    let secrets = (0..<300).map { "value-\($0 * 7919)-of-\($0)" } + ["7", "é", "zq"]
    let text = secrets.map { "[\($0)|\(encodeBase64(Array($0.utf8), url: false, padded: true))]" }.joined()
    let out = MaskPatterns(secrets).masked(text)
    for number in 0..<300 { #expect(!out.contains("-of-\(number)]")) }
    #expect(!out.contains("7"))
    #expect(!out.contains("é"))
    #expect(!out.contains("zq"))
  }

  // MARK: Chance

  @Test("any mixture, in any pieces, is masked as in one piece, and no value is left", arguments: 0..<60)
  func chance(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let alphabet = Array(seed.isMultiple(of: 2) ? "ab" : "aA%\\'/=+ 0é")
    func word(_ length: Int) -> String {
      String((0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
    }
    let secrets = (0..<3).map { _ in word(Int.random(in: 8...12, using: &random)) }
    let patterns = MaskPatterns(secrets)
    var text: [UInt8] = []
    for _ in 0..<12 {
      text += word(Int.random(in: 0...9, using: &random)).utf8
      let secret = Array(secrets[Int.random(in: 0..<3, using: &random)].utf8)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: text += secret
      case 1: text += encodeBase64(secret, url: false, padded: true).utf8
      case 2: text += secret.flatMap { Array("%\(hexByte($0))".utf8) }
      case 3: text += secret.flatMap { Array(hexByte($0).utf8) }
      default: text += secret.dropLast()
      }
    }
    let whole = masked([text], patterns)
    for _ in 0..<20 {
      var pieces: [[UInt8]] = []
      var rest = text[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...20, using: &random))
        pieces.append(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      #expect(masked(pieces, patterns) == whole)
    }
    for secret in secrets { #expect(!whole.contains(secret), "\(secret) in \(whole)") }
  }
}

private func hexByte(_ byte: UInt8) -> String {
  let text = String(byte, radix: 16)
  return text.count == 1 ? "0" + text : text
}

/// RFC 4648, sections 4 and 5.
func encodeBase64(_ bytes: [UInt8], url: Bool, padded: Bool) -> String {
  let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  let alphabet = Array(letters + (url ? "-_" : "+/"))
  var text = ""
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for digit in 0...group.count { text.append(alphabet[value >> (18 - 6 * digit) & 63]) }
    if padded { text += String(repeating: "=", count: 3 - group.count) }
  }
  return text
}

/// Chance that is the same in every run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
