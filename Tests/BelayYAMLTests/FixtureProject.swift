import BelayActions
import BelayModel
import BelayYAML
import TestFiles

/// `Project/`: a shop with its actions, environment, roster and procedures.
enum FixtureProject {
  static let folder = Files.folder(of: #filePath) + "/Project"

  static func names(_ below: String) -> [String] {
    Files.names(in: "\(folder)/playbooks\(below)").filter { $0.hasSuffix(".yaml") }
      .map { String($0.dropLast(5)) }.sorted()
  }

  static let playbooks = names("").filter { $0 != "roster" }

  /// Of all zones that there are.
  @Sendable static func knowsZone(_ name: String) -> Bool { ["UTC", "Europe/Berlin"].contains(name) }

  static func reader() -> ProjectReader {
    let path = "playbooks/environments/production.yaml"
    let environment = EnvironmentReader().read(bytes: Files.bytes("\(folder)/\(path)") ?? [], path: path)
    return ProjectReader(
      actions: builtInActions, environment: environment.environment, actionNames: names("/actions"),
      playbookNames: playbooks, knowsZone: knowsZone
    ) { path in
      Files.bytes("\(folder)/\(path)").map(ProjectReader.Found.bytes) ?? .missing
    }
  }
}
