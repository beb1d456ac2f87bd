internal import BelayModel

/// What a script's variables hold, as far as its text says: bound values, plain words, lists, numbers.
///
/// Only what is certain: a variable that is also set in some other way, or whose text the script tests, holds nothing.
struct ScriptVariables {
  /// Of the script, with the bindings of variables in the words that they stand in.
  private(set) var commands: [ShellReader.Command] = []
  private(set) var groups: [ShellReader.Group] = []
  /// The bindings whose values a variable holds.
  private(set) var values: [String: [Int]] = [:]
  /// Variables that are lists.
  private(set) var lists: Set<String> = []
  /// Variables declared to be numbers or names of others: an assignment is evaluated.
  private var evaluated: Set<String> = []
  /// Variables that hold plain words.
  private var constants: [String: [ShellReader.Word]] = [:]

  /// Steps taken back from `read` to what it reads; a script with more of them is not followed further.
  private var followed = 0
  private static let followLimit = 50_000

  private enum Source {
    case values(bindings: [Int], references: [String])
    case words([ShellReader.Word])
    case other
  }

  init() {}

  /// - Parameter held: variables that hold values from the start, and the number of each among the bindings.
  init(_ reader: ShellReader, held: [String: Int] = [:]) {
    commands = reader.commands
    groups = reader.groups
    var sources: [String: [Source]] = [:]
    var tested: Set<String> = []
    for number in commands.indices { note(number, in: &sources, tested: &tested) }
    for (name, binding) in held where sources[name] == nil {
      sources[name] = [.values(bindings: [binding], references: [])]
    }
    for name in tested { sources[name] = nil }
    follow(sources)
    constants = sources.compactMapValues { all in
      if all.count == 1, case .words(let words) = all[0] { words } else { nil }
    }
    for number in commands.indices { addValues(to: number) }
  }

  func isEvaluated(_ name: some StringProtocol) -> Bool {
    evaluated.contains(String(name)) || EvaluatedVariables.contains(name)
  }

  /// The name before `=` or `+=`, when assigning to it evaluates.
  func evaluatedName(assignedIn text: some StringProtocol) -> String? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    var name = text[..<equals]
    if name.hasSuffix("+") { name = name.dropLast() }
    if let bracket = name.firstIndex(of: "[") { name = name[..<bracket] }
    return isEvaluated(name) ? String(name) : nil
  }

  /// The words, plain ones in place of the variables that hold them.
  func expanded(_ words: [ShellReader.Word]) -> [ShellReader.Word] {
    var changed = false
    let result = words.flatMap { word -> [ShellReader.Word] in
      guard word.text == [ShellReader.opaque], word.references.count == 1,
        let constant = constants[word.references[0].name]
      else { return [word] }
      changed = true
      return constant
    }
    return changed ? result : words
  }

  // MARK: What the script says

  private mutating func note(_ number: Int, in sources: inout [String: [Source]], tested: inout Set<String>) {
    let command = commands[number]
    let prefix = command.words.prefix { $0.role == .ordinary && ShellReader.isPrefix($0) }
    let words = Array(command.words.dropFirst(prefix.count)).filter { $0.role == .ordinary }
    let name = words.first?.name ?? ""
    let elements = command.words.filter { $0.role == .element }
    var assigned = Array(prefix)
    if ["declare", "typeset", "local", "export", "readonly"].contains(name) {
      assigned += words.dropFirst()
      noteAttributes(words.dropFirst())
    }
    for word in assigned { noteAssignment(word, elements, in: &sources) }
    switch name {
    case "case": tested.formUnion(words.dropFirst().first?.references.map(\.name) ?? [])
    case "[[":
      for (word, next) in zip(words, words.dropFirst()) where ["=~", "==", "="].contains(next.string) {
        tested.formUnion(word.references.map(\.name))
      }
    case "for" where words.count > 2, "select" where words.count > 2:
      for word in words.dropFirst(3) {
        sources[words[1].string, default: []].append(source(of: word, from: 0))
      }
    case "read", "mapfile", "readarray":
      let read = followed < ScriptVariables.followLimit ? readBindings(number) : []
      for word in words.dropFirst() where !word.hasBindings && !word.string.hasPrefix("-") {
        sources[word.string, default: []].append(
          read.isEmpty ? .other : .values(bindings: read, references: []))
        if name != "read" { lists.insert(word.string) }
      }
    case "printf" where words.count > 2 && words[1].string == "-v":
      sources[words[2].string, default: []].append(.other)
    default: break
    }
  }

  private mutating func readBindings(_ number: Int) -> [Int] {
    var seen: Set<NestedCode.Flow> = []
    defer { followed += seen.count }
    return sources(of: .input(number), seen: &seen)
  }

  private mutating func noteAttributes(_ arguments: ArraySlice<ShellReader.Word>) {
    let options = arguments.filter { $0.string.hasPrefix("-") }.map(\.string).joined()
    for word in arguments where !word.string.hasPrefix("-") {
      let name = String(word.string.prefix { $0 != "=" })
      if options.contains("i") || options.contains("n") { evaluated.insert(name) }
      if options.contains("a") || options.contains("A") { lists.insert(name) }
    }
  }

  private mutating func noteAssignment(
    _ word: ShellReader.Word, _ elements: [ShellReader.Word], in sources: inout [String: [Source]]
  ) {
    guard let equals = word.text.firstIndex(of: "="), equals > 0 else { return }
    let isAppended = word.text[equals - 1] == "+"
    let name = String(word.text[..<(isAppended ? equals - 1 : equals)])
    guard word.text.count == equals + 1, !elements.isEmpty else {
      return sources[name, default: []].append(isAppended ? .other : source(of: word, from: equals + 1))
    }
    lists.insert(name)
    if !isAppended, elements.allSatisfy({ !$0.hasBindings && $0.references.isEmpty }) {
      sources[name + "[@]", default: []].append(.words(elements))
    }
  }

  private func source(of word: ShellReader.Word, from start: Int) -> Source {
    let direct = word.bindings.filter { $0.isDirect && $0.offset >= start }.map(\.number)
    let references = word.references.filter { $0.offset >= start }.map(\.name)
    if !direct.isEmpty || !references.isEmpty { return .values(bindings: direct, references: references) }
    let text = word.text[start...]
    guard !word.hasBindings, !text.contains(ShellReader.opaque) else { return .other }
    return .words(
      text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map { part in
        var word = ShellReader.Word()
        word.text = Array(part)
        word.end()
        return word
      })
  }

  // MARK: What follows from it

  /// A variable holds a value when whatever is assigned to it does.
  private mutating func follow(_ sources: [String: [Source]]) {
    let names = sources.keys.sorted()
    for _ in 0..<16 {
      var held: [String: [Int]] = [:]
      for name in names { held[name] = bindings(held: sources[name] ?? []) }
      if held == values { return }
      values = held
    }
  }

  private func bindings(held sources: [Source]) -> [Int]? {
    var held: [Int] = []
    var known: Set<Int> = []
    for source in sources {
      guard case .values(let bindings, let references) = source else { return nil }
      let found = bindings + references.flatMap { values[$0] ?? [] }
      if found.isEmpty { return nil }
      for binding in found where known.insert(binding).inserted { held.append(binding) }
    }
    return held
  }

  private mutating func addValues(to number: Int) {
    for name in commands[number].documentReferences {
      commands[number].documentBindings += values[name] ?? []
    }
    for index in commands[number].words.indices {
      let added = commands[number].words[index].references.flatMap { reference in
        (values[reference.name] ?? []).map {
          ShellReader.Word.Binding(number: $0, offset: reference.offset, isDirect: true)
        }
      }
      commands[number].words[index].bindings += added
    }
  }
}
