public import BelayDigest

/// What verification reads: the rows as they are, in one snapshot, however damaged they may be.
///
/// Texts that might have been altered come as bytes: a text that is repaired on reading would hide it.
public protocol VerificationSource: AnyObject {
  /// Mistakes of the container itself: tables that are missing, altered or too many, damaged pages.
  func structure() throws(StoreError) -> [String]

  /// The next ledger entry by number; nil at the end.
  func nextEntry() throws(StoreError) -> LedgerRow?
  /// The next event by run and number; nil at the end.
  func nextEvent() throws(StoreError) -> EventRow?
  func link(ofEvent number: Int, of run: String) throws(StoreError) -> [UInt8]?
  func entry(_ number: Int) throws(StoreError) -> LedgerRow?

  /// The derived row's columns, in the order of ``RunRow/columnNames``.
  func columns(of run: String) throws(StoreError) -> [String]?
  func planDigest(of run: String) throws(StoreError) -> Digest?
  func claimColumns() throws(StoreError) -> [ClaimColumns]
  /// Derived rows of runs that have no event.
  func rowsWithoutEvents() throws(StoreError) -> [(table: String, run: String)]

  /// Of a file in the run's folder; nil when it is not there.
  func fileDigest(run: String, path: String) throws(StoreError) -> Digest?
  /// Folders of runs in which something was kept; read before the snapshot.
  var runFolders: [String] { get }
  /// The lines of `heads.log`; read before the snapshot.
  var headLines: [String] { get }
  /// The lines of `checkpoints.log`; read before the snapshot.
  var checkpointLines: [String] { get }
}

public struct LedgerRow: Hashable, Sendable {
  public var number: Int
  public var entry: [UInt8]
  public var link: [UInt8]

  public init(number: Int, entry: [UInt8], link: [UInt8]) {
    self.number = number
    self.entry = entry
    self.link = link
  }
}

public struct EventRow: Hashable, Sendable {
  public var run: String
  public var number: Int
  /// Nil when it is withheld.
  public var line: [UInt8]?
  public var stamp: [UInt8]
  public var link: [UInt8]

  public init(run: String, number: Int, line: [UInt8]?, stamp: [UInt8], link: [UInt8]) {
    self.run = run
    self.number = number
    self.line = line
    self.stamp = stamp
    self.link = link
  }
}

public struct ClaimColumns: Hashable, Sendable {
  public var name: String
  public var run: String
  public var since: String

  public init(name: String, run: String, since: String) {
    self.name = name
    self.run = run
    self.since = since
  }
}

extension RunRow {
  /// Of the derived row, as stored and as verified.
  public static let columnNames = [
    "run", "playbook", "title", "environment", "status", "cause", "initiator", "plan_digest", "created_at",
    "changed_at", "epoch", "events",
  ]

  /// In the order of ``columnNames``.
  public var columns: [String] {
    [
      run, playbook, title, environment, status.rawValue, cause, initiator, planDigest, createdAt.fixedText,
      changedAt.fixedText, String(epoch), String(events),
    ]
  }
}

extension String {
  /// Byte for byte. Swift's `==` takes two spellings of one accented letter for the same, an auditor must not.
  func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
