internal import BelayDigest
internal import BelayHTTP
internal import BelayModel
internal import BelayPostgres
internal import BelayRedis
internal import BelayTransport

/// Requests with the values of their secrets: the last step before they are sent.
struct RevealedRequest {
  private let secrets: Secrets
  private let limits: CallLimits
  private let sensitive: Bool

  init(_ secrets: Secrets, limits: CallLimits, sensitive: Bool) {
    self.secrets = secrets
    self.limits = limits
    self.sensitive = sensitive
  }

  func call(_ request: HTTPRequest) throws(TransportError) -> HTTPCall {
    var url = secrets.reveal(request.url)
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw TransportError(message: "the URL is none of http or https")
    }
    if !request.query.isEmpty { url += (url.contains("?") ? "&" : "?") + request.query }
    var call = HTTPCall(method: request.method, url: url, limits: limits)
    for header in request.headers {
      let value = try line(header.value, "the header \(header.name)")
      call.headers.append(
        HTTPCall.Header(name: header.name, value: value, isSecret: header.value.holdsSecret))
    }
    switch request.credentials {
    case nil: break
    case .bearer(let token):
      let value = "Bearer \(try line(token, "the bearer's token"))"
      call.headers.append(HTTPCall.Header(name: "Authorization", value: value, isSecret: true))
    case .basic(let user, let password):
      call.login = HTTPCall.Login(user: secrets.reveal(user), password: secrets.reveal(password))
    }
    call.body = request.body.map { Array(secrets.reveal($0).utf8) }
    call.isBodySecret = request.body?.holdsSecret ?? false
    call.redirects = request.redirects
    call.trust.authorities = request.trust.authorities
    call.trust.certificate = request.trust.certificate
    call.trust.key = request.trust.key
    call.trust.verify = request.trust.verify
    return call
  }

  /// A line end would begin another header.
  private func line(_ text: BoundText, _ what: String) throws(TransportError) -> String {
    let value = secrets.reveal(text)
    guard !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
      throw TransportError(message: "\(what) is more than one line")
    }
    return value
  }

  func call(_ request: SQLRequest, digest: String, deed: String?) -> PostgresCall {
    let mode: PostgresCall.Mode =
      switch request.mode {
      case .readOnlyTransaction: .readOnlyTransaction
      case .noTransaction: .noTransaction
      case .transaction(let receipt):
        .transaction(
          receipt.map { PostgresCall.Receipt(key: $0, digest: digest, keepsResults: !sensitive) })
      }
    var call = PostgresCall(
      url: secrets.reveal(request.url),
      statements: request.statements.map {
        PostgresCall.Statement(text: $0.text, parameters: $0.parameters)
      }, mode: mode, limits: limits)
    call.database = request.database
    call.lock = deed.map { deed in
      SHA256.digest(deed.utf8).bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
    call.lockTimeout = request.lockTimeout.map { max(1, $0.nanoseconds / 1_000_000) }
    return call
  }

  func call(_ request: RedisRequest) -> RedisCall {
    RedisCall(url: secrets.reveal(request.url), commands: request.commands, limits: limits)
  }
}
