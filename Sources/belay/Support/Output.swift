import BelayModel
import Glibc
import Synchronization

/// Writes whole pieces to a descriptor. What cannot be written stops nothing: it is noted, and told at the end.
struct Output: Sendable {
  static let standard = Output(descriptor: 1)
  static let error = Output(descriptor: 2)

  let descriptor: Int32

  /// The first error on stdout that is none of a reader who has gone away (EPIPE, EIO of a closed terminal); else 0.
  private static let loss = Atomic<Int32>(0)

  /// Why what was printed did not arrive, in words.
  static var lost: String? {
    let code = loss.load(ordering: .relaxed)
    return code == 0 ? nil : String(cString: strerror(code))
  }

  /// A standard descriptor that the caller has closed would be given to the next file that is opened.
  static func occupy() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
      _ = Glibc.open("/dev/null", O_RDONLY)
    }
  }

  /// On a terminal nothing that a file says or a command has printed moves a cursor; elsewhere it is what it is.
  func write(_ text: String) { send(isTerminal ? harmless(text) : text) }

  /// What moves the cursor itself; the texts in it have been made harmless.
  func paint(_ sequence: String) { send(sequence) }

  private func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return note(errno) }
      bytes = bytes.dropFirst(count)
    }
  }

  private func note(_ code: Int32) {
    guard descriptor == 1, code != EPIPE, code != EIO else { return }
    _ = Output.loss.compareExchange(expected: 0, desired: code, ordering: .relaxed)
  }

  func line(_ text: String) { write(text + "\n") }

  func json(_ json: JSON) { write(json.indented + "\n") }

  var isTerminal: Bool { isatty(descriptor) == 1 }
}

/// With control characters and those that turn the direction of writing in a form that can be seen: `^[`.
private func harmless(_ text: String) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x09, 0x0A: shown.append(scalar)
    case 0..<0x20: shown += "^\(Unicode.Scalar(UInt8(scalar.value) + 0x40))".unicodeScalars
    case 0x7F: shown += "^?".unicodeScalars
    case 0x80..<0xA0,
      _ where scalar.properties.isBidiControl:
      shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars
    default: shown.append(scalar)
    }
  }
  return String(shown)
}

/// Text without control characters, for one line of a terminal: nothing that a command printed can move a cursor.
func printable(_ text: String) -> String {
  String(
    String.UnicodeScalarView(
      text.unicodeScalars.map { scalar in
        scalar.properties.generalCategory == .control || turnsText(scalar) ? " " : scalar
      }))
}

/// What comes after it would stand before it, or look as if.
///
/// - Source: UAX #9, section 2: explicit formatting characters.
private func turnsText(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
  default: false
  }
}

/// `1 file`, `2 files`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
