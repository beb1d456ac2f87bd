import ArgumentParser
import BelayWorld

struct ReceiptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipts",
    abstract: "Let a database keep receipts of what was done in it.",
    discussion: """
      A receipt is written in the transaction of a step's statements: whatever happens to belay or to the connection,
      the step has happened once. The secret that holds the database's URL says `receipts: true` then.
      """,
    subcommands: [ReceiptsInit.self])
}

struct ReceiptsInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make the table of receipts in a database, and print the statements.",
    discussion: """
      Examples:
        belay receipts init postgresql://owner@db.example.org/app --role app
        belay receipts init postgresql://db.example.org/app --dry-run

      A password stands in PGPASSWORD or ~/.pgpass rather than in the URL, which others can see.
      """)

  @Argument(help: "The database: postgresql://user@host/name") var url: String
  @Option(help: "A role that runs steps there and is not the owner; may be given several times.")
  var role: [String] = []
  @Flag(help: "Only print the statements.") var dryRun = false

  func run() throws {
    guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
      throw Failure(.usage, "this is no URL of PostgreSQL", hints: ["write postgresql://user@host/name"])
    }
    for statement in Receipts.statements + role.flatMap(Receipts.grants) {
      Output.standard.line("\(statement);")
    }
    if dryRun { return }
    do throws(ReceiptsError) { try Receipts.create(at: url, roles: role) } catch {
      throw Failure(.failed, "nothing was made: \(printable(error.message))")
    }
  }
}
