/// A request over HTTP as it will be sent.
public struct HTTPRequest: Hashable, Sendable {
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: BoundText

    public init(name: String, value: BoundText) {
      self.name = name
      self.value = value
    }
  }

  public enum Credentials: Hashable, Sendable {
    case bearer(BoundText)
    case basic(user: BoundText, password: BoundText)
  }

  /// Where certificates come from: files in PEM.
  public struct Trust: Hashable, Sendable {
    /// Trusted instead of the system's.
    public var authorities: String?
    public var certificate: String?
    public var key: String?
    /// False takes any certificate.
    public var verify = true

    public init() {}
  }

  public var method: String
  public var url: BoundText
  /// To be added to the URL's own, encoded; empty: nothing.
  public var query = ""
  public var headers: [Header] = []
  public var body: BoundText?
  public var credentials: Credentials?
  /// How many redirects are followed.
  public var redirects = 0
  public var trust = Trust()

  /// - Source: draft-ietf-httpapi-idempotency-key-header.
  public static let keyHeader = "Idempotency-Key"

  public init(method: String, url: BoundText) {
    self.method = method
    self.url = url
  }

  var lines: [String] {
    var lines = ["http", method, url.shown, query]
    // The key names the attempt, not what it asks for.
    lines += headers.filter { $0.name != HTTPRequest.keyHeader }.map { "\($0.name): \($0.value.shown)" }
    switch credentials {
    case .bearer(let token): lines.append("bearer \(token.shown)")
    case .basic(let user, let password): lines.append("basic \(user.shown):\(password.shown)")
    case nil: lines.append("no credentials")
    }
    lines.append("redirects \(redirects), verify \(trust.verify)")
    lines += [trust.authorities, trust.certificate, trust.key].map { $0 ?? "" }
    lines.append(body.map { "body \($0.shown)" } ?? "no body")
    return lines
  }
}

/// What came of a request over HTTP.
public struct HTTPResult: Hashable, Sendable {
  public struct Response: Hashable, Sendable {
    public var status: Int
    /// Names in small letters, in the order in which they came; masked.
    public var headers: [(name: String, value: String)]
    /// Masked; invalid UTF-8 replaced.
    public var body: ProcessResult.Stream

    public init(status: Int, headers: [(name: String, value: String)], body: ProcessResult.Stream) {
      self.status = status
      self.headers = headers
      self.body = body
    }

    public static func == (left: Response, right: Response) -> Bool {
      left.status == right.status && left.body == right.body
        && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(status)
      hasher.combine(body)
    }
  }

  /// Each from the start of the attempt; zero where it was not reached.
  public struct Times: Hashable, Sendable {
    public var dns = TimeSpan.zero
    public var connect = TimeSpan.zero
    public var tls = TimeSpan.zero
    public var firstByte = TimeSpan.zero
    public var total = TimeSpan.zero

    public init() {}
  }

  public enum Ending: Hashable, Sendable {
    case answered(Response)
    case unanswered(NoAnswer)
  }

  public var method: String
  public var ending: Ending
  public var time: Times

  public init(method: String, ending: Ending, time: Times) {
    self.method = method
    self.ending = ending
    self.time = time
  }
}
