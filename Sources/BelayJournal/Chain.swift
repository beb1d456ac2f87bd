public import BelayDigest

/// The links of both chains: of a run's events, and of the store's ledger. Specified in JournalFormat.md.
///
/// Holds one hashing context that every call uses anew; not shared between threads.
public final class ChainHash {
  private let hash = SHA256()

  public init() {}

  public func digest(of text: String) -> Digest {
    hash.update(text.utf8)
    return hash.finalize()
  }

  public func digest(of bytes: [UInt8]) -> Digest {
    hash.update(bytes)
    return hash.finalize()
  }

  /// link(0) of a run's events.
  public func start(ofRun run: String) -> Digest { digest(of: "belay-run-1\n" + run) }

  /// link(0) of a store's ledger.
  public func start(ofStore store: String) -> Digest { digest(of: "belay-store-1\n" + store) }

  /// link(n) of an event.
  ///
  /// - Parameter line: the digest of the exact line; the line itself may be withheld.
  public func link(ofEvent number: Int, after previous: Digest, line: Digest, stamp: Digest) -> Digest {
    hash.update("belay-event-1\n".utf8)
    update(number)
    hash.update(previous.bytes)
    hash.update(line.bytes)
    hash.update(stamp.bytes)
    return hash.finalize()
  }

  /// link(n) of a ledger entry.
  public func link(ofEntry number: Int, after previous: Digest, entry: Digest) -> Digest {
    hash.update("belay-ledger-1\n".utf8)
    update(number)
    hash.update(previous.bytes)
    hash.update(entry.bytes)
    return hash.finalize()
  }

  /// As 8 bytes, the highest first.
  private func update(_ number: Int) {
    withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).bigEndian) { hash.update($0) }
  }
}
