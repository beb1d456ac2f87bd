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
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var store: StoreOptions

  func run() throws {
    let opened = try store.existing()
    let row = try target.find(in: opened, to: .reading)
    var events: [EventLine] = []
    try RecordedRun.forEachEvent(of: row.run, in: opened) { line, _ in events.append(line) }
    Output.standard.write(ReportText(run: try RecordedRun(row, in: opened), events: events).text)
  }
}
