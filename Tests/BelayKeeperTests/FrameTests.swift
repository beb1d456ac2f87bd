import Testing

@testable import BelayKeeper

@Suite("The conversation between engine and keeper") struct Frames {
  private func request(_ bytes: [UInt8]) throws -> KeeperRequest? {
    var buffer = FrameBuffer()
    bytes.withUnsafeBytes { buffer.append($0) }
    guard let (kind, body) = try buffer.next() else { return nil }
    var reader = body
    return try KeeperRequest(kind, &reader)
  }

  private let requests: [KeeperRequest] = [
    .secrets([]), .secrets(["a", "", "é\n"]), .leave,
    .stop(AttemptID(epoch: 1, sequence: .max), reason: "cancel"),
    .spawn(
      SpawnRequest(
        attempt: AttemptID(epoch: 2, sequence: 3), arguments: ["a", ""], environment: ["A=1"],
        workingDirectory: "/x", input: [0, 1, 255], timeout: 5, grace: 6,
        limits: OutputLimits(inline: 1, head: 2, tail: 3), sensitive: true)),
    .spawn(
      SpawnRequest(
        attempt: AttemptID(epoch: 2, sequence: 4), arguments: [], environment: [], workingDirectory: "")),
  ]

  @Test("every request is read as it was written, in any pieces")
  func roundTrip() throws {
    for request in requests { #expect(try self.request(request.frame) == request) }
    var buffer = FrameBuffer()
    var read: [KeeperRequest] = []
    for byte in requests.flatMap(\.frame) {
      withUnsafeBytes(of: byte) { buffer.append($0) }
      if let (kind, body) = try buffer.next() {
        var reader = body
        read.append(try KeeperRequest(kind, &reader))
      }
    }
    #expect(read == requests)
  }

  @Test("a frame that is cut is waited for; what it says of its parts is never believed beyond its end")
  func cut() throws {
    for frame in requests.map(\.frame) {
      for end in 0..<frame.count { #expect(try request(Array(frame[..<end])) == nil) }
      for end in 5..<frame.count {
        var short = Array(frame[..<end])
        withUnsafeBytes(of: UInt32(end - 4).littleEndian) { short.replaceSubrange(0..<4, with: $0) }
        #expect(throws: KeeperError.self) { _ = try request(short) }
      }
    }
  }

  @Test("chance bytes are refused or read, and nothing else happens", arguments: 0..<40)
  func chance(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    for _ in 0..<300 {
      var bytes = requests[Int.random(in: 0..<requests.count, using: &random)].frame
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? request(bytes)
      let slot = (0..<LogSlot.size).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(LogSlotReading(slot, number: 0) == .damaged)
    }
  }

  @Test("a frame of no bytes, of too many, of no kind is nonsense")
  func nonsense() {
    for bytes in [[0, 0, 0, 0], [255, 255, 255, 255], [1, 0, 0, 0, 200]] as [[UInt8]] {
      #expect(throws: KeeperError.self) { _ = try request(bytes) }
    }
  }
}
