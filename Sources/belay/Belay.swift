import ArgumentParser
import BelayWorld
import Glibc

@main struct Belay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "belay",
    abstract: "Runs procedures written as playbooks: planned, resumable, undoable, on the record.",
    discussion: """
      A project is the nearest folder upward with a `playbooks` folder in it.

        belay list                          what there is to run
        belay run deploy -p version=1.4 --dry-run
        belay run deploy -p version=1.4
        belay status last
        belay audit verify

      Exit status: 0 succeeded, 1 failed, 2 usage or invalid playbook, 3 waiting, held or paused, 4 rolled back,
      5 rollback incomplete, 6 plan differs, 7 lock held, 8 audit verification failed, 9 store or machine unusable,
      129/130/143 stopped by a signal and resumable.
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Running", subcommands: [Run.self, PlanCommand.self, Diff.self, Resume.self, Rollback.self]),
      CommandGroup(
        name: "Deciding",
        subcommands: [
          Approve.self, Reject.self, AnswerCommand.self, Resolve.self, Pause.self, Cancel.self, Close.self,
        ]),
      CommandGroup(
        name: "Looking",
        subcommands: [
          List.self, Show.self, Runs.self, Status.self, Logs.self, Report.self, OnCall.self, Audit.self,
        ]),
      CommandGroup(name: "Writing", subcommands: [New.self, Validate.self, Eval.self, Schema.self]),
      CommandGroup(name: "Checking", subcommands: [Doctor.self, ReceiptsCommand.self]),
    ])

  static func main() {
    // A limit of the caller's on files is an error of a write. What is started has all signals at their defaults.
    signal(SIGXFSZ, SIG_IGN)
    Output.occupy()
    var isTelling = true
    do {
      try requireText()
      var command = try parseAsRoot()
      isTelling = !(command is any ChangingCommand) || (command as? Run)?.dryRun ?? false
      try command.run()
      leave(withStatus: .succeeded, isTelling: isTelling)
    } catch let failure as Failure {
      failure.report()
      leave(withStatus: failure.status, isTelling: isTelling)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code == .success {
        Output.standard.write(message + (message.isEmpty || message.hasSuffix("\n") ? "" : "\n"))
        leave(withStatus: .succeeded, isTelling: isTelling)
      }
      if let status = (error as? ExitCode).flatMap({ ExitStatus(rawValue: $0.rawValue) }) {
        leave(withStatus: status, isTelling: isTelling)
      }
      Output.error.write(message + (message.hasSuffix("\n") ? "" : "\n"))
      leave(withStatus: .usage, isTelling: isTelling)
    }
  }
}

extension Belay {
  /// Arguments and variables are bytes, and what is no UTF-8 would be replaced unseen.
  ///
  /// - Throws: exit 2, naming the first that is none.
  private static func requireText() throws {
    for index in 0..<Int(CommandLine.argc) {
      guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
        continue
      }
      let shown = String(
        decoding: UnsafeRawBufferPointer(start: argument, count: strlen(argument)), as: UTF8.self)
      throw Failure(.usage, "argument \(index) is not UTF-8: '\(printable(shown))'")
    }
    try CallerEnvironment().require(CallerEnvironment.own)
  }
}

enum Version {
  static let text = Build.version
}
