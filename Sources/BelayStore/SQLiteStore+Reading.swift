public import BelayJournal
import BelayModel

extension SQLiteStore {
  private static let columns = RunRow.columnNames.joined(separator: ", ")

  public func run(_ run: String) throws(StoreError) -> RunRow? {
    let row = try checked { () throws(SQLiteError) in
      try database.statement("SELECT \(SQLiteStore.columns) FROM run WHERE run = ?")
        .first([.text(run)], read: RunRow.init)
    }
    guard let row else { return nil }
    return try readable(row, run)
  }

  public func runs(_ filter: RunFilter) throws(StoreError) -> [RunRow] {
    var conditions: [String] = []
    var values: [SQLiteValue] = []
    if !filter.statuses.isEmpty {
      conditions.append("status IN (\(filter.statuses.map { _ in "?" }.joined(separator: ", ")))")
      values += filter.statuses.map { .text($0.rawValue) }
    }
    if let since = filter.since {
      conditions.append("created_at >= ?")
      values.append(.text(since.fixedText))
    }
    let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let sql = "SELECT \(SQLiteStore.columns) FROM run \(condition) ORDER BY created_at DESC, run DESC LIMIT ?"
    let rows = try checked { () throws(SQLiteError) in
      try database.statement(sql).all(values + [.int(filter.limit)]) { (run: $0.text(0), row: RunRow($0)) }
    }
    var readable: [RunRow] = []
    for (run, row) in rows { readable.append(try self.readable(row, run)) }
    return readable
  }

  private func readable(_ row: RunRow?, _ run: String) throws(StoreError) -> RunRow {
    guard let row else {
      throw .broken("the row of run \(run) cannot be read: 'belay audit verify' tells more")
    }
    return row
  }

  /// A withheld event has an empty line.
  public func events(of run: String, from: Int, limit: Int) throws(StoreError) -> [StoredEvent] {
    let events = try checked { () throws(SQLiteError) in
      let sql = "SELECT n, line, stamp, link FROM event WHERE run = ? AND n >= ? ORDER BY n LIMIT ?"
      return try database.statement(sql).all([.text(run), .int(from), .int(limit)]) { row in
        row.digest(3).map { link in
          StoredEvent(run: run, number: row.int(0), line: row.text(1), stamp: row.text(2), link: link)
        }
      }
    }
    let whole = events.compactMap { $0 }
    guard whole.count == events.count else {
      throw .broken("a link of run \(run) is damaged: 'belay audit verify' tells more")
    }
    return whole
  }

  public func plan(of run: String) throws(StoreError) -> [UInt8]? {
    try checked { () throws(SQLiteError) in
      try database.statement("SELECT bytes FROM plan WHERE run = ?").first([.text(run)]) { $0.bytes(0) }
    }
  }

  private static let claims = """
    SELECT claim.name, claim.run, claim.since, coalesce(run.initiator, '') FROM claim LEFT JOIN run USING (run)
    """

  public func claims() throws(StoreError) -> [ClaimRow] {
    try checked { () throws(SQLiteError) in
      try database.statement(SQLiteStore.claims + " ORDER BY claim.name").all(read: ClaimRow.init)
    }
  }

  func claim(_ name: String) throws(StoreError) -> ClaimRow? {
    try checked { () throws(SQLiteError) in
      try database.statement(SQLiteStore.claims + " WHERE claim.name = ?")
        .first([.text(name)], read: ClaimRow.init)
    }
  }
}

extension RunRow {
  /// Nil when a column has a text that nobody writes there.
  fileprivate init?(_ row: SQLiteRow) {
    guard let status = RunStatus(rawValue: row.text(4)), let created = Timestamp(text: row.text(8)),
      let changed = Timestamp(text: row.text(9))
    else { return nil }
    self.init(
      run: row.text(0), playbook: row.text(1), title: row.text(2), environment: row.text(3), status: status,
      cause: row.text(5), initiator: row.text(6), planDigest: row.text(7), createdAt: created,
      changedAt: changed, epoch: row.int(10), events: row.int(11))
  }
}

extension ClaimRow {
  fileprivate init(_ row: SQLiteRow) {
    self.init(
      name: row.text(0), run: row.text(1), since: Timestamp(text: row.text(2)) ?? Timestamp(seconds: 0),
      by: row.text(3))
  }
}
