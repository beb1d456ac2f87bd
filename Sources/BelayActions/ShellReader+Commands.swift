internal import BelayModel

// Words, commands, comments, redirections and where here-documents start.
extension ShellReader {
  private static let reserved: Set<String> = [
    "{", "}", "!", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "time", "coproc",
  ]

  mutating func readCommand(_ unit: Unit) {
    let top = frames.count - 1
    switch unit {
    case "\\": copyEscape()
    case "'":
      copy()
      startQuotes()
      push(.singleQuotes)
    case "\"":
      copy()
      startQuotes()
      push(.doubleQuotes)
    case "$": readDollar(isQuoted: false)
    case "`": readBacktick()
    case " ", "\t":
      endWord()
      copy()
    case "\n":
      endWord()
      if !frames[top].isConditional, frames[top].arrayDepth == nil { endPipeline() }
      copy()
      startDocument()
    case "#" where frames[top].word == nil: readComment()
    case "(", ")", "|", "&", ";", "<", ">": readOperator(unit)
    default: copyIntoWord()
    }
  }

  private mutating func readOperator(_ unit: Unit) {
    let top = frames.count - 1
    if (unit == "<" || unit == ">"), peek(1) == "(" {
      return openProcess(isFed: unit == ">")
    }
    endWordBefore(unit)
    if frames[top].isConditional { return copy() }
    switch unit {
    case "(": openParenthesis()
    case ")": closeParenthesis()
    case "|" where peek(1) != "|":
      endCommand()
      copy(peek(1) == "&" ? 2 : 1)
    case "<", ">": readRedirection(unit)
    case "&" where peek(1) == ">":
      copy(peek(2) == ">" ? 3 : 2)
      frames[top].nextRole = .redirection
    default:
      endPipeline()
      copy()
    }
  }

  /// `]]` may be followed at once by what ends the command; an array's `name=(` goes on.
  private mutating func endWordBefore(_ unit: Unit) {
    if unit != "(" || frames[frames.count - 1].isConditional { endWord() }
  }

  private mutating func openParenthesis() {
    let top = frames.count - 1
    let isArray = frames[top].word?.text.last == "="
    let startsCommand = frames[top].word == nil && !frames[top].command.isNamed
    let isLoop = frames[top].word == nil && frames[top].command.words.map(\.string) == ["for"]
    if peek(1) == "(", startsCommand || isLoop {
      copy(2)
      return push(.arithmetic, depth: 2)
    }
    endWord()
    frames[top].depth += 1
    if isArray {
      frames[top].arrayDepth = frames[top].depth
    } else {
      openGroup()
      endPipeline()
    }
    copy()
  }

  private mutating func closeParenthesis() {
    let top = frames.count - 1
    if frames[top].depth > 0, frames[top].arrayDepth == frames[top].depth {
      endWord()
      frames[top].arrayDepth = nil
      frames[top].depth -= 1
      return copy()
    }
    endPipeline()
    if frames[top].depth > 0 {
      frames[top].depth -= 1
      closeGroup()
    } else if frames[top].cases == 0, frames[top].kind == .substitution {
      return pop()
    }
    copy()
  }

  private mutating func readRedirection(_ unit: Unit) {
    let top = frames.count - 1
    guard unit == "<", peek(1) == "<" else {
      copy()
      if peek() == ">" || peek() == "&" || peek() == "|" { copy() }
      frames[top].nextRole = .redirection
      return
    }
    copy(2)
    if peek() == "<" {
      copy()
      frames[top].nextRole = .hereString
      return
    }
    readDelimiter()
  }

  /// The word after `<<` or `<<-`, its quotes removed; nothing in it is expanded.
  private mutating func readDelimiter() {
    let stripsTabs = peek() == "-"
    if stripsTabs { copy() }
    while peek() == " " || peek() == "\t" { copy() }
    var delimiter: [Unit] = []
    var isQuoted = false
    var quote: Unit?
    while let unit = peek() {
      if unit.binding != nil {
        refuse("a value cannot be the delimiter of a here-document", help: "write the delimiter as a word")
        at += 1
        continue
      }
      if let open = quote {
        if unit == open { quote = nil } else { delimiter.append(unit) }
      } else if unit == "'" || unit == "\"" {
        quote = unit
        isQuoted = true
      } else if unit == "\\" {
        isQuoted = true
        copy()
        guard let escaped = peek(), escaped.binding == nil else { continue }
        delimiter.append(escaped)
      } else if [" ", "\t", "\n", ";", "&", "|", "(", ")", "<", ">"].contains(unit) {
        break
      } else {
        delimiter.append(unit)
      }
      copy()
    }
    let top = frames.count - 1
    frames[top].documents.append(
      HereDocument(
        delimiter: delimiter, isQuoted: isQuoted, stripsTabs: stripsTabs, command: reserveCommand()))
  }

  private mutating func readComment() {
    let isInBackticks = frames.contains { $0.kind == .backticks }
    let start = at
    defer { comments.append(start..<at) }
    while let unit = peek(), unit != "\n", !(isInBackticks && unit == "`") {
      if unit.binding != nil {
        at += 1
      } else {
        copy()
      }
    }
  }
}

// Ends of words, commands and pipelines.
extension ShellReader {
  mutating func endWord() {
    let top = frames.count - 1
    guard var word = frames[top].word else { return }
    frames[top].word = nil
    word.role = frames[top].arrayDepth == nil ? frames[top].nextRole : .element
    word.end()
    frames[top].nextRole = .ordinary
    let isFirst = word.role == .ordinary && !frames[top].command.isNamed
    if isFirst, !ShellReader.isPrefix(word) { frames[top].command.isNamed = true }
    let text = word.isQuoted ? "" : word.string
    if isFirst { noteReserved(text) }
    if isFirst, text == "[[" { frames[top].isConditional = true }
    if text == "]]" { frames[top].isConditional = false }
    frames[top].command.words.append(word)
  }

  private mutating func noteReserved(_ text: String) {
    let top = frames.count - 1
    switch text {
    case "case": frames[top].cases += 1
    case "esac": frames[top].cases = max(0, frames[top].cases - 1)
    default: break
    }
    switch text {
    case "{", "if", "while", "until", "for", "select", "case": openGroup()
    case "}", "fi", "done", "esac": closeGroup()
    default: break
    }
  }

  /// The number that the command being read will have.
  mutating func reserveCommand() -> Int {
    let top = frames.count - 1
    if let number = frames[top].command.number { return number }
    commands.append(Command())
    frames[top].command.number = commands.count - 1
    return commands.count - 1
  }

  /// Ends the command; what follows may be the next one of its pipeline.
  mutating func endCommand() {
    endWord()
    let top = frames.count - 1
    var command = frames[top].command
    frames[top].command = Command()
    frames[top].nextRole = .ordinary
    guard !command.words.isEmpty || command.number != nil || command.closes != nil else { return }
    command.pipedFrom = frames[top].pipedFrom
    command.group = frames[top].groups.last
    let number = command.number ?? commands.count
    if command.number == nil {
      commands.append(command)
    } else {
      command.documentBindings = commands[number].documentBindings
      command.documentReferences = commands[number].documentReferences
      commands[number] = command
    }
    if let closed = command.closes { groups[closed].closer = number }
    if let group = command.group { groups[group].members.append(number) }
    frames[top].pipedFrom = number
    frames[top].ended.append(number)
  }

  mutating func endPipeline() {
    endCommand()
    frames[frames.count - 1].pipedFrom = nil
  }

  static func isPrefix(_ word: Word) -> Bool {
    guard !word.isQuoted || word.string.contains("=") else { return false }
    let text = word.string
    if reserved.contains(text) { return true }
    guard let equals = text.firstIndex(of: "="), let first = text.first, !first.isNumber else { return false }
    let name = text[..<equals].prefix { $0 != "[" && $0 != "+" }
    return !name.isEmpty && name.unicodeScalars.allSatisfy { isNameUnit(Unit($0)) }
  }

  /// `name[${{ … }}]=`: bash evaluates an index as arithmetic, and with it commands inside, quoted or not.
  mutating func refuseSubscript(_ binding: Int) {
    guard let frame = frames.last(where: { $0.kind.holdsCommands || $0.kind.isDocument }),
      let word = frame.word
    else { return }
    let unquoted = word.text.prefix(word.quotedFrom ?? word.text.count)
    guard let bracket = unquoted.firstIndex(of: "["), bracket > 0 || frame.arrayDepth != nil else { return }
    // `{name[…]}>file` lets bash choose the descriptor.
    let name = unquoted[..<bracket].drop { $0 == "{" }
    let inside = word.text[bracket...]
    guard name.allSatisfy({ ShellReader.isNameUnit(Unit($0)) }),
      inside.count(where: { $0 == "[" }) > inside.count(where: { $0 == "]" })
    else { return }
    refuse(
      "a value cannot be an index: bash would evaluate it", binding: binding,
      help: "compute the index in the expression")
  }

  /// A quote opens in the current word.
  mutating func startQuotes() {
    withWord { $0.quotedFrom = $0.quotedFrom ?? $0.text.count }
  }
}

// Compound commands, whose parts share an input and an output.
extension ShellReader {
  fileprivate mutating func openGroup() {
    let top = frames.count - 1
    groups.append(Group(parent: frames[top].groups.last, pipedFrom: frames[top].pipedFrom))
    frames[top].groups.append(groups.count - 1)
  }

  /// The command being read is what ends the group.
  fileprivate mutating func closeGroup() {
    let top = frames.count - 1
    guard frames[top].groups.count > frames[top].ownGroups else { return }
    frames[top].command.closes = frames[top].groups.removeLast()
  }

  /// `<( … )`, or `>( … )`, whose commands read what this one writes.
  fileprivate mutating func openProcess(isFed: Bool) {
    add(ShellReader.opaque)
    withWord { $0.isProcess = true }
    let writer = isFed ? reserveCommand() : nil
    copy(2)
    push(.substitution)
    if let writer { groups[groups.count - 1].pipedFrom = writer }
  }
}

// Here-documents start after the line that announces them.
extension ShellReader {
  fileprivate mutating func startDocument() {
    let top = frames.count - 1
    guard frames[top].kind.holdsCommands, !frames[top].documents.isEmpty else { return }
    let document = frames[top].documents.removeFirst()
    let end = endOfDocument(document)
    frames.append(Frame(kind: .document(isQuoted: document.isQuoted)))
    frames[frames.count - 1].end = end
    frames[frames.count - 1].owner = document.command
  }

  /// Where the line of the delimiter starts, or the end of the script.
  private func endOfDocument(_ document: HereDocument) -> Int {
    var line = at
    while line < units.count {
      var start = line
      let end = units[line...].firstIndex(of: "\n") ?? units.count
      if document.stripsTabs { while start < end, units[start] == "\t" { start += 1 } }
      if units[start..<end].elementsEqual(document.delimiter) { return line }
      line = end + 1
    }
    return units.count
  }

  /// At the end of a here-document: back to the commands, past the delimiter, or on to the next document.
  mutating func leaveDocuments() {
    while let index = frames.lastIndex(where: \.kind.isDocument), at >= frames[index].end {
      if index < frames.count - 1 { openAtEnd() }
      frames.removeSubrange(index...)
      while at < units.count, peek() != "\n" { copy() }
      guard peek() == "\n" else { return }
      copy()
      startDocument()
    }
  }
}
