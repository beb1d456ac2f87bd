internal import BelayEngine
internal import BelayJournal

/// What a simulated keeper has written down, in order. Never synced: whole after a kill, a part of it after the
/// machine was lost.
struct KeeperLog {
  enum Record {
    /// A keeper serves this driver, on this boot.
    case began(epoch: Int, boot: Int)
    case accepted(AttemptName)
    case started(AttemptName, ProcessIdentity, boot: Int)
    case exited(AttemptName, EffectReport)
  }

  struct Entry {
    var started: (identity: ProcessIdentity, boot: Int)?
    var exited: EffectReport?
  }

  private var records: [Record] = []
  private(set) var attempts: [AttemptName: Entry] = [:]
  private(set) var boots: [Int: Set<Int>] = [:]

  mutating func write(_ record: Record) {
    records.append(record)
    take(record)
  }

  private mutating func take(_ record: Record) {
    switch record {
    case .began(let epoch, let boot): boots[epoch, default: []].insert(boot)
    case .accepted(let name): attempts[name] = Entry()
    case .started(let name, let identity, let boot): attempts[name]?.started = (identity, boot)
    case .exited(let name, let report): attempts[name, default: Entry()].exited = report
    }
  }

  /// The machine is gone, and with it what the page cache had not written.
  mutating func lose(from index: Int) {
    let rest = records.prefix(index)
    records = []
    attempts = [:]
    boots = [:]
    for record in rest { write(record) }
  }

  var count: Int { records.count }
}
