/// Statements for PostgreSQL, their values apart from their text.
public struct SQLRequest: Hashable, Sendable {
  public struct Statement: Hashable, Sendable {
    /// `$1`, `$2`, … stand for the parameters.
    public var text: String
    /// In PostgreSQL's text format; nil is NULL.
    public var parameters: [String?]

    public init(text: String, parameters: [String?]) {
      self.text = text
      self.parameters = parameters
    }
  }

  public enum Mode: Hashable, Sendable {
    /// A question: PostgreSQL refuses writes to tables.
    case readOnlyTransaction
    /// The receipt's key: written with the effect, in one transaction.
    case transaction(receipt: String?)
    case noTransaction
  }

  public var url: BoundText
  /// Instead of the URL's.
  public var database: String?
  public var statements: [Statement]
  public var mode: Mode
  public var lockTimeout: TimeSpan?

  public init(
    url: BoundText, database: String?, statements: [Statement], mode: Mode, lockTimeout: TimeSpan?
  ) {
    self.url = url
    self.database = database
    self.statements = statements
    self.mode = mode
    self.lockTimeout = lockTimeout
  }

  var lines: [String] {
    var lines = ["sql", url.shown, database ?? "", "\(lockTimeout?.nanoseconds ?? 0)"]
    switch mode {
    case .readOnlyTransaction: lines.append("read only")
    case .transaction(let receipt): lines.append(receipt == nil ? "transaction" : "receipt")
    case .noTransaction: lines.append("no transaction")
    }
    for statement in statements {
      lines += ["statement", statement.text]
      lines += statement.parameters.map { $0.map { "value \($0)" } ?? "null" }
    }
    return lines
  }
}

/// What came of statements.
public struct SQLResult: Hashable, Sendable {
  /// Of one statement.
  public struct Table: Hashable, Sendable {
    public var columns: [String]
    public var rows: [[Value]]
    /// Also of rows that were not kept.
    public var rowCount: Int
    /// Rows that a write has touched.
    public var affected: Int
    /// Not all rows were kept, or, of a receipt, none.
    public var truncated: Bool

    public init(columns: [String], rows: [[Value]], rowCount: Int, affected: Int, truncated: Bool) {
      self.columns = columns
      self.rows = rows
      self.rowCount = rowCount
      self.affected = affected
      self.truncated = truncated
    }
  }

  public enum Ending: Hashable, Sendable {
    /// One for each statement. `byReceipt`: they had been done before.
    case answered([Table], byReceipt: Bool)
    /// By PostgreSQL: what had been done of the transaction is undone.
    case refused(sqlstate: String, message: String)
    case unanswered(NoAnswer)
  }

  public var ending: Ending
  public var duration: TimeSpan

  public init(ending: Ending, duration: TimeSpan) {
    self.ending = ending
    self.duration = duration
  }
}
