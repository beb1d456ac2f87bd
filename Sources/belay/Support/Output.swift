import BelayModel
import Glibc

/// Writes whole pieces to a descriptor. A reader that is gone (EPIPE, EIO of a closed terminal) stops nothing.
struct Output: Sendable {
  static let standard = Output(descriptor: 1)
  static let error = Output(descriptor: 2)

  let descriptor: Int32

  func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  func line(_ text: String) { write(text + "\n") }

  func json(_ json: JSON) { write(json.indented + "\n") }

  var isTerminal: Bool { isatty(descriptor) == 1 }
}

/// Text without control characters, for one line of a terminal: nothing that a command printed can move a cursor.
func printable(_ text: String) -> String {
  String(
    String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
  )
}

/// `1 file`, `2 files`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
