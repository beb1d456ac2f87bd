public import BelayTransport
internal import CPostgres

/// libpq, opened at its first use.
public enum PostgresLibrary {
  /// - Throws: when it cannot be used.
  public static func open() throws(TransportError) {
    guard let why = belay_pq_open() else { return }
    throw TransportError(
      message: "libpq cannot be used: \(String(cString: why)); Debian has it in libpq5")
  }

  /// `15.18`.
  ///
  /// - Throws: when it cannot be used.
  /// - Source: PQlibVersion: 150018 is 15.18.
  public static func version() throws(TransportError) -> String {
    try open()
    let number = belay_PQlibVersion()
    return "\(number / 10_000).\(number % 10_000)"
  }
}

extension PostgresCall: BlockingCall {
  /// - Precondition: libpq is open.
  public func run(_ brake: Brake, finished: (PostgresOutcome) -> Void) {
    Session.run(self, brake: brake, finished: finished)
  }

  /// On this thread, with nobody to stop it.
  ///
  /// - Throws: when libpq cannot be opened.
  public func run() throws(TransportError) -> PostgresOutcome {
    try PostgresLibrary.open()
    var outcome = PostgresOutcome.answered([])
    run(try Brake()) { outcome = $0 }
    return outcome
  }
}
