public import BelayDigest
public import BelayModel

/// Where runs are kept. What is appended is durable when `append` returns.
///
/// One process may hold several; nothing here is shared between threads. Every read sees one snapshot.
public protocol RunStore: AnyObject {
  /// Identity of the store itself, made with it; a copied store keeps it.
  var id: String { get }
  /// For people: the folder or the address without its password.
  var location: String { get }

  /// Events, derived rows and claims in one transaction, sealed by the ledger.
  func append(_ batch: AppendBatch) throws(StoreError) -> [StoredEvent]

  func run(_ run: String) throws(StoreError) -> RunRow?
  /// Newest first.
  func runs(_ filter: RunFilter) throws(StoreError) -> [RunRow]
  /// In order, from number `from` (1 is the first), at most `limit`.
  func events(of run: String, from: Int, limit: Int) throws(StoreError) -> [StoredEvent]
  func plan(of run: String) throws(StoreError) -> [UInt8]?
  func claims() throws(StoreError) -> [ClaimRow]
}

public struct AppendBatch: Sendable {
  public var run: String
  /// Of the driver; must be the newest of the run, or the batch is refused (`fenced`).
  public var epoch: Int
  /// Of the first line; must follow the last stored one (`fenced` otherwise).
  public var firstNumber: Int
  /// The exact bytes of each event line, without a line end.
  public var lines: [String]
  /// The run's derived row after these lines.
  public var row: RunRow
  public var claims: ClaimChange
  /// With the first event, and with one that adopts another plan: the plan's exact bytes.
  public var plan: [UInt8]?

  public init(
    run: String, epoch: Int, firstNumber: Int, lines: [String], row: RunRow, claims: ClaimChange = .none,
    plan: [UInt8]? = nil
  ) {
    self.run = run
    self.epoch = epoch
    self.firstNumber = firstNumber
    self.lines = lines
    self.row = row
    self.claims = claims
    self.plan = plan
  }
}

public enum ClaimChange: Hashable, Sendable {
  case none
  /// All or nothing; taken by another run: `claimed`. Taken by the same run already: no change.
  case take([String])
  case release([String])
  /// Given back first: a name in both is taken anew.
  case change(take: [String], release: [String])

  public var taken: [String] {
    switch self {
    case .none, .release: []
    case .take(let names), .change(let names, _): names
    }
  }

  public var released: [String] {
    switch self {
    case .none, .take: []
    case .release(let names), .change(_, let names): names
    }
  }
}

public struct StoredEvent: Hashable, Sendable {
  public var run: String
  /// From 1.
  public var number: Int
  public var line: String
  /// The store's word: time, who, by JSON in the order of JournalFormat.md.
  public var stamp: String
  public var link: Digest

  public init(run: String, number: Int, line: String, stamp: String, link: Digest) {
    self.run = run
    self.number = number
    self.line = line
    self.stamp = stamp
    self.link = link
  }
}

/// Derived from a run's events and kept beside them for lists; verification folds the events again and compares.
public struct RunRow: Hashable, Sendable {
  public var run: String
  public var playbook: String
  public var title: String
  public var environment: String
  public var status: RunStatus
  public var cause: String
  public var initiator: String
  public var planDigest: String
  public var createdAt: Timestamp
  /// Of the newest event.
  public var changedAt: Timestamp
  public var epoch: Int
  /// Number of events.
  public var events: Int

  public init(
    run: String, playbook: String, title: String, environment: String, status: RunStatus, cause: String,
    initiator: String, planDigest: String, createdAt: Timestamp, changedAt: Timestamp, epoch: Int, events: Int
  ) {
    self.run = run
    self.playbook = playbook
    self.title = title
    self.environment = environment
    self.status = status
    self.cause = cause
    self.initiator = initiator
    self.planDigest = planDigest
    self.createdAt = createdAt
    self.changedAt = changedAt
    self.epoch = epoch
    self.events = events
  }
}

public struct RunFilter: Hashable, Sendable {
  public var statuses: [RunStatus] = []
  public var since: Timestamp?
  public var limit: Int = 50

  public init() {}
}

public struct ClaimRow: Hashable, Sendable {
  public var name: String
  public var run: String
  public var since: Timestamp
  public var by: String

  public init(name: String, run: String, since: Timestamp, by: String) {
    self.name = name
    self.run = run
    self.since = since
    self.by = by
  }
}

/// What verification needs to know of the events: how they fold.
public protocol RunFold {
  init(run: String)
  /// Applies one event line.
  ///
  /// - Throws: `FoldError` for a line that is no event, or that cannot follow what came before.
  mutating func apply(line: String, number: Int) throws(FoldError)
  var row: RunRow? { get }
  /// The claims that the run holds now.
  var heldClaims: [String] { get }
  /// Somebody has signed a decision of it.
  var isSigned: Bool { get }
  /// Output files that events name: path relative to the run's folder, SHA-256 of the file.
  mutating func takeFiles() -> [(path: String, digest: String)]
}

public struct FoldError: Error, Hashable {
  public var message: String

  public init(_ message: String) { self.message = message }
}

public enum StoreError: Error, Hashable, Sendable {
  /// Another run holds it; the batch was not written.
  case claimed(ClaimRow)
  /// Another driver has taken the run over, or an event was appended by someone else.
  case fenced(String)
  /// No space: the batch was not written, and may be appended again once there is some.
  case full(String)
  /// An I/O error, a failed sync: nothing that this connection says can be believed any more.
  case broken(String)
  /// The place cannot be a store: no locks, no rights, wrong owner.
  case unusable(String)
  /// Made by a newer version; never rewritten.
  case newer(String)

  public var message: String {
    switch self {
    case .claimed(let claim): "\(claim.name) is held by run \(claim.run)"
    case .fenced(let text), .full(let text), .broken(let text), .unusable(let text), .newer(let text): text
    }
  }
}
