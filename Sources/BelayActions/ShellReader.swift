internal import BelayModel

/// Reads a bash script just far enough to know which quotes stand around each binding and to which command it goes.
///
/// The script is a list of units: Unicode scalars, and bindings as numbers above them. A stack of frames says where the
/// reader is, so a deeply nested script costs memory and no recursion. What is written is the script in which every
/// binding is a reference to an environment variable, quoted so that bash takes the value as one literal text.
///
/// - Source: bash(1), "QUOTING", "EXPANSION", "Here Documents"; POSIX.1-2017, XCU 2.2 and 2.6.3.
struct ShellReader {
  /// A scalar of the script, or a binding: a number above all scalars.
  struct Unit: Hashable, ExpressibleByUnicodeScalarLiteral {
    let value: UInt32

    init(_ scalar: Unicode.Scalar) { value = scalar.value }
    init(binding: Int) { value = 0x110000 + UInt32(binding) }
    init(unicodeScalarLiteral scalar: Unicode.Scalar) { value = scalar.value }

    var scalar: Unicode.Scalar? { Unicode.Scalar(value) }
    var binding: Int? { value >= 0x110000 ? Int(value - 0x110000) : nil }
  }

  struct HereDocument {
    var delimiter: [Unit]
    var isQuoted: Bool
    var stripsTabs: Bool
    /// In `commands`.
    var command: Int
  }

  struct Frame {
    enum Kind: Equatable {
      case script, substitution, backticks
      case doubleQuotes, singleQuotes, dollarQuotes
      /// `${…}`; bindings may stand only in the word of a default.
      case parameter(isQuoted: Bool, isDefault: Bool)
      case arithmetic
      /// `'…'` in the word of a quoted `${…-…}`: they must be closed, and yet they quote nothing.
      case idleQuotes
      case document(isQuoted: Bool)
    }

    var kind: Kind
    /// Open parentheses, of a subshell, an array or arithmetic; of `$[` brackets.
    var depth = 0
    var closer: Unit = ")"
    // Of frames that hold commands:
    var command = Command()
    var word: Word?
    var cases = 0
    var isConditional = false
    /// What the next word is.
    var nextRole = Word.Role.ordinary
    /// The `depth` inside the list of an array.
    var arrayDepth: Int?
    var documents: [HereDocument] = []
    /// The last command of the pipeline so far, and all that ended here.
    var pipedFrom: Int?
    var ended: [Int] = []
    /// Groups that stand open in it, that of a substitution itself first; numbers in `groups`.
    var groups: [Int] = []
    /// How many of them are the frame's own.
    var ownGroups = 0
    /// Of a document: where its last line ends, and whose it is.
    var end = 0
    var owner = 0
  }

  /// Deeper nesting of quotes and substitutions is not followed.
  static let depthLimit = 200

  let units: [Unit]
  let expressions: [Expression]
  var at = 0
  var frames = [Frame(kind: .script)]
  var output: [Unicode.Scalar] = []
  var commands: [Command] = []
  var groups: [Group] = []
  /// Variables whose value the script evaluates: `${!name}`, `${name@P}`.
  var evaluated: [String] = []
  var diagnostics: [Diagnostic] = []
  /// Bindings that the script refers to; those in comments are left out.
  var used: [Int] = []
  /// Where in `units` comments stand.
  var comments: [Range<Int>] = []
  /// A backslash inside backticks means two things at once: what follows it is not followed further.
  var backticksAreEscaped = false

  init(_ template: Template) {
    var units: [Unit] = []
    var expressions: [Expression] = []
    for segment in template.segments {
      switch segment {
      case .text(let text): units += text.unicodeScalars.map { Unit($0) }
      case .expression(let expression):
        units.append(Unit(binding: expressions.count))
        expressions.append(expression)
      }
    }
    self.units = units
    self.expressions = expressions
  }

  static func variable(_ binding: Int) -> String { "BELAY_VALUE_\(binding + 1)" }

  mutating func read() {
    while true {
      leaveDocuments()
      guard at < units.count, frames.count <= ShellReader.depthLimit else { break }
      step()
    }
    if frames.count > 1 { openAtEnd() }
    frames.removeSubrange(1...)
    endPipeline()
  }

  private mutating func step() {
    let unit = units[at]
    if let binding = unit.binding {
      at += 1
      return bind(binding)
    }
    switch frames[frames.count - 1].kind {
    case .script, .substitution, .backticks: readCommand(unit)
    case .doubleQuotes: readDoubleQuotes(unit)
    case .singleQuotes: readSingleQuotes(unit)
    case .dollarQuotes: readDollarQuotes(unit)
    case .parameter(let isQuoted, let isDefault):
      readParameter(unit, isQuoted: isQuoted, isDefault: isDefault)
    case .arithmetic: readArithmetic(unit)
    case .idleQuotes: readIdleQuotes(unit)
    case .document(let isQuoted): readDocument(unit, isQuoted: isQuoted)
    }
  }

  /// Where the reader and bash may disagree, nothing is bound.
  mutating func openAtEnd() {
    guard !expressions.isEmpty else { return }
    refuse(
      "a quote or bracket of this script is never closed, so nothing can be bound in it", binding: 0,
      help: "close it; 'bash -n' says which one")
  }
}

extension ShellReader.Frame.Kind {
  var isDocument: Bool { if case .document = self { true } else { false } }
  var holdsCommands: Bool { self == .script || self == .substitution || self == .backticks }
}

// What all frames share.
extension ShellReader {
  func peek(_ distance: Int = 0) -> Unit? { at + distance < units.count ? units[at + distance] : nil }

  /// Copies units of the script that are no bindings; they are no part of a word's text.
  mutating func copy(_ count: Int = 1) {
    for _ in 0..<count where at < units.count {
      if let scalar = units[at].scalar { output.append(scalar) }
      at += 1
    }
  }

  /// Copies one unit that belongs to the current word.
  mutating func copyIntoWord() {
    if at < units.count, let scalar = units[at].scalar { add(scalar) }
    copy()
  }

  mutating func add(_ scalar: Unicode.Scalar) {
    withWord { $0.text.append(scalar) }
  }

  /// The word that grows here: that of the nearest frame with commands; in a here-document there is none.
  mutating func withWord(_ change: (inout Word) -> Void) {
    for index in frames.indices.reversed() {
      if frames[index].kind.isDocument { return }
      guard frames[index].kind.holdsCommands else { continue }
      var word = frames[index].word ?? Word()
      frames[index].word = nil
      change(&word)
      frames[index].word = word
      return
    }
  }

  mutating func push(_ kind: Frame.Kind, depth: Int = 0, closer: Unit = ")") {
    if kind == .backticks, !frames.contains(where: { $0.kind == .backticks }) { backticksAreEscaped = false }
    let outer = frames.last { $0.kind.holdsCommands }
    frames.append(Frame(kind: kind, depth: depth, closer: closer))
    guard kind.holdsCommands else { return }
    // A command in a word reads what the command around would have read.
    groups.append(Group(parent: outer?.groups.last, pipedFrom: outer?.pipedFrom))
    frames[frames.count - 1].groups = [groups.count - 1]
    frames[frames.count - 1].ownGroups = 1
  }

  /// What a backslash escapes is copied, unless it is a binding.
  mutating func copyEscape(intoWord: Bool = true) {
    if frames.contains(where: { $0.kind == .backticks }) { backticksAreEscaped = true }
    copy()
    if peek()?.binding != nil {
      refuse("a backslash stands before this binding", help: "leave the backslash out")
    } else if intoWord {
      copyIntoWord()
    } else {
      copy()
    }
  }

  /// Refuses the binding that comes next, or the one given.
  mutating func refuse(_ message: String, binding: Int? = nil, help: String) {
    guard let next = binding ?? peek()?.binding else { return }
    let place = expressions[next].span
    guard !diagnostics.contains(where: { $0.span == place }) else { return }
    diagnostics.append(Diagnostic(code: "unsafe-binding", message, at: place, help: help))
  }
}
