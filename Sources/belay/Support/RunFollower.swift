import BelayJournal
import BelayModel
import BelayStore
import BelayWorld
import Glibc

/// Reads on in the journal of a run that somebody else may be driving.
struct RunFollower {
  private static let interval: UInt32 = 300_000

  let store: SQLiteStore
  private(set) var run: RecordedRun
  private var next: Int

  init(_ row: RunRow, in store: SQLiteStore) throws {
    self.store = store
    run = try RecordedRun(row, in: store)
    next = run.state.events + 1
  }

  var folder: String { store.runFolder(run.row.run) }

  /// Nobody drives it and nothing has come: what is to be seen has been.
  var isOver: Bool { DriverLock.driver(of: folder) == nil }

  /// - Returns: the events that have come since the last time.
  mutating func more() throws -> [EventLine] {
    var lines: [EventLine] = []
    do {
      for event in try store.events(of: run.row.run, from: next, limit: 1000) {
        let line = try EventLine(parsing: event.line)
        try run.state.apply(line.event, at: line.at)
        lines.append(line)
        next += 1
      }
      if let row = try store.run(run.row.run) { run.row = row }
    } catch let error as StoreError { throw Failure(error) }
    return lines
  }

  /// Calls again and again until nobody drives the run any more and all of it was told.
  mutating func follow(_ body: (RunFollower, [EventLine]) throws -> Void) throws {
    while true {
      let wasOver = isOver
      let lines = try more()
      try body(self, lines)
      if wasOver, lines.isEmpty { return }
      if lines.isEmpty { usleep(RunFollower.interval) }
    }
  }
}
