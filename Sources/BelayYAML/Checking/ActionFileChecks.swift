internal import BelayModel

// An action file reads its parameters, the environment, secrets where they are not seen, and its answer.
extension PlaybookChecker {
  static func check(
    _ file: ActionFile, actions: ActionTable, environment: EnvironmentFile?, library: Library?
  ) -> [Diagnostic] {
    var around = Playbook(name: file.name, path: file.path)
    around.params = file.params
    var checker = PlaybookChecker(around, actions: actions, environment: environment, library: library)
    checker.check(file)
    return checker.diagnostics
  }

  private mutating func check(_ file: ActionFile) {
    checkDefaults(file.params)
    checkBody(file.body, Scope(moment: .run, title: "an action file").with { $0.isActionFile = true })
  }
}
