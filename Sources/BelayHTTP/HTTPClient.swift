public import BelayTransport
internal import CCurl

/// Requests over HTTP, many at once, in the loop of who has it: nothing here waits, and connections are kept for the next
/// requests. Names are looked up by threads of libcurl's.
///
/// - Source: libcurl-multi(3), "multi_socket".
public final class HTTPClient {
  /// What a socket is watched for, or was seen to be ready for.
  public struct Readiness: Hashable, Sendable {
    public var reading: Bool
    public var writing: Bool
    public var failed: Bool

    public init(reading: Bool, writing: Bool, failed: Bool = false) {
      self.reading = reading
      self.writing = writing
      self.failed = failed
    }
  }

  private let multi: UnsafeMutableRawPointer
  private let agent: String
  /// Which sockets are to be watched, and for what; neither reading nor writing: no longer.
  private let watch: (Int32, Readiness) -> Void
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var idle: [Curl] = []
  private var ended: [(id: String, outcome: HTTPOutcome)] = []
  /// When ``timePassed()`` is to be called: by the monotonic clock, nanoseconds.
  public private(set) var due: Int64?

  /// - Throws: when libcurl cannot be had.
  public init(agent: String, watch: @escaping (Int32, Readiness) -> Void) throws(TransportError) {
    try CurlLibrary.open()
    guard let multi = belay_curl_multi_init() else {
      throw TransportError(message: "libcurl gives no handle")
    }
    self.multi = multi
    self.agent = agent
    self.watch = watch
    belay_curl_multi_tell(
      multi,
      { _, socket, what, context, _ in
        HTTPClient.of(context)?.wants(socket, what)
        return 0
      },
      { _, milliseconds, context in
        HTTPClient.of(context)?.due =
          milliseconds < 0 ? nil : Monotonic.now() + Int64(milliseconds) * 1_000_000
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// What is on its way is forgotten.
  deinit {
    belay_curl_multi_tell(multi, nil, nil, nil)
    for transfer in transfers.values { belay_curl_multi_remove_handle(multi, transfer.curl.handle) }
    transfers = [:]
    idle = []
    belay_curl_multi_cleanup(multi)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPClient? {
    context.map { Unmanaged<HTTPClient>.fromOpaque($0).takeUnretainedValue() }
  }

  private func wants(_ socket: Int32, _ what: Int32) {
    let reading = what == CURL_POLL_IN || what == CURL_POLL_INOUT
    let writing = what == CURL_POLL_OUT || what == CURL_POLL_INOUT
    watch(socket, Readiness(reading: reading, writing: writing))
  }

  // MARK: Requests

  public func start(_ call: HTTPCall, id: String) {
    do throws(TransportError) {
      let transfer = Transfer(call, id: id, curl: try handle(), agent: agent)
      transfers[transfer.curl.handle] = transfer
      send(transfer)
      timePassed()
    } catch {
      let silence = Silence(.limit, error.message, mayHaveHappened: false)
      ended.append((id, HTTPOutcome(result: .failure(silence), times: HTTPOutcome.Times())))
    }
  }

  private func handle() throws(TransportError) -> Curl {
    if let used = idle.popLast() { return used }
    return try Curl()
  }

  private func send(_ transfer: Transfer) {
    transfer.prepare()
    belay_curl_multi_add_handle(multi, transfer.curl.handle)
  }

  /// Breaks it off; nothing happens if it has ended.
  public func stop(_ id: String, reason: String) {
    guard let transfer = transfers.values.first(where: { $0.id == id }) else { return }
    let outcome = transfer.stopped(reason)
    belay_curl_multi_remove_handle(multi, transfer.curl.handle)
    end(transfer, outcome)
  }

  private func end(_ transfer: Transfer, _ outcome: HTTPOutcome) {
    transfers[transfer.curl.handle] = nil
    idle.append(transfer.curl)
    ended.append((transfer.id, outcome))
  }

  /// Something has, and was not taken.
  public var hasEnded: Bool { !ended.isEmpty }

  /// What has ended since it was asked last.
  public func take() -> [(id: String, outcome: HTTPOutcome)] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }

  // MARK: What the loop has seen

  public func ready(_ socket: Int32, _ readiness: Readiness) {
    var mask: Int32 = 0
    if readiness.reading { mask |= CURL_CSELECT_IN }
    if readiness.writing { mask |= CURL_CSELECT_OUT }
    if readiness.failed { mask |= CURL_CSELECT_ERR }
    belay_curl_multi_socket_action(multi, socket, mask)
    collect()
  }

  public func timePassed() {
    while let moment = due, moment <= Monotonic.now() {
      due = nil
      belay_curl_multi_socket_action(multi, HTTPClient.time, 0)
      collect()
    }
  }

  /// CURL_SOCKET_TIMEOUT.
  private static let time: Int32 = -1

  private func collect() {
    var code = CURLE_OK
    while let handle = belay_curl_multi_next_done(multi, &code) {
      guard let transfer = transfers[handle] else { continue }
      let outcome = transfer.ended(code)
      belay_curl_multi_remove_handle(multi, handle)
      if let outcome { end(transfer, outcome) } else { send(transfer) }
    }
  }
}
