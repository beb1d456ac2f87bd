import ArgumentParser
import BelayEngine
import BelayJournal
import BelayModel
import BelayStore

/// What `approve` and `reject` share.
struct GateArguments: ParsableArguments {
  @Argument(help: "The gate, or the step that cannot be undone; may be left out where only one waits.")
  var gate: String?
  @Option(name: .long, help: "Why; on the record.") var note: String?
  @Option(name: .long, help: "A key file to sign with, where the agent has none of yours.") var key: String?

  func word(_ word: Decision.Word) -> Deciding.Word {
    Deciding.Word(
      node: gate, word: word, note: note,
      key: key.map { Project.absolute($0, in: Project.currentFolder()) })
  }
}

struct Approve: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Approve what a run waits for, from any terminal, also while nobody drives it.",
    discussion: """
      It counts for this run, gate and plan only, if you are one of those whom it asks: by your user here, or, where a
      signature is asked for, by a key of yours in the roster, which your ssh agent has or --key names.

      Examples:
        belay approve last
        belay approve last go --note 'ticket 4711'
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var gate: GateArguments
  @OptionGroup var store: StoreOptions

  func run() throws {
    let opened = try store.open()
    try Deciding(target.find(in: opened, to: .changing), in: opened).say(gate.word(.approved))
  }
}

struct Reject: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reject what a run waits for: the gate has failed.",
    discussion: """
      Example:
        belay reject last go --note 'not before the backup is through'
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var gate: GateArguments
  @OptionGroup var store: StoreOptions

  func run() throws {
    let opened = try store.open()
    try Deciding(target.find(in: opened, to: .changing), in: opened).say(gate.word(.rejected))
  }
}

struct AnswerCommand: ChangingCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Answer what a run asks a person to do or to look at.",
    discussion: """
      Examples:
        belay answer last look                       done, or as it should be
        belay answer last look calm=true errors=3    with what it records
        belay answer last look --failed --note 'the dashboard is red'
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "The node.") var node: String
  @Argument(help: ArgumentHelp("What is recorded.", valueName: "name=value")) var values: [String] = []
  @Flag(name: .long, help: "It has failed, or is not as it should be.") var failed = false
  @Option(name: .long, help: "On the record.") var note: String?
  @Option(name: .long, help: "A key file to sign with, where the agent has none of yours.") var key: String?
  @OptionGroup var store: StoreOptions

  func run() throws {
    let given = try values.map { text in
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw Failure(.usage, "'\(text)' has no '=': what is recorded is given as name=value")
      }
      return Proposal.Given(name: String(text[..<equals]), text: String(text[text.index(after: equals)...]))
    }
    let opened = try store.open()
    try Deciding(target.find(in: opened, to: .changing), in: opened).say(
      Deciding.Word(
        node: node, word: failed ? .failed : .done, note: note, values: given,
        key: key.map { Project.absolute($0, in: Project.currentFolder()) }))
  }
}
