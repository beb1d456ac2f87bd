/// A deed or question for the world, complete.
public enum EffectRequest: Hashable, Sendable {
  case process(ProcessRequest)
  case http(HTTPRequest)
  case sql(SQLRequest)
  case redis(RedisRequest)
  case person(PersonRequest)

  public var kind: EffectKind {
    switch self {
    case .process: .process
    case .http: .http
    case .sql: .sql
    case .redis: .redis
    case .person: .person
    }
  }

  /// Everything of it, secrets by name, for a digest.
  public var lines: [String] {
    switch self {
    case .process(let process): process.lines
    case .http(let http): http.lines
    case .sql(let sql): sql.lines
    case .redis(let redis): redis.lines
    case .person(let person): person.lines
    }
  }
}

/// What carries an effect, and whether that outlives the engine.
public enum EffectKind: String, Hashable, Sendable, CaseIterable {
  /// The keeper's: found again when the engine has died.
  case process
  /// The engine's own: with it dies every knowledge of what has come of them.
  case http, sql, redis
  /// People's: the question stands in the journal.
  case person

  public var outlivesEngine: Bool { self == .process || self == .person }
}

/// What came back from the world.
public enum EffectResult: Hashable, Sendable {
  case process(ProcessResult)
  case http(HTTPResult)
  case sql(SQLResult)
  case redis(RedisResult)
  case person(PersonResult)

  public var duration: TimeSpan {
    switch self {
    case .process(let process): process.duration
    case .http(let http): http.time.total
    case .sql(let sql): sql.duration
    case .redis(let redis): redis.duration
    case .person(let person): person.duration
    }
  }
}

/// Why a request has got no answer.
public struct NoAnswer: Hashable, Sendable {
  /// As `error.kind`.
  public var kind: String
  public var message: String
  /// Something was sent that may have had its effect.
  public var mayHaveHappened: Bool
  /// As `error.sqlstate`: of a PostgreSQL that has refused the connection.
  public var sqlstate: String?

  public init(kind: String, message: String, mayHaveHappened: Bool, sqlstate: String? = nil) {
    self.kind = kind
    self.message = message
    self.mayHaveHappened = mayHaveHappened
    self.sqlstate = sqlstate
  }

  /// Broken off by us.
  ///
  /// - Parameter reason: `timeout`, or who asked for it.
  public static func stopped(because reason: String, sent: Bool) -> NoAnswer {
    reason == "timeout"
      ? NoAnswer(kind: "timeout", message: "no answer within its timeout", mayHaveHappened: sent)
      : NoAnswer(kind: "signal", message: "broken off: \(reason)", mayHaveHappened: sent)
  }
}
