public import BelayDigest
public import BelayModel

/// Where a run stands in its store.
public struct RunHead: Hashable, Sendable {
  /// Of its newest driver.
  public var epoch: Int
  /// Number of its events.
  public var events: Int
  /// Of the newest event.
  public var link: Digest

  public init(epoch: Int, events: Int, link: Digest) {
    self.epoch = epoch
    self.events = events
    self.link = link
  }
}

/// An entry of the ledger with its place in the chain.
public struct StoredEntry: Hashable, Sendable {
  public var number: Int
  public var text: String
  public var link: Digest

  public init(number: Int, text: String, link: Digest) {
    self.number = number
    self.text = text
    self.link = link
  }
}

/// What a store writes for a batch, and whether it may: the same for every store.
extension AppendBatch {
  /// The link that the batch continues.
  ///
  /// - Parameter head: of the run as stored; nil when the store has no such run.
  /// - Throws: `fenced` when the writer is no longer the run's driver or has not seen all its events.
  public func fence(_ head: RunHead?, by hash: ChainHash) throws(StoreError) -> Digest {
    guard let head else {
      guard firstNumber == 1 else { throw .fenced("run \(run) does not exist") }
      return hash.start(ofRun: run)
    }
    guard epoch >= head.epoch else {
      throw .fenced("run \(run) was taken over: driver \(head.epoch) has followed driver \(epoch)")
    }
    guard firstNumber - 1 == head.events else {
      throw .fenced(
        "run \(run) has \(head.events) events, not \(firstNumber - 1): another process appended")
    }
    return head.link
  }

  /// The events under one stamp, linked.
  public func sealed(after link: Digest, stamp: String, by hash: ChainHash) -> [StoredEvent] {
    let stampDigest = hash.digest(of: stamp)
    var link = link
    return lines.enumerated().map { offset, line in
      let number = firstNumber + offset
      link = hash.link(ofEvent: number, after: link, line: hash.digest(of: line), stamp: stampDigest)
      return StoredEvent(run: run, number: number, line: line, stamp: stamp, link: link)
    }
  }

  /// The ledger's entries for this commit, in order; there is always one.
  ///
  /// - Parameter link: of the run's newest event after the batch.
  /// - Parameter head: the ledger's newest entry.
  /// - Throws: `broken` when that has a number that leaves none for what follows; nobody has written so much.
  public func entries(
    sealing link: Digest, after head: (number: Int, link: Digest), at now: Timestamp, by hash: ChainHash
  ) throws(StoreError) -> [StoredEntry] {
    let seal = Seal(run: run, event: row.events, link: link)
    var entries: [LedgerEntry] = []
    if firstNumber == 1 { entries.append(.runCreated(seal)) }
    if row.status.hasLetGo { entries.append(.runEnded(seal, row.status)) }
    if entries.isEmpty { entries.append(.sealed(seal)) }
    guard head.number <= Int.max - entries.count else {
      throw .broken(
        "ledger entry \(head.number) is the last that there can be: 'belay audit verify' tells more")
    }
    var before = head.link
    return entries.enumerated().map { offset, entry in
      let number = head.number + offset + 1
      let text = LedgerLine(number: number, at: now, entry: entry).text
      before = hash.link(ofEntry: number, after: before, entry: hash.digest(of: text))
      return StoredEntry(number: number, text: text, link: before)
    }
  }
}
