public import BelayTransport

/// One request, complete: what is secret in it stands in it as it is.
public struct HTTPCall: Sendable {
  public struct Header: Sendable {
    public var name: String
    public var value: String
    /// Goes to the host that it was meant for, and to no other.
    public var isSecret: Bool

    public init(name: String, value: String, isSecret: Bool) {
      self.name = name
      self.value = value
      self.isSecret = isSecret
    }
  }

  /// For `Authorization: Basic`.
  public struct Login: Sendable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  public var method: String
  public var url: String
  public var headers: [Header] = []
  public var body: [UInt8]?
  /// Sent to the host that it was meant for, and to no other.
  public var isBodySecret = false
  public var login: Login?
  /// How many redirects are followed.
  public var redirects = 0
  public var trust = TLSTrust()
  /// Of the whole, redirects too; of a response's body.
  public var limits: CallLimits

  public init(method: String, url: String, limits: CallLimits) {
    self.method = method
    self.url = url
    self.limits = limits
  }

  /// Asked again, nothing has happened twice.
  ///
  /// - Source: RFC 9110, section 9.2.1.
  var isSafe: Bool { ["GET", "HEAD", "OPTIONS"].contains(method) }
}

/// Where certificates come from: files in PEM.
public struct TLSTrust: Sendable {
  /// Trusted instead of the system's.
  public var authorities: String?
  public var certificate: String?
  public var key: String?
  /// False takes any certificate.
  public var verify = true

  public init() {}
}

/// What came of a request.
public struct HTTPOutcome: Sendable {
  public struct Reply: Sendable {
    public var status = 0
    /// Names in small letters, each as often as it came.
    public var headers: [(name: String, value: String)] = []
    public var body: [UInt8] = []
    /// More has come than was kept.
    public var isCut = false
  }

  /// From the start of the attempt, in nanoseconds; 0 where it was not reached.
  public struct Times: Sendable {
    public var dns: Int64 = 0
    public var connect: Int64 = 0
    public var tls: Int64 = 0
    public var firstByte: Int64 = 0
    public var total: Int64 = 0
  }

  public var result: Result<Reply, Silence>
  public var times: Times
}
