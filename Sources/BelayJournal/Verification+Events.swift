import BelayDigest
import BelayModel

extension Verification {
  /// Every event: number, link, fold; at a run's end its seal and everything that is derived from it.
  mutating func checkEvents<Fold: RunFold>(by fold: Fold.Type) throws(StoreError) {
    var current: RunCheck<Fold>?
    while let row = try source.nextEvent() {
      if current?.run.isExactly(row.run) != true {
        if let finished = current { try end(finished) }
        current = begin(row.run)
      }
      try current?.check(row, in: &self)
      report.events += 1
    }
    if let finished = current { try end(finished) }
  }

  private mutating func begin<Fold: RunFold>(_ run: String) -> RunCheck<Fold> {
    report.runs += 1
    let isName = run.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    if !isName { report.add(.run(run), "this is no name of a run") }
    return RunCheck(run: run, chain: ChainCheck(start: hash.start(ofRun: run)))
  }

  private mutating func end<Fold: RunFold>(_ check: RunCheck<Fold>) throws(StoreError) {
    let run = check.run
    seals[run, default: RunSeals()].hasEvents = true
    let sealed = seals[run] ?? RunSeals()
    if sealed.created == nil { report.add(.run(run), "no ledger entry says that it was created") }
    if check.last < sealed.event {
      let missing = EventName(run: run, number: check.last + 1)
      report.add(
        .event(run: run, number: missing.number),
        missing.number == sealed.event
          ? "it is missing; ledger entry \(sealed.entry) has sealed it"
          : "it and all up to event \(sealed.event) are missing; ledger entry \(sealed.entry) has sealed them"
      )
    } else if check.last > sealed.event {
      report.add(
        .event(run: run, number: sealed.event + 1), "it was added: no ledger entry has sealed it")
    }
    // What is missing cannot be held against what is derived from it.
    if let fold = check.fold, check.last >= sealed.event {
      try compare(fold, run)
      for (name, since) in check.claims { claims[name] = ExpectedClaim(run: run, since: since) }
    } else {
      unfolded.insert(run)
    }
  }

  private mutating func compare(_ fold: some RunFold, _ run: String) throws(StoreError) {
    guard let row = fold.row else { return report.add(.run(run), "its events do not create it") }
    if fold.isSigned { report.signedRuns.append(run) }
    guard let stored = try source.columns(of: run) else { return report.add(.run(run), "its row is missing") }
    for (name, (stored, derived)) in zip(RunRow.columnNames, zip(stored, row.columns)) {
      if !stored.isExactly(derived) {
        report.add(.run(run), "its row says \(name) '\(stored)', its events say '\(derived)'")
      }
    }
    guard let plan = try source.planDigest(of: run) else {
      return report.add(.run(run), "its plan is missing")
    }
    if plan.description != row.planDigest {
      report.add(.run(run), "its plan was altered: not the bytes that its events name")
    }
  }
}

/// One run's events, on their way through.
struct RunCheck<Fold: RunFold> {
  let run: String
  var chain: ChainCheck
  /// Number of the newest event met.
  var last = 0
  /// Nil once an event could not be folded.
  var fold: Fold?
  /// The claims that it holds now, each with the time of the commit that took it.
  var claims: [String: String?] = [:]
  private var held: [String] = []
  private var isDamaged = false

  init(run: String, chain: ChainCheck) {
    self.run = run
    self.chain = chain
    fold = Fold(run: run)
  }

  mutating func check<Source>(
    _ row: EventRow, in verification: inout Verification<Source>
  ) throws(StoreError) {
    checkNumber(row, &verification.report)
    checkLink(row, &verification)
    last = row.number
    guard let line = row.line, fold != nil else { return fold = nil }
    apply(line, row, &verification.report)
    try checkFiles(row, &verification)
    noteClaims(row)
  }

  private mutating func checkNumber(_ row: EventRow, _ report: inout AuditReport) {
    guard row.number != last.next else { return }
    isDamaged = true
    fold = nil
    chain.lose()
    if row.number > last {
      report.add(.event(run: run, number: last.next), gapText(from: last.next, to: row.number))
    } else {
      report.add(.event(run: run, number: row.number), "there are no numbers below 1")
    }
  }

  private mutating func checkLink<Source>(_ row: EventRow, _ verification: inout Verification<Source>) {
    let hash = verification.hash
    let place = AuditPlace.event(run: run, number: row.number)
    let known = verification.withheld[.init(run: run, number: row.number)]
    guard let line = row.line.map(hash.digest(of:)) ?? known?.digest else {
      isDamaged = true
      chain.lose()
      return verification.report.add(place, "its line is missing, and no ledger entry has withheld it")
    }
    if row.line == nil { verification.report.withheld += 1 }
    let stamp = hash.digest(of: row.stamp)
    let fits = chain.accepts(Digest(bytes: row.link)) { before in
      hash.link(ofEvent: row.number, after: before, line: line, stamp: stamp)
    }
    guard !fits else { return }
    isDamaged = true
    verification.report.add(place, "its line, its stamp or its link was altered")
  }

  private mutating func apply(_ line: [UInt8], _ row: EventRow, _ report: inout AuditReport) {
    var message = "its line is no UTF-8"
    if let text = String(validating: line, as: UTF8.self) {
      do throws(FoldError) { return try fold?.apply(line: text, number: row.number) ?? () } catch {
        message = error.message
      }
    }
    fold = nil
    // What follows damage that is already named need not fit.
    if !isDamaged { report.add(.event(run: run, number: row.number), message) }
  }

  private mutating func checkFiles<Source>(
    _ row: EventRow, _ verification: inout Verification<Source>
  ) throws(StoreError) {
    for (path, digest) in fold?.takeFiles() ?? [] {
      let place = AuditPlace.event(run: run, number: row.number)
      guard let found = try verification.source.fileDigest(run: run, path: path) else {
        verification.report.add(place, "its file \(path) is missing")
        continue
      }
      if found.description != digest { verification.report.add(place, "its file \(path) was altered") }
    }
  }

  private mutating func noteClaims(_ row: EventRow) {
    guard let now = fold?.heldClaims, now != held else { return }
    let stamp = try? Stamp(parsing: String(decoding: row.stamp, as: UTF8.self))
    for name in held where !now.contains(name) { claims[name] = nil }
    for name in now where !held.contains(name) { claims.updateValue(stamp?.at.fixedText, forKey: name) }
    held = now
  }
}
