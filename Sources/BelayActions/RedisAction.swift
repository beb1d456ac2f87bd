public import BelayModel

/// `redis:` commands for one server, sent one after the other over one connection.
///
/// `url` is its address or the secret that holds it, `commands` a list of lists: the command and its arguments. A value
/// bound in an argument is a part of that argument, whatever is in it; an argument that is one binding of a list becomes
/// as many as the list has items.
///
/// It answers with `value`, what each command answered, in order.
public struct RedisAction: Action {
  public static let keyword = "redis"
  public static let summary = "Commands for Redis; in a check only those that read."
  public static let shape = Shape.table(table)
  public static let results = [ResultField("value", "list")]

  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? { .seconds(10) }

  public static func bindable(at path: [String]) -> Bindable { path.first == "url" ? .wholeSecret : .values }

  public static let secretHelp: String? = "only a whole 'url' takes one"

  private static let table = KeyTable([
    Key("url", .text, isRequired: true, "Where it is; often a whole secret."),
    Key("commands", .list(.list(.text)), isRequired: true, "Each a list: its name and its arguments."),
  ])

  private static let help = "commands: [[LLEN, jobs], [PING]]"

  private(set) var address: ServerAddress?
  private(set) var commands: [[Template]] = []
  public let templates: [Template]

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    templates = source.fields.templates
    guard var fields = ActionFields(source.fields, of: RedisAction.keyword) else {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'redis' takes a map", at: source.fields.span,
          help: "redis: { url: \"${{ secrets.redis_url }}\", \(RedisAction.help) }"))
      return nil
    }
    let url = fields.required("url", help: "url: \"${{ secrets.redis_url }}\"").flatMap { fields.text($0) }
    address = url.map { ServerAddress($0, schemes: ["redis", "rediss"], &fields) }
    if let entry = fields.required("commands", help: RedisAction.help) { read(entry, &fields) }
    fields.finish(RedisAction.table.keys.names)
    diagnostics += fields.diagnostics
    if fields.hasErrors { return nil }
  }

  private mutating func read(_ entry: TemplateTree.Entry, _ fields: inout ActionFields) {
    guard case .list(let items) = entry.value.content else {
      return fields.report(
        "wrong-type", "'commands' takes a list of commands", at: entry.value.span, help: RedisAction.help)
    }
    if items.isEmpty { fields.report("empty", "'commands' holds no command", at: entry.value.span) }
    for item in items {
      guard case .list(let arguments) = item.content else {
        fields.report(
          "wrong-type", "a command is a list: its name and its arguments", at: item.span,
          help: RedisAction.help)
        continue
      }
      let command = arguments.compactMap { argument($0, &fields) }
      if arguments.isEmpty { fields.report("empty", "this command has no name", at: item.span) }
      guard let first = command.first, command.count == arguments.count else { continue }
      check(first, command, &fields)
      commands.append(command)
    }
  }

  private func argument(_ tree: TemplateTree, _ fields: inout ActionFields) -> Template? {
    guard let template = tree.asTemplate else {
      fields.report(
        "wrong-type", "an argument is a text", at: tree.span,
        help: "a list is bound as one whole argument: \"${{ params.keys }}\"")
      return nil
    }
    fields.add(Placeholder.diagnostics(in: template))
    return template
  }

  private func check(_ name: Template, _ command: [Template], _ fields: inout ActionFields) {
    guard let literal = name.literal else { return }
    if literal.isEmpty || literal.contains(where: \.isWhitespace) {
      fields.report(
        "bad-value", "'\(literal)' is no command", at: name.span,
        help: literal.isEmpty ? RedisAction.help : "each argument is an item of its own: [LLEN, jobs]")
    } else if RedisCommands.kind(literal, command.dropFirst().first?.literal) == .unanswered {
      fields.report(
        "bad-value", "\(literal.uppercased()) changes what the connection is for, and gives no answer",
        at: name.span, help: "leave it out; to wait for something, ask for it 'every' so often")
    }
  }

  public var effect: ActionEffect {
    for command in commands {
      guard let name = command.first else { continue }
      guard let literal = name.literal else {
        return .write(
          ActionEffect.Write("nobody can tell which command this is", at: name.span, help: "write its name"))
      }
      let second = command.dropFirst().first
      guard RedisCommands.kind(literal, second?.literal) != .read else { continue }
      return .write(RedisAction.write(literal.uppercased(), name.span))
    }
    return .read
  }

  private static func write(_ name: String, _ span: SourceSpan) -> ActionEffect.Write {
    let nearest = Suggestion.nearest(to: name, in: RedisCommands.names)
    let help: String
    if let form = RedisCommands.readingForm(of: name) {
      help = "write \(form), or write it as a step"
    } else if let nearest, nearest.count == name.count {
      help = "did you mean '\(nearest)'? What writes is a step"
    } else {
      help = "write it as a step"
    }
    return ActionEffect.Write("\(name) is none of Redis' reads", at: span, help: help)
  }

  /// As they could be typed into `redis-cli`.
  public func preview(_ look: (Expression) -> ShownValue) -> String {
    let lines = commands.map { command in
      command.flatMap { RedisAction.shown($0, look) }.joined(separator: " ")
    }
    return (lines + ["at \(address?.shown(look) ?? "")"]).joined(separator: "\n")
  }

  private static func shown(_ argument: Template, _ look: (Expression) -> ShownValue) -> [String] {
    if let whole = argument.whole {
      switch look(whole) {
      case .known(.list(let items)): return items.map { quoted($0.text) }
      case .known(let value): return [quoted(value.text)]
      case .words(let words): return [words]
      }
    }
    return [quoted(argument.shown(look))]
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar.value > 0x20 && scalar != "\"" && scalar != "'" && scalar != "\\" && scalar.value != 0x7F
    }
    if isPlain, !text.isEmpty { return text }
    var quoted = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<" ", "\u{7F}":
        quoted += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return "\"\(quoted)\""
  }
}
