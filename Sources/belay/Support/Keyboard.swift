import Glibc

/// A terminal that hands over each key and shows none: what is typed is drawn with the rest of the picture. Ctrl-C and
/// Ctrl-Z stay what they are.
///
/// - Source: termios(3). A shell takes its terminal back as it was when a job that has changed it stops or dies.
final class Keyboard {
  private let descriptor: Int32
  private let before: termios
  private var isHeld = false

  /// Nil: it cannot be set.
  init?(_ descriptor: Int32) {
    var mode = termios()
    guard tcgetattr(descriptor, &mode) == 0 else { return nil }
    self.descriptor = descriptor
    before = mode
    _ = hold()
  }

  deinit { release() }

  /// Sets it, again where somebody else was in front meanwhile.
  ///
  /// - Returns: whether somebody was: what stands on the screen is theirs too.
  func hold() -> Bool {
    var mode = termios()
    // Who is not in front would be stopped for it (SIGTTOU).
    guard tcgetpgrp(descriptor) == getpgrp(), tcgetattr(descriptor, &mode) == 0 else { return false }
    let flags = tcflag_t(ICANON | ECHO)
    guard mode.c_lflag & flags != 0 else { return false }
    mode.c_lflag &= ~flags
    tcsetattr(descriptor, TCSADRAIN, &mode)
    defer { isHeld = true }
    return isHeld
  }

  func release() {
    guard isHeld, tcgetpgrp(descriptor) == getpgrp() else { return }
    var mode = before
    tcsetattr(descriptor, TCSADRAIN, &mode)
    isHeld = false
  }
}
