import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore
import BelayWorld

struct AuditCheckpoint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Verify the store, and sign how far it goes.",
    discussion: """
      What was signed cannot be rewritten or cut off without 'belay audit verify --key' naming it. The key is one of
      OpenSSH, best Ed25519, and best of a user as whom no step runs; the file of a public key stands for the agent that
      has its other half. The checkpoint is added to the store's checkpoints.log, or to a file kept elsewhere, which who
      owns the store cannot take away.

      Examples:
        belay audit checkpoint --key ~/.ssh/audit
        belay audit checkpoint --key ~/.ssh/audit --output /mnt/archive/checkpoints.log
      """)

  @Option(name: .long, help: ArgumentHelp("To sign with.", valueName: "file")) var key: String
  @Option(
    name: .long,
    help: ArgumentHelp("Add it to this file, instead of to the store's checkpoints.log.", valueName: "file"))
  var output: String?
  @OptionGroup var store: StoreOptions

  func run() throws {
    let report = try AuditReport.verifying(store)
    guard report.findings.isEmpty, let head = report.head else {
      throw Failure(
        .auditFailed, "nothing was signed: \(report.verdict.text)",
        hints: report.findings.prefix(5).map(\.text))
    }
    let signature: String
    do {
      signature = try Signatures.sign(
        Checkpoint.signedText(of: head), for: Checkpoint.namespace,
        keyFile: Project.absolute(key, in: Project.currentFolder()))
    } catch { throw Failure(.usage, "nothing was signed: \(error.message)") }
    let log = output.map { CheckpointLog(path: $0) } ?? CheckpointLog(of: store.folder)
    do { try log.append(Checkpoint(head, signature: signature)) } catch { throw Failure(error) }
    Output.standard.line("signed up to ledger entry \(head.entry) of \(head.at.text): \(log.path)")
  }
}
