/// A command that takes scripts to another host or container, bound for one node.
public struct FarShell: Hashable, Sendable {
  public var name: String
  /// Program and arguments; it gives its standard input to a shell on the far side.
  public var command: [String]
  /// Script that stands before each one.
  public var setup: String
  /// Absolute, or relative to where `setup` leads; nil: there.
  public var folder: BoundText?
  /// What the far side says last on stderr, its exit status behind it. Nothing else says it.
  public var mark: String

  public init(name: String, command: [String], setup: String, folder: BoundText?, mark: String) {
    self.name = name
    self.command = command
    self.setup = setup
    self.folder = folder
    self.mark = mark
  }

  /// What the far side has reported, in place of how the command on this side has ended: a connection that breaks says
  /// nothing of the script.
  public func result(of near: ProcessResult) -> ProcessResult {
    guard near.stoppedBecause == nil else { return near }
    if case .notStarted = near.ending { return near }
    var far = near
    if let (code, rest) = status(in: near.stderr.text) {
      far.ending = .exited(code: code)
      far.stderr.text = rest
    } else {
      far.ending = .unreported("'\(name)' has not told how it ended; \(command[0]): \(near.ending.words)")
    }
    return far
  }

  /// The exit status after the last mark, and the text without that line.
  private func status(in text: String) -> (code: Int32, rest: String)? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let index = lines.lastIndex(where: { $0.hasPrefix(mark) }), index + 1 < lines.count,
      let code = Int32(lines[index].dropFirst(mark.count))
    else { return nil }
    return (code, (lines[..<index] + lines[(index + 2)...]).joined(separator: "\n"))
  }
}

extension ProcessResult.Ending {
  fileprivate var words: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let number): "ended by signal \(number)"
    case .notStarted(let why), .unreported(let why): why
    }
  }
}
