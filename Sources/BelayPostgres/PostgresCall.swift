public import BelayTransport

/// Statements for one connection, complete: what is secret in it stands in it as it is.
public struct PostgresCall: Sendable {
  public struct Statement: Sendable {
    /// `$1`, `$2`, … stand for the parameters.
    public var text: String
    /// In PostgreSQL's text format; nil is NULL.
    public var parameters: [String?]

    public init(text: String, parameters: [String?]) {
      self.text = text
      self.parameters = parameters
    }
  }

  /// A row that is written with the effect, in one transaction, and proves it.
  public struct Receipt: Sendable {
    public var key: String
    /// SHA-256 of the request.
    public var digest: String
    /// What the statements have given is kept in it.
    public var keepsResults: Bool

    public init(key: String, digest: String, keepsResults: Bool) {
      self.key = key
      self.digest = digest
      self.keepsResults = keepsResults
    }
  }

  public enum Mode: Sendable {
    case readOnlyTransaction
    case transaction(Receipt?)
    case noTransaction
  }

  public var url: String
  /// Instead of the URL's.
  public var database: String?
  public var statements: [Statement]
  public var mode: Mode
  /// Milliseconds.
  public var lockTimeout: Int64?
  /// An advisory lock: of a write to itself, of a question together with others. Who cannot have it waits.
  public var lock: Int64?
  /// Of values; rows that come after them are counted and forgotten.
  public var limits: CallLimits

  public init(url: String, statements: [Statement], mode: Mode, limits: CallLimits) {
    self.url = url
    self.statements = statements
    self.mode = mode
    self.limits = limits
  }
}

/// What one statement has given.
public struct PostgresTable: Sendable {
  public struct Column: Sendable {
    public var name: String
    /// PostgreSQL's number of its type.
    public var type: UInt32

    public init(name: String, type: UInt32) {
      self.name = name
      self.type = type
    }
  }

  public var columns: [Column] = []
  /// In text format; nil is NULL.
  public var rows: [[String?]] = []
  public var rowCount = 0
  /// Rows that a write has touched.
  public var affected = 0
  /// Not all rows were kept.
  public var isCut = false

  public init() {}
}

public enum PostgresOutcome: Sendable {
  case answered([PostgresTable])
  /// It was done before: the receipt is there, with what it keeps (JSON), if anything.
  case doneBefore(receipt: String?)
  /// By PostgreSQL, which has undone what had been done of a transaction.
  case refused(PostgresRefusal)
  /// It may have happened when a COMMIT has left, or a statement outside of a transaction.
  case unanswered(Silence)
}

public struct PostgresRefusal: Error, Hashable, Sendable {
  public var sqlstate: String
  public var message: String
}
