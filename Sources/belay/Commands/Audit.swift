import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore

struct Audit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The record: show it, verify it, export it.",
    discussion: """
      Examples:
        belay audit verify
        belay audit show last
        belay audit export last > run.jsonl
      """,
    subcommands: [Verify.self, ShowEvents.self, Export.self])

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check every event, link, seal, derived row, plan and output file of the store.",
      discussion: """
        Exit status 8 when something was changed, with the place. A consistent rewrite by who owns the files can only
        be found with a copy of heads.log kept elsewhere.

        Example:
          belay audit verify
        """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOption

    func run() throws {
      let report: AuditReport
      do {
        guard let audit = try SQLiteAudit.open(store.folder) else {
          throw Failure(.usage, "there is no store in \(store.folder): nothing was run yet")
        }
        report = try AuditReport.verifying(audit, by: RunRefold.self)
      } catch StoreError.broken(let text) {
        throw Failure(.auditFailed, "BROKEN: \(text)")
      } catch let error as StoreError { throw Failure(error) }
      if format.isJSON { Output.standard.json(report.json) } else { print(report) }
      if !report.findings.isEmpty { throw ExitCode(ExitStatus.auditFailed.rawValue) }
    }

    private func print(_ report: AuditReport) {
      for finding in report.findings { Output.standard.line(printable(finding.text)) }
      if report.furtherFindings > 0 { Output.standard.line("and \(report.furtherFindings) more") }
      Output.standard.line(
        "\(counted(report.runs, "run")), \(counted(report.events, "event")), \(report.entries) ledger entries: "
          + report.verdict.text
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

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a run, or the whole store, as JSON Lines that verify without belay.",
      discussion: """
        Example:
          belay audit export > audit.jsonl
        """)

    @Argument(help: ArgumentHelp("Only this run.", valueName: "run")) var selected: String?
    @OptionGroup var store: StoreOptions

    func run() throws {
      do {
        guard let audit = try SQLiteAudit.open(store.folder) else {
          throw Failure(.usage, "there is no store in \(store.folder): nothing was run yet")
        }
        var id: String?
        if let selected { id = try RunArgument.find(selected, in: try store.existing(), to: .reading).run }
        try AuditExport.write(audit, run: id) { line in Output.standard.line(line) }
      } catch let error as StoreError { throw Failure(error) }
    }
  }
}

extension AuditReport {
  fileprivate var json: JSON {
    .object([
      "verdict": .string(verdict.text), "runs": .int(Int64(runs)), "events": .int(Int64(events)),
      "ledger_entries": .int(Int64(entries)), "withheld": .int(Int64(withheld)),
      "findings": .array(findings.map { .string($0.text) }), "further_findings": .int(Int64(furtherFindings)),
    ])
  }
}
