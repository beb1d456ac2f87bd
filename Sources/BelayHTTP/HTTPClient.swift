internal import CCurl
private import Glibc
private import Synchronization

/// Requests over HTTP, many at once, on one thread of its own that keeps connections for the next ones.
public final class HTTPClient: Sendable {
  private enum Order: Sendable {
    case start(HTTPCall, id: String)
    case stop(String, reason: String)
    case end
  }

  private let orders = Mutex<[Order]>([])
  /// `curl_multi_wakeup` may be called from any thread, everything else is the loop's.
  private let multi: Multi
  private let thread = Mutex<pthread_t?>(nil)
  private let agent: String
  /// Called on the client's thread.
  private let finished: @Sendable (String, HTTPOutcome) -> Void

  /// - Throws: when libcurl or a thread cannot be had.
  public init(
    agent: String, finished: @escaping @Sendable (String, HTTPOutcome) -> Void
  ) throws(CurlError) {
    try Curl.open()
    guard let handle = belay_curl_multi_init() else { throw CurlError(message: "libcurl gives no handle") }
    multi = Multi(handle: handle)
    self.agent = agent
    self.finished = finished
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      { context in
        context.map { Unmanaged<HTTPClient>.fromOpaque($0).takeRetainedValue().loop() }
        return nil
      }, own.toOpaque())
    guard error == 0 else {
      own.release()
      throw CurlError(message: "no thread for HTTP: \(String(cString: strerror(error)))")
    }
    self.thread.withLock { $0 = thread }
  }

  public func start(_ call: HTTPCall, id: String) { tell(.start(call, id: id)) }

  /// Breaks it off; nothing happens if it has ended.
  public func stop(_ id: String, reason: String) { tell(.stop(id, reason: reason)) }

  /// What is on its way is forgotten. Returns when the thread has ended.
  public func end() {
    tell(.end)
    if let thread = thread.withLock({ $0.take() }) { pthread_join(thread, nil) }
  }

  private func tell(_ order: Order) {
    orders.withLock { $0.append(order) }
    belay_curl_multi_wakeup(multi.handle)
  }

  // MARK: The thread

  private func loop() {
    var running = Running(multi: multi.handle, agent: agent)
    while true {
      for order in orders.withLock({ orders in
        defer { orders.removeAll(keepingCapacity: true) }
        return orders
      }) {
        switch order {
        case .start(let call, let id):
          if let outcome = running.start(call, id: id) { finished(id, outcome) }
        case .stop(let id, let reason):
          if let outcome = running.stop(id, reason) { finished(id, outcome) }
        case .end: return running.end()
        }
      }
      running.go { finished($0, $1) }
      // It ends earlier for a socket, a timer of libcurl's, or a wake-up.
      belay_curl_multi_poll(multi.handle, 60_000)
    }
  }

  private struct Multi: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer
  }
}

/// What is on its way, and handles for what comes. The client's thread has it.
private struct Running {
  let multi: UnsafeMutableRawPointer
  let agent: String
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var idle: [Curl] = []

  init(multi: UnsafeMutableRawPointer, agent: String) {
    self.multi = multi
    self.agent = agent
  }

  /// - Returns: the outcome if it cannot be started.
  mutating func start(_ call: HTTPCall, id: String) -> HTTPOutcome? {
    do throws(CurlError) {
      let transfer = Transfer(call, id: id, curl: try handle(), agent: agent)
      transfer.prepare()
      transfers[transfer.curl.handle] = transfer
      belay_curl_multi_add_handle(multi, transfer.curl.handle)
      return nil
    } catch {
      return HTTPOutcome(
        result: .failure(TransferError(.limit, error.message, sent: false)), times: HTTPOutcome.Times())
    }
  }

  private mutating func handle() throws(CurlError) -> Curl {
    if let used = idle.popLast() { return used }
    return try Curl()
  }

  mutating func stop(_ id: String, _ reason: String) -> HTTPOutcome? {
    guard let transfer = transfers.values.first(where: { $0.id == id }) else { return nil }
    let outcome = transfer.stopped(reason)
    remove(transfer)
    return outcome
  }

  mutating func go(_ finished: (String, HTTPOutcome) -> Void) {
    var count: Int32 = 0
    var isRedirected = true
    while isRedirected {
      isRedirected = false
      belay_curl_multi_perform(multi, &count)
      var code = CURLE_OK
      while let handle = belay_curl_multi_next_done(multi, &code) {
        guard let transfer = transfers[handle] else { continue }
        if let outcome = transfer.ended(code) {
          remove(transfer)
          finished(transfer.id, outcome)
        } else {
          belay_curl_multi_remove_handle(multi, handle)
          transfer.prepare()
          belay_curl_multi_add_handle(multi, handle)
          isRedirected = true
        }
      }
    }
  }

  private mutating func remove(_ transfer: Transfer) {
    belay_curl_multi_remove_handle(multi, transfer.curl.handle)
    transfers[transfer.curl.handle] = nil
    idle.append(transfer.curl)
  }

  mutating func end() {
    for transfer in transfers.values { belay_curl_multi_remove_handle(multi, transfer.curl.handle) }
    transfers = [:]
    idle = []
    belay_curl_multi_cleanup(multi)
  }
}
