import BelayDigest
import BelayModel

/// Where something is wrong.
public enum AuditPlace: Hashable, Sendable {
  case event(run: String, number: Int)
  case entry(Int)
  case run(String)
  case claim(String)
  /// A line of `heads.log`, from 1.
  case head(Int)
  /// A line, from 1, of the store's checkpoints or of a copy of them.
  case checkpoint(file: String, line: Int)
  case store

  public var text: String {
    switch self {
    case .event(let run, let number): "event \(number) of run \(run)"
    case .entry(let number): "ledger entry \(number)"
    case .run(let run): "run \(run)"
    case .claim(let name): "claim \(name)"
    case .head(let line): "heads.log line \(line)"
    case .checkpoint(let file, let line): "\(file) line \(line)"
    case .store: "the store"
    }
  }
}

public struct AuditFinding: Hashable, Sendable {
  public var place: AuditPlace
  /// What is wrong there, in words.
  public var message: String

  public var text: String { "\(place.text): \(message)" }
}

/// What verification has to say.
public struct AuditReport: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    /// Nothing is missing up to this head of the ledger, which stands outside the database.
    case complete(upTo: LedgerHead)
    /// The same, by a checkpoint that a key of the verifier's has signed.
    case signed(upTo: LedgerHead)
    /// All fits together, but nothing outside says that the newest part was not cut off.
    case consistent
    case broken(at: AuditPlace)

    public var text: String {
      switch self {
      case .complete(let head): "complete up to ledger entry \(head.entry) of \(head.at.text) (heads.log)"
      case .signed(let head):
        "complete up to ledger entry \(head.entry) of \(head.at.text) (signed checkpoint)"
      case .consistent: "consistent, completeness not proven"
      case .broken(let place): "BROKEN at \(place.text)"
      }
    }
  }

  public var runs = 0
  public var events = 0
  public var entries = 0
  /// Events whose line is withheld and verified by its digest.
  public var withheld = 0
  /// The newest head of the ledger that is kept outside the database and fits.
  public var anchor: LedgerHead?
  /// The newest one that a key of the verifier's has signed.
  public internal(set) var signed: LedgerHead?
  /// Runs in which somebody has signed a decision, for who has the keys to verify that.
  public internal(set) var signedRuns: [String] = []
  /// The ledger's newest entry.
  public internal(set) var head: LedgerHead?
  /// At most ``findingLimit``; in the order in which they were met.
  public internal(set) var findings: [AuditFinding] = []
  /// How many more there were.
  public internal(set) var furtherFindings = 0

  public static let findingLimit = 200

  /// An event where one is named: there something happened; the other findings follow from it.
  public var verdict: Verdict {
    let events = findings.filter { if case .event = $0.place { true } else { false } }
    if let first = events.first ?? findings.first { return .broken(at: first.place) }
    if let signed, signed.entry >= anchor?.entry ?? 0 { return .signed(upTo: signed) }
    return anchor.map(Verdict.complete) ?? .consistent
  }

  /// One finding an event or entry: the second would say the same in other words.
  public mutating func add(_ place: AuditPlace, _ message: String) {
    switch place {
    case .event, .entry: if findings.contains(where: { $0.place == place }) { return }
    case .run, .claim, .head, .checkpoint, .store: break
    }
    if findings.count < AuditReport.findingLimit {
      findings.append(AuditFinding(place: place, message: message))
    } else {
      furtherFindings += 1
    }
  }
}

extension AuditReport {
  /// Verifies a store: ledger, events, what is derived from them, files, and the heads kept outside.
  ///
  /// Keeps no more in memory than a row per run and the fold of one run.
  /// - Parameters:
  ///   - fold: how events fold; what is stored about runs and claims is held against it.
  ///   - trust: by what checkpoints are judged.
  /// - Throws: when the store cannot be read at all. Damage is a finding, also where SQLite sees it first.
  public static func verifying<Fold: RunFold>(
    _ source: some VerificationSource, by fold: Fold.Type, trust: CheckpointTrust = CheckpointTrust()
  ) throws(StoreError) -> AuditReport {
    var verification = Verification(source)
    do throws(StoreError) {
      for message in try source.structure() { verification.report.add(.store, message) }
      try verification.checkLedger()
      try verification.checkEvents(by: fold)
      try verification.checkRuns()
      try verification.checkClaims()
      try verification.checkHeads()
      try verification.checkCheckpoints(trust)
      verification.checkFolders()
    } catch {
      guard case .broken(let message) = error else { throw error }
      verification.report.add(.store, message)
    }
    return verification.report
  }
}

/// The passes over a store and what they hand on to each other.
struct Verification<Source: VerificationSource> {
  let source: Source
  let hash = ChainHash()
  var report = AuditReport()
  /// By the ledger's first entry.
  var storeID = ""
  /// What the ledger says of each run.
  var seals: [String: RunSeals] = [:]
  /// What the events say of the claims.
  var claims: [String: ExpectedClaim] = [:]
  /// Runs whose events could not be folded to their end: nothing can be said about their rows.
  var unfolded: Set<String> = []
  var withheld: [EventName: WithheldLine] = [:]

  init(_ source: Source) { self.source = source }

  struct RunSeals {
    var created: Int?
    var event = 0
    var entry = 0
    var isSealedWell = true
    var hasEvents = false
  }

  struct ExpectedClaim {
    var run: String
    /// Nil when the stamp could not be read.
    var since: String?
  }

  struct EventName: Hashable {
    var run: String
    var number: Int
  }

  struct WithheldLine {
    var digest: Digest
    var entry: Int
  }
}
