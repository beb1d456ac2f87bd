import ArgumentParser
import BelayAuthoring
import BelayModel
import BelayWorld
import BelayYAML

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Check playbooks and the files they use; say all that is wrong, where, and what to write instead.",
    discussion: """
      Without paths: everything in the project's playbooks folder. What a file is says its folder: playbooks/actions,
      playbooks/environments, playbooks/tests, playbooks/roster.yaml; all others are playbooks. What a playbook uses is checked with it.

      Examples:
        belay validate
        belay validate playbooks/deploy.yaml -e production
        belay validate playbooks/actions/slack.post.yaml --format json
        belay validate --format sarif > belay.sarif

      JSON: {files, diagnostics: [{severity, code, message, file, line, column, length, help?, notes?: [{message, file,
      line, column, length}]}]}. Lines and columns count from 1, columns and lengths in characters of Unicode; what is
      about a whole file has line 0. Files are named from the project's folder. SARIF: version 2.1.0, one run.

      Exit status: 0 without errors, also with warnings; 2 with errors.
      """)

  @Argument(help: "Files, or names of playbooks.") var paths: [String] = []
  @Option(
    name: [.short, .customLong("env")],
    help: "The environment whose vars, secrets, shells and windows must exist.")
  var environment: String?
  @Option(name: .long, help: "text, json or sarif.") var format = Format.text

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif
  }

  func run() throws {
    let project = try Project.find(for: paths.first)
    let named = try environment.flatMap(project.decodedEnvironment)
    let all = environment == nil ? try decodedEnvironments(project) : []
    var reader = try project.reader(environment: named, among: all)
    var unreadable: [Diagnostic] = []
    for file in try paths.isEmpty ? everything(in: project) : paths.map(project.file(of:)) {
      do throws(SystemError) {
        reader.add(project.relative(file), try project.bytes(file))
      } catch {
        // One mistake among others.
        let place = SourceSpan.argument(project.relative(file))
        unreadable.append(Diagnostic(code: "unreadable", "cannot be read: \(error.why)", at: place))
      }
    }
    if let environment { try add(environment, to: &reader, project) }
    try report(reader.finish().read, unreadable)
  }

  /// All that the project has; none where one cannot be read, as its names are not known then.
  private func decodedEnvironments(_ project: Project) throws -> [EnvironmentFile] {
    let names = try project.environmentNames()
    let files = names.compactMap { try? project.decodedEnvironment($0) }
    return files.count == names.count ? files : []
  }

  /// Its own mistakes are told with the others'.
  private func add(_ name: String, to reader: inout ProjectReader, _ project: Project) throws {
    let file = project.environmentFile(name)
    if let bytes = try? project.bytes(file) { reader.add(project.relative(file), bytes) }
  }

  private func report(_ files: [ProjectReader.File], _ unreadable: [Diagnostic]) throws {
    let all = unreadable + files.flatMap(\.diagnostics)
    let errors = all.count { $0.severity == .error }
    let count = files.count + unreadable.count
    switch format {
    case .json:
      Output.standard.json(.object(["files": .int(Int64(count)), "diagnostics": .array(all.map(\.json))]))
    case .sarif: Output.standard.json(SARIF.log(all, version: Version.text))
    case .text:
      Diagnostics.show(unreadable, bytes: [])
      for file in files { Diagnostics.show(file.diagnostics, bytes: file.bytes) }
      Output.standard.line(
        "\(counted(count, "file")), \(counted(errors, "error")), \(counted(all.count - errors, "warning"))")
    }
    if errors > 0 { throw ExitCode(ExitStatus.usage.rawValue) }
  }

  private func everything(in project: Project) throws -> [String] {
    let folder = "\(project.folder)/playbooks"
    let roster = "\(folder)/roster.yaml"
    return try project.names().map { "\(folder)/\($0).yaml" }
      + project.actionNames().map { "\(folder)/actions/\($0).yaml" }
      + project.environmentNames().map { "\(folder)/environments/\($0).yaml" }
      + project.testNames().map { "\(folder)/tests/\($0).yaml" }
      + (exists(roster) ? [roster] : [])
  }
}
