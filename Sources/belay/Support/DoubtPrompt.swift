import BelayJournal
import BelayModel
import BelayPresentation
import BelayStore
import Glibc

/// What a held run asks at the terminal at which it was driven. Nobody drives it meanwhile: it can be settled from
/// elsewhere, and an empty line settles nothing.
struct DoubtPrompt {
  private let store: SQLiteStore
  private let row: RunRow
  private let node: NodeID

  /// How often it looks whether somebody else was first, in milliseconds.
  private static let interval: Int32 = 500

  /// Nil where nobody is at a terminal, or a word of theirs would settle nothing.
  init?(_ row: RunRow, _ state: RunState, in store: SQLiteStore) {
    guard isatty(0) == 1, Output.error.isTerminal, tcgetpgrp(0) == getpgrp() else { return nil }
    guard state.status == .held, let node = state.undecided.first else { return nil }
    self.store = store
    self.row = row
    self.node = node
  }

  /// - Returns: whether it was settled here, and the run can go on.
  func settles() throws -> Bool {
    // At rest Ctrl-C ends belay, and nothing else.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    // What was typed before the question was seen is no answer to it.
    tcflush(0, TCIFLUSH)
    let text = "Settle it here: done, not_done or failed, and what you saw. Enter leaves it."
    for line in Line(text).wrapped(to: Terminal(output: .error).size.columns) { Output.error.line(line.text) }
    while true {
      Output.error.write("\(printable(node))> ")
      guard let line = try answer() else { return false }
      do {
        guard let said = try said(line) else { return false }
        try said.record()
        return true
      } catch let refusal as Failure where refusal.status == .usage || refusal.status == .unfinished {
        refusal.report()
      }
    }
  }

  /// What is typed; nil: somebody else was first, or nobody is here any more.
  private func answer() throws -> String? {
    var polled = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    while poll(&polled, 1, DoubtPrompt.interval) == 0 {
      guard try store.run(row.run)?.events == row.events else {
        Output.error.line("\nThe run has gone on elsewhere: \(typed("status \(row.run)"))")
        return nil
      }
    }
    // Of a terminal that edits lines a read gives one.
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(0, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// - Returns: nil: nothing was said.
  private func said(_ line: String) throws -> Resolving? {
    let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
    guard let first = words.first else { return nil }
    guard let resolution = Resolution(rawValue: first) else {
      throw Failure(.usage, "'\(shortened(printable(first), to: 20))' is no answer: done, not_done or failed")
    }
    guard words.count > 1 else {
      throw Failure(.usage, "say what it rests on, for the record: \(first) looked at it, …")
    }
    return Resolving(store: store, row: row, node: node, resolution: resolution, note: words[1])
  }
}
