internal import CCurl
private import Glibc
private import Synchronization

/// A connection over TCP or TLS for another protocol, made by libcurl and used by one thread.
///
/// - Source: CURLOPT_CONNECT_ONLY(3), curl_easy_send(3), curl_easy_recv(3).
public final class ByteStream {
  private let curl: Curl
  private let socket: Int32
  private let deadline: Int64
  private let brake: StreamBrake

  /// Connects.
  ///
  /// - Parameter timeout: nanoseconds, of everything that is done with it.
  /// - Throws: what stood in the way; nothing was sent then.
  public init(
    host: String, port: Int, usesTLS: Bool, timeout: Int64, brake: StreamBrake
  ) throws(TransferError) {
    deadline = Monotonic.now() + timeout
    self.brake = brake
    do throws(CurlError) { curl = try Curl() } catch {
      throw TransferError(.limit, error.message, sent: false)
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
      context.map { Unmanaged<StreamBrake>.fromOpaque($0).takeUnretainedValue().reason == nil ? 0 : 1 } ?? 0
    }
    let code = belay_curl_easy_perform(curl.handle)
    if let reason = brake.reason { throw TransferError(.stopped, reason, sent: false) }
    guard code == CURLE_OK else { throw curl.error(code, sent: false) }
    socket = belay_curl_get_socket(curl.handle)
  }

  /// Sends all of it.
  public func send(_ bytes: [UInt8]) throws(TransferError) {
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
  public func receive(upTo count: Int) throws(TransferError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    while true {
      var received = 0
      let code = buffer.withUnsafeMutableBytes {
        belay_curl_easy_recv(curl.handle, $0.baseAddress, $0.count, &received)
      }
      switch code {
      case CURLE_OK where received > 0: return Array(buffer[..<received])
      case CURLE_OK: throw TransferError(.connect, "the server has ended the connection", sent: true)
      case CURLE_AGAIN: try wait(Int16(POLLIN))
      default: throw curl.error(code, sent: true)
      }
    }
  }

  private func wait(_ events: Int16) throws(TransferError) {
    while true {
      if let reason = brake.reason { throw TransferError(.stopped, reason, sent: true) }
      let rest = deadline - Monotonic.now()
      guard rest > 0 else { throw TransferError(.timeout, "no answer within its timeout", sent: true) }
      var descriptors = [
        pollfd(fd: socket, events: events, revents: 0),
        pollfd(fd: brake.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, Int32(clamping: (rest + 999_999) / 1_000_000))
      if count > 0, descriptors[0].revents != 0 { return }
      if count < 0, errno != EINTR {
        throw TransferError(.connect, String(cString: strerror(errno)), sent: true)
      }
    }
  }
}

/// Stops what another thread waits for.
public final class StreamBrake: Sendable {
  private let ends: (read: Int32, write: Int32)
  private let why = Mutex<String?>(nil)

  /// - Throws: when the process has no more descriptors.
  public init() throws(CurlError) {
    var pair: [Int32] = [-1, -1]
    guard pipe(&pair) == 0 else { throw CurlError(message: "no pipe: \(String(cString: strerror(errno)))") }
    for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    ends = (pair[0], pair[1])
  }

  deinit {
    close(ends.read)
    close(ends.write)
  }

  /// Can be read from once it is pulled.
  var descriptor: Int32 { ends.read }
  public var reason: String? { why.withLock { $0 } }

  public func pull(_ reason: String) {
    let isFirst = why.withLock { why in
      defer { why = why ?? reason }
      return why == nil
    }
    if isFirst { _ = write(ends.write, "x", 1) }
  }
}
