internal import BelayModel

// Builtins and assignments that evaluate their words.
extension NestedCode {
  /// Evaluate any of their words.
  ///
  /// - Source: bash(1), "SHELL BUILTIN COMMANDS".
  private static let others: Set<String> = [
    ".", "alias", "bind", "compgen", "complete", "compopt", "coproc", "enable", "eval", "fc", "getopts",
    "history",
    "let", "mapfile", "read", "readarray", "source", "trap", "unset",
  ]
  private static let declarations: Set<String> = ["declare", "typeset", "local", "export", "readonly"]
  private static let comparisons: Set<String> = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]

  mutating func inspectBuiltins(_ words: [ShellReader.Word]) {
    guard let first = words.first else { return }
    let name = first.name
    let arguments = words.dropFirst()
    switch name {
    case "builtin", "command", "exec", "jobs":
      inspectBuiltins(Array(arguments.drop { $0.string.hasPrefix("-") && !$0.hasBindings }))
    case "[[": inspectComparisons(words)
    case "test", "[": inspectVariableTests(words)
    case "printf": inspectOptions("v", of: name, words, target: true)
    case "wait", "hash": inspectOptions("p", of: name, words, target: false)
    case "for", "select":
      guard words.count > 2, script.isEvaluated(words[1].string) else { return }
      for word in arguments.dropFirst() { refuse(word, "is evaluated as '\(words[1].string)'") }
    case _ where NestedCode.declarations.contains(name): inspectDeclaration(name, arguments)
    case _ where NestedCode.others.contains(name):
      for word in arguments { refuse(word, "is evaluated by '\(name)'") }
    default: break
    }
  }

  /// `printf -v NAME`, `wait -p NAME`, `hash -p FILE`: the option's word, and what goes into an evaluated variable.
  private mutating func inspectOptions(
    _ letter: String, of name: String, _ words: [ShellReader.Word], target: Bool
  ) {
    for (index, word) in words.enumerated().dropFirst() {
      guard word.beforeBinding.hasPrefix("-"), word.beforeBinding.contains(letter) else { continue }
      refuse(word, "is evaluated by '\(name)'")
      guard words.indices.contains(index + 1) else { return }
      refuse(words[index + 1], "is evaluated by '\(name)'")
      guard target, script.isEvaluated(words[index + 1].string) else { return }
      for word in words[(index + 2)...] { refuse(word, "is evaluated as '\(words[index + 1].string)'") }
      return
    }
  }

  /// Attributes other than these make bash evaluate the value: as arithmetic, as a list, as another variable's name.
  private mutating func inspectDeclaration(_ name: String, _ arguments: ArraySlice<ShellReader.Word>) {
    let isEvaluated = arguments.contains { word in
      guard word.string.hasPrefix("-") || word.string.hasPrefix("+") else { return false }
      return !word.string.dropFirst().allSatisfy { "glrtux".contains($0) }
    }
    let assignsLists = name != "export" && name != "readonly"
    for word in arguments where word.hasBindings {
      let before = word.beforeBinding
      let target = before.prefix { $0 != "=" }
      if isEvaluated || target.count == before.count {
        refuse(word, "is evaluated by '\(name)'")
      } else if assignsLists, script.lists.contains(String(target)) {
        refuse(word, "is evaluated by '\(name)', for '\(target)' is a list", help: "leave '\(name)' out")
      }
    }
  }

  /// `[[ x -eq y ]]` evaluates both sides as arithmetic, and with it commands in an index.
  private mutating func inspectComparisons(_ words: [ShellReader.Word]) {
    inspectVariableTests(words)
    for (index, word) in words.enumerated() where NestedCode.comparisons.contains(word.string) {
      for side in [index - 1, index + 1] where words.indices.contains(side) {
        refuse(words[side], "is evaluated by '[[ … \(word.string) … ]]'", help: "write '[ … ]' instead")
      }
    }
  }

  private mutating func inspectVariableTests(_ words: [ShellReader.Word]) {
    for (word, next) in zip(words, words.dropFirst()) where word.string == "-v" {
      refuse(next, "is evaluated by '-v'")
    }
  }

  /// `PS4=value`, `declare -i n; n=value`, `read PS4 <<< value`.
  mutating func inspectAssignments(_ number: Int, _ words: [ShellReader.Word]) {
    let command = script.commands[number]
    let name = words.first?.name ?? ""
    let prefix = command.words.prefix { $0.role == .ordinary && ShellReader.isPrefix($0) }
    let declared = NestedCode.declarations.contains(name) ? words[1...] : []
    for word in prefix + declared where word.hasBindings {
      if let target = script.evaluatedName(assignedIn: word.beforeBinding) {
        refuse(word, "is evaluated as '\(target)'")
      }
    }
    guard ["read", "mapfile", "readarray"].contains(name),
      let target = words.dropFirst().map(\.string).first(where: script.isEvaluated)
    else { return }
    var seen: Set<Flow> = []
    for binding in script.sources(of: .input(number), seen: &seen) {
      add(binding, "it is evaluated as '\(target)'", help: nil)
    }
  }
}
