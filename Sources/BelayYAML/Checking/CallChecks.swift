internal import BelayExpressions
internal import BelayModel

// `uses` and `playbook`: there is such a file, it takes what it is given, it does no more than may be done here.
extension PlaybookChecker {
  mutating func checkCall(_ action: ActionSource, _ scope: Scope) {
    guard let library, let name = action.calledName, !name.isEmpty else { return }
    let span = action.fields.span
    guard FileReference.isValid(name) else { return refuse(name, action.keyword, span) }
    if action.keyword == "uses" {
      guard let file = file(library.actions[name], name, "action file", FileReference.path(ofAction:), span)
      else { return }
      checkWith(action, file.params, name, scope)
      if scope.asks, file.effect == .write { reportWrite(name, scope, span, file) }
    } else {
      guard let file = file(library.playbooks[name], name, "playbook", FileReference.path(ofPlaybook:), span)
      else { return }
      checkWith(action, file.params, name, scope)
      if scope.asks { checkReads(file, span) }
      if library.tooLarge.contains(name) { reportSize(name, span) }
      if library.tooDeep.contains(playbook.name) { reportDepth(span) }
    }
  }

  private mutating func refuse(_ name: String, _ keyword: String, _ span: SourceSpan) {
    let last = FileName.stem(of: name)
    report(
      "bad-name", "'\(keyword)' takes the name of a file, without its folder and its ending", at: span,
      help: FileReference.isValid(last) ? "write \(keyword): \(last)" : nil)
  }

  private mutating func file<File>(
    _ link: Link<File>?, _ name: String, _ what: String, _ path: (String) -> String, _ span: SourceSpan
  ) -> File? {
    switch link {
    case .file(let file): return file
    case .unusable(let why):
      if let why { report("unreadable", "\(path(name)) cannot be read: \(why)", at: span) }
    case .missing, nil:
      let known = what == "playbook" ? library?.playbookNames : library?.actionNames
      report(
        "unknown-file", "there is no \(what) '\(name)'", at: span,
        help: nearest(name, known ?? []).map { "did you mean '\($0)'?" } ?? "\(path(name)) would be its file")
    }
    return nil
  }

  private mutating func reportWrite(_ name: String, _ scope: Scope, _ span: SourceSpan, _ file: ActionFile) {
    report(
      "write-in-check", "'\(name)' writes, and \(scope.title) only asks", at: span,
      help: "write it as a step; if it changes nothing, say 'effect: read' in \(file.path)")
  }

  /// What it calls in turn is held to the same where it is called.
  private mutating func checkReads(_ called: Playbook, _ span: SourceSpan) {
    let nodes = NodeIndex(called).entries.map(\.node)
    for node in nodes {
      let what: String? =
        switch node.kind {
        case .step: "the step '\(node.id)'"
        case .gate: "the gate '\(node.id)'"
        case .check, .group: nil
        }
      guard let what else { continue }
      return report(
        Diagnostic(
          code: "write-in-check", "'\(called.name)' does more than ask", at: span,
          help: "call it in a step, or call a playbook of checks",
          notes: [Diagnostic.Note(message: "it has \(what)", span: node.span)]))
    }
  }

  private mutating func reportSize(_ name: String, _ span: SourceSpan) {
    report(
      "too-many-nodes", "'\(name)' is more than 12,500 nodes with all that it calls", at: span,
      help: "call it fewer times, or loop with 'each' over what is needed")
  }

  private mutating func reportDepth(_ span: SourceSpan) {
    report(
      "too-deep", "more than \(Limits.calls) playbooks that call each other from here", at: span,
      help: "call what is done next after this playbook, not in it")
  }

  /// At the first call on the way back to this playbook.
  mutating func checkCircles() {
    guard let circle = library?.circles[playbook.name], circle.count > 1,
      let call = playbook.calls.first(where: { $0.keyword == "playbook" && $0.calledName == circle[1] })
    else { return }
    report(
      "playbook-cycle", "these playbooks call each other without end: " + circle.joined(separator: " → "),
      at: call.fields.span)
  }
}

// What is given, against what is declared.
extension PlaybookChecker {
  private mutating func checkWith(
    _ action: ActionSource, _ params: [Parameter], _ name: String, _ scope: Scope
  ) {
    let names = params.map(\.name)
    for entry in action.with {
      // There are at most Limits.names of them.
      guard let parameter = params.first(where: { $0.name == entry.key }) else {
        report(
          "unknown-parameter", "'\(name)' has no parameter '\(entry.key)'", at: entry.keySpan,
          help: nearest(entry.key, names).map { "did you mean '\($0)'?" }
            ?? (names.isEmpty ? "it takes none" : "it takes " + names.joined(separator: ", ")))
        continue
      }
      checkGiven(entry.value, parameter, scope)
    }
    let given = Set(action.with.map(\.key))
    for parameter in params where parameter.required {
      guard !given.contains(parameter.name) else { continue }
      report(
        "missing-parameter", "'\(name)' needs '\(parameter.name)'", at: action.fields.span,
        help: "add with: { \(parameter.name): … }, \(parameter.kind.described)")
    }
  }

  private mutating func checkGiven(_ tree: TemplateTree, _ parameter: Parameter, _ scope: Scope) {
    guard tree.templates.allSatisfy({ $0.expressions.isEmpty }) else {
      return checkBoundValue(tree, parameter.kind, scope)
    }
    do throws(TypedValue.Misfit) {
      let value = try TypedValue.decode(tree, as: parameter.kind)
      if let why = TypedValue.violation(of: value, parameter) {
        report("bad-argument", "'\(parameter.name)' is not allowed: \(why)", at: tree.span)
      }
    } catch {
      report("bad-argument", error.message, at: error.span, help: error.help)
    }
  }

  /// As far as can be said before the values are known.
  private mutating func checkBoundValue(_ tree: TemplateTree, _ kind: Parameter.Kind, _ scope: Scope) {
    switch (tree.content, kind) {
    case (.text(let text), _) where text.whole != nil:
      if let whole = text.whole { checkType(of: whole, kind, scope) }
    case (.text(let text), .string), (.text(let text), .duration), (.text(let text), .timestamp):
      if text.expressions.isEmpty { checkLiteral(tree, kind) }
    case (.list(let items), .list(let inner)): for item in items { checkBoundValue(item, inner, scope) }
    case (.map(let entries), .map(let fields)):
      for entry in entries {
        guard let field = fields.first(where: { $0.name == entry.key }) else {
          report(
            "bad-argument", "there is no field '\(entry.key)'", at: entry.keySpan,
            help: nearest(entry.key, fields.map(\.name)).map { "did you mean '\($0)'?" })
          continue
        }
        checkBoundValue(entry.value, field.kind, scope)
      }
    case (.scalar, _): checkLiteral(tree, kind)
    default:
      report(
        "bad-argument", "this is no \(kind.name)", at: tree.span,
        help: "one binding alone keeps its type: \"${{ … }}\"")
    }
  }

  /// A binding that stands alone keeps its type, and that is none of the parameter's whatever its value.
  private mutating func checkType(of whole: Expression, _ kind: Parameter.Kind, _ scope: Scope) {
    let type = type(of: whole, scope)
    guard !kind.takes(type) else { return }
    report(
      "bad-argument", "this is \(type.described), and no \(kind.name)", at: whole.span,
      help: kind.conversion(from: type).map { "write \($0)(…) around it" })
  }

  private mutating func checkLiteral(_ tree: TemplateTree, _ kind: Parameter.Kind) {
    do throws(TypedValue.Misfit) {
      _ = try TypedValue.decode(tree, as: kind)
    } catch {
      report("bad-argument", error.message, at: error.span, help: error.help)
    }
  }
}

extension Parameter.Kind {
  fileprivate var described: String {
    switch self {
    case .integer: "an integer"
    default: "a \(name)"
    }
  }

  /// CEL's function that makes such a value of one of that type.
  fileprivate func conversion(from type: StaticType) -> String? {
    switch self {
    case .string: type.isMap || type.isList ? nil : "string"
    case .integer: [.string, .double, .uint, .timestamp].contains(type) ? "int" : nil
    case .number: type == .string ? "double" : nil
    default: nil
    }
  }

  /// Whether a value of a type may be one of this kind; of `dyn` nobody knows.
  fileprivate func takes(_ type: StaticType) -> Bool {
    switch (self, type) {
    case (_, .dyn), (_, .null), (_, .optional): true
    case (.string, .string), (.integer, .int), (.boolean, .bool): true
    case (.number, .int), (.number, .double): true
    case (.duration, .duration), (.duration, .string), (.timestamp, .timestamp), (.timestamp, .string): true
    case (.list(let item), .list(let inner)): item.takes(inner)
    case (.map, .map): true
    case (.map(let fields), .record(let known)):
      fields.allSatisfy { field in known[field.name].map(field.kind.takes) ?? true }
    default: false
    }
  }
}
