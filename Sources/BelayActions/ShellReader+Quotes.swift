internal import BelayModel

// Quotes, `${…}`, arithmetic and here-documents, and what a binding becomes in each.
extension ShellReader {
  mutating func bind(_ binding: Int) {
    let frame = frames[frames.count - 1]
    let reference = "${\(ShellReader.variable(binding))}"
    noteInWord(binding)
    if backticksAreEscaped, frames.contains(where: { $0.kind == .backticks }) {
      refuse(
        "a backslash stands before this binding in the same backticks", binding: binding,
        help: "write $(…) instead of `…`")
    }
    if refuseCode(binding) { return }
    switch frame.kind {
    case .script, .substitution, .backticks: write("\"\(reference)\"", binding)
    case .doubleQuotes: write(reference, binding)
    case .singleQuotes: write("'\"\(reference)\"'", binding)
    case .dollarQuotes: write("'\"\(reference)\"$'", binding)
    case .parameter(let isQuoted, _): write(isQuoted ? reference : "\"\(reference)\"", binding)
    case .document(isQuoted: false): write(reference, binding)
    case .document(isQuoted: true):
      refuse(
        "nothing is replaced inside a here-document whose delimiter is quoted", binding: binding,
        help: "write the delimiter without quotes, and \\$ where the script means a dollar")
    case .arithmetic, .idleQuotes: break
    }
  }

  /// Where bash would evaluate the value, however it is quoted: between here and the command around.
  private mutating func refuseCode(_ binding: Int) -> Bool {
    refuseSubscript(binding)
    for frame in frames.reversed() {
      switch frame.kind {
      case .script, .substitution, .backticks, .document: return false
      case .doubleQuotes, .singleQuotes, .dollarQuotes, .parameter(_, isDefault: true): continue
      case .idleQuotes:
        refuse(
          "quotes inside ${…} inside quotes are read differently by every shell", binding: binding,
          help: "put the value into a variable first: value=${{ … }}")
      case .parameter(_, isDefault: false):
        refuse(
          "a value cannot be bound inside ${…} here: bash would take it as a pattern, an index or a name",
          binding: binding, help: "put the value into a variable first: value=${{ … }}")
      case .arithmetic:
        refuse(
          "a value cannot be bound in arithmetic: bash would evaluate it", binding: binding,
          help: "compute it in the expression, or test it as text first")
      }
      return true
    }
    return false
  }

  private mutating func write(_ text: String, _ binding: Int) {
    output.append(contentsOf: text.unicodeScalars)
    used.append(binding)
  }

  private mutating func noteInWord(_ binding: Int) {
    if let document = frames.lastIndex(where: \.kind.isDocument),
      !frames[document...].contains(where: \.kind.holdsCommands)
    {
      commands[frames[document].owner].documentBindings.append(binding)
      return
    }
    withWord { word in
      word.bindings.append(Word.Binding(number: binding, offset: word.text.count, isDirect: true))
      word.text.append(ShellReader.opaque)
    }
  }

  mutating func readDoubleQuotes(_ unit: Unit) {
    switch unit {
    case "\"": pop()
    case "\\": copyEscape()
    case "$": readDollar(isQuoted: true)
    case "`": readBacktick()
    default: copyIntoWord()
    }
  }

  mutating func readSingleQuotes(_ unit: Unit) {
    if unit == "'" { pop() } else { copyIntoWord() }
  }

  mutating func readDollarQuotes(_ unit: Unit) {
    switch unit {
    case "'": pop()
    case "\\": copyEscape()
    default: copyIntoWord()
    }
  }

  mutating func readParameter(_ unit: Unit, isQuoted: Bool, isDefault: Bool) {
    switch unit {
    case "}": pop()
    case "\\": copyEscape(intoWord: false)
    case "\"":
      copy()
      push(.doubleQuotes)
    case "'":
      copy()
      push(isQuoted && isDefault ? .idleQuotes : .singleQuotes)
    case "$": readDollar(isQuoted: isQuoted)
    case "`": readBacktick()
    default: copy()
    }
  }

  mutating func readIdleQuotes(_ unit: Unit) {
    switch unit {
    case "'": pop()
    case "\\": copyEscape(intoWord: false)
    case "$": readDollar(isQuoted: true)
    case "`": readBacktick()
    default: copy()
    }
  }

  mutating func readArithmetic(_ unit: Unit) {
    let top = frames.count - 1
    let closer = frames[top].closer
    let opener: Unit = closer == "]" ? "[" : "("
    switch unit {
    case opener:
      frames[top].depth += 1
      copy()
    case closer:
      frames[top].depth -= 1
      if frames[top].depth == 0 { pop() } else { copy() }
    case "\\": copyEscape(intoWord: false)
    case "\"":
      copy()
      push(.doubleQuotes)
    case "'":
      copy()
      push(.singleQuotes)
    case "$": readDollar(isQuoted: true)
    case "`": readBacktick()
    default: copy()
    }
  }

  mutating func readDocument(_ unit: Unit, isQuoted: Bool) {
    guard !isQuoted else { return copy() }
    switch unit {
    case "\\": copyEscape(intoWord: false)
    case "$": readDollar(isQuoted: true)
    case "`": readBacktick()
    default: copy()
    }
  }

  /// Copies the closing character and goes back to the frame around.
  mutating func pop() {
    copy()
    guard frames.count > 1 else { return }
    let left = frames.removeLast()
    guard left.kind.holdsCommands else { return }
    let bindings = left.ended.flatMap { commands[$0].bindings }
    if let document = frames.last(where: { $0.kind.isDocument || $0.kind.holdsCommands }),
      document.kind.isDocument
    {
      commands[document.owner].documentBindings += bindings
    }
    withWord { word in
      word.bindings += bindings.map { Word.Binding(number: $0, offset: word.text.count, isDirect: false) }
    }
  }

  mutating func readBacktick() {
    guard let open = frames.lastIndex(where: { $0.kind == .backticks }) else {
      add(ShellReader.opaque)
      copy()
      return push(.backticks)
    }
    // The first backtick without a backslash ends the substitution, whatever quotes stand open in it.
    frames.removeSubrange((open + 1)...)
    endPipeline()
    pop()
  }

  /// At a `$`: an expansion, or the sign itself.
  mutating func readDollar(isQuoted: Bool) {
    let next = peek(1)
    if next?.binding != nil {
      copy()
      return refuse("a '$' stands before this binding", help: "leave it out: ${{ … }} is the value")
    }
    noteReference()
    if !(next == "'" || next == "\"") { add(ShellReader.opaque) }
    switch next {
    case "(" where peek(2) == "(":
      copy(3)
      push(.arithmetic, depth: 2)
    case "(":
      copy(2)
      push(.substitution)
    case "[":
      copy(2)
      push(.arithmetic, depth: 1, closer: "]")
    case "{":
      let isDefault = startsDefault()
      copy(2)
      push(.parameter(isQuoted: isQuoted, isDefault: isDefault))
      if peek() == "#" || peek() == "!" { copy() }
    case "'" where !isQuoted:
      copy(2)
      startQuotes()
      push(.dollarQuotes)
    case "#", "$", "@", "*", "?", "-", "!": copy(2)
    default: copy(1 + name(from: at + 1).count)
    }
  }

  private func name(from start: Int) -> ArraySlice<Unit> {
    units[min(start, units.count)...].prefix(while: ShellReader.isNameUnit)
  }

  /// Whether `${` here is `${name-`, `${name:-` and the like with `+`, `=` or `?`: their word is an ordinary text,
  /// unless it is assigned to a variable that is evaluated.
  private func startsDefault() -> Bool {
    let name = name(from: at + 2)
    guard !name.isEmpty else { return false }
    let index = units[safe: name.endIndex] == ":" ? name.endIndex + 1 : name.endIndex
    guard let sign = units[safe: index], ["-", "+", "=", "?"].contains(sign) else { return false }
    return sign != "=" || !EvaluatedVariables.contains(ShellReader.text(name))
  }

  private static func text(_ units: ArraySlice<Unit>) -> String { String(units.compactMap(\.scalar)) }

  /// `$name`, `${name}`, `${name[@]}` put a variable's value in as it is; `${!name}` and `${name@P}` evaluate it.
  private mutating func noteReference() {
    let isBraced = peek(1) == "{"
    let isIndirect = isBraced && peek(2) == "!"
    let name = name(from: at + (isIndirect ? 3 : isBraced ? 2 : 1))
    guard let first = name.first?.scalar, !("0"..."9").contains(first) else { return }
    var text = ShellReader.text(name)
    let after = units[name.endIndex...].prefix(4)
    if isBraced {
      if isIndirect || after.starts(with: ["@", "P"]) {
        evaluated.append(text)
      } else if after.starts(with: ["[", "@", "]", "}"]) || after.starts(with: ["[", "*", "]", "}"]) {
        text += "[@]"
      } else if after.first != "}" {
        return
      }
    }
    noteInWord(text)
  }

  private mutating func noteInWord(_ name: String) {
    if let document = frames.last(where: { $0.kind.isDocument || $0.kind.holdsCommands }),
      document.kind.isDocument
    {
      return commands[document.owner].documentReferences.append(name)
    }
    withWord { $0.references.append((name, $0.text.count)) }
  }

  static func isNameUnit(_ unit: Unit) -> Bool {
    switch unit.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
