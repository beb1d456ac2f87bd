public import BelayDigest
public import BelayJournal

/// One reading of a simulated store for verification.
public final class SimulatedAudit: VerificationSource {
  private let store: SimulatedStore
  private var nextEntryIndex = 0
  private var rest: ArraySlice<StoredEvent>

  public init(_ store: SimulatedStore) {
    self.store = store
    rest = store.events.sorted { $0.key < $1.key }.flatMap(\.value)[...]
  }

  public func structure() -> [String] { [] }

  public func nextEntry() -> LedgerRow? {
    nextEntryIndex += 1
    return entry(nextEntryIndex)
  }

  public func entry(_ number: Int) -> LedgerRow? {
    guard number >= 1, number <= store.entries.count else { return nil }
    let entry = store.entries[number - 1]
    return LedgerRow(number: entry.number, entry: Array(entry.text.utf8), link: Array(entry.link.bytes))
  }

  public func nextEvent() -> EventRow? {
    guard let event = rest.popFirst() else { return nil }
    return EventRow(
      run: event.run, number: event.number, line: Array(event.line.utf8), stamp: Array(event.stamp.utf8),
      link: Array(event.link.bytes))
  }

  public func link(ofEvent number: Int, of run: String) -> [UInt8]? {
    guard let events = store.events[run], number >= 1, number <= events.count else { return nil }
    return Array(events[number - 1].link.bytes)
  }

  public func columns(of run: String) -> [String]? { store.rows[run]?.columns }

  public func planDigest(of run: String) -> Digest? {
    store.plans[run].map { ChainHash().digest(of: $0) }
  }

  public func claimColumns() -> [ClaimColumns] {
    store.claims().map { ClaimColumns(name: $0.name, run: $0.run, since: $0.since.fixedText) }
  }

  public func rowsWithoutEvents() -> [(table: String, run: String)] {
    store.rows.keys.filter { store.events[$0]?.isEmpty ?? true }.sorted().map { (table: "run", run: $0) }
  }

  public func fileDigest(run: String, path: String) -> Digest? { nil }
  public var runFolders: [String] { [] }
  public var headLines: [String] { store.heads.map(\.text) }
  public var checkpointLines: [String] { [] }
}
