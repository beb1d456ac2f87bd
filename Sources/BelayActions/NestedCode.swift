internal import BelayModel

/// Where a correctly quoted value would still become code: the text is handed on to another shell, interpreter or host,
/// or to a builtin that evaluates its words.
struct NestedCode {
  struct Refusal {
    var binding: Int
    var message: String
    var help: String
  }

  private static let shells: Set<String> = [
    "bash", "sh", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh",
  ]
  private static let interpreters: Set<String> = [
    "python", "python2", "python3", "perl", "ruby", "node", "php", "lua", "psql", "mysql", "mariadb",
    "sqlite3",
  ]
  /// Take a shell's command after `-c`, as shells do.
  private static let starters: Set<String> = ["su", "runuser", "script", "flock"]
  /// All words after them are joined and read by another shell, or evaluated here.
  private static let evaluators: Set<String> = ["eval", "ssh", "let", "mosh", "rsh", "watch"]
  /// Their first argument is a program that can start commands.
  private static let filters: Set<String> = ["sed", "gsed", "awk", "gawk", "mawk", "nawk"]
  /// Start the command that their words go on with.
  private static let wrappers: Set<String> = [
    "sudo", "doas", "env", "nohup", "timeout", "nice", "ionice", "xargs", "exec", "command", "builtin",
    "setsid",
    "stdbuf", "chroot", "flock", "unshare", "nsenter", "systemd-run", "parallel", "chronic",
  ]
  /// Have a subcommand that hands its words to a shell on another machine.
  private static let remotes: [String: String] = [
    "kubectl": "exec", "oc": "exec", "k3s": "exec", "railway": "ssh", "gcloud": "ssh", "vagrant": "ssh",
    "fly": "ssh", "flyctl": "ssh", "heroku": "run", "az": "ssh", "tailscale": "ssh", "limactl": "shell",
    "multipass": "exec",
  ]
  private static let declarations: Set<String> = ["declare", "typeset", "local", "export", "readonly"]
  private static let comparisons: Set<String> = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]

  private(set) var refusals: [Refusal] = []

  /// Looks through the commands of a script.
  mutating func inspect(_ commands: [ShellReader.Command]) {
    for command in commands where !command.bindings.isEmpty || !command.pipedFrom.isEmpty {
      let words = Array(command.words.drop(while: ShellReader.isPrefix))
      inspectWords(words)
      inspectBuiltins(words)
      inspectInput(command, words, in: commands)
    }
  }

  /// For `exec`, where there is no shell around, and for the words of a shell's command.
  mutating func inspectWords(_ words: [ShellReader.Word]) {
    inspectCode(words)
    inspectFilters(words)
    let isWrapped = words.first.map { NestedCode.wrappers.contains($0.name) } ?? false
    for (index, word) in words.enumerated() where index == 0 || isWrapped {
      let name = word.name
      if NestedCode.evaluators.contains(name) {
        for rest in words[(index + 1)...] { refuse(rest, "is read as code by '\(name)'") }
      }
      guard let subcommand = NestedCode.remotes[name],
        let at = words[index...].firstIndex(where: { $0.string == subcommand })
      else { continue }
      for rest in words[(at + 1)...] {
        refuse(rest, "travels through '\(name) \(subcommand)' to another shell")
      }
    }
  }

  /// `bash -c CODE`, `psql -c CODE`, `perl -e CODE`, however far in the words.
  private mutating func inspectCode(_ words: [ShellReader.Word]) {
    var program: String?
    for (word, next) in zip(words, words.dropFirst()) {
      if let program, NestedCode.isCodeOption(word, of: program) { refuse(next, "is code for '\(program)'") }
      let name = word.name
      if NestedCode.shells.contains(name) || NestedCode.interpreters.contains(name)
        || NestedCode.starters.contains(name)
      {
        program = name
      }
    }
  }

  /// GNU sed and awk start commands when their program says so.
  private mutating func inspectFilters(_ words: [ShellReader.Word]) {
    guard let at = words.firstIndex(where: { NestedCode.filters.contains($0.name) }),
      at == 0 || NestedCode.wrappers.contains(words[0].name)
    else { return }
    var rest = words[(at + 1)...]
    while let word = rest.popFirst() {
      let text = word.string
      if text == "-e" || text == "--expression" {
        if let code = rest.popFirst() { refuse(code, "is code for '\(words[at].name)'") }
      } else if text == "-v" || text == "-F" || text == "-f" {
        _ = rest.popFirst()
      } else if !text.hasPrefix("-") {
        let hasOption = words.contains { $0.string == "-e" || $0.string == "-f" }
        if !hasOption {
          refuse(
            word, "is code for '\(words[at].name)'",
            help: "bind it to a variable of the program's own")
        }
        return
      }
    }
  }

  private mutating func inspectBuiltins(_ words: [ShellReader.Word]) {
    guard let first = words.first else { return }
    let name = first.name
    let arguments = words.dropFirst()
    let evaluated = "is evaluated by '\(name)'"
    switch name {
    case "trap", "unset", "read", "mapfile", "readarray", "getopts", "alias", "source", ".":
      for word in arguments { refuse(word, evaluated) }
    case "[[": inspectComparisons(words)
    case "test", "[": inspectVariableTests(words)
    case "printf" where arguments.first?.string == "-v":
      if words.count > 2 { refuse(words[2], evaluated) }
    case _ where NestedCode.declarations.contains(name):
      let isEvaluated = arguments.contains { word in
        word.string.hasPrefix("-") && (word.string.contains("i") || word.string.contains("n"))
      }
      for word in arguments where isEvaluated || NestedCode.bindsName(word) { refuse(word, evaluated) }
    default: break
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

  /// A here-document, here-string or pipe into a shell is its script.
  private mutating func inspectInput(
    _ command: ShellReader.Command, _ words: [ShellReader.Word], in commands: [ShellReader.Command]
  ) {
    guard let reader = NestedCode.readerOfInput(words) else { return }
    let piped = command.pipedFrom.flatMap { commands[$0].bindings }
    let strings = words.filter(\.isHereString).flatMap { $0.bindings.map(\.binding) }
    for binding in command.documentBindings + strings + piped {
      add(binding, "its input is code for '\(reader)'", help: nil)
    }
  }

  private static func readerOfInput(_ words: [ShellReader.Word]) -> String? {
    for word in words where !word.isHereString {
      let name = word.name
      if shells.contains(name) || interpreters.contains(name) || name == "ssh" { return name }
    }
    return nil
  }

  private static func isCodeOption(_ word: ShellReader.Word, of program: String) -> Bool {
    let text = word.string
    if text == "--command" || text == "--execute" || text == "--eval" { return true }
    guard text.hasPrefix("-"), !text.hasPrefix("--"), let last = text.last else { return false }
    if shells.contains(program) || starters.contains(program) { return last == "c" }
    return last == "c" || last == "e" || last == "r" || last == "E"
  }

  private static func bindsName(_ word: ShellReader.Word) -> Bool {
    guard let first = word.bindings.first else { return false }
    return !word.string.unicodeScalars.prefix(first.offset).contains("=")
  }

  private mutating func refuse(_ word: ShellReader.Word, _ why: String, help: String? = nil) {
    for binding in word.bindings { add(binding.binding, "its word \(why)", help: help) }
  }

  private mutating func add(_ binding: Int, _ why: String, help: String?) {
    refusals.append(
      Refusal(
        binding: binding, message: "this value cannot be bound safely: \(why)",
        help: help ?? "give it as an argument or a variable: bash -c 'echo \"$1\"' _ ${{ … }}"))
  }
}
