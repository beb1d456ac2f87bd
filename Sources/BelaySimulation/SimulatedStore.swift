internal import BelayDigest
public import BelayJournal
public import BelayModel

/// A store on a simulated disk: what was synced stays, what was on its way stays or goes.
///
/// It refuses and links as every store does (``AppendBatch/fence(_:by:)``); one commit at a time is on its way, and
/// becomes durable when ``land()`` is called.
public final class SimulatedStore: RunStore {
  /// What the next append meets.
  public enum Failure: Hashable, Sendable {
    /// No space is left, but for a reserve: nothing of the batch is written, and it will fit when tried again.
    case full
    /// No space is left at all.
    case fullForGood
    /// An I/O error or a failed sync: nobody knows whether the batch is durable.
    case broken
  }

  public let id = "0000000000000000000000000000000f"
  public let location = "simulated"
  public var nextFailure: Failure?

  private(set) var rows: [String: RunRow] = [:]
  private(set) var plans: [String: [UInt8]] = [:]
  private(set) var events: [String: [StoredEvent]] = [:]
  private(set) var entries: [StoredEntry] = []
  private(set) var heads: [LedgerHead] = []
  private(set) var held: [String: ClaimRow] = [:]
  private var onItsWay: Commit?
  private let hash = ChainHash()
  /// The store's own clock.
  private let clock: () -> Timestamp

  private struct Commit {
    var batch: AppendBatch
    var events: [StoredEvent]
    var entries: [StoredEntry]
    var at: Timestamp
  }

  public init(clock: @escaping () -> Timestamp) {
    self.clock = clock
    let first = LedgerLine(number: 1, at: clock(), entry: .storeCreated(store: id)).text
    let link = hash.link(ofEntry: 1, after: hash.start(ofStore: id), entry: hash.digest(of: first))
    entries = [StoredEntry(number: 1, text: first, link: link)]
  }

  /// True while a commit is neither durable nor lost.
  public var isCommitting: Bool { onItsWay != nil }

  public func append(_ batch: AppendBatch) throws(StoreError) -> [StoredEvent] {
    land()
    if nextFailure == .full || nextFailure == .fullForGood {
      nextFailure = nil
      throw .full("the simulated disk is full")
    }
    try requireFree(batch.claims.taken, for: batch.run)
    let known = rows[batch.run].flatMap { row in
      events[batch.run]?.last.map { RunHead(epoch: row.epoch, events: row.events, link: $0.link) }
    }
    let before = try batch.fence(known, by: hash)
    let now = clock()
    let stamp = Stamp(at: now, uid: 1000, loginUid: 1000, pid: 1, host: "simulated").text
    let sealed = batch.sealed(after: before, stamp: stamp, by: hash)
    guard let head = entries.last, let link = sealed.last?.link else { return [] }
    let entries = try batch.entries(sealing: link, after: (head.number, head.link), at: now, by: hash)
    onItsWay = Commit(batch: batch, events: sealed, entries: entries, at: now)
    if nextFailure == .broken {
      nextFailure = nil
      throw .broken("the simulated disk has an I/O error")
    }
    return sealed
  }

  private func requireFree(_ names: [String], for run: String) throws(StoreError) {
    for name in names {
      if let holder = held[name], holder.run != run { throw .claimed(holder) }
    }
  }

  /// The commit on its way is durable.
  public func land() {
    guard let commit = onItsWay else { return }
    onItsWay = nil
    let batch = commit.batch
    rows[batch.run] = batch.row
    if let plan = batch.plan { plans[batch.run] = plan }
    events[batch.run, default: []] += commit.events
    entries += commit.entries
    change(batch.claims, of: batch, at: commit.at)
    guard batch.row.status.hasLetGo, let last = entries.last else { return }
    held = held.filter { $0.value.run != batch.run }
    heads.append(LedgerHead(at: commit.at, store: id, entry: last.number, link: last.link))
  }

  private func change(_ change: ClaimChange, of batch: AppendBatch, at now: Timestamp) {
    for name in change.released where held[name]?.run == batch.run { held[name] = nil }
    for name in change.taken where held[name] == nil {
      held[name] = ClaimRow(name: name, run: batch.run, since: now, by: batch.row.initiator)
    }
  }

  /// The commit on its way is lost, as when the power fails before the sync.
  public func lose() { onItsWay = nil }

  // MARK: Reading

  public func run(_ run: String) -> RunRow? { rows[run] }
  public func runs(_ filter: RunFilter) -> [RunRow] { rows.values.sorted { $0.createdAt > $1.createdAt } }
  public func plan(of run: String) -> [UInt8]? { plans[run] }
  public func claims() -> [ClaimRow] { held.values.sorted { $0.name < $1.name } }

  public func events(of run: String, from: Int, limit: Int) -> [StoredEvent] {
    Array((events[run] ?? []).dropFirst(from - 1).prefix(limit))
  }

  /// The run that has the claim; nil: it is free.
  public func holder(of claim: String) -> String? { held[claim]?.run }

  private static let otherRun = "another"

  /// Another run takes the claim.
  ///
  /// - Returns: false where it is not free.
  func occupy(_ claim: String) -> Bool {
    guard held[claim] == nil, !isCommitting else { return false }
    held[claim] = ClaimRow(name: claim, run: SimulatedStore.otherRun, since: clock(), by: "somebody")
    return true
  }

  /// The other run gives back what it has.
  public func vacate() { held = held.filter { $0.value.run != SimulatedStore.otherRun } }
}
