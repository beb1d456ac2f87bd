public import BelayModel

/// Everything that a run will do, as a value. Its digest is over its exact bytes (PlanFormat.md).
///
/// A run does nothing that its plan does not show, and is executed from these bytes alone.
public struct Plan: Hashable, Sendable {
  public static let format = 1

  public var run: String
  public var playbook: String
  /// Relative to the project.
  public var path: String
  public var title: String
  public var version: String
  public var createdAt: Timestamp
  /// The project's folder: commands run there unless `cwd` says otherwise.
  public var project: String
  public var environment: String?
  /// Of one that was written into a file, to be run later.
  public var saved: Saved?
  public var environmentVars: ValueMap
  /// Who has which role as the plan is made: a list of people by role.
  public var roles: ValueMap
  /// In a protected environment who began a run approves nothing of it, unless a gate says otherwise.
  public var isProtected: Bool
  /// Who there is, with accounts and public keys, and who has which role when. Nil: the project has none.
  public var roster: Roster?
  public var scopes: [PlanScope]
  public var frames: [PlanFrame]
  public var secrets: [SecretReference]
  public var claims: [String]
  /// The median of what the last runs took from their first event to their end. Nil: there was none.
  public var expected: TimeSpan?
  public var maxParallel: Int
  /// Written on the playbook, or `stop`.
  public var onFailure: FailureRule
  /// PATH of every command.
  public var searchPath: String
  /// Variables of the caller that commands get beside the standard ones.
  public var pass: [String]
  public var sources: [SourceFile]
  public var programs: [Program]
  public var warnings: [String]
  /// In the order in which their scopes stand in the plan; the run's come first.
  public var watches: [PlanWatch]
  public var notices: [PlanNotice]
  /// In the order of the file; a group stands before its children; rollbacks follow the main nodes.
  public var nodes: [PlanNode]

  /// For whom, and how long, a file with the plan is good.
  public struct Saved: Hashable, Sendable {
    public var expiresAt: Timestamp
    /// The store in which it may be run, once: an absolute folder.
    public var store: String

    public init(expiresAt: Timestamp, store: String) {
      self.expiresAt = expiresAt
      self.store = store
    }
  }

  /// A file that the plan was made from.
  public struct SourceFile: Hashable, Sendable {
    public var path: String
    /// SHA-256 of its bytes.
    public var digest: String

    public init(path: String, digest: String) {
      self.path = path
      self.digest = digest
    }
  }

  /// A program that an `exec` starts, as it was found; what it starts in turn is not bound.
  public struct Program: Hashable, Sendable {
    public var name: String
    /// Nil: not found when the plan was made.
    public var path: String?
    public var size: Int64
    /// Seconds since 1970.
    public var changedAt: Int64

    public init(name: String, path: String?, size: Int64, changedAt: Int64) {
      self.name = name
      self.path = path
      self.size = size
      self.changedAt = changedAt
    }
  }

  /// Where a secret comes from; never what it is.
  public struct SecretReference: Hashable, Sendable {
    public var name: String
    public var source: EnvironmentFile.Secret.Source
    public var allowShort: Bool
    /// The URL of a database that keeps receipts of what was done in it.
    public var receipts: Bool

    public init(
      name: String, source: EnvironmentFile.Secret.Source, allowShort: Bool, receipts: Bool = false
    ) {
      self.name = name
      self.source = source
      self.allowShort = allowShort
      self.receipts = receipts
    }
  }
}
