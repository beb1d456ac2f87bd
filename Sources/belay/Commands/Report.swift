import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what happened in a run, in Markdown: who, what, when, with the evidence.",
    discussion: """
      Examples:
        belay report last
        belay report last > docs/incidents/2026-03-01.md
        belay report last --files evidence           also writes what nodes with `keep` have printed
      """)

  @OptionGroup var target: RunArgument
  @Option(help: "Also write what nodes with 'keep' have printed, below this folder.", completion: .directory)
  var files: String?
  @OptionGroup var store: StoreOptions

  func run() throws {
    let opened = try store.existing()
    let row = try target.find(in: opened, to: .reading)
    var events: [EventLine] = []
    try RecordedRun.forEachEvent(of: row.run, in: opened) { line, _ in events.append(line) }
    let recorded = try RecordedRun(row, in: opened)
    if let files {
      let folder = Project.absolute(files, in: Project.currentFolder())
      try KeptFiles(recorded).write(from: opened.runFolder(row.run), to: folder, shown: files)
    }
    Output.standard.write(ReportText(run: recorded, events: events).text)
  }
}
