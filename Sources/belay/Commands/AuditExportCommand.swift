import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore

struct AuditExportCommand: ParsableCommand {
  enum Shape: String, ExpressibleByArgument, CaseIterable {
    case jsonl, cloudevents
  }

  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a run, or the whole store, as JSON Lines that verify without belay, or as CloudEvents.",
    discussion: """
      CloudEvents 1.0, one event a line in their JSON format, are for buses and collectors; JSON Lines have the chains
      too, and examples/verify.py verifies them.

      Examples:
        belay audit export > audit.jsonl
        belay audit export last --format cloudevents > events.jsonl
      """)

  @Argument(help: ArgumentHelp("Only this run.", valueName: "run")) var selected: String?
  @Option(name: .long, help: "jsonl or cloudevents.") var format = Shape.jsonl
  @OptionGroup var store: StoreOptions

  func run() throws {
    do {
      guard let audit = try SQLiteAudit.open(store.folder) else {
        throw Failure(.usage, "there is no store in \(store.folder): nothing was run yet")
      }
      var id: String?
      if let selected { id = try RunArgument.find(selected, in: try store.existing(), to: .reading).run }
      switch format {
      case .jsonl: try AuditExport.write(audit, run: id) { line in Output.standard.line(line) }
      case .cloudevents: try CloudEvents.write(audit, run: id) { line in Output.standard.line(line) }
      }
    } catch let error as StoreError { throw Failure(error) }
  }
}
