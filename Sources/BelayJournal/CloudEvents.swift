import BelayDigest
import BelayModel

/// Events as CloudEvents, one a line in their JSON format, for buses and collectors. What verifies is the JSON Lines of
/// ``AuditExport``.
///
/// - Source: CloudEvents 1.0.2; its JSON Event Format 1.0.2.
public enum CloudEvents {
  /// - Parameter run: only this run's events; nil for all.
  public static func write(
    _ source: some VerificationSource, run: String? = nil, line: (String) -> Void
  ) throws(StoreError) {
    var store = ""
    if let first = try source.entry(1), case .storeCreated(let id)? = entry(first) { store = id }
    while let row = try source.nextEvent() {
      if let run, !row.run.isExactly(run) { continue }
      line(try text(of: row, store: store))
    }
  }

  private static func entry(_ row: LedgerRow) -> LedgerEntry? {
    (try? LedgerLine(parsing: String(decoding: row.entry, as: UTF8.self)))?.entry
  }

  /// The event's line is `data`, byte for byte; of one that is withheld there is none.
  private static func text(of row: EventRow, store: String) throws(StoreError) -> String {
    let line = row.line.map { String(decoding: $0, as: UTF8.self) }
    let stamp = String(decoding: row.stamp, as: UTF8.self)
    let place = "event \(row.number) of run \(row.run)"
    let data: JSON?
    let at: String?
    do {
      data = try line.map { try JSON(parsing: $0) }
      at = try data?["at"]?.string ?? JSON(parsing: stamp)["at"]?.string
    } catch { throw .broken("\(place) cannot be read: belay audit verify") }
    guard let at, let type = data == nil ? "withheld" : data?["type"]?.string else {
      throw .broken("\(place) lacks its time or its type: belay audit verify")
    }
    var writer = LineWriter()
    writer.text("specversion", "1.0")
    writer.text("id", "\(row.run)/\(row.number)")
    writer.text("source", "/belay/stores/\(store)")
    writer.text("type", "belay.\(type)")
    writer.text("subject", data?["node"]?.string.map { "\(row.run)/\($0)" } ?? row.run)
    writer.text("time", at)
    // Extension attributes: their names are lower-case letters and digits.
    writer.text("belaylink", row.link.hex)
    writer.text("belaystamp", stamp)
    guard let line else { return writer.line() }
    writer.text("datacontenttype", "application/json")
    return String(writer.line().dropLast()) + ",\"data\":" + line + "}"
  }
}
