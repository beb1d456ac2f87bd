import BelayDigest
public import BelayJournal
import BelayModel

extension SQLiteStore {
  public func append(_ batch: AppendBatch) throws(StoreError) -> [StoredEvent] {
    precondition(
      batch.row.run == batch.run && batch.row.events == batch.firstNumber + batch.lines.count - 1
        && !batch.lines.isEmpty, "the batch's row does not fit its lines")
    guard let lock else { throw .unusable("\(location) was opened for reading") }
    return try lock.held { () throws(StoreError) in
      let (stored, head) = try transaction { () throws(StoreError) in try write(batch) }
      if batch.row.status.hasLetGo { try anchor(head) }
      if database.pagesInLog >= SQLiteStore.overdueAtPages {
        try checkpoint()
      }
      return stored
    }
  }

  private func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try execute("BEGIN IMMEDIATE")
    do throws(StoreError) {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // Some errors have rolled back already; that this one could not is covered by the first error.
      if database.isInTransaction { try? database.statement("ROLLBACK").run() }
      throw error
    }
  }

  private func execute(_ sql: String, _ values: [SQLiteValue] = []) throws(StoreError) {
    try checked { () throws(SQLiteError) in try database.statement(sql).run(values) }
  }

  private func write(_ batch: AppendBatch) throws(StoreError) -> (events: [StoredEvent], head: LedgerHead) {
    let stamp = writer.stamp(at: .now)
    let before = try batch.fence(try head(of: batch.run), by: hash)
    let events = batch.sealed(after: before, stamp: stamp.text, by: hash)
    for event in events {
      try execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
        [.text(event.run), .int(event.number), .text(event.line), .text(event.stamp), .digest(event.link)])
    }
    try change(batch, at: stamp.at)
    return (events, try extendLedger(batch, events.last?.link ?? before, at: stamp.at))
  }

  /// - Returns: nil when there is no such run.
  private func head(of run: String) throws(StoreError) -> RunHead? {
    let known = try checked { () throws(SQLiteError) in
      try database.statement("SELECT epoch, events FROM run WHERE run = ?").first([.text(run)]) {
        (epoch: $0.int(0), events: $0.int(1))
      }
    }
    guard let known else { return nil }
    let link = try checked { () throws(SQLiteError) in
      try database.statement("SELECT link FROM event WHERE run = ? AND n = ?")
        .first([.text(run), .int(known.events)]) { $0.digest(0) } ?? nil
    }
    guard let link else {
      throw .broken("event \(known.events) of run \(run) is missing: 'belay audit verify' tells more")
    }
    return RunHead(epoch: known.epoch, events: known.events, link: link)
  }

  /// The derived rows.
  private func change(_ batch: AppendBatch, at now: Timestamp) throws(StoreError) {
    let row = batch.row
    if batch.firstNumber == 1 {
      try execute(
        "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(row.run), .text(row.playbook), .text(row.title), .text(row.environment),
          .text(row.status.rawValue), .text(row.cause), .text(row.initiator), .text(row.planDigest),
          .text(row.createdAt.fixedText), .text(row.changedAt.fixedText), .int(row.epoch), .int(row.events),
        ])
      if let plan = batch.plan {
        try execute("INSERT INTO plan VALUES (?, ?)", [.text(row.run), .blob(plan)])
      }
    } else {
      try execute(
        """
        UPDATE run SET status = ?, cause = ?, plan_digest = ?, changed_at = ?, epoch = ?, events = ? WHERE run = ?
        """,
        [
          .text(row.status.rawValue), .text(row.cause), .text(row.planDigest), .text(row.changedAt.fixedText),
          .int(row.epoch), .int(row.events), .text(row.run),
        ])
      // The run goes on by another one; the one before lies in the run's folder.
      if let plan = batch.plan {
        try execute("UPDATE plan SET bytes = ? WHERE run = ?", [.blob(plan), .text(row.run)])
      }
    }
    for name in batch.claims.released {
      try execute("DELETE FROM claim WHERE name = ? AND run = ?", [.text(name), .text(row.run)])
    }
    for name in batch.claims.taken.sorted() { try take(name, for: row.run, at: now) }
    if row.status.hasLetGo { try execute("DELETE FROM claim WHERE run = ?", [.text(row.run)]) }
  }

  private func take(_ name: String, for run: String, at now: Timestamp) throws(StoreError) {
    if let holder = try claim(name) {
      if holder.run == run { return }
      throw .claimed(holder)
    }
    try execute("INSERT INTO claim VALUES (?, ?, ?)", [.text(name), .text(run), .text(now.fixedText)])
  }

  private func extendLedger(
    _ batch: AppendBatch, _ link: Digest, at now: Timestamp
  ) throws(StoreError) -> LedgerHead {
    let head = try checked { () throws(SQLiteError) in
      try database.statement("SELECT n, link FROM ledger ORDER BY n DESC LIMIT 1").first {
        (number: $0.int(0), link: $0.digest(1))
      }
    }
    guard let head, let before = head.link else {
      throw .broken("\(location): the ledger is empty or damaged")
    }
    let entries = try batch.entries(
      sealing: link, after: (number: head.number, link: before), at: now, by: hash)
    for entry in entries {
      try execute(
        "INSERT INTO ledger VALUES (?, ?, ?)", [.int(entry.number), .text(entry.text), .digest(entry.link)])
    }
    let last = entries.last
    return LedgerHead(at: now, store: id, entry: last?.number ?? head.number, link: last?.link ?? before)
  }

  /// The run's end stands outside the database too. On a full disk it does not: the commit is durable without,
  /// and the next run's end anchors this one as well.
  private func anchor(_ head: LedgerHead) throws(StoreError) {
    do throws(FileError) { try AnchorLog(path: folder.heads).append(head.text) } catch {
      if case .full = error.asStoreError { return }
      throw remembered(error.asStoreError)
    }
  }
}
