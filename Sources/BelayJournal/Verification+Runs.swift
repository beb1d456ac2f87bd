import BelayDigest
import BelayModel

extension Verification {
  /// Runs that the ledger knows and that are gone; rows of runs that never were.
  mutating func checkRuns() throws(StoreError) {
    let gone = seals.filter { !$0.value.hasEvents }.sorted { $0.value.entry < $1.value.entry }
    for (run, sealed) in gone {
      report.add(
        .run(run),
        "all its events are missing; ledger entry \(sealed.entry) has sealed them up to event \(sealed.event)"
      )
    }
    for (table, run) in try source.rowsWithoutEvents() {
      report.add(.run(run), "it has a row in '\(table)' and no events")
    }
  }

  mutating func checkClaims() throws(StoreError) {
    var expected = claims
    for claim in try source.claimColumns() where !unfolded.contains(claim.run) {
      guard let known = expected.removeValue(forKey: claim.name), known.run.isExactly(claim.run) else {
        report.add(.claim(claim.name), "it is stored for run \(claim.run), whose events do not hold it")
        continue
      }
      if let since = known.since, !since.isExactly(claim.since) {
        report.add(.claim(claim.name), "it is stored since '\(claim.since)', the events say '\(since)'")
      }
    }
    for (name, claim) in expected.sorted(by: { $0.key < $1.key }) {
      report.add(.claim(name), "its row is missing; run \(claim.run) holds it")
    }
  }

  /// Each line of `heads.log` must name an entry that the ledger has, later than the line before.
  mutating func checkHeads() throws(StoreError) {
    var newest = 0
    for (index, text) in source.headLines.enumerated() {
      let place = AuditPlace.head(index + 1)
      let head: LedgerHead
      do throws(EventLineError) { head = try LedgerHead(parsing: text) } catch {
        report.add(place, error.message)
        continue
      }
      guard head.text.isExactly(text) else {
        report.add(place, "it is not spelt as belay writes it")
        continue
      }
      guard head.entry > newest else {
        report.add(
          place, "it names ledger entry \(head.entry) after entry \(newest): a line was copied, or moved")
        continue
      }
      guard try fits(head, at: place) else { continue }
      newest = head.entry
      report.anchor = head
    }
  }

  /// What stands outside the database is what the ledger says at that place.
  mutating func fits(_ head: LedgerHead, at place: AuditPlace) throws(StoreError) -> Bool {
    guard let row = try source.entry(head.entry) else {
      report.add(
        place, "it names ledger entry \(head.entry), and the ledger has none: the newest entries were removed"
      )
      return false
    }
    let at = (try? LedgerLine(parsing: String(decoding: row.entry, as: UTF8.self)))?.at
    guard row.link == head.link.bytes, at == head.at, head.store.isExactly(storeID) else {
      report.add(place, "it does not fit ledger entry \(head.entry)")
      return false
    }
    return true
  }

  /// A run leaves a folder behind; whoever removes the newest one without a trace forgets it.
  mutating func checkFolders() {
    for run in source.runFolders where seals[run] == nil {
      report.add(.run(run), "its folder is there, and the store knows no such run: it was removed")
    }
  }
}
