internal import BelayTransport
internal import CCurl

/// One request on its way, redirects included. Belongs to the client's thread.
final class Transfer {
  let id: String
  let curl: Curl
  private let call: HTTPCall
  private let agent: String
  private let startedAt: Int64
  private let deadline: Int64
  private var hopStartedAt: Int64 = 0
  private var reply = HTTPOutcome.Reply()
  private var headerBytes = 0
  private var list: UnsafeMutablePointer<curl_slist>?
  /// Of the request that is sent now: a redirect may change them.
  private var url: String
  private var method: String
  private var body: [UInt8]?
  private var hops = 0
  /// An earlier hop was sent as a whole.
  private var hasSent = false

  private static let headerLimit = 64 << 10

  init(_ call: HTTPCall, id: String, curl: Curl, agent: String) {
    self.call = call
    self.id = id
    self.curl = curl
    self.agent = agent
    url = call.url
    method = call.method
    body = call.body
    startedAt = Monotonic.now()
    deadline = startedAt + call.limits.timeout
  }

  deinit { belay_curl_slist_free_all(list) }

  /// Makes the handle ready for the next request. What it borrows lives as long as this.
  func prepare() {
    hopStartedAt = Monotonic.now()
    reply = HTTPOutcome.Reply()
    headerBytes = 0
    curl.reset()
    let own = Unmanaged.passUnretained(self).toOpaque()
    belay_curl_set_pointer(curl.handle, CURLOPT_WRITEDATA, own)
    belay_curl_set_pointer(curl.handle, CURLOPT_HEADERDATA, own)
    belay_curl_set_sink(curl.handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    belay_curl_set_sink(curl.handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    curl.set(CURLOPT_URL, url)
    curl.set(CURLOPT_PATH_AS_IS, 1)
    curl.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    curl.set(CURLOPT_USERAGENT, agent)
    curl.set(rest: deadline - hopStartedAt)
    curl.set(call.trust)
    prepareMethod()
    prepareHeaders()
  }

  private func prepareMethod() {
    switch method {
    case "GET": curl.set(CURLOPT_HTTPGET, 1)
    case "HEAD": curl.set(CURLOPT_NOBODY, 1)
    default:
      // On a connection that is used again libcurl sends a request again by itself when it breaks before the answer.
      if !call.isSafe { curl.set(CURLOPT_FRESH_CONNECT, 1) }
      if body != nil || ["POST", "PUT", "PATCH"].contains(method) {
        let bytes = body ?? []
        curl.set(CURLOPT_POST, 1)
        belay_curl_set_size(curl.handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        // Copied by libcurl.
        bytes.withUnsafeBytes {
          _ = belay_curl_set_pointer(curl.handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? empty)
        }
      }
      curl.set(CURLOPT_CUSTOMREQUEST, method)
    }
  }

  private func prepareHeaders() {
    belay_curl_slist_free_all(list)
    list = nil
    let isAtHome = Origin(url) == Origin(call.url)
    for header in call.headers where isAtHome || !header.isSecret && !header.isOfSession {
      if body == nil, header.name.lowercased() == "content-type" { continue }
      // An empty value has a form of its own, else libcurl leaves the header out.
      let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
      list = belay_curl_slist_append(list, line)
    }
    // It would be waited for, a second, by servers that do not know it.
    list = belay_curl_slist_append(list, "Expect:")
    belay_curl_set_pointer(curl.handle, CURLOPT_HTTPHEADER, list)
    if isAtHome, let login = call.login {
      curl.set(CURLOPT_HTTPAUTH, 1)
      curl.set(CURLOPT_USERNAME, login.user)
      curl.set(CURLOPT_PASSWORD, login.password)
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  // MARK: What comes back

  private func take(body bytes: UnsafeRawBufferPointer) {
    let room = call.limits.keeps - reply.body.count
    reply.body.append(contentsOf: bytes.prefix(max(0, room)))
    if bytes.count > room { reply.isCut = true }
  }

  private func take(header bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      reply.headers = []
      headerBytes = 0
      return
    }
    headerBytes += bytes.count
    guard headerBytes <= Transfer.headerLimit, let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { !$0.isWhitespace }.map(value.index(after:)) ?? value.startIndex
    reply.headers.append((name: line[..<colon].lowercased(), value: String(value[..<end])))
  }

  /// The request has ended.
  ///
  /// - Returns: nil when a redirect is to be followed: `prepare` and send it.
  func ended(_ code: CURLcode) -> HTTPOutcome? {
    let sent = hasSent || belay_curl_get_long(curl.handle, CURLINFO_REQUEST_SIZE) > 0
    guard code == CURLE_OK else { return outcome(.failure(curl.error(code, sent: sent))) }
    reply.status = belay_curl_get_long(curl.handle, CURLINFO_RESPONSE_CODE)
    guard call.redirects > 0, (300..<400).contains(reply.status),
      let next = belay_curl_get_text(curl.handle, CURLINFO_REDIRECT_URL).map(String.init(cString:))
    else { return outcome(.success(reply)) }
    guard Origin(next) != nil else {
      return outcome(
        .failure(
          Silence(.limit, "it redirects to \(next.prefix(200)), which is no http", mayHaveHappened: sent)))
    }
    guard hops < call.redirects else {
      let many = "it redirects more often than \(call.redirects) times, at last to \(next.prefix(200))"
      return outcome(.failure(Silence(.limit, many, mayHaveHappened: sent)))
    }
    follow(to: next)
    guard body == nil || !call.isBodySecret || Origin(next) == Origin(call.url) else {
      let place = next.prefix(200)
      return outcome(
        .failure(
          Silence(
            .limit, "it redirects to \(place), which is not given the secret in the body",
            mayHaveHappened: sent)))
    }
    return nil
  }

  /// - Source: RFC 9110, section 15.4: 303 asks for a GET, and after a POST 301 and 302 are taken for one.
  private func follow(to next: String) {
    hops += 1
    hasSent = true
    url = next
    let becomesGet = reply.status == 303 || method == "POST" && [301, 302].contains(reply.status)
    guard becomesGet, method != "HEAD" else { return }
    method = "GET"
    body = nil
  }

  /// Broken off.
  func stopped(_ reason: String) -> HTTPOutcome {
    let sent = hasSent || belay_curl_get_long(curl.handle, CURLINFO_REQUEST_SIZE) > 0
    return outcome(.failure(Silence(.stopped, reason, mayHaveHappened: sent)))
  }

  private func outcome(_ result: Result<HTTPOutcome.Reply, Silence>) -> HTTPOutcome {
    let start = hopStartedAt - startedAt
    func time(_ what: CURLINFO) -> Int64 {
      let microseconds = belay_curl_get_size(curl.handle, what)
      return microseconds > 0 ? start + Int64(microseconds) * 1000 : 0
    }
    var times = HTTPOutcome.Times()
    times.dns = time(CURLINFO_NAMELOOKUP_TIME_T)
    times.connect = time(CURLINFO_CONNECT_TIME_T)
    times.tls = time(CURLINFO_APPCONNECT_TIME_T)
    times.firstByte = time(CURLINFO_STARTTRANSFER_TIME_T)
    times.total = Monotonic.now() - startedAt
    return HTTPOutcome(result: result, times: times)
  }
}

/// Something that is not NULL, for a body of no bytes.
nonisolated(unsafe) private let empty: UnsafeRawPointer = UnsafeRawPointer(
  UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

extension HTTPCall.Header {
  /// Says who somebody is, whatever it was made of.
  fileprivate var isOfSession: Bool {
    ["authorization", "cookie", "proxy-authorization"].contains(name.lowercased())
  }
}

/// Scheme, host and port of a URL: what credentials are given to.
///
/// - Source: RFC 6454, section 4.
struct Origin: Hashable {
  private let scheme: Substring
  private let host: String

  /// Nil for what is neither http nor https.
  init?(_ url: String) {
    guard let mark = url.firstRange(of: "://") else { return nil }
    let scheme = url[..<mark.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let authority = url[mark.upperBound...].prefix { !"/?#\\".contains($0) }
    // What stands before the last '@' is a login.
    var host = authority.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    let standard = scheme == "http" ? ":80" : ":443"
    if host.hasSuffix(standard) { host.removeLast(standard.count) }
    self.scheme = scheme[...]
    self.host = host.lowercased()
  }
}
