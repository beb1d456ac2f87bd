public import BelayTransport
internal import CCurl

/// libcurl, opened at its first use.
public enum CurlLibrary {
  /// - Throws: when it cannot be used.
  public static func open() throws(TransportError) {
    guard let why = belay_curl_open() else { return }
    throw TransportError(
      message: "libcurl cannot be used: \(String(cString: why)); Debian has it in libcurl4")
  }

  /// `7.88.1`.
  ///
  /// - Throws: when it cannot be used.
  public static func version() throws(TransportError) -> String {
    try open()
    return String(cString: belay_curl_version())
  }
}

/// A handle of libcurl's: made, used and let go of by one thread.
///
/// - Source: libcurl-easy(3), CURLOPT_*(3), each option under its name.
final class Curl {
  let handle: UnsafeMutableRawPointer
  private let errors = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  /// - Throws: when libcurl is not there, or memory is short.
  init() throws(TransportError) {
    try CurlLibrary.open()
    guard let handle = belay_curl_easy_init() else {
      throw TransportError(message: "libcurl gives no handle")
    }
    self.handle = handle
  }

  deinit {
    belay_curl_easy_cleanup(handle)
    errors.deallocate()
  }

  /// As new; its connections stay.
  func reset() {
    belay_curl_easy_reset(handle)
    errors.pointee = 0
    belay_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errors)
    // No signals in a process with threads; no file:, no other scheme that libcurl knows.
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_TCP_KEEPALIVE, 1)
    // A name that is being looked up is not waited for when the time is over.
    set(CURLOPT_QUICK_EXIT, 1)
  }

  func set(_ option: CURLoption, _ value: Int) { belay_curl_set_long(handle, option, value) }
  func set(_ option: CURLoption, _ value: String?) { belay_curl_set_text(handle, option, value) }

  /// - Parameter rest: nanoseconds; at least one millisecond, since 0 means no limit.
  func set(rest: Int64) {
    let milliseconds = Int(max(1, (rest + 999_999) / 1_000_000))
    set(CURLOPT_TIMEOUT_MS, milliseconds)
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
  }

  func set(_ trust: TLSTrust) {
    set(CURLOPT_SSL_VERIFYPEER, trust.verify ? 1 : 0)
    set(CURLOPT_SSL_VERIFYHOST, trust.verify ? 2 : 0)
    if let authorities = trust.authorities {
      set(CURLOPT_CAINFO, authorities)
      // Debian's folder of certificates is trusted beside the file else.
      set(CURLOPT_CAPATH, nil)
    }
    set(CURLOPT_SSLCERT, trust.certificate)
    set(CURLOPT_SSLKEY, trust.key ?? trust.certificate)
  }

  /// What went wrong, in libcurl's words for this transfer.
  func error(_ code: CURLcode, sent: Bool) -> Silence {
    let detail = String(cString: errors)
    let message = detail.isEmpty ? String(cString: belay_curl_easy_strerror(code)) : detail
    return Silence(Silence.Kind(code), message, mayHaveHappened: sent)
  }
}

extension Silence.Kind {
  /// - Source: libcurl-errors(3).
  init(_ code: CURLcode) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .dns
    case CURLE_OPERATION_TIMEDOUT: self = .timeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_SHUTDOWN_FAILED, CURLE_USE_SSL_FAILED,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CRL_BADFILE:
      self = .tls
    // Also an answer of HTTP/0.9, which is none.
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
      CURLE_URL_MALFORMAT,
      CURLE_HTTP2, CURLE_HTTP2_STREAM:
      self = .parse
    case CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY: self = .limit
    case CURLE_ABORTED_BY_CALLBACK: self = .stopped
    default: self = .connect
    }
  }
}
