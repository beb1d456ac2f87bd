import ArgumentParser
import BelayActions
import BelayModel
import BelayWorld
import BelayYAML

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the playbooks of the project.",
    discussion: """
      Example:
        belay list
      """)

  @OptionGroup var format: FormatOption

  func run() throws {
    let project = try Project.find()
    let rows = try project.names().map { name in (name: name, title: try title(of: name, in: project)) }
    if format.isJSON {
      return Output.standard.json(
        .array(rows.map { .object(["playbook": .string($0.name), "title": .string($0.title)]) }))
    }
    let width = rows.map(\.name.count).max() ?? 0
    for row in rows {
      Output.standard.line(
        row.title.isEmpty ? row.name : padded(row.name, width) + "  " + printable(row.title))
    }
  }

  /// Of what can be decoded; the rest is for `validate` to say.
  private func title(of name: String, in project: Project) throws -> String {
    let file = project.file(named: name)
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.bytes(file)
    } catch { return "(\(error.why))" }
    var reader = try project.reader(environment: nil)
    if let playbook = reader.playbook(project.relative(file), bytes) { return playbook.title?.source ?? "" }
    let errors = reader.finish().read.flatMap(\.diagnostics).count { $0.severity == .error }
    return "(\(counted(errors, "error")))"
  }
}

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a playbook is for, its parameters and its nodes.",
    discussion: """
      Example:
        belay show deploy
      """)

  @Argument(help: ArgumentHelp("A playbook's name in the project, or a file.", valueName: "playbook"))
  var playbook: String
  @Option(name: [.short, .customLong("env")], help: "The environment to check it against.")
  var environment: String?
  @OptionGroup var format: FormatOption

  func run() throws {
    let sources = try Project.find(for: playbook).read(playbook, environment: environment)
    if format.isJSON { return Output.standard.json(sources.playbook.summary) }
    Output.standard.write(sources.playbook.text)
  }
}

extension Playbook {
  fileprivate var summary: JSON {
    .object([
      "playbook": .string(name), "title": title.map { .string($0.source) },
      "description": description.map { .string($0.source) },
      "params": .array(params.map(\.summary)), "nodes": .array(steps.map(\.summary)),
    ])
  }

  fileprivate var text: String {
    var lines = ["\(name)\(title.map { ": \($0.source)" } ?? "")  (\(path))"]
    if let description { lines += ["", description.source] }
    if !params.isEmpty { lines += ["", "Parameters:"] + params.map(\.line) }
    lines += ["", "Nodes:"] + steps.flatMap { $0.lines(indent: 1) }
    return printableLines(lines)
  }
}

private func printableLines(_ lines: [String]) -> String {
  let all = lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
  return all.map { printable(String($0)) + "\n" }.joined()
}

extension Parameter {
  fileprivate var summary: JSON {
    .object([
      "name": .string(name), "type": .string(kind.name), "required": .bool(required && defaultValue == nil),
      "description": description.map(JSON.string),
    ])
  }

  fileprivate var line: String {
    let need = defaultValue == nil && required ? "required" : "optional"
    return "  \(name)  \(kind.name), \(need)\(description.map { "  \($0)" } ?? "")"
  }
}

extension Node {
  private var kindName: String {
    switch kind {
    case .step: "step"
    case .check: "check"
    case .gate: "gate"
    case .group: "group"
    }
  }

  private var children: [Node] { if case .group(let group) = kind { group.steps } else { [] } }

  fileprivate var summary: JSON {
    .object([
      kindName: .string(id), "title": title.map { .string($0.source) },
      "steps": children.isEmpty ? nil : .array(children.map(\.summary)),
    ])
  }

  fileprivate func lines(indent: Int) -> [String] {
    let own =
      String(repeating: "  ", count: indent) + "\(kindName) \(id)\(title.map { "  \($0.source)" } ?? "")"
    return [own] + children.flatMap { $0.lines(indent: indent + 1) }
  }
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
