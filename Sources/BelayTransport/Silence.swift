/// How much is spent on one request, whatever it is.
public struct CallLimits: Sendable {
  /// Of the whole, nanoseconds.
  public var timeout: Int64
  /// Bytes of an answer; what comes after them is read and forgotten.
  public var keeps: Int

  public init(timeout: Int64, keeps: Int = 1 << 20) {
    self.timeout = timeout
    self.keeps = keeps
  }
}

/// Why there is no answer.
public struct Silence: Error, Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case connect, dns, tls, timeout, parse, limit
    /// Broken off by who asked.
    case stopped
  }

  public var kind: Kind
  public var message: String
  /// The effect may have happened: what brings it about has left.
  public var mayHaveHappened: Bool
  /// Of a PostgreSQL that has refused the connection.
  public var sqlstate: String?

  public init(_ kind: Kind, _ message: String, mayHaveHappened: Bool, sqlstate: String? = nil) {
    self.kind = kind
    self.message = message
    self.mayHaveHappened = mayHaveHappened
    self.sqlstate = sqlstate
  }

  public init(_ interruption: Patience.Interruption, mayHaveHappened: Bool) {
    switch interruption {
    case .timeout: self.init(.timeout, "no answer within its timeout", mayHaveHappened: mayHaveHappened)
    case .stopped(let reason): self.init(.stopped, reason, mayHaveHappened: mayHaveHappened)
    case .broken(let words): self.init(.connect, words, mayHaveHappened: mayHaveHappened)
    case .turnedAway(let code, let words):
      self.init(.connect, words, mayHaveHappened: mayHaveHappened, sqlstate: code)
    }
  }
}

/// Nothing was asked: a library, a thread or a descriptor cannot be had.
public struct TransportError: Error, Hashable, Sendable {
  public var message: String

  public init(message: String) { self.message = message }
}
