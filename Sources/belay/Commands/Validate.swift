import ArgumentParser
import BelayActions
import BelayModel
import BelayWorld
import BelayYAML

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check playbooks and environments; say all that is wrong, where, and what to write instead.",
    discussion: """
      Without paths: everything in the project's playbooks folder.

      Examples:
        belay validate
        belay validate playbooks/deploy.yaml --format json
      """)

  @Argument(help: "Files, or names of playbooks.") var paths: [String] = []
  @Option(name: [.short, .customLong("env")], help: "The environment whose vars and secrets must exist.")
  var environment: String?
  @OptionGroup var format: FormatOption

  func run() throws {
    let project = try Project.find(for: paths.first)
    let files = try paths.isEmpty ? everything(in: project) : paths.map(project.file(of:))
    var all: [Diagnostic] = []
    for file in files {
      let (diagnostics, bytes) = try read(file, in: project)
      if !format.isJSON {
        let source = SourceLines(bytes)
        for diagnostic in diagnostics { Output.error.line(diagnostic.text(source: source)) }
      }
      all += diagnostics
    }
    try report(all, files: files.count)
  }

  /// A file that cannot be read is one mistake among others.
  private func read(_ file: String, in project: Project) throws -> ([Diagnostic], [UInt8]) {
    do {
      let bytes = try SmallFile.bytes(file)
      return (try diagnostics(of: file, bytes, in: project), bytes)
    } catch let error as SystemError {
      let place = SourceSpan.argument(project.relative(file))
      return ([Diagnostic(code: "unreadable", "cannot be read: \(error.why)", at: place)], [])
    }
  }

  private func report(_ all: [Diagnostic], files: Int) throws {
    let errors = all.count { $0.severity == .error }
    if format.isJSON {
      Output.standard.json(.object(["files": .int(Int64(files)), "diagnostics": .array(all.map(\.json))]))
    } else {
      Output.standard.line(
        "\(counted(files, "file")), \(counted(errors, "error")), \(counted(all.count - errors, "warning"))")
    }
    if errors > 0 { throw ExitCode(ExitStatus.usage.rawValue) }
  }

  private func everything(in project: Project) throws -> [String] {
    let folder = "\(project.folder)/playbooks"
    return try project.names().map { "\(folder)/\($0).yaml" }
      + project.environmentNames().map { "\(folder)/environments/\($0).yaml" }
  }

  private func diagnostics(of file: String, _ bytes: [UInt8], in project: Project) throws -> [Diagnostic] {
    let path = project.relative(file)
    if Project.parent(of: file).hasSuffix("/environments") {
      return EnvironmentReader().read(bytes: bytes, path: path).diagnostics
    }
    let environment = try environment.flatMap { name in
      let file = project.environmentFile(name)
      guard let bytes = try? SmallFile.bytes(file) else {
        throw Failure(.usage, "there is no environment '\(name)'")
      }
      return EnvironmentReader().read(bytes: bytes, path: project.relative(file)).environment
    }
    return PlaybookReader(actions: builtInActions).read(bytes: bytes, path: path, environment: environment)
      .diagnostics
  }
}
