/// A line of `checkpoints.log`, or of a copy kept elsewhere: how far the ledger had come, signed by somebody who had
/// verified it. Who owns the store's files can take it away, and not make one.
public struct Checkpoint: Hashable, Sendable {
  /// Of `ssh-keygen -Y`: a signature for anything else is none here.
  public static let namespace = "checkpoint@belay"
  public static let fileName = "checkpoints.log"

  public var head: LedgerHead
  /// Armoured, as ssh-keygen(1) writes it, over ``signedText``.
  public var signature: String

  public init(_ head: LedgerHead, signature: String) {
    self.head = head
    self.signature = signature
  }

  /// What is signed, one line a fact, so that a person can read it.
  public static func signedText(of head: LedgerHead) -> String {
    """
    belay-checkpoint-1
    store \(head.store)
    entry \(head.entry)
    link \(head.link)
    at \(head.at.fixedText)

    """
  }

  public var text: String {
    var writer = LineWriter()
    head.write(into: &writer)
    writer.text("signature", signature)
    return writer.line()
  }

  public init(parsing line: String) throws(EventLineError) {
    var fields = try LineFields(parsing: line)
    head = try LedgerHead(&fields)
    signature = try fields.text("signature")
    try fields.finish()
  }
}

/// What a verifier brings along to judge checkpoints by.
public struct CheckpointTrust {
  /// Copies kept outside of the store: a name for people, and the lines.
  public var copies: [(name: String, lines: [String])]
  /// Whether a key that the verifier trusts has signed it. Nil: there is none, and signatures are not looked at.
  public var isSigned: ((Checkpoint) -> Bool)?

  public init(copies: [(name: String, lines: [String])] = [], isSigned: ((Checkpoint) -> Bool)? = nil) {
    self.copies = copies
    self.isSigned = isSigned
  }
}

extension Verification {
  /// Each checkpoint must be signed by a trusted key and name an entry that the ledger has.
  mutating func checkCheckpoints(_ trust: CheckpointTrust) throws(StoreError) {
    let own = [(name: Checkpoint.fileName, lines: source.checkpointLines)]
    for (name, lines) in own + trust.copies {
      for (index, text) in lines.enumerated() {
        try checkCheckpoint(text, at: .checkpoint(file: name, line: index + 1), trust)
      }
    }
    if trust.isSigned != nil, report.signed == nil {
      report.add(
        .store, "it has no checkpoint that one of the given keys has signed: how far it goes is not proven")
    }
  }

  private mutating func checkCheckpoint(
    _ text: String, at place: AuditPlace, _ trust: CheckpointTrust
  ) throws(StoreError) {
    let checkpoint: Checkpoint
    do throws(EventLineError) { checkpoint = try Checkpoint(parsing: text) } catch {
      return report.add(place, error.message)
    }
    // A signature that is none says nothing of the ledger.
    if let isSigned = trust.isSigned, !isSigned(checkpoint) {
      return report.add(place, "none of the given keys has signed it: it was forged, or a key is missing")
    }
    guard try fits(checkpoint.head, at: place) else { return }
    guard trust.isSigned != nil, checkpoint.head.entry > report.signed?.entry ?? 0 else { return }
    report.signed = checkpoint.head
  }
}
