import BelayDigest
import Glibc
import Testing

@testable import BelayKeeper

@Suite("The worked example of KeeperLogFormat.md") struct WorkedExample {
  private static let document = "Sources/BelayKeeper/KeeperLogFormat.md"

  /// 2026-11-23T10:00:00Z.
  private static let time: UInt64 = 1_795_428_000_000_000_000
  private static let space = ProcessSpace(bootID: Array(0xA0...0xAF), namespace: 4_026_531_836)
  private static let id = AttemptID(epoch: 1, sequence: 42)

  /// `sh -c 'echo hi; exit 7'` as attempt 1.42, and the engine's takeover before it.
  private static var slots: [LogSlot] {
    let digest = { (text: String) in SHA256.digest(Array(text.utf8)) }
    var stdout = StreamRecord()
    stdout.bytes = 3
    stdout.digest = digest("hi\n")
    stdout.place = .inline(Array("hi\n".utf8))
    var stderr = StreamRecord()
    stderr.digest = digest("")
    var usage = ResourceUse()
    usage.user = 800
    usage.system = 400
    usage.peakMemory = 3456
    let exit = ExitRecord(
      ending: .exited(7), stopped: nil, duration: 1_500_000, usage: usage, stdout: stdout, stderr: stderr,
      leftRunning: ["4712 server"], notStopped: [], time: time + 2_000_000)
    let start = StartRecord(
      pid: 4711, session: 4711, space: space, startedBetween: 987_654_000_000...987_654_600_000,
      time: time + 700_000)
    let accepted = AcceptRecord(
      space: space, timeout: 60_000_000_000, grace: 10_000_000_000, sensitive: false, time: time)
    func slot(_ kind: LogSlot.Kind, _ id: AttemptID, _ payload: [UInt8], _ after: UInt64) -> LogSlot {
      LogSlot(kind: kind, attempt: id, time: time + after, monotonic: 5_000_000_000 + after, payload: payload)
    }
    return [
      slot(.driven, AttemptID(epoch: 1, sequence: 0), DrivenRecord(pid: 4700, space: space).payload, 0),
      slot(.accepted, id, accepted.payload, 0), slot(.started, id, start.payload, 700_000),
    ] + exit.slots(of: id, monotonic: 5_002_000_000)
  }

  /// As the document shows it: lines of 16 bytes, lines of zeros left out.
  private static func shown(_ slot: LogSlot, _ number: UInt32) -> String {
    let bytes = slot.encoded(number: number)
    return stride(from: 0, to: bytes.count, by: 16).compactMap { start in
      let line = Array(bytes[start..<(start + 16)])
      if line.allSatisfy({ $0 == 0 }) { return nil }
      let offset = [UInt8(number), UInt8(start)].hex
      return offset + "  " + line.map { [$0].hex }.joined(separator: " ")
    }.joined(separator: "\n")
  }

  @Test("its bytes are what the keeper writes")
  func bytes() throws {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let path = (folder + [Substring(WorkedExample.document)]).joined(separator: "/")
    let text = String(decoding: try SmallRead.bytes(of: path, limit: 1 << 20), as: UTF8.self)
    for (number, slot) in WorkedExample.slots.enumerated() {
      let shown = WorkedExample.shown(slot, UInt32(number))
      #expect(text.contains("```\n\(shown)\n```"), "slot \(number) should be\n\(shown)")
    }
  }
}
