import ArgumentParser
import BelayActions
import BelayAuthoring
import BelayYAML

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print or write the schemas by which editors complete, explain and check files.",
    discussion: """
      JSON Schema, draft-07. An editor with yaml-language-server takes the schema that a file's first line names:

        # yaml-language-server: $schema=../schemas/playbook.schema.json

      Without a name and without --output, the names are listed.

      Examples:
        belay schema playbook
        belay schema --output schemas
        belay schema action --output schemas
      """)

  @Argument(
    help: ArgumentHelp("playbook, action, environment, roster or test.", valueName: "name"),
    completion: .list(ProjectReader.Kind.allCases.map(\.rawValue)))
  var name: String?
  @Option(name: .shortAndLong, help: "Write them into this folder, over those that are there.")
  var output: String?

  func run() throws {
    let schemas = JSONSchema(actions: builtInActions)
    let kind = try name.map(kind(of:))
    let kinds = kind.map { [$0] } ?? ProjectReader.Kind.allCases
    if let output {
      let folder = Project.absolute(output, in: Project.currentFolder())
      try NewFile.makeFolder(folder, shown: output)
      for kind in kinds {
        let name = JSONSchema.fileName(of: kind)
        try NewFile.replace(
          "\(folder)/\(name)", with: Array(schemas.text(of: kind).utf8), shown: "\(output)/\(name)")
        Output.standard.line("\(output)/\(name)")
      }
    } else if let kind {
      Output.standard.write(schemas.text(of: kind))
    } else {
      for kind in kinds { Output.standard.line(kind.rawValue) }
    }
  }

  private func kind(of name: String) throws -> ProjectReader.Kind {
    if let kind = ProjectReader.Kind(rawValue: name) { return kind }
    throw Failure(
      .usage, "there is no schema '\(printable(name))'",
      hints: ["there are: " + ProjectReader.Kind.allCases.map(\.rawValue).joined(separator: ", ")])
  }
}
