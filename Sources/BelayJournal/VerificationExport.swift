import BelayDigest

/// The trail as JSON Lines, for archives and for verifiers that are not ours. JournalFormat.md has the members.
public enum AuditExport {
  public static let format = 1

  /// Hands over line by line: what it is, the ledger by number, the events by run and number. Lines, stamps and
  /// entries stand in it as strings, byte for byte, so that their digests are those of the store.
  ///
  /// - Parameter run: only this run's events, and the ledger entries that speak of it; nil for all.
  public static func write(
    _ source: some VerificationSource, run: String? = nil, line: (String) -> Void
  ) throws(StoreError) {
    var head = LineWriter()
    head.text("kind", "belay-audit")
    head.int("format", format)
    head.text("run", run)
    line(head.line())
    while let row = try source.nextEntry() {
      let text = String(decoding: row.entry, as: UTF8.self)
      if let run, !speaks(text, of: run) { continue }
      var writer = LineWriter()
      writer.text("kind", "ledger")
      writer.int("n", row.number)
      writer.text("entry", text)
      writer.text("link", row.link.hex)
      line(writer.line())
    }
    while let row = try source.nextEvent() {
      if let run, !row.run.isExactly(run) { continue }
      var writer = LineWriter()
      writer.text("kind", "event")
      writer.text("run", row.run)
      writer.int("n", row.number)
      writer.text("line", row.line.map { String(decoding: $0, as: UTF8.self) })
      writer.text("stamp", String(decoding: row.stamp, as: UTF8.self))
      writer.text("link", row.link.hex)
      line(writer.line())
    }
  }

  private static func speaks(_ entry: String, of run: String) -> Bool {
    guard let line = try? LedgerLine(parsing: entry) else { return false }
    if case .withheld(let withheld, _, _, _, _) = line.entry { return withheld.isExactly(run) }
    return line.entry.seal?.run.isExactly(run) ?? false
  }
}
