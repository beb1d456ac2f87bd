internal import BelayExpressions
internal import BelayModel

/// References whose absence an expression has thought of.
struct Guards {
  private var paths: Set<[String]> = []

  /// `has(steps.a.x)` and a look at `steps.a.state` guard all of `a`: its outputs are there together or not at all.
  /// `steps.a.?x` guards that path.
  init(_ programs: [Program]) {
    for program in programs {
      for reference in program.references where reference.path.first == "steps" && reference.path.count > 1 {
        let isState = reference.path.count == 3 && reference.path[2] == "state"
        if reference.tested || isState {
          paths.insert(Array(reference.path.prefix(2)))
        } else if reference.guarded {
          paths.insert(reference.path)
        }
      }
    }
  }

  /// Whether the path, or one that leads to it, is guarded.
  func cover(_ path: [String]) -> Bool {
    guard !paths.isEmpty, path.count > 1 else { return false }
    return (2...path.count).contains { paths.contains(Array(path.prefix($0))) }
  }
}
