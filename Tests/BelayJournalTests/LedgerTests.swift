import BelayDigest
import BelayJournal
import BelayModel
import Testing

@Suite("Stamps, seals and heads") struct StampsAndSeals {
  private let link = SHA256.digest(Array("link".utf8))
  private let at = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)

  @Test("a stamp comes back as it was", arguments: [nil, 1000])
  func stamp(loginUid: Int?) throws {
    let stamp = Stamp(at: at, uid: 0, loginUid: loginUid, pid: 4711, host: "build \"1\"")
    #expect(try Stamp(parsing: stamp.text) == stamp)
  }

  @Test("every ledger entry comes back as it was")
  func entries() throws {
    let seal = Seal(run: "r", event: 12, link: link)
    let entries: [LedgerEntry] = [
      .storeCreated(store: "ab12"), .runCreated(seal), .sealed(seal), .runEnded(seal, .rolledBack),
      .withheld(
        run: "r", event: 3, line: link, note: "a key", by: Actor(name: "ada", assurance: .os, uid: 1)),
    ]
    for (index, entry) in entries.enumerated() {
      let line = LedgerLine(number: index + 1, at: at, entry: entry)
      #expect(try LedgerLine(parsing: line.text) == line)
    }
    #expect(entries.map(\.seal) == [nil, seal, seal, seal, nil])
  }

  @Test("a head comes back as it was")
  func head() throws {
    let head = LedgerHead(at: at, store: "ab12", entry: 9, link: link)
    #expect(try LedgerHead(parsing: head.text) == head)
    let upper = head.text.replacing(link.description, with: link.description.uppercased())
    #expect(throws: EventLineError.self) { try LedgerHead(parsing: upper) }
  }

  @Test("a ledger of a newer format is refused by its number")
  func newer() {
    let line = LedgerLine(number: 1, at: at, entry: .storeCreated(store: "ab")).text
    let newer = line.replacing("\"format\":1", with: "\"format\":2")
    #expect(throws: EventLineError.newer(2)) { try LedgerLine(parsing: newer) }
  }
}
