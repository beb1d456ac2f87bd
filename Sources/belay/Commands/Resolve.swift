import ArgumentParser
import BelayJournal
import BelayModel
import BelayPresentation
import BelayStore

struct Resolve: ChangingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a node in doubt, held or failed is: done, not done, or failed.",
    discussion: """
      done: its effect is there; its rollback stays registered. not_done: its effect is not there, resume runs it.
      failed: it has failed; the playbook's rule for a failure holds.

      Example:
        belay resolve last migrate --as done --note 'checked alembic_version by hand'
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "The node.") var node: String
  @Option(name: .customLong("as"), help: "done, not_done or failed.") var resolution: String
  @Option(name: .customLong("set"), help: "An output, name=value; may be repeated.") var set: [String] = []
  @Option(name: .long, help: "What it rests on; on the record.") var note: String
  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard Resolution(rawValue: resolution) != nil else {
      throw ValidationError("--as takes done, not_done or failed, not '\(resolution)'")
    }
    if note.isEmpty { throw ValidationError("--note must not be empty") }
  }

  func run() throws {
    guard let resolution = Resolution(rawValue: resolution) else { return }
    let opened = try store.open()
    let row = try target.find(in: opened, to: .changing)
    try Resolving(
      store: opened, row: row, node: node, resolution: resolution, note: note, values: try values()
    ).record()
    Output.standard.line("\(node) is \(self.resolution); go on with: \(typed("resume \(row.run)"))")
  }

  private func values() throws -> ValueMap {
    var map = ValueMap()
    for text in set {
      guard let equals = text.firstIndex(of: "=") else { throw Failure(.usage, "'--set \(text)' has no '='") }
      let value = String(text[text.index(after: equals)...])
      map[String(text[..<equals])] = (try? JSON(parsing: value)).map(Value.init(plain:)) ?? .string(value)
    }
    return map
  }
}
