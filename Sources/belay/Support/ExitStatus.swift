import ArgumentParser
import BelayJournal
import Glibc

/// What a command's end says to scripts; a contract.
enum ExitStatus: Int32 {
  case succeeded = 0
  case failed = 1
  /// Wrong usage, an invalid playbook.
  case usage = 2
  /// Waiting, held or paused: resume later.
  case unfinished = 3
  case rolledBack = 4
  case rollbackIncomplete = 5
  case planDiffers = 6
  case lockHeld = 7
  case auditFailed = 8
  /// The store or the machine cannot be used.
  case unusable = 9
  case hangup = 129
  case interrupted = 130
  case terminated = 143

  init(_ status: RunStatus) {
    self =
      switch status {
      case .succeeded, .closed: .succeeded
      case .rolledBack: .rolledBack
      case .rollbackIncomplete: .rollbackIncomplete
      case .failed: .failed
      case .planned, .running, .waiting, .held, .paused, .rollingBack: .unfinished
      }
  }
}

/// A command that cannot do what it was asked, with what to do about it.
struct Failure: Error {
  var status: ExitStatus
  var message: String
  /// What may be typed or looked at next.
  var hints: [String] = []

  init(_ status: ExitStatus, _ message: String, hints: [String] = []) {
    self.status = status
    self.message = message
    self.hints = hints
  }

  func report() {
    Output.error.write("belay: \(message)\n")
    for hint in hints { Output.error.write("  \(hint)\n") }
  }
}

/// - Parameter isTelling: printing was all that the command was for: without it, it has not succeeded.
func leave(withStatus status: ExitStatus, isTelling: Bool) -> Never {
  guard let lost = Output.lost else { Glibc.exit(status.rawValue) }
  Output.error.line("belay: stdout cannot be written: \(lost)")
  Glibc.exit((isTelling && status == .succeeded ? .unusable : status).rawValue)
}

/// A command whose exit status tells of what it did, whoever reads what it prints; all others only print.
protocol ChangingCommand: ParsableCommand {}
