public import BelayModel

/// Collects a run's events and commits them together; tells who listens when they are durable.
public final class JournalWriter {
  private let store: any RunStore
  private let run: String
  private let claims: [String]
  private let listener: (RunEvent, Timestamp, Int) -> Void
  private var epoch: Int
  /// Number of the newest event that is durable.
  public private(set) var committed: Int
  private var lines: [String] = []
  private var waiting: [(event: RunEvent, at: Timestamp)] = []
  private var row: RunRow?
  /// What the events waiting take and give back, in all.
  private var taken: [String] = []
  private var released: [String] = []
  public private(set) var isUrgent = false
  /// When the oldest event that is not urgent came, by the boot clock.
  public private(set) var waitingSince: TimeSpan?

  public init(
    store: any RunStore, state: RunState, claims: [String],
    listener: @escaping (RunEvent, Timestamp, Int) -> Void
  ) {
    self.store = store
    run = state.run
    epoch = state.epoch
    committed = state.events
    self.claims = claims
    self.listener = listener
  }

  public func add(_ events: [RunEvent], at time: Timestamp, row: RunRow, urgent: Bool, now: TimeSpan) {
    for event in events {
      if case .driverStarted(let driver) = event { epoch = driver.epoch }
      let number = committed + lines.count + 1
      lines.append(EventLine.encode(event, run: run, number: number, epoch: epoch, at: time))
      waiting.append((event: event, at: time))
      note(event)
    }
    self.row = row
    isUrgent = isUrgent || urgent
    waitingSince = waitingSince ?? now
  }

  private func note(_ event: RunEvent) {
    switch event {
    case .claimsTaken(let names):
      taken += names.filter { !taken.contains($0) }
    case .claimsReleased(let names): release(names)
    case .rested(let rest) where rest.status.hasLetGo: release(claims)
    case .closed: release(claims)
    default: break
    }
  }

  private func release(_ names: [String]) {
    released += names.filter { !taken.contains($0) && !released.contains($0) }
    taken.removeAll { names.contains($0) }
  }

  private var change: ClaimChange {
    if taken.isEmpty { return released.isEmpty ? .none : .release(released) }
    return released.isEmpty ? .take(taken) : .change(take: taken, release: released)
  }

  /// Takes claims by an event of its own. Nothing else may be waiting.
  ///
  /// - Throws: `claimed` when another run holds one, and then nothing was written.
  public func claim(_ names: [String], at time: Timestamp, row: RunRow) throws(StoreError) {
    precondition(lines.isEmpty, "a claim is refused alone")
    add([.claimsTaken(names)], at: time, row: row, urgent: true, now: .zero)
    do throws(StoreError) { _ = try commit() } catch {
      forget()
      throw error
    }
  }

  /// Makes everything collected durable.
  ///
  /// - Returns: the number of the newest event.
  public func commit() throws(StoreError) -> Int {
    guard let row, !lines.isEmpty else { return committed }
    _ = try store.append(
      AppendBatch(
        run: run, epoch: epoch, firstNumber: committed + 1, lines: lines, row: row, claims: change))
    let first = committed + 1
    committed += lines.count
    let done = waiting
    forget()
    for (offset, item) in done.enumerated() { listener(item.event, item.at, first + offset) }
    return committed
  }

  private func forget() {
    lines.removeAll(keepingCapacity: true)
    waiting.removeAll(keepingCapacity: true)
    taken = []
    released = []
    isUrgent = false
    waitingSince = nil
  }
}
