import BelayDigest
import BelayJournal
import BelayModel
import Glibc
import Testing

/// JournalFormat.md, which stands beside the code.
enum FormatDocument {
  static func text() throws -> String {
    let path = #filePath.replacing(
      "Tests/BelayJournalTests/FormatDocumentTests.swift", with: "Sources/BelayJournal/JournalFormat.md")
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// The lines of the first block of that language.
  static func block(_ language: String) throws -> [String] {
    let lines = try text().split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "```" + language))
    return lines[(start + 1)...].prefix { $0 != "```" }.map(String.init)
  }

  /// Each table row's words in backticks.
  static func rows() throws -> [[String]] {
    try text().split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
  }
}

@Suite("JournalFormat.md") struct TheFormatDocument {
  @Test("the worked example's links follow from its lines, and its lines are read and written as they stand")
  func example() throws {
    let hash = ChainHash()
    var link = try #require(Digest(bytes: [UInt8](repeating: 0, count: 32)))
    var number = 0
    for text in try FormatDocument.block("jsonl").dropFirst() {
      let row = try JSON(parsing: text)
      if let entry = row["entry"]?.string {
        let line = try LedgerLine(parsing: entry)
        #expect(line.text == entry)
        if case .storeCreated(let store) = line.entry { link = hash.start(ofStore: store) }
        link = hash.link(ofEntry: line.number, after: link, entry: hash.digest(of: entry))
      } else {
        let text = try #require(row["line"]?.string)
        let stamp = try #require(row["stamp"]?.string)
        let line = try EventLine(parsing: text)
        #expect(line.text == text)
        #expect(try Stamp(parsing: stamp).text == stamp)
        if line.number == 1 { link = hash.start(ofRun: line.run) }
        number = line.number
        link = hash.link(
          ofEvent: number, after: link, line: hash.digest(of: text), stamp: hash.digest(of: stamp))
      }
      #expect(row["link"]?.string == link.description)
    }
    #expect(number == 3)
  }

  @Test("the hexadecimal input of a link gives that link")
  func hexadecimal() throws {
    let digits = try FormatDocument.block("hex").joined().filter { $0 != " " }
    let bytes = try #require([UInt8](hex: digits))
    #expect(bytes.count == 118)
    let link = SHA256.digest(bytes).description
    let first = try #require(try FormatDocument.block("jsonl").first { $0.contains("\"kind\":\"event\"") })
    #expect(try JSON(parsing: first)["link"]?.string == link)
  }

  @Test("the table has every type's members in the order in which they are written", arguments: 0..<20)
  func table(seed: Int) throws {
    let rows = try FormatDocument.rows()
    var generator = EventGenerator(seed: UInt64(seed))
    for event in generator.events() {
      let line = EventLine.encode(event, run: "r", number: 1, epoch: 1, at: Timestamp(seconds: 0))
      let keys = try #require(try JSON(parsing: line).members).dropFirst(5).map(\.key)
      let row = try #require(rows.first { $0.first == event.type || $0.prefix(2).last == event.type })
      var rest = row[...]
      for key in keys {
        let at = rest.firstIndex(of: key)
        #expect(at != nil, "\(event.type): \(key)")
        if let at { rest = rest[(at + 1)...] }
      }
    }
  }
}
