internal import BelayModel
private import CYAML

/// Bytes to one document's nodes, over libyaml's events.
///
/// It keeps its own stack, so that a deep document costs memory and no recursion; deeper than 64 levels it stops.
struct YAMLParser {
  static let depthLimit = 64
  static let aliasLimit = 100_000
  /// Keys, texts, lists and maps in a file.
  static let nodeLimit = 400_000
  /// In bytes; the larger ones are files of their own.
  static let scalarLimit = 1 << 20
  /// Each is compared with all before it by libyaml.
  static let directiveLimit = 64

  struct SyntaxError {
    var mark: Mark
    var message: String
    var context: Mark?
    var contextMessage: String?
  }

  struct Frame {
    var isMapping: Bool
    var isFlow: Bool
    var start: Mark
    /// Of its anchor or tag.
    var tagStart: Mark
    var anchor: String?
    var tag: String?
    var items: [YAMLNode] = []
    var entries: [YAMLEntry] = []
    var key: YAMLNode?
  }

  let source: SourceText
  private(set) var found = DiagnosticList()
  private(set) var root: YAMLNode?
  private(set) var frames: [Frame] = []
  private var anchors: [String: YAMLNode] = [:]
  private var nodes = 0
  private var fromAliases = 0
  private var textFromAliases = 0
  private var isDone = false
  private var strict: StrictYAML
  /// Where libyaml's error stands, for those who know better what was meant.
  private(set) var syntaxError: SyntaxError?

  init(_ source: SourceText) {
    self.source = source
    strict = StrictYAML(source)
  }

  /// The document's node; nil with diagnostics, or without any for an empty file.
  mutating func parse() {
    guard directiveCount() <= YAMLParser.directiveLimit else {
      return stop(
        "too-many-directives", "more than 64 lines that start with '%'", at: Mark(line: 0, column: 0))
    }
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) != 0 else {
      return stop("out-of-memory", "no memory for the parser", at: Mark(line: 0, column: 0))
    }
    defer { yaml_parser_delete(&parser) }
    // Without a line end at its end, the last line of a block scalar would be read as YAML 1.1 reads it.
    let input = source.bytes.last == 0x0A ? source.bytes : source.bytes + [0x0A]
    input.withUnsafeBufferPointer { bytes in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
      while !isDone, next(&parser) {}
    }
    if !isDone { strict.end() }
    for diagnostic in strict.found.all { found.append(diagnostic) }
  }

  private func directiveCount() -> Int {
    var count = 0
    for number in 0..<source.lineCount {
      let line = source.line(number)
      if line.starts(with: "---".utf8) { break }
      if line.first == UInt8(ascii: "%") { count += 1 }
    }
    return count
  }

  private mutating func next(_ parser: inout yaml_parser_t) -> Bool {
    var event = yaml_event_t()
    guard yaml_parser_parse(&parser, &event) != 0 else {
      fail(parser)
      return false
    }
    defer { yaml_event_delete(&event) }
    let start = Mark(event.start_mark)
    let end = Mark(event.end_mark)
    switch event.type {
    case YAML_STREAM_END_EVENT: return false
    case YAML_DOCUMENT_START_EVENT:
      if root != nil {
        stop("several-documents", "a second document starts here", at: start, help: "one file, one document")
      }
    case YAML_ALIAS_EVENT:
      strict.between(start, and: end, isFlow: isInFlow)
      strict.nameEnds(end)
      alias(text(event.data.alias.anchor), start, end)
    case YAML_SCALAR_EVENT: scalar(event)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      open(
        Frame(
          isMapping: false, isFlow: data.style == YAML_FLOW_SEQUENCE_STYLE, start: start,
          tagStart: start, anchor: text(data.anchor), tag: text(data.tag)), end)
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      open(
        Frame(
          isMapping: true, isFlow: data.style == YAML_FLOW_MAPPING_STYLE, start: start,
          tagStart: start, anchor: text(data.anchor), tag: text(data.tag)), end)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      if isInFlow { strict.between(start, and: end, isFlow: true) }
      close(end)
    default: break
    }
    return true
  }

  private mutating func scalar(_ event: yaml_event_t) {
    let scalar = event.data.scalar
    let start = Mark(event.start_mark)
    let end = Mark(event.end_mark)
    strict.between(start, and: end, isFlow: isInFlow)
    let hasProperties = scalar.anchor != nil || scalar.tag != nil
    let content = hasProperties ? strict.contentStart(start, end) : start
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    guard bytes.count <= YAMLParser.scalarLimit else {
      return stop(
        "too-large", "a text of more than 1 MiB", at: start,
        help: "keep it in a file of its own, and read that")
    }
    let node = YAMLNode(
      .scalar(text: String(decoding: bytes, as: UTF8.self), style: YAMLNode.Style(scalar.style)),
      tag: text(scalar.tag), source: source, start: content, end: end, tagStart: start)
    strict.scalar(node, indent: blockIndent, isFlow: isInFlow)
    if bytes.contains(0) {
      report("nul", "this text holds a NUL character, which no command and no file's name can", at: node.span)
    }
    checkTag(node, start)
    complete(node, anchor: text(scalar.anchor))
  }

  /// Where commas and brackets of an expression are taken for those of YAML.
  var isInFlowOfExpressions: Bool { isInFlow && mayBeExpression }

  private var isInFlow: Bool { frames.last?.isFlow ?? false }

  /// The column of the innermost block collection, -1 at the top.
  private var blockIndent: Int { frames.last { !$0.isFlow }?.start.column ?? -1 }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private mutating func fail(_ parser: yaml_parser_t) {
    let message = parser.problem.map { String(cString: $0) } ?? "this is no YAML"
    if parser.error == YAML_READER_ERROR {
      return stop("yaml-syntax", message, at: Mark(line: 0, column: 0))
    }
    let context = parser.context.map { String(cString: $0) }
    syntaxError = SyntaxError(
      mark: Mark(parser.problem_mark), message: message,
      context: context == nil ? nil : Mark(parser.context_mark), contextMessage: context)
    isDone = true
  }

  mutating func stop(_ code: String, _ message: String, at mark: Mark, help: String? = nil) {
    report(code, message, at: source.span(line: mark.line, column: mark.column), help: help)
    isDone = true
  }

  mutating func report(
    _ code: String, _ message: String, at span: SourceSpan, help: String? = nil, notes: [Diagnostic.Note] = []
  ) {
    found.append(Diagnostic(code: code, message, at: span, help: help, notes: notes))
  }
}

// Nodes out of events.
extension YAMLParser {
  fileprivate mutating func open(_ frame: Frame, _ end: Mark) {
    var frame = frame
    if frame.anchor != nil || frame.tag != nil { frame.start = strict.contentStart(frame.start, end) }
    if isInFlow { strict.firstOnLine(frame.start, indent: blockIndent) }
    strict.opens(frame.start, end, isFlow: frame.isFlow, inFlow: isInFlow)
    guard frames.count < YAMLParser.depthLimit else { return tooDeep(frame.start) }
    frames.append(frame)
  }

  private mutating func tooDeep(_ mark: Mark) {
    stop("too-deep", "nested deeper than \(YAMLParser.depthLimit) levels", at: mark)
  }

  fileprivate mutating func close(_ end: Mark) {
    guard var frame = frames.popLast() else { return }
    let content: YAMLNode.Content
    if frame.isMapping {
      frame.entries = merged(frame.entries)
      content = .mapping(frame.entries)
    } else {
      content = .sequence(frame.items)
    }
    let node = YAMLNode(
      content, tag: frame.tag, source: source, start: frame.start, end: end, tagStart: frame.tagStart,
      isFlow: frame.isFlow)
    checkTag(node, frame.start)
    complete(node, anchor: frame.anchor)
  }

  fileprivate mutating func complete(_ node: YAMLNode, anchor: String?) {
    nodes += 1
    guard nodes <= YAMLParser.nodeLimit else {
      return stop("too-many-values", "more than 400,000 keys and values in one file", at: node.start)
    }
    if let anchor { anchors[anchor] = node }
    guard let top = frames.indices.last else {
      root = node
      return
    }
    if !frames[top].isMapping {
      frames[top].items.append(node)
    } else if let key = frames[top].key {
      frames[top].key = nil
      frames[top].entries.append(YAMLEntry(key: key, value: node))
    } else {
      frames[top].key = node
      checkKey(node)
    }
  }

  /// The same node again; what it would be written out counts.
  fileprivate mutating func alias(_ name: String?, _ start: Mark, _ end: Mark) {
    let name = name ?? ""
    guard let node = anchors[name] else {
      let isOpen = frames.contains { $0.anchor == name }
      let message =
        isOpen ? "the alias '*\(name)' stands inside its own anchor" : "no anchor '&\(name)' before here"
      report(
        isOpen ? "recursive-alias" : "unknown-alias", message,
        at: source.span(line: start.line, column: start.column, length: end.column - start.column))
      return complete(
        YAMLNode(.scalar(text: "", style: .plain), tag: nil, source: source, start: start, end: end),
        anchor: nil)
    }
    fromAliases += node.size
    textFromAliases += node.textSize
    guard fromAliases <= YAMLParser.aliasLimit, textFromAliases <= SourceText.sizeLimit else {
      return stop(
        "too-many-aliases", "more than 100,000 nodes or 32 MiB come out of aliases", at: start,
        help: "write the values out, or bind parameters")
    }
    guard frames.count + node.height - 1 <= YAMLParser.depthLimit else { return tooDeep(start) }
    complete(node, anchor: nil)
  }

  private func isText(_ key: YAMLNode) -> Bool {
    guard case .scalar(let text, let style) = key.content else { return false }
    if let tag = key.tag, tag != "!" { return tag == CoreSchema.stringTag }
    if style == .plain, key.tag == nil, case .string = CoreSchema.value(text) { return true }
    return style != .plain
  }

  /// A key that is no text is said, and its entry left out.
  private mutating func checkKey(_ key: YAMLNode) {
    if isText(key) { return }
    if key.text == nil {
      report("non-string-key", "a key must be a text, this is \(key.kindName)", at: key.span)
    } else if key.tag == nil {
      let text = key.text ?? ""
      report(
        "non-string-key", text.isEmpty ? "a key is missing here" : "the key '\(text)' is no text",
        at: key.span,
        help: text.isEmpty ? nil : "write it in quotes: \"\(text)\"")
    } else {
      report("non-string-key", "a key must be a text", at: key.span)
    }
  }

  fileprivate mutating func checkTag(_ node: YAMLNode, _ mark: Mark) {
    guard let tag = node.tag, !CoreSchema.tags.contains(tag) else {
      return checkTagFits(node)
    }
    // In fields of expressions the decoder says something better about `!x`.
    guard !tag.hasPrefix("!") || tag.dropFirst().contains("!") || node.text == nil || !mayBeExpression else {
      return
    }
    report(
      "unknown-tag", "the tag '\(tag)' is not of YAML's core schema",
      at: source.span(line: node.tagStart.line, column: node.tagStart.column), help: "leave it out")
  }

  private mutating func checkTagFits(_ node: YAMLNode) {
    guard let tag = node.tag, tag != "!" else { return }
    let fits: Bool =
      switch (tag.dropFirst(CoreSchema.prefix.count), node.content) {
      case ("map", .mapping), ("seq", .sequence), ("str", .scalar): true
      case ("null", .scalar(let text, _)): CoreSchema.isNull(text)
      case ("bool", .scalar(let text, _)): CoreSchema.bool(text) != nil
      case ("int", .scalar(let text, _)): CoreSchema.integer(text) != nil
      case ("float", .scalar(let text, _)): CoreSchema.float(text) != nil
      default: false
      }
    guard !fits else { return }
    report(
      "wrong-tag", "the value does not fit its tag '!!\(tag.dropFirst(CoreSchema.prefix.count))'",
      at: node.span)
  }

  /// Whether what is read now is the value of a key that holds an expression.
  fileprivate var mayBeExpression: Bool {
    frames.suffix(2).contains { frame in
      frame.key.map { ExpressionKeys.holdsExpressions($0.text ?? "") } ?? false
    }
  }
}

// Merge keys and duplicates.
extension YAMLParser {
  /// - Source: yaml.org/type/merge.html: own keys win, then those of the first map in a list.
  private mutating func merged(_ entries: [YAMLEntry]) -> [YAMLEntry] {
    if isPlainMap(entries) { return entries }
    var seen: [String: YAMLNode] = [:]
    var own: [YAMLEntry] = []
    var merges: [YAMLNode] = []
    for entry in entries where isText(entry.key) {
      let name = entry.name
      if let first = seen[name], entry.key.text != nil {
        report(
          "duplicate-key", "the key '\(name)' stands here twice", at: entry.key.span,
          notes: [Diagnostic.Note(message: "first here", span: first.span)])
        // What would be merged is still looked at.
        if name != "<<" { continue }
      }
      seen[name] = entry.key
      if name == "<<", entry.key.style == .plain {
        merges += sources(of: entry)
      } else {
        own.append(entry)
      }
    }
    for merge in merges {
      for entry in merge.entries ?? [] where seen[entry.name] == nil {
        seen[entry.name] = entry.key
        own.append(entry)
      }
    }
    return own
  }

  /// Few keys, all of them texts, none twice, none to merge: as nearly every map is.
  private func isPlainMap(_ entries: [YAMLEntry]) -> Bool {
    guard entries.count <= 16 else { return false }
    var names: [String] = []
    for entry in entries {
      guard isText(entry.key), let name = entry.key.text, name != "<<", !names.contains(name) else {
        return false
      }
      names.append(name)
    }
    return true
  }

  private mutating func sources(of entry: YAMLEntry) -> [YAMLNode] {
    let nodes = entry.value.items ?? [entry.value]
    if let wrong = nodes.first(where: { $0.entries == nil }) {
      report("wrong-merge", "'<<' takes a map or a list of maps", at: wrong.span)
    }
    return nodes.filter { $0.entries != nil }
  }
}

extension Mark {
  fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line), column: Int(mark.column)) }
}

extension YAMLNode.Style {
  fileprivate init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .single
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .double
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    default: self = .plain
    }
  }
}
