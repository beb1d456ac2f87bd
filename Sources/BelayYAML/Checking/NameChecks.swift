internal import BelayExpressions
internal import BelayModel

// Names of the roster and of the environment.
extension PlaybookChecker {
  /// Roles or people, each written or bound.
  mutating func checkPeople(_ templates: [Template], _ scope: Scope, or words: [String] = []) {
    check(templates, scope)
    guard let library else { return }
    for template in templates {
      guard let name = template.literal, !words.contains(name) else { continue }
      switch library.roster {
      case .file(let roster):
        guard !library.people.contains(name) else { continue }
        report(
          "unknown-name", "there is no role or person '\(name)' in the roster", at: template.span,
          help: nearest(name, library.people.all + words).map { "did you mean '\($0)'?" }
            ?? "add it to \(roster.path)")
      case .missing: reportNoRoster("'\(name)' is nobody", template.span)
      case .unusable(let why): reportRoster(why, template.span)
      }
    }
  }

  private mutating func reportNoRoster(_ message: String, _ span: SourceSpan) {
    report(
      "unknown-name", "\(message): the project has no roster", at: span,
      help: "write \(FileReference.roster) with its people and roles")
  }

  private mutating func reportRoster(_ why: String?, _ span: SourceSpan) {
    guard let why else { return }
    report("unreadable", "\(FileReference.roster) cannot be read: \(why)", at: span)
  }

  mutating func checkRole(_ reference: Reference, _ span: SourceSpan) {
    guard let library, reference.path.count > 1 else { return }
    let name = reference.path[1]
    switch library.roster {
    case .file(let roster):
      guard !library.roles.contains(name), !reference.guarded else { return }
      report(
        "unknown-name", "there is no role '\(name)' in the roster", at: span,
        help: nearest(name, library.roles.all).map { "did you mean '\($0)'?" }
          ?? "add it to 'roles' of \(roster.path)")
    case .missing: reportNoRoster("there is no role '\(name)'", span)
    case .unusable(let why): reportRoster(why, span)
    }
  }

  mutating func checkWindow(_ template: Template, _ scope: Scope) {
    check([template], scope)
    guard let environment else { return }
    require(template, in: environment.windows, "window", "windows", environment)
  }

  mutating func checkShell(_ template: Template, _ scope: Scope) {
    check([template], scope)
    guard let environment else { return }
    require(template, in: environment.shells, "shell", "shells", environment)
  }

  private mutating func require(
    _ template: Template, in known: Names, _ what: String, _ key: String, _ environment: EnvironmentNames
  ) {
    guard let name = template.literal else { return }
    require(name, template.span, in: known, what, key, environment)
  }

  mutating func require(
    _ name: String, _ span: SourceSpan, in known: Names, _ what: String, _ key: String,
    _ environment: EnvironmentNames
  ) {
    guard !known.contains(name) else { return }
    report(
      "unknown-name", environment.lacks(what, name), at: span,
      help: nearest(name, known.all).map { "did you mean '\($0)'?" } ?? environment.place(for: key))
  }
}
