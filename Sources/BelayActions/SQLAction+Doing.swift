internal import BelayExpressions
public import BelayModel

// The statements as they are sent, and what conditions see of their results.
extension SQLAction {
  /// Where receipts are kept, the same attempt twice is done once.
  public var repetition: Repetition {
    guard transaction == nil || transaction == .value(true), effect != .read, let secret = urlSecret else {
      return .unknown
    }
    return .once(secret: secret)
  }

  private var urlSecret: String? {
    guard let whole = address?.template.whole, let program = try? Program(parsing: whole),
      program.references.count == 1, let path = program.references.first?.path, path.count == 2,
      path[0] == "secrets"
    else { return nil }
    return path[1]
  }

  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    let context = copy context
    guard let address else {
      throw StepFailure(kind: StepFailure.notStarted, message: "'sql' has no URL")
    }
    var bound: [SQLRequest.Statement] = []
    for statement in statements { bound.append(try statement.bound(context)) }
    return .sql(
      SQLRequest(
        url: try address.bound(context),
        database: try database.map { template throws(StepFailure) in try context.plainText(template) },
        statements: bound, mode: try mode(context), lockTimeout: try lockSpan(context)))
  }

  private func mode(_ context: some ActionContext) throws(StepFailure) -> SQLRequest.Mode {
    guard let key = context.idempotencyKey else { return .readOnlyTransaction }
    guard try context.flag(transaction, true) else { return .noTransaction }
    let hasReceipts = urlSecret.map(context.hasReceipts) ?? false
    return .transaction(receipt: hasReceipts ? key : nil)
  }

  private func lockSpan(_ context: some ActionContext) throws(StepFailure) -> TimeSpan? {
    guard let lockTimeout else { return nil }
    if let whole = lockTimeout.whole, case .duration(let span) = try context.evaluate(whole) { return span }
    let text = try context.plainText(lockTimeout)
    guard let span = TimeSpan(text: text), span > .zero else {
      throw StepFailure(kind: "expression", message: "'\(text)' is no duration such as 5s")
    }
    return span
  }

  // MARK: Results

  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer {
    guard case .sql(let sql) = result else { return .foreign(to: SQLAction.keyword) }
    switch sql.ending {
    case .unanswered(let silence): return ActionAnswer(silence)
    case .refused(let state, let message):
      let hint = state == "25001" ? "; a step with 'transaction: false' runs it outside of one" : ""
      return ActionAnswer(
        refused: StepFailure(kind: "sql", message: "\(message) (SQLSTATE \(state))\(hint)", sqlstate: state))
    case .answered(let tables, let byReceipt): return answer(tables, byReceipt)
    }
  }

  private func answer(_ tables: [SQLResult.Table], _ byReceipt: Bool) -> ActionAnswer {
    var answer = ActionAnswer(fields: ValueMap(), failure: nil, answered: true, definite: true)
    guard let last = tables.last else {
      for field in SQLAction.results { answer.absent[field.name] = "the receipt has kept no results" }
      return answer
    }
    for (key, value) in last.fields.entries { answer.fields[key] = value }
    answer.fields["results"] = .list(tables.map { .map($0.fields) })
    if last.truncated {
      let why = byReceipt ? "the receipt has kept no rows" : "not all rows were kept"
      for name in ["rows", "value"] { answer.absent[name] = why }
    } else if answer.fields["value"] == nil {
      answer.absent["value"] =
        "'value' is one row with one column, here are \(last.rowCount) rows with \(last.columns.count)"
    }
    return answer
  }
}

extension SQLResult.Table {
  fileprivate var fields: ValueMap {
    var fields: ValueMap = [
      "columns": .list(columns.map { .string($0) }), "row_count": .int(Int64(rowCount)),
      "affected": .int(Int64(affected)),
    ]
    guard !truncated else { return fields }
    fields["rows"] = .list(
      rows.map { row in .map(ValueMap(zip(columns, row).map { ($0, $1) })) })
    if rows.count == 1, rows[0].count == 1 { fields["value"] = rows[0][0] }
    return fields
  }
}

extension SQLStatement {
  fileprivate func bound(_ context: some ActionContext) throws(StepFailure) -> SQLRequest.Statement {
    var text = ""
    var parameters: [String?] = []
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      // In quotes by `identifier()` itself.
      case .name(let expression): text += try context.evaluate(expression).text
      case .parameter(let expression):
        let value = SQLValue.text(try context.evaluate(expression))
        if value?.utf8.contains(0) == true {
          throw StepFailure(
            kind: "expression",
            message: "the value of '\(expression.source)' holds a NUL character, which PostgreSQL cannot take"
          )
        }
        parameters.append(value)
        text += "$\(parameters.count)"
      }
    }
    return SQLRequest.Statement(text: text, parameters: parameters)
  }
}
