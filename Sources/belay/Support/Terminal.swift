import ArgumentParser
import BelayPresentation
import Glibc

/// What the terminal at a descriptor can do.
struct Terminal {
  enum Colour: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  let output: Output

  /// Its lines can be painted over, and nobody else's job is in front.
  var isLive: Bool { output.isTerminal && !isDumb && isInFront }

  private var isDumb: Bool {
    let kind = variable("TERM") ?? ""
    return kind.isEmpty || kind == "dumb"
  }

  /// A job in the background leaves the screen to who is in front.
  var isInFront: Bool { tcgetpgrp(output.descriptor) == getpgrp() }

  /// By https://no-color.org and the option.
  func isColoured(_ colour: Colour) -> Bool {
    switch colour {
    case .always: true
    case .never: false
    case .auto: output.isTerminal && !isDumb && (variable("NO_COLOR") ?? "").isEmpty
    }
  }

  /// As locale(7) says which variable counts.
  var marks: Marks {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].map { variable($0) ?? "" }
    let language = names.first { !$0.isEmpty }?.lowercased() ?? ""
    return Marks(isUnicode: language.hasSuffix("utf-8") || language.hasSuffix("utf8"))
  }

  /// Asked each time: windows are resized.
  var size: LiveFrame.Size {
    var window = winsize()
    guard ioctl(output.descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0
    else {
      return LiveFrame.Size(columns: number("COLUMNS") ?? 80, rows: number("LINES") ?? 24)
    }
    return LiveFrame.Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  private func number(_ name: String) -> Int? {
    variable(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}
