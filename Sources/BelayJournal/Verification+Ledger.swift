import BelayDigest

/// Follows a chain over damage, so that one altered row gives one finding.
struct ChainCheck {
  /// What the link before may truly have been: one, more after an altered row, none after a gap.
  private var before: [Digest]

  init(start: Digest?) { before = start.map { [$0] } ?? [] }

  /// After a gap nothing is known until the next stored link.
  mutating func lose() { before = [] }

  /// True when the stored link is what the row and a link before it give.
  mutating func accepts(_ stored: Digest?, _ link: (Digest) -> Digest) -> Bool {
    let computed = before.map(link)
    guard let stored, before.isEmpty || computed.contains(stored) else {
      // Either the row was altered, then the stored link is right; or the stored link was.
      before = Array(([stored].compactMap { $0 } + computed).prefix(4))
      return false
    }
    before = [stored]
    return true
  }
}

// Numbers come from the file: any may stand there, and no arithmetic on them may overflow.

extension Int {
  /// The number after it; the last one's is itself.
  var next: Int { self == .max ? .max : self + 1 }
}

/// What is missing from a number up to one that is there.
func gapText(from expected: Int, to found: Int) -> String {
  // As unsigned the difference always fits.
  let missing = UInt(bitPattern: found &- expected)
  return missing == 1 ? "it is missing" : "it and \(missing - 1) more after it are missing"
}

extension Verification {
  /// Numbers and links of the ledger; every seal against the event that it seals.
  mutating func checkLedger() throws(StoreError) {
    var chain = ChainCheck(start: nil)
    var expected = 1
    while let row = try source.nextEntry() {
      if row.number != expected {
        report.add(.entry(min(expected, row.number)), gap(expected, row.number))
        chain.lose()
      }
      let line = read(row)
      if row.number == 1 {
        if case .storeCreated(let id)? = line?.entry { storeID = id }
        chain = ChainCheck(start: hash.start(ofStore: storeID))
      }
      let digest = hash.digest(of: row.entry)
      let fits = chain.accepts(Digest(bytes: row.link)) { before in
        hash.link(ofEntry: row.number, after: before, entry: digest)
      }
      if !fits { report.add(.entry(row.number), "its text or its link was altered") }
      if let line {
        try apply(line.entry, row.number)
        report.head = Digest(bytes: row.link).map {
          LedgerHead(at: line.at, store: storeID, entry: row.number, link: $0)
        }
      }
      expected = row.number.next
      report.entries += 1
    }
    if expected == 1 { report.add(.store, "the ledger is empty") }
  }

  private func gap(_ expected: Int, _ found: Int) -> String {
    if found < expected { return "there are no numbers below 1" }
    return gapText(from: expected, to: found)
  }

  private mutating func read(_ row: LedgerRow) -> LedgerLine? {
    guard let text = String(validating: row.entry, as: UTF8.self) else {
      report.add(.entry(row.number), "it is no UTF-8")
      return nil
    }
    do throws(EventLineError) {
      let line = try LedgerLine(parsing: text)
      if line.number != row.number {
        report.add(.entry(row.number), "it says that it is entry \(line.number)")
      }
      if case .storeCreated = line.entry, row.number != 1 {
        report.add(.entry(row.number), "the store is created a second time")
      }
      return line
    } catch {
      report.add(.entry(row.number), error.message)
      return nil
    }
  }

  private mutating func apply(_ entry: LedgerEntry, _ number: Int) throws(StoreError) {
    if case .withheld(let run, let event, let line, _, _) = entry {
      withheld[EventName(run: run, number: event)] = WithheldLine(digest: line, entry: number)
    }
    guard let seal = entry.seal else { return }
    var known = seals[seal.run] ?? RunSeals()
    if case .runCreated = entry {
      if known.created != nil { report.add(.entry(number), "run \(seal.run) is created a second time") }
      known.created = number
    }
    if seal.event < known.event {
      report.add(.entry(number), "run \(seal.run) falls back from event \(known.event) to \(seal.event)")
    }
    if known.isSealedWell, let link = try source.link(ofEvent: seal.event, of: seal.run),
      link != seal.link.bytes
    {
      let since = known.event == 0 ? "its start" : "event \(known.event)"
      report.add(
        .event(run: seal.run, number: seal.event),
        "its link is not the one that ledger entry \(number) has sealed: the run was altered after \(since)")
      known.isSealedWell = false
    }
    known.event = max(known.event, seal.event)
    known.entry = number
    seals[seal.run] = known
  }
}
