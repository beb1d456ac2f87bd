internal import BelayTransport

/// One attempt: a connection, the statements, the receipt. Every end says whether the effect can have happened.
///
/// Of a transaction nothing has happened before its COMMIT has left: PostgreSQL undoes it when the connection ends.
struct Session {
  private let call: PostgresCall
  private let patience: Patience
  private let connection: Connection
  private var kept = 0
  /// A COMMIT, or a statement outside of a transaction.
  private var hasLeft = false

  /// Ends a session early.
  private enum Ending: Error {
    case refused(PostgresRefusal)
    case silent(Silence)
  }

  private init(_ call: PostgresCall, _ patience: Patience, _ connection: Connection) {
    self.call = call
    self.patience = patience
    self.connection = connection
  }

  /// - Parameter finished: gets the outcome; what has to be tidied up after it may take longer.
  static func run(_ call: PostgresCall, brake: Brake, finished: (PostgresOutcome) -> Void) {
    // Another text would be the name of a database to libpq, on whatever server it takes to be near.
    guard ["postgresql://", "postgres://"].contains(where: call.url.hasPrefix) else {
      let help = "the URL is none of postgresql://user:password@host:port/database"
      return finished(.unanswered(Silence(.parse, help, mayHaveHappened: false)))
    }
    let patience = Patience(call.limits.timeout, brake: brake)
    let connection: Connection
    do throws(Connection.Interruption) {
      connection = try Connection(call.url, database: call.database, patience: patience)
    } catch {
      return finished(.unanswered(Silence(error, mayHaveHappened: false)))
    }
    var session = Session(call, patience, connection)
    do throws(Ending) {
      finished(try session.run())
    } catch {
      switch error {
      case .refused(let refusal): finished(.refused(refusal))
      case .silent(let silence):
        finished(.unanswered(silence))
        if silence.kind != .connect { connection.cancel() }
      }
    }
  }

  private mutating func run() throws(Ending) -> PostgresOutcome {
    switch call.mode {
    case .noTransaction:
      try begin(nil, lock: "pg_try_advisory_lock")
      hasLeft = true
      return .answered(try tables())
    case .readOnlyTransaction:
      try begin("BEGIN READ ONLY", lock: "pg_try_advisory_xact_lock_shared")
      let tables = try tables()
      try commit()
      return .answered(tables)
    case .transaction(let receipt):
      try begin("BEGIN", lock: "pg_try_advisory_xact_lock")
      if let receipt, let outcome = try begin(receipt) { return outcome }
      let tables = try tables()
      if let receipt { try complete(receipt, tables) }
      try commit()
      return .answered(tables)
    }
  }

  /// Begins when no earlier attempt is at work any more. The server learns late, and during a COMMIT never, that who
  /// has sent it was killed: what it is about to do can be neither seen nor denied yet.
  ///
  /// It asks again and again and holds nothing meanwhile, as a CREATE INDEX CONCURRENTLY waits for whoever began before.
  ///
  /// - Source: PostgreSQL, "Advisory Lock Functions": such a lock is let go when its transaction or session has ended.
  private func begin(_ transaction: String?, lock: String) throws(Ending) {
    while true {
      if let transaction { _ = try table(transaction) }
      if try settings(local: transaction != nil, lock) { return }
      if transaction != nil { _ = try table("ROLLBACK") }
      do throws(Ending) { _ = try table("SELECT pg_sleep(0.2)") } catch {
        guard case .silent(let silence) = error, silence.kind == .timeout else { throw error }
        throw .silent(
          Silence(.timeout, "an earlier attempt is still at work in the server", mayHaveHappened: true))
      }
    }
  }

  /// The server gives up by itself before we do, and says so.
  ///
  /// - Returns: false when somebody else has the lock.
  private func settings(local: Bool, _ lock: String) throws(Ending) -> Bool {
    let rest = max(1, (patience.deadline - Monotonic.now()) / 1_000_000)
    let patience = "\(max(1, rest - min(500, rest / 10)))ms"
    var settings = [("statement_timeout", patience), ("idle_in_transaction_session_timeout", "\(rest)ms")]
    if let lockTimeout = call.lockTimeout { settings.append(("lock_timeout", "\(lockTimeout)ms")) }
    if local { settings.append(("synchronous_commit", "on")) }
    // Not in every version.
    settings.append(("client_connection_check_interval", "10s"))
    let names = "{" + settings.map(\.0).joined(separator: ",") + "}"
    let values = "{" + settings.map(\.1).joined(separator: ",") + "}"
    let answer = try table(
      """
      WITH mine AS (SELECT \(lock)($4::bigint) AS free) \
      SELECT mine.free, set_config(s.name, v.value, $3) FROM mine, unnest($1::text[], $2::text[]) AS v(name, value) \
      JOIN pg_settings s ON s.name = v.name
      """, [names, values, local ? "true" : "false", call.lock.map(String.init)])
    return answer.rows.first?.first != "f"
  }

  // MARK: Statements

  private mutating func tables() throws(Ending) -> [PostgresTable] {
    var tables: [PostgresTable] = []
    for statement in call.statements {
      tables.append(try table(statement.text, statement.parameters, keeps: call.limits.keeps - kept))
      kept += tables.last.map(Session.size) ?? 0
      guard case .noTransaction = call.mode else {
        if connection.isInTransaction { continue }
        hasLeft = true
        throw .silent(
          Silence(
            .limit, "the statement has ended the transaction that it stood in", mayHaveHappened: true))
      }
    }
    return tables
  }

  private static func size(_ table: PostgresTable) -> Int {
    table.rows.reduce(0) { $0 + $1.reduce(0) { $0 + ($1?.utf8.count ?? 0) } }
  }

  /// - Throws: PostgreSQL's refusal, after its whole answer was read.
  private func table(
    _ text: String, _ parameters: [String?] = [], keeps: Int = .max
  ) throws(Ending) -> PostgresTable {
    var table = PostgresTable()
    var refusal: PostgresRefusal?
    var size = 0
    do throws(Connection.Interruption) {
      try connection.send(text, parameters)
      while let answer = try connection.next() {
        if answer.isCopy { throw .broken("COPY from or to a client is not possible here") }
        refusal = refusal ?? answer.refusal
        table.columns = answer.columns.isEmpty ? table.columns : answer.columns
        guard answer.isRow else {
          table.affected = answer.affected
          continue
        }
        table.rowCount += 1
        size += answer.size
        if size <= keeps { table.rows.append(answer.values) } else { table.isCut = true }
      }
    } catch { throw silent(error) }
    if let refusal { throw refused(refusal) }
    return table
  }

  /// An operator or a timeout has ended a statement: outside of a transaction nobody knows what is left of it.
  ///
  /// - Source: PostgreSQL, "PostgreSQL Error Codes": class 57 is operator intervention.
  private func refused(_ refusal: PostgresRefusal) -> Ending {
    guard refusal.sqlstate.hasPrefix("57"), hasLeft || refusal.sqlstate == "57014" else {
      return .refused(refusal)
    }
    return .silent(
      Silence(
        refusal.sqlstate == "57014" ? .timeout : .connect, "\(refusal.message) (\(refusal.sqlstate))",
        mayHaveHappened: hasLeft))
  }

  private func silent(_ interruption: Connection.Interruption) -> Ending {
    .silent(Silence(interruption, mayHaveHappened: hasLeft))
  }

  /// - Throws: silence when the answer does not come: whether it was done, nobody knows.
  private mutating func commit() throws(Ending) {
    if case .readOnlyTransaction = call.mode {} else { hasLeft = true }
    var tag = ""
    var refusal: PostgresRefusal?
    do throws(Connection.Interruption) {
      try connection.send("COMMIT")
      while let answer = try connection.next() {
        tag = answer.tag
        refusal = refusal ?? answer.refusal
      }
    } catch { throw silent(error) }
    // A constraint that is checked last has undone it all; an operator's word says nothing.
    if let refusal { throw refused(refusal) }
    guard tag == "COMMIT" else {
      throw .refused(PostgresRefusal(sqlstate: "25P02", message: "the transaction was rolled back"))
    }
  }
}

// Receipts.
extension Session {
  /// Writes the receipt down; it waits for an earlier attempt that is still at work.
  ///
  /// - Returns: the outcome if it was there already: an earlier attempt has committed.
  private mutating func begin(_ receipt: PostgresCall.Receipt) throws(Ending) -> PostgresOutcome? {
    do throws(Ending) {
      let inserted = try table(
        """
        INSERT INTO belay.receipt (key, digest, xid, at) VALUES ($1, $2, pg_current_xact_id()::text, now()) \
        ON CONFLICT (key) DO NOTHING
        """, [receipt.key, receipt.digest])
      if inserted.affected == 1 { return nil }
    } catch {
      throw Session.unknown(error)
    }
    _ = try table("ROLLBACK")
    let found = try table("SELECT result::text FROM belay.receipt WHERE key = $1", [receipt.key])
    return .doneBefore(receipt: found.rows.first?.first ?? nil)
  }

  /// Who waits for another attempt and gives up knows nothing of it.
  private static func unknown(_ ending: Ending) -> Ending {
    let reason: String
    switch ending {
    case .refused(let refusal) where ["55P03", "57014"].contains(refusal.sqlstate): reason = refusal.message
    case .silent(let silence): reason = silence.message
    case .refused(let refusal) where ["42P01", "3F000", "42501"].contains(refusal.sqlstate):
      return .refused(
        PostgresRefusal(
          sqlstate: refusal.sqlstate,
          message: "\(refusal.message): receipts are kept where 'belay receipts init' was run"))
    case .refused: return ending
    }
    return .silent(
      Silence(.timeout, "an earlier attempt may still be at work: \(reason)", mayHaveHappened: true))
  }

  private func complete(_ receipt: PostgresCall.Receipt, _ tables: [PostgresTable]) throws(Ending) {
    let result = ReceiptResult.text(of: tables, withRows: receipt.keepsResults)
    _ = try table("UPDATE belay.receipt SET result = $2::jsonb WHERE key = $1", [receipt.key, result])
  }
}
