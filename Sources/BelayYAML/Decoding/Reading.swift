internal import BelayExpressions
internal import BelayModel

/// One file being read: what every decoder needs, and where all mistakes are collected.
final class Reading {
  private(set) var source: SourceText
  let actions: ActionTable
  let keywords: [String]
  /// Whether the machine has a time zone of that name.
  let knowsZone: (String) -> Bool
  private var found = DiagnosticList()
  var diagnostics: [Diagnostic] { found.all }
  private var nearest = NearestName()
  /// Those that could be read, by the places of their keywords.
  private(set) var made: [SourceSpan: any Action] = [:]
  /// While the nodes of a `rollback` are read.
  var isInRollback = false
  private var bindingCount = 0
  private var patternCount = 0
  private var examined = 0
  private(set) var hasExaminedTooMuch = false
  /// Steps, checks, gates and groups so far.
  var nodeCount = 0

  init(source: SourceText, actions: ActionTable, knowsZone: @escaping (String) -> Bool = { _ in true }) {
    self.source = source
    self.actions = actions
    self.knowsZone = knowsZone
    keywords = actions.keywords
  }

  /// With a text of the same lines in which what could not be read is mended.
  func goOn(with mended: SourceText) { source = mended }

  func keep(_ action: any Action, at keyword: SourceSpan) { made[keyword] = action }

  func report(_ diagnostic: Diagnostic) { found.append(diagnostic) }

  func nearest(_ word: String, _ names: [String]) -> String? { nearest.name(to: word, in: names) }

  func error(
    _ code: String, _ message: String, at span: SourceSpan, help: String? = nil, notes: [Diagnostic.Note] = []
  ) {
    found.append(Diagnostic(code: code, message, at: span, help: help, notes: notes))
  }

  func warn(_ code: String, _ message: String, at span: SourceSpan, help: String? = nil) {
    found.append(Diagnostic(.warning, code: code, message, at: span, help: help))
  }

  /// Appends what a part that collects on its own has found.
  func collect<Result>(_ part: (inout [Diagnostic]) -> Result) -> Result {
    var collected: [Diagnostic] = []
    defer { for diagnostic in collected { found.append(diagnostic) } }
    return part(&collected)
  }

  /// At most so many patterns are made for an expression.
  static func patterns(in expression: String) -> Int { expression.ranges(of: "matches").count }

  /// Whether so much may be looked into as well; where it is too much that is said once, and the file refused.
  func mayExamine(bytes: Int, bindings: Int = 0, patterns: Int = 0, at span: SourceSpan) -> Bool {
    guard !hasExaminedTooMuch else { return false }
    examined += bytes
    bindingCount += bindings
    patternCount += patterns
    hasExaminedTooMuch =
      examined > Limits.examined || bindingCount > Limits.bindings || patternCount > Limits.patterns
    if hasExaminedTooMuch {
      error(
        "too-many-values", "more expressions and bound commands than one file may hold", at: span,
        help: "at most 1.5 MiB of them, 80,000 bindings and 500 patterns: divide the playbook")
    }
    return !hasExaminedTooMuch
  }

  func wrongType(_ node: YAMLNode, _ key: String, takes what: String, help: String? = nil) {
    error("wrong-type", "'\(key)' takes \(what), this is \(node.kindName)", at: node.span, help: help)
  }
}

/// The keys of a map, each taken once; what nobody took is unknown.
struct Fields {
  let node: YAMLNode
  let entries: [YAMLEntry]
  let reading: Reading
  private let names: [String]
  private var taken: [Bool]

  /// Nil, said so, when the node is no map.
  init?(_ node: YAMLNode, of what: String, help: String? = nil, reading: Reading) {
    guard let entries = node.entries else {
      reading.wrongType(node, what, takes: "a map", help: help)
      return nil
    }
    self.node = node
    self.entries = entries
    self.reading = reading
    names = entries.map(\.name)
    taken = [Bool](repeating: false, count: entries.count)
  }

  mutating func take(_ key: String) -> YAMLEntry? {
    guard let index = names.firstIndex(of: key), !taken[index] else { return nil }
    taken[index] = true
    return entries[index]
  }

  func has(_ key: String) -> Bool { names.contains(key) }

  mutating func required(_ key: String, in what: String) -> YAMLEntry? {
    if let entry = take(key) { return entry }
    reading.error("missing-key", "\(what) needs '\(key)'", at: node.span)
    return nil
  }

  /// Every key that nobody took is a mistake, but for those that start with `x-`.
  ///
  /// - Parameters:
  ///   - known: the keys that may stand here, for the nearest one.
  ///   - elsewhere: keys that belong somewhere else, with what to write here.
  func finish(
    known: @autoclosure () -> [String], elsewhere: @autoclosure () -> [String: String] = [:]
  ) {
    guard taken.contains(false) else { return }
    let known = known()
    let elsewhere = elsewhere()
    for (entry, taken) in zip(entries, taken) where !taken && !entry.name.hasPrefix("x-") {
      let name = entry.name
      // The reader has refused keys that are no texts.
      guard entry.key.text != nil, !name.isEmpty else { continue }
      if let help = elsewhere[name] {
        reading.error("misplaced-key", "'\(name)' does not belong here", at: entry.key.span, help: help)
      } else {
        reading.error(
          "unknown-key", "unknown key '\(name)'", at: entry.key.span,
          help: reading.nearest(name, known).map { "did you mean '\($0)'?" }
            ?? "known here: " + known.joined(separator: ", "))
      }
    }
  }
}

/// What somebody may have meant, for the first mistakes of a file: each name compared costs, and nobody reads a thousand.
struct NearestName {
  private var left = 100_000

  mutating func name(to word: String, in names: [String]) -> String? {
    guard left > 0, word.utf8.count <= 100 else { return nil }
    left -= names.count
    return Suggestion.nearest(to: word, in: names)
  }
}
