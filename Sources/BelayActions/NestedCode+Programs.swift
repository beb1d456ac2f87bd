internal import BelayModel

// Programs that take a word for code.
extension NestedCode {
  /// Start the command that their words go on with.
  static let wrappers: Set<String> = [
    "sudo", "doas", "env", "nohup", "timeout", "nice", "ionice", "xargs", "exec", "command", "builtin",
    "setsid",
    "stdbuf", "chroot", "flock", "unshare", "nsenter", "systemd-run", "chronic", "setpriv", "busybox",
    "pkexec",
    "time", "strace", "jobs", "coproc", "caffeinate", "dbus-run-session",
  ]
  /// Their first argument is a program that can start commands.
  private static let filters: Set<String> = ["sed", "gsed", "awk", "gawk", "mawk", "nawk"]
  /// Have a subcommand that hands its words to a shell or to another machine.
  private static let remotes: [String: Set<String>] = [
    "kubectl": ["exec"], "oc": ["exec", "rsh"], "k3s": ["exec"], "railway": ["ssh"], "gcloud": ["ssh"],
    "vagrant": ["ssh"], "fly": ["ssh"], "flyctl": ["ssh"], "heroku": ["run"], "az": ["ssh", "run-command"],
    "tailscale": ["ssh"], "limactl": ["shell"], "multipass": ["exec"], "git": ["foreach", "filter-branch"],
    "redis-cli": ["eval", "EVAL"],
  ]

  /// `bash -c CODE`, `psql -c CODE`, `perl -e CODE`, `sqlite3 db CODE`, however far in the words.
  mutating func inspectPrograms(_ words: [ShellReader.Word]) {
    let isWrapped = words.first.map { NestedCode.wrappers.contains($0.name) } ?? false
    for (index, word) in words.enumerated() {
      if let program = CodeProgram.named(word.name) {
        let call = ProgramCall(name: word.name, program: program, readsWords: index == 0 || isWrapped)
        inspect(call, words[(index + 1)...])
      } else if isUnknown(index, in: words, isWrapped: isWrapped) {
        inspectUnknown(words[(index + 1)...])
      }
    }
  }

  /// For `exec`: one argument that is a list becomes many, and a shell's options may be the first of them.
  mutating func inspectLists(_ words: [ShellReader.Word], among isWhole: [Bool]) {
    guard let at = words.firstIndex(where: { CodeProgram.named($0.name)?.isShell == true }) else { return }
    for index in words.indices.dropFirst(at + 1) {
      if isWhole[index] {
        let why = "could be a list that begins with '-c', and the rest of it code for '\(words[at].name)'"
        return refuse(words[index], why, help: "write '--' before it")
      }
      guard words[index].string != "--", words[index].string.hasPrefix("-") else { return }
    }
  }

  /// A word whose program the shell puts in only when it runs.
  private func isUnknown(_ index: Int, in words: [ShellReader.Word], isWrapped: Bool) -> Bool {
    guard words[index].text.last == ShellReader.opaque else { return false }
    guard index > 0 else { return true }
    guard isWrapped, index < 6 else { return false }
    return (1..<index).allSatisfy { at in
      words[at].string.hasPrefix("-") || words[at - 1].string.hasPrefix("-") || words[at].string.contains("=")
        || words[at].string.allSatisfy { $0.isNumber || $0.isLetter }
          && words[at].string.first?.isNumber == true
    }
  }

  private mutating func inspectUnknown(_ arguments: ArraySlice<ShellReader.Word>) {
    guard let option = arguments.first, option.string.hasPrefix("-"), !option.string.hasPrefix("--"),
      option.string.hasSuffix("c"), let code = arguments.dropFirst().first
    else { return }
    refuse(code, "is code if the program before it is a shell", help: "write the program's name")
  }

  private mutating func inspect(_ call: ProgramCall, _ arguments: ArraySlice<ShellReader.Word>) {
    var call = call
    for word in arguments where call.takesCode(word) {
      if word.hasBindings {
        refuse(word, "is code for '\(call.name)'", help: call.help)
      } else if call.program.isShell {
        inspectCode(word.string)
      }
    }
  }

  /// `env -S` makes a command of one word, so a value may not stand where `env` looks for options.
  mutating func inspectSplitter(_ words: [ShellReader.Word]) {
    guard let at = words.firstIndex(where: { $0.name == "env" }),
      at == 0 || NestedCode.wrappers.contains(words[0].name)
    else { return }
    for word in words[(at + 1)...] {
      if word.hasBindings, word.beforeBinding.isEmpty {
        return refuse(
          word, "could be an option of 'env', which makes commands of texts", help: "write '--' before it")
      }
      guard word.string != "--", word.string.hasPrefix("-") || word.string.contains("=") else { return }
    }
  }

  /// GNU sed and awk start commands when their program says so.
  mutating func inspectFilters(_ words: [ShellReader.Word]) {
    guard let at = words.firstIndex(where: { NestedCode.filters.contains($0.name) }),
      at == 0 || NestedCode.wrappers.contains(words[0].name)
    else { return }
    let why = "is code for '\(words[at].name)'"
    let help = "bind it to a variable of the program's own"
    let rest = words[(at + 1)...]
    let isSed = words[at].name.hasSuffix("sed")
    var takesFirst = !rest.contains { NestedCode.filterOption($0, isSed: isSed) != nil }
    var next = FilterOption.none
    for word in rest {
      let option = NestedCode.filterOption(word, isSed: isSed)
      if next == .code || (next == .file && word.isProcess) || option == .attached {
        refuse(word, why, help: help)
        next = .none
      } else if next == .file || next == .value {
        next = .none
      } else if let option {
        next = option
      } else if word.string == "-v" || word.string == "-F" || (isSed && word.string == "-l") {
        next = .value
      } else if takesFirst, !word.string.hasPrefix("-") {
        takesFirst = false
        refuse(word, why, help: help)
      }
    }
  }

  private enum FilterOption { case none, code, file, value, attached }

  /// An option that says where the program is, so that no operand is it.
  private static func filterOption(_ word: ShellReader.Word, isSed: Bool) -> FilterOption? {
    let text = word.beforeBinding
    if text.hasPrefix("--expression=") || text.hasPrefix("--source=") { return .attached }
    if text == "--expression" || text == "--source" { return .code }
    if text == "--file" { return .file }
    guard text.hasPrefix("-"), !text.hasPrefix("--") else { return nil }
    let letters = text.dropFirst().drop { isSed && "nErsuz".contains($0) }
    guard letters.first == "e" || letters.first == "f" else { return nil }
    if letters.count > 1 || word.hasBindings { return letters.first == "e" ? .attached : FilterOption.none }
    return letters.first == "e" ? .code : .file
  }

  mutating func inspectRemotes(_ words: [ShellReader.Word]) {
    let isWrapped = words.first.map { NestedCode.wrappers.contains($0.name) } ?? false
    for (index, word) in words.enumerated() where index == 0 || isWrapped {
      guard let subcommands = NestedCode.remotes[word.name],
        let at = words[index...].firstIndex(where: { subcommands.contains($0.string) })
      else { continue }
      for rest in words[(at + 1)...] {
        refuse(rest, "travels through '\(word.name) \(words[at].string)' to another shell")
      }
    }
  }
}

/// The words after a program's name, one after another: which of them are code.
private struct ProgramCall {
  let name: String
  let program: CodeProgram
  /// It stands where a command's name does, so that its words are those of the table.
  let readsWords: Bool

  private var nextIsCode = false
  private var nextIsHarmless = false
  /// After a shell's `-c`: its code is the first word that is no option.
  private var awaitsCode = false
  /// A bound word stands where an option may: it could be `-c`.
  private var mayHaveCode = false
  private var operands = 0
  /// The first word that is no option, of a program that has subcommands.
  private var subcommand: String?
  private var letters: Set<Character> {
    subcommand.map { program.subcommands[$0] ?? [] } ?? program.letters
  }
  /// `perl -n FILE` opens `command|` as a command.
  private var opensCommands = false

  var help: String? {
    name == "make" || name == "gmake"
      ? "give it as a variable, NAME=${{ … }} make, and let the recipe read $$NAME: make expands its words"
      : nil
  }

  init(name: String, program: CodeProgram, readsWords: Bool) {
    self.name = name
    self.program = program
    self.readsWords = readsWords
  }

  mutating func takesCode(_ word: ShellReader.Word) -> Bool {
    if nextIsHarmless || nextIsCode {
      defer { (nextIsHarmless, nextIsCode) = (false, false) }
      return nextIsCode
    }
    let text = word.beforeBinding
    if program.isShell { return takesShellCode(word, text) }
    if noteOption(word, text) { return true }
    noteSubcommand(word, text)
    return opensCommands || takesWord(word, text)
  }

  private mutating func takesShellCode(_ word: ShellReader.Word, _ text: String) -> Bool {
    let isOption = text.hasPrefix("-") || text.hasPrefix("+")
    if mayHaveCode, word.hasBindings { return true }
    if word.hasBindings, isOption || text.isEmpty, operands == 0 { mayHaveCode = true }
    guard isOption else {
      operands += 1
      defer { awaitsCode = false }
      return awaitsCode
    }
    if text.hasPrefix("--command=") { return true }
    if text == "--command" { awaitsCode = true }
    guard !text.hasPrefix("--"), !word.hasBindings else { return false }
    if text.contains("c") { awaitsCode = true }
    nextIsHarmless = text.hasSuffix("o") || text.hasSuffix("O")
    return false
  }

  /// Letters that are no more than a switch to the programs of the table: what follows is another option.
  private static let switches: Set<Character> = [
    "l", "n", "p", "a", "w", "i", "s", "x", "t", "v", "q", "z", "j", "J", "k", "0", "X", "A", "E", "1",
  ]

  private mutating func noteOption(_ word: ShellReader.Word, _ text: String) -> Bool {
    if program.options.contains(text), !word.hasBindings {
      nextIsCode = true
      return false
    }
    if program.options.contains(where: { text.hasPrefix($0 + "=") }) { return true }
    guard text.hasPrefix("-"), !text.hasPrefix("--") else { return false }
    let given = text.dropFirst()
    let isLoop = given.first == "n" || given.first == "p" || given.first == "l"
    if name.hasPrefix("perl"), isLoop, given.contains(where: { $0 == "n" || $0 == "p" }) {
      opensCommands = true
    }
    let start = given.drop { ProgramCall.switches.contains($0) && !letters.contains($0) }
    guard let first = start.first, letters.contains(first) else { return false }
    if word.hasBindings { return true }
    nextIsCode = start.count == 1 || start.allSatisfy(letters.contains)
    return false
  }

  private mutating func noteSubcommand(_ word: ShellReader.Word, _ text: String) {
    guard !program.subcommands.isEmpty, subcommand == nil, !nextIsCode else { return }
    if program.harmless.contains(text), !word.hasBindings {
      nextIsHarmless = true
    } else if !text.hasPrefix("-") {
      subcommand = word.hasBindings ? "*" : text
    }
  }

  private mutating func takesWord(_ word: ShellReader.Word, _ text: String) -> Bool {
    guard readsWords, let limit = program.readsWordsAfter else { return false }
    if program.harmless.contains(text) {
      nextIsHarmless = !word.hasBindings
      return false
    }
    if text.hasPrefix("-") { return limit == 0 && !program.harmless.contains { text.hasPrefix($0) } }
    operands += 1
    return operands > limit
  }
}
