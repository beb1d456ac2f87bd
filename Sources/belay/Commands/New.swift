import ArgumentParser
import BelayActions
import BelayAuthoring
import BelayYAML

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Begin a playbook: a file that is valid at once and says what to write where.",
    discussion: """
      Writes playbooks/NAME.yaml in the project, or in the current folder where there is no project yet, and beside it
      the schemas for editors if they are not there. Never over a file that is there.

      Templates:
        change   a step with its proof and its way back, checks before and after (the default)

      Examples:
        belay new rotate-certificates
        belay new deploy --from change
      """)

  @Argument(help: "Its name: letters, digits, '-', '_' and '.'.") var playbook: String
  @Option(
    name: .customLong("from"), help: ArgumentHelp("The template.", valueName: "template"),
    completion: .list(PlaybookTemplate.allCases.map(\.rawValue)))
  var templateName = PlaybookTemplate.change.rawValue

  func run() throws {
    guard FileName.isValid(playbook), playbook != "roster" else {
      throw Failure(
        .usage, "'\(printable(playbook))' is no name for a playbook",
        hints: [
          playbook == "roster"
            ? "playbooks/roster.yaml says who there is"
            : "a name is letters, digits, '-', '_' and '.', without '.yaml': rotate-certificates"
        ])
    }
    guard let template = PlaybookTemplate(rawValue: templateName) else {
      throw Failure(
        .usage, "there is no template '\(printable(templateName))'",
        hints: ["there are: " + PlaybookTemplate.allCases.map(\.rawValue).joined(separator: ", ")])
    }
    let folder = (try? Project.find().folder) ?? Project.currentFolder()
    let root = folder == "/" ? "" : folder
    let file = "playbooks/\(playbook).yaml"
    try NewFile.makeFolder("\(root)/playbooks", shown: "playbooks")
    try NewFile.write(
      Array(template.text(named: playbook).utf8), to: "\(root)/\(file)", shown: file,
      hints: ["write another name, or edit that one"])
    Output.standard.line(file)
    if !exists("\(root)/schemas") { try writeSchemas(root) }
    Output.standard.line(
      "next: edit it, then belay validate \(playbook), and belay run \(playbook) --dry-run")
  }

  /// What the file's first line refers to.
  private func writeSchemas(_ root: String) throws {
    let schemas = JSONSchema(actions: builtInActions)
    try NewFile.makeFolder("\(root)/schemas", shown: "schemas")
    for kind in ProjectReader.Kind.allCases {
      let name = "schemas/\(JSONSchema.fileName(of: kind))"
      try NewFile.write(Array(schemas.text(of: kind).utf8), to: "\(root)/\(name)", shown: name)
      Output.standard.line(name)
    }
  }
}
