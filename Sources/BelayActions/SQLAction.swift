public import BelayModel

/// `sql:` statements for PostgreSQL:
///
/// - `url`: of the server, or the secret that holds it; `database` instead of the URL's;
/// - `query`: a statement, or a list of them, which are one transaction; in a check it is read-only. A value that is
///   bound becomes a parameter, `identifier(…)` a name in quotes: neither is ever read as SQL;
/// - `transaction: false`: a single statement that PostgreSQL refuses inside a transaction;
/// - `lock_timeout`: how long it may wait for a lock.
///
/// It answers with the last statement's `rows` (maps by column), `columns`, `row_count`, `affected`, `value` (of a single
/// row's single column), and `results`, a list of all that for each statement.
public struct SQLAction: Action {
  public static let keyword = "sql"
  public static let summary =
    "Statements for PostgreSQL, values bound as parameters; in a check nothing can be written."
  public static let shape = Shape.table(table)
  public static let results = [
    ResultField("rows", "list"), ResultField("columns", "list"), ResultField("row_count", "int"),
    ResultField("affected", "int"), ResultField("value", "dyn"), ResultField("results", "list"),
  ]

  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? { .seconds(60) }

  public static func bindable(at path: [String]) -> Bindable {
    switch path.first {
    case "url": .wholeSecret
    case "query": .identifiers
    default: .values
    }
  }

  public static let secretHelp: String? = "only a whole 'url' takes one"

  private static let table = KeyTable([
    Key("url", .text, isRequired: true, "Where it is; often a whole secret."),
    Key("database", .text, "Another database of that server."),
    Key(
      "query", .oneOrMany(.text, atLeast: 1), isRequired: true,
      "One statement, or a list that is one transaction."),
    Key("transaction", .bindable(.boolean), "False for what PostgreSQL runs outside of transactions only."),
    Key("lock_timeout", .duration(), "How long a lock is waited for."),
  ])

  private(set) var address: ServerAddress?
  private(set) var database: Template?
  private(set) var statements: [SQLStatement] = []
  /// Whether `query` is a list.
  private var isList = false
  private(set) var transaction: Scalar<Bool>?
  private var transactionPlace: SourceSpan
  private(set) var lockTimeout: Template?
  public let templates: [Template]

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    templates = source.fields.templates
    transactionPlace = source.keywordSpan
    guard var fields = ActionFields(source.fields, of: SQLAction.keyword) else {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'sql' takes a map", at: source.fields.span,
          help: "sql: { url: \"${{ secrets.db_url }}\", query: select … }"))
      return nil
    }
    read(&fields)
    diagnostics += fields.diagnostics
    if fields.hasErrors { return nil }
  }

  private mutating func read(_ fields: inout ActionFields) {
    let url = fields.required("url", help: "url: \"${{ secrets.db_url }}\"").flatMap { fields.text($0) }
    address = url.map { ServerAddress($0, schemes: ["postgresql", "postgres"], &fields) }
    database = fields.text("database")
    transactionPlace = fields.entries.first { $0.key == "transaction" }?.keySpan ?? transactionPlace
    transaction = fields.bool("transaction")
    readLockTimeout(&fields)
    if let entry = fields.required("query", help: "query: select …") { readQuery(entry, &fields) }
    checkTransaction(&fields)
    fields.finish(SQLAction.table.keys.names)
  }

  private mutating func readLockTimeout(_ fields: inout ActionFields) {
    lockTimeout = fields.text("lock_timeout")
    guard let lockTimeout, let literal = lockTimeout.literal else { return }
    if let span = TimeSpan(text: literal), span > .zero { return }
    fields.report("bad-duration", "'\(literal)' is no duration", at: lockTimeout.span, help: "write 5s or 1m")
  }

  private mutating func readQuery(_ entry: TemplateTree.Entry, _ fields: inout ActionFields) {
    let written: [TemplateTree]
    switch entry.value.content {
    case .list(let items):
      isList = true
      written = items
      if items.isEmpty { fields.report("empty", "'query' holds no statement", at: entry.value.span) }
    default: written = [entry.value]
    }
    for tree in written {
      guard let text = fields.text(TemplateTree.Entry(key: "query", keySpan: entry.keySpan, value: tree))
      else {
        continue
      }
      let placeholders = Placeholder.diagnostics(in: text)
      let statement = SQLStatement(text) { SQLName.isOne($0) }
      fields.add(placeholders.isEmpty ? statement.mistakes : placeholders)
      statements.append(statement)
    }
  }

  private func checkTransaction(_ fields: inout ActionFields) {
    for statement in statements where statement.mistakes.isEmpty {
      let place = statement.units.span(statement.tokens.first?.index ?? 0)
      if let word = statement.transactionWord {
        fields.report(
          "bad-value", "\(word): the transaction is not the statement's to begin or end", at: place,
          help: "the statements of a list are one transaction; 'transaction: false' runs one without")
      } else if statement.needsNoTransaction, transaction == nil || transaction == .value(true) {
        fields.report(
          "not-in-transaction", "PostgreSQL runs \(statement.beginning) outside of transactions only",
          at: place,
          help: isList && statements.count > 1
            ? "make it a step of its own, with 'transaction: false'" : "write transaction: false")
      }
    }
    if transaction == .value(false), statements.count > 1 {
      fields.report(
        "contradiction", "without a transaction there is one statement, here are \(statements.count)",
        at: transactionPlace, help: "make each a step of its own: what is done is then known of each")
    }
  }

  public var effect: ActionEffect {
    for statement in statements {
      guard let change = statement.change else { continue }
      return .write(ActionEffect.Write(change.why, at: change.span, help: "write it as a step"))
    }
    guard transaction == nil || transaction == .value(true) else {
      return .write(
        ActionEffect.Write(
          "'transaction' may leave the read-only transaction out", at: transactionPlace,
          help: "leave 'transaction' out"))
    }
    return .read
  }

  public func preview(_ look: (Expression) -> ShownValue) -> String {
    var lines: [String] = statements.count > 1 ? ["in one transaction:"] : []
    for (number, statement) in statements.enumerated() {
      let text = statement.shown(look)
      lines.append(statements.count > 1 ? "\(number + 1). \(text)" : text)
    }
    var words = [address.map { "at \($0.shown(look))" }, database.map { "database \($0.shown(look))" }]
    words.append(lockTimeout.map { "waits \($0.shown(look)) for a lock" })
    switch transaction {
    case .value(false): words.append("outside of a transaction")
    case .bound(let template): words.append("in a transaction: \(template.shown(look))")
    case .value(true), nil: break
    }
    lines.append(words.compactMap { $0 }.joined(separator: " · "))
    return lines.joined(separator: "\n")
  }
}
