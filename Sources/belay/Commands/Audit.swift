import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore
import BelayWorld

struct Audit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The record: show it, verify it, export it, sign how far it goes.",
    discussion: """
      Examples:
        belay audit verify
        belay audit show last
        belay audit export last > run.jsonl
        belay audit checkpoint --key ~/.ssh/audit
      """,
    subcommands: [Verify.self, ShowEvents.self, AuditExportCommand.self, AuditCheckpoint.self])

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check every event, link, seal, derived row, plan and output file of the store.",
      discussion: """
        Exit status 8 when something was changed, with the place. A consistent rewrite by who owns the files can only
        be found by checkpoints (belay audit checkpoint), signed by a key which those do not have, or by a copy of
        heads.log kept elsewhere. With --key every checkpoint has to be signed by one of the keys, and there has to be
        one; with --checkpoints those of a copy are asked too, which nobody can take away.

        Examples:
          belay audit verify
          belay audit verify --key audit.pub
          belay audit verify --key audit.pub --checkpoints /mnt/archive/checkpoints.log
        """)

    @Option(
      name: .long,
      help: ArgumentHelp("A file with public keys of OpenSSH; may be repeated.", valueName: "file"))
    var key: [String] = []
    @Option(name: .long, help: ArgumentHelp("A copy of checkpoints; may be repeated.", valueName: "file"))
    var checkpoints: [String] = []
    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOption

    func run() throws {
      let report = try AuditReport.verifying(store, try Trust.of(keys: key, copies: checkpoints))
      if format.isJSON { Output.standard.json(report.json) } else { print(report) }
      if !report.findings.isEmpty { throw ExitCode(ExitStatus.auditFailed.rawValue) }
    }

    private func print(_ report: AuditReport) {
      for finding in report.findings { Output.standard.line(printable(finding.text)) }
      if report.furtherFindings > 0 { Output.standard.line("and \(report.furtherFindings) more") }
      Output.standard.line(
        "\(counted(report.runs, "run")), \(counted(report.events, "event")), \(report.entries) ledger entries: "
          + report.verdict.text + report.signedText
      )
    }
  }

  struct ShowEvents: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Print a run's events: when, what, and who by the store's word.",
      discussion: """
        Example:
          belay audit show last
        """)

    @OptionGroup var target: RunArgument
    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOption

    func run() throws {
      let opened = try store.existing()
      let row = try target.find(in: opened, to: .reading)
      try RecordedRun.forEachEvent(of: row.run, in: opened) { line, stored in
        if format.isJSON { return Output.standard.line(stored.line) }
        let number = String(line.number)
        Output.standard.line(
          "\(String(repeating: " ", count: max(0, 5 - number.count)))\(number)  \(line.at.text)  "
            + printable("\(line.event.type)  \(stored.stamp)"))
      }
    }
  }
}

extension AuditReport {
  /// - Throws: exit 2 where there is no store, exit 8 where it cannot be read for damage.
  static func verifying(_ store: StoreOptions, _ trust: CheckpointTrust = CheckpointTrust()) throws
    -> AuditReport
  {
    do {
      guard let audit = try SQLiteAudit.open(store.folder) else {
        throw Failure(.usage, "there is no store in \(store.folder): nothing was run yet")
      }
      var report = try AuditReport.verifying(audit, by: RunRefold.self, trust: trust)
      if !report.signedRuns.isEmpty { try report.verifySignatures(in: try store.existing()) }
      return report
    } catch StoreError.broken(let text) {
      throw Failure(.auditFailed, "BROKEN: \(text)")
    } catch let error as StoreError { throw Failure(error) }
  }

  /// What people have signed by keys of the roster: the chain does not say who has written it.
  private mutating func verifySignatures(in store: SQLiteStore) throws {
    for run in signedRuns {
      guard let row = try store.run(run) else { continue }
      let recorded: RecordedRun
      do { recorded = try RecordedRun(row, in: store) } catch let error as Failure {
        // A finding like the others, which are to be told as well.
        add(.run(run), "its signatures cannot be verified: \(error.message)")
        continue
      }
      for (decision, why) in try recorded.forgeries() {
        add(.event(run: run, number: decision.number), "\(decision.decision.who) has not signed it: \(why)")
      }
    }
  }

  /// Where more is complete than was signed.
  fileprivate var signedText: String {
    guard let signed, case .complete = verdict else { return "" }
    return "; signed up to ledger entry \(signed.entry) of \(signed.at.text)"
  }

  fileprivate var json: JSON {
    .object([
      "verdict": .string(verdict.text), "runs": .int(Int64(runs)), "events": .int(Int64(events)),
      "ledger_entries": .int(Int64(entries)), "withheld": .int(Int64(withheld)),
      "signed_entry": signed.map { .int(Int64($0.entry)) },
      "findings": .array(findings.map { .string($0.text) }), "further_findings": .int(Int64(furtherFindings)),
    ])
  }
}

/// Keys and copies that a verifier names.
private enum Trust {
  static func of(keys files: [String], copies: [String]) throws -> CheckpointTrust {
    do {
      let lines = try copies.map { (name: $0, lines: try CheckpointLog(path: $0).lines()) }
      guard !files.isEmpty else { return CheckpointTrust(copies: lines) }
      guard Signatures.isAvailable else {
        throw Failure(.unusable, "signatures need ssh-keygen: Debian's openssh-client")
      }
      let keys = try files.flatMap(publicKeys)
      return CheckpointTrust(copies: lines) { checkpoint in
        Signatures.isValid(
          checkpoint.signature, of: Checkpoint.signedText(of: checkpoint.head), for: Checkpoint.namespace,
          keys: keys)
      }
    } catch let error as StoreError { throw Failure(error) }
  }

  private static func publicKeys(_ file: String) throws -> [String] {
    let text: String
    do { text = try SmallFile.read(file) } catch { throw Failure(.usage, error.message) }
    let keys = text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") }
    guard !keys.isEmpty,
      keys.allSatisfy({ $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") || $0.hasPrefix("sk-") })
    else {
      throw Failure(.usage, "\(file) holds no public keys of OpenSSH: the .pub file of a key is meant")
    }
    return keys
  }
}
