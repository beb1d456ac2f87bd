import BelayJournal
import BelayModel
import Testing

@Suite("Event lines") struct EventLines {
  @Test("every event comes back from its line as it was, and its bytes again", arguments: 0..<200)
  func roundTrip(seed: Int) throws {
    var generator = EventGenerator(seed: UInt64(seed))
    for (index, event) in generator.events().enumerated() {
      let line = EventLine(
        run: "r-\(seed)", number: index + 1, epoch: seed, at: generator.time(), event: event)
      let text = line.text
      let read = try EventLine(parsing: text)
      #expect(read == line)
      #expect(Array(read.text.utf8) == Array(text.utf8))
      #expect(!text.utf8.contains(UInt8(ascii: "\n")))
    }
  }

  @Test("the bytes are those of JSON as Belay writes it", arguments: 0..<50)
  func canonical(seed: Int) throws {
    var generator = EventGenerator(seed: UInt64(seed))
    for event in generator.events() {
      let text = EventLine.encode(event, run: "r", number: 1, epoch: 1, at: generator.time())
      #expect(try JSON(parsing: text).text == text)
    }
  }

  @Test("no two kinds of event share a type")
  func types() {
    var generator = EventGenerator(seed: 1)
    let types = generator.events().map(\.type)
    #expect(Set(types).count == 38)
    #expect(types.filter { $0 == "rollback_started" }.count == 3)
  }

  private static let held =
    #"{"run":"r","n":7,"epoch":1,"at":"2026-03-01T02:11:00.000000000Z","type":"node_held","node":"a","reason":"b"}"#

  @Test("a line is written as the format has it")
  func golden() throws {
    let at = try #require(Timestamp(text: "2026-03-01T02:11:00Z"))
    #expect(
      EventLine.encode(.nodeHeld("a", reason: "b"), run: "r", number: 7, epoch: 1, at: at) == EventLines.held)
    let intent = Intent(
      attempt: "1.4", number: 1, key: "r/a/1", actionDigest: "ab", rollback: "a~rollback",
      timeout: .seconds(30),
      rerun: 0)
    #expect(
      EventLine.encode(.attemptIntended("a", intent), run: "r", number: 8, epoch: 1, at: at)
        == #"{"run":"r","n":8,"epoch":1,"at":"2026-03-01T02:11:00.000000000Z","type":"attempt_intended","#
        + #""node":"a","attempt":"1.4","number":1,"key":"r/a/1","action":"ab","rollback":"a~rollback","#
        + #""timeout_ns":30000000000,"rerun":0}"#)
  }

  @Test(
    "what the format does not have is refused",
    arguments: [
      (#""type":"node_held""#, #""type":"node_hexed""#, "unknown event type 'node_hexed'"),
      (#""reason":"b""#, #""reason":"b","extra":1"#, "'extra' is not expected here"),
      (#""node":"a","reason":"b""#, #""reason":"b","node":"a""#, "'node' is missing or out of its place"),
      (#""reason":"b""#, #""reason":3"#, "'reason' is not a string"),
      (#""n":7"#, #""n":7.0"#, "'n' is not an integer"),
      (".000000000Z", "Z", "'at' is not a moment in UTC with nine decimals"),
      (#"{"run""#, #"["run""#, "no JSON: ',' or ']' expected at byte 6"),
    ])
  func refused(part: String, replacement: String, message: String) throws {
    let line = EventLines.held
    let range = try #require(line.firstRange(of: part))
    let altered = line[..<range.lowerBound] + replacement + line[range.upperBound...]
    let error = #expect(throws: EventLineError.self) { try EventLine(parsing: String(altered)) }
    #expect(error?.message == message)
  }

  @Test("a run of a newer format is refused by its number")
  func newer() throws {
    var generator = EventGenerator(seed: 3)
    let event = try #require(generator.events().first)
    let line = EventLine.encode(event, run: "r", number: 1, epoch: 0, at: Timestamp(seconds: 0))
    let range = try #require(line.firstRange(of: #""format":1"#))
    let newer = line[..<range.lowerBound] + #""format":2"# + line[range.upperBound...]
    #expect(throws: EventLineError.newer(2)) { try EventLine(parsing: String(newer)) }
  }
}
