public import BelayTransport
internal import CCurl
private import Glibc

/// A connection over TCP or TLS for another protocol, made by libcurl and used by one thread.
///
/// - Source: CURLOPT_CONNECT_ONLY(3), curl_easy_send(3), curl_easy_recv(3).
public final class ByteStream {
  private let curl: Curl
  private let socket: Int32
  private let patience: Patience

  /// Connects.
  ///
  /// - Parameter timeout: nanoseconds, of everything that is done with it.
  /// - Throws: what stood in the way; nothing was sent then.
  public init(
    host: String, port: Int, usesTLS: Bool, timeout: Int64, brake: Brake
  ) throws(Silence) {
    patience = Patience(timeout, brake: brake)
    do throws(TransportError) { curl = try Curl() } catch {
      throw Silence(.limit, error.message, mayHaveHappened: false)
    }
    curl.reset()
    curl.set(CURLOPT_URL, "\(usesTLS ? "https" : "http")://\(host):\(port)/")
    curl.set(CURLOPT_CONNECT_ONLY, 1)
    // It is not HTTP that is spoken, and no proxy of HTTP's is asked.
    curl.set(CURLOPT_PROXY, "")
    curl.set(CURLOPT_SSL_ENABLE_ALPN, 0)
    curl.set(rest: timeout)
    curl.set(TLSTrust())
    curl.set(CURLOPT_NOPROGRESS, 0)
    belay_curl_set_pointer(curl.handle, CURLOPT_XFERINFODATA, Unmanaged.passUnretained(brake).toOpaque())
    belay_curl_set_progress(curl.handle) { context, _, _, _, _ in
      context.map { Unmanaged<Brake>.fromOpaque($0).takeUnretainedValue().reason == nil ? 0 : 1 } ?? 0
    }
    let code = belay_curl_easy_perform(curl.handle)
    if let reason = brake.reason { throw Silence(.stopped, reason, mayHaveHappened: false) }
    guard code == CURLE_OK else { throw curl.error(code, sent: false) }
    socket = belay_curl_get_socket(curl.handle)
  }

  /// Sends all of it.
  public func send(_ bytes: [UInt8]) throws(Silence) {
    var start = 0
    while start < bytes.count {
      var sent = 0
      let code = bytes[start...].withUnsafeBytes {
        belay_curl_easy_send(curl.handle, $0.baseAddress, $0.count, &sent)
      }
      start += sent
      switch code {
      case CURLE_OK: break
      case CURLE_AGAIN: try wait(Int16(POLLOUT))
      default: throw curl.error(code, sent: true)
      }
    }
  }

  /// Reads what there is, at least one byte.
  ///
  /// - Throws: also when the other side has ended the connection.
  public func receive(upTo count: Int) throws(Silence) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    while true {
      var received = 0
      let code = buffer.withUnsafeMutableBytes {
        belay_curl_easy_recv(curl.handle, $0.baseAddress, $0.count, &received)
      }
      switch code {
      case CURLE_OK where received > 0: return Array(buffer[..<received])
      case CURLE_OK: throw Silence(.connect, "the server has ended the connection", mayHaveHappened: true)
      case CURLE_AGAIN: try wait(Int16(POLLIN))
      default: throw curl.error(code, sent: true)
      }
    }
  }

  private func wait(_ events: Int16) throws(Silence) {
    do throws(Patience.Interruption) { try patience.wait(for: socket, events) } catch {
      throw Silence(error, mayHaveHappened: true)
    }
  }
}
