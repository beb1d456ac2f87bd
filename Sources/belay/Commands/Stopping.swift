import ArgumentParser
import BelayEngine
import BelayJournal
import BelayPresentation
import BelayStore
import BelayWorld

struct Pause: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let what runs end, then rest.",
    discussion: """
      Example:
        belay pause last
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var store: StoreOptions

  func run() throws {
    let opened = try store.existing()
    let row = try target.find(in: opened, to: .changing)
    guard askDriver(.pause, runFolder: opened.runFolder(row.run)) else {
      let isOver = row.status == .succeeded || row.status.isFinal
      throw Failure(
        .usage, "nobody drives run \(row.run); it is \(row.status.words)",
        hints: isOver ? [] : ["go on with it: \(typed("resume \(row.run)"))"])
    }
    Output.standard.line("run \(row.run) rests when what runs has ended")
  }
}

struct Cancel: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop what runs, undo temporary steps, end as failed. Never rolls back.",
    discussion: """
      Example:
        belay cancel last
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  func run() throws {
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    if askDriver(.cancel, runFolder: opened.runFolder(row.run)) {
      Output.standard.line("run \(row.run) is being cancelled")
      return
    }
    let resting: [RunStatus] = [.running, .rollingBack, .paused, .held, .waiting]
    guard resting.contains(row.status) else {
      throw Failure(.usage, "run \(row.run) is \(row.status.words): there is nothing to cancel")
    }
    let status = try Driving(store: opened, row: row, progress: format.progress(row.run)).drive(.cancel)
    try format.printEnd(of: row.run, in: opened)
    throw ExitCode(status.rawValue)
  }
}

struct Close: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give a run up for good: temporary steps are undone, its claims are free.",
    discussion: """
      Example:
        belay close last --note 'finished by hand, ticket 4711'
      """)

  @OptionGroup var target: RunArgument
  @Option(name: .long, help: "Why; on the record.") var note: String
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    if note.isEmpty { throw ValidationError("--note must not be empty") }
  }

  func run() throws {
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    let driving = Driving(store: opened, row: row, progress: format.progress(row.run))
    let status = try driving.drive(.close(note: note))
    try format.printEnd(of: row.run, in: opened)
    throw ExitCode(status.rawValue)
  }
}
