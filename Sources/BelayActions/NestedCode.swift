internal import BelayModel

/// Where a correctly quoted value would still become code: the text is handed on to another shell, interpreter or host,
/// or to a builtin that evaluates its words.
struct NestedCode {
  struct Refusal {
    var binding: Int
    /// Within a sentence.
    var why: String
    var help: String

    var message: String { "this value cannot be bound safely: \(why)" }
  }

  private(set) var refusals: [Refusal] = []
  var script = ScriptVariables()
  /// What has been followed already from some reader of code.
  var seen: Set<Flow> = []
  /// Variables around the script that hold values, and the number of each among the bindings.
  private let held: [String: Int]
  private let depth: Int
  /// Code in code in code is not followed further.
  private static let depthLimit = 4

  init(held: [String: Int] = [:]) { self.init(held: held, depth: 0) }

  private init(held: [String: Int], depth: Int) {
    self.held = held
    self.depth = depth
  }

  /// Looks through a script.
  mutating func inspect(_ reader: ShellReader) {
    script = ScriptVariables(reader, held: held)
    let commands = script.commands
    for number in commands.indices {
      let command = commands[number]
      let all = Array(command.words.drop { $0.role == .ordinary && ShellReader.isPrefix($0) })
      let words = script.expanded(all.filter { $0.role == .ordinary })
      inspectWords(words)
      inspectBuiltins(words)
      inspectInput(number, words)
      inspectAssignments(number, words)
      inspectWords(command.words.filter { $0.role == .element })
    }
    for name in reader.evaluated {
      for binding in script.values[name] ?? [] {
        add(binding, "'\(name)' holds it, and the script evaluates that", help: nil)
      }
    }
  }

  /// For `exec`, where there is no shell around, and for the words of a shell's command.
  mutating func inspectWords(_ words: [ShellReader.Word]) {
    guard !held.isEmpty || words.contains(where: \.hasBindings) else { return }
    inspectPrograms(words)
    inspectSplitter(words)
    inspectFilters(words)
    inspectRemotes(words)
    inspectVariables(words)
  }

  /// `NAME=value` before a command, and as its argument: `env NAME=value`, `docker run -e NAME=value`.
  private mutating func inspectVariables(_ words: [ShellReader.Word]) {
    guard let first = words.first else { return }
    let takesAll = NestedCode.wrappers.contains(first.name)
    for (index, word) in words.enumerated() where word.hasBindings {
      let before = index > 0 ? words[index - 1].string : ""
      var text = word.beforeBinding[...]
      let isOption = text.hasPrefix("--env=") || text.hasPrefix("--setenv=") || text.hasPrefix("-e")
      if isOption { text = text.drop { $0 == "-" }.drop { $0 != "=" && $0 != "e" }.dropFirst() }
      if text.hasPrefix("v=") || text.hasPrefix("tenv=") { text = text.drop { $0 != "=" }.dropFirst() }
      guard takesAll || isOption || ["-e", "--env", "--setenv"].contains(before) else { continue }
      if let name = script.evaluatedName(assignedIn: text) { refuse(word, "is evaluated as '\(name)'") }
    }
  }

  /// A text that a shell takes for code: it has the variables around it, and may evaluate them.
  mutating func inspectCode(_ text: String) {
    guard depth < NestedCode.depthLimit, held.keys.contains(where: { text.contains($0) }) else { return }
    var inner = NestedCode(held: held, depth: depth + 1)
    var reader = ShellReader(Template(literal: text, at: .nowhere("code")))
    reader.read()
    inner.inspect(reader)
    refusals += inner.refusals
  }

  mutating func refuse(_ word: ShellReader.Word, _ why: String, help: String? = nil) {
    for binding in word.bindings { add(binding.number, "its word \(why)", help: help) }
  }

  mutating func add(_ binding: Int, _ why: String, help: String?) {
    refusals.append(
      Refusal(
        binding: binding, why: why,
        help: help ?? "give it as an argument or a variable: bash -c 'echo \"$1\"' _ ${{ … }}"))
  }
}
