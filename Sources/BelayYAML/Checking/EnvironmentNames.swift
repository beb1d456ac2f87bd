internal import BelayModel

/// What playbooks may name of the environment that they will run in, or of any that the project has.
struct EnvironmentNames {
  let secrets: Names
  let variables: Names
  let shells: Names
  let windows: Names
  /// The only one that counts.
  private let only: EnvironmentFile?

  /// - Parameter files: of the project, when it is open where playbooks will run.
  /// - Returns: nil without any: nothing can be said of their names.
  init?(_ named: EnvironmentFile?, among files: [EnvironmentFile]) {
    let all = named.map { [$0] } ?? files
    if all.isEmpty { return nil }
    only = named
    secrets = Names(all.flatMap { $0.secrets.map(\.name) })
    variables = Names(all.flatMap { $0.vars.keys.map(\.text) })
    shells = Names(all.flatMap { $0.shells.map(\.name) })
    windows = Names(all.flatMap { $0.windows.map(\.name) })
  }

  func lacks(_ what: String, _ name: String) -> String {
    only.map { "the environment '\($0.name)' has no \(what) '\(name)'" }
      ?? "no environment has a \(what) '\(name)'"
  }

  func place(for key: String) -> String {
    "add it to '\(key)' of \(only?.path ?? "the environment that it is to run in")"
  }
}
