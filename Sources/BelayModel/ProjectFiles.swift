/// The files of a project that playbooks refer to, read.
public struct ProjectFiles: Hashable, Sendable {
  /// By name: `slack.post`.
  public var actions: [String: ActionFile]
  /// By name: `smoke-test`.
  public var playbooks: [String: Playbook]
  /// Nil: the project has none.
  public var roster: Roster?

  public init(
    actions: [String: ActionFile] = [:], playbooks: [String: Playbook] = [:], roster: Roster? = nil
  ) {
    self.actions = actions
    self.playbooks = playbooks
    self.roster = roster
  }
}
