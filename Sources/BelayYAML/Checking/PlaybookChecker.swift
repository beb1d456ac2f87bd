internal import BelayModel

struct PlaybookChecker {
  init(_ playbook: Playbook, actions: ActionTable, environment: EnvironmentFile?) {}
  mutating func check() -> [Diagnostic] { [] }
}
