package import BelayHTTP
private import BelayModel
package import BelayTransport

/// Requests over HTTP in the engine's own loop, without a thread: libcurl says which sockets it waits for, epoll(7) when
/// they are ready, and one descriptor stands for all of them.
package final class HTTPLoop {
  private let poller: Poller
  private let client: HTTPClient

  /// - Throws: when libcurl or a descriptor cannot be had.
  package init(agent: String) throws(TransportError) {
    do throws(SystemError) { poller = try Poller() } catch { throw TransportError(message: error.message) }
    client = try HTTPClient(agent: agent) { [poller] in
      poller.watch($0, reading: $1.reading, writing: $1.writing)
    }
  }

  /// Can be read from when ``take()`` has something to do.
  package var descriptor: Int32 { poller.descriptor }

  /// When ``take()`` has something to do whatever comes: by the monotonic clock, nanoseconds.
  package var due: Int64? { client.hasEnded ? 0 : client.due }

  package func start(_ call: HTTPCall, id: String) { client.start(call, id: id) }

  /// Breaks it off; nothing happens if it has ended.
  package func stop(_ id: String, reason: String) { client.stop(id, reason: reason) }

  /// What has ended since it was asked last.
  package func take() -> [(id: String, outcome: HTTPOutcome)] {
    for ready in poller.wait(.zero) {
      client.ready(
        ready.file,
        HTTPClient.Readiness(reading: ready.canRead, writing: ready.canWrite, failed: ready.hasFailed))
    }
    client.timePassed()
    return client.take()
  }
}
