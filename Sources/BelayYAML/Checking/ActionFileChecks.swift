internal import BelayModel

// An action file reads its parameters, the environment, secrets where they are not seen, and its answer.
extension PlaybookChecker {
  static func check(
    _ file: ActionFile, actions: ActionTable, made: [SourceSpan: any Action], environment: EnvironmentNames?,
    library: Library?
  ) -> [Diagnostic] {
    var around = Playbook(name: file.name, path: file.path)
    around.params = file.params
    var checker = PlaybookChecker(
      around, actions: actions, made: made, environment: environment, library: library)
    checker.check(file)
    return checker.diagnostics
  }

  private mutating func check(_ file: ActionFile) {
    checkDefaults(file.params)
    checkBody(file.body, Scope(moment: .run, title: "an action file").with { $0.isActionFile = true })
    checkEffect(file)
  }

  /// That a request only asks may be its author's word; that a statement does is not.
  private mutating func checkEffect(_ file: ActionFile) {
    guard file.effect == .read, let place = file.body.action?.keywordSpan,
      case .write(let write)? = made[place]?.effect, !write.mayAsk
    else { return }
    report(
      "write-in-check", "\(write.why), and 'effect: read' says that it only asks", at: write.span,
      help: "say 'effect: write', or ask")
  }
}
