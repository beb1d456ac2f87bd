internal import BelayExpressions
internal import BelayModel

/// References whose absence an expression has thought of.
struct Guards {
  private var paths: Set<[String]> = []

  /// `has(steps.a.x)` and `steps.a.?x` guard that path; a look at `steps.a.state` guards all of `a`.
  init(_ programs: [Program]) {
    for program in programs {
      for reference in program.references where reference.path.first == "steps" {
        if reference.guarded { paths.insert(reference.path) }
        if reference.path.count == 3, reference.path[2] == "state" {
          paths.insert(Array(reference.path.prefix(2)))
        }
      }
    }
  }

  /// Whether the path, or one that leads to it, is guarded.
  func cover(_ path: [String]) -> Bool {
    guard !paths.isEmpty else { return false }
    return (2...max(2, path.count)).contains { paths.contains(Array(path.prefix($0))) }
  }
}
