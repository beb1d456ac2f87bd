import BelayDigest
import Glibc
import Testing

@testable import BelayKeeper

@Suite("keeper.log") struct TheLog {
  private static let here = ProcessSpace(bootID: Array(1...16), namespace: 4_026_531_836)
  private static let elsewhere = ProcessSpace(bootID: Array(2...17), namespace: 4_026_531_836)
  private let folder: RunFolder
  private let path: String

  init() throws {
    folder = try RunFolder()
    path = folder.path + "/keeper.log"
  }

  private let first = AttemptID(epoch: 1, sequence: 1)
  private let second = AttemptID(epoch: 1, sequence: 2)

  private func slot(_ kind: LogSlot.Kind, _ id: AttemptID, _ payload: [UInt8]) -> LogSlot {
    LogSlot(kind: kind, attempt: id, time: 1000, monotonic: 2000, payload: payload)
  }

  private var driven: LogSlot {
    slot(.driven, AttemptID(epoch: 1, sequence: 0), DrivenRecord(pid: 9, space: TheLog.here).payload)
  }

  private var accepted: AcceptRecord {
    AcceptRecord(space: TheLog.here, timeout: 5, grace: 6, sensitive: false, time: 1000)
  }

  private var started: StartRecord {
    StartRecord(
      pid: 4711, session: 4711, space: TheLog.here, startedBetween: 990_000_000...1_000_000_000, time: 1000)
  }

  private func exited(_ output: Int = 700) -> ExitRecord {
    var stdout = StreamRecord()
    let bytes = (0..<output).map { UInt8($0 % 251) }
    stdout.bytes = UInt64(output)
    stdout.digest = SHA256.digest(bytes)
    stdout.place = .inline(bytes)
    var stderr = StreamRecord()
    stderr.bytes = 9_000_000
    stderr.digest = SHA256.digest([1])
    stderr.place = .file("output/1.1.stderr", bytes: 1_048_600, digest: SHA256.digest([2]))
    stderr.truncated = true
    stderr.durable = true
    stderr.heldOpen = true
    var usage = ResourceUse()
    usage.user = 11
    usage.system = 22
    usage.peakMemory = 33
    return ExitRecord(
      ending: .signalled(9, core: true), stopped: .asked("cancel"), duration: 123, usage: usage,
      stdout: stdout,
      stderr: stderr, leftRunning: ["4712 server", "4713 other"], notStopped: ["1 sudo"], time: 1000)
  }

  private func write() throws -> [UInt8] {
    let log = try LogWriter(path)
    #expect(log.reserve(64))
    log.append([driven, slot(.accepted, first, accepted.payload)])
    log.append([slot(.started, first, started.payload)])
    let signal = SignalRecord(signal: 15, cause: .asked("cancel"), time: 1000)
    log.append([slot(.signal, first, signal.payload)])
    log.append(exited().slots(of: first, monotonic: 2000))
    log.append([slot(.accepted, second, accepted.payload)])
    return try SmallRead.bytes(of: path, limit: Int(log.count) * LogSlot.size)
  }

  private func replace(_ bytes: [UInt8]) throws {
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_TRUNC)
    #expect(Glibc.write(file.number, bytes, bytes.count) == bytes.count)
  }

  @Test("what is written is read")
  func roundTrip() throws {
    _ = try write()
    let records = try KeeperRecords(log: path)
    let attempt = try #require(records.attempts[first])
    #expect(attempt.accepted == accepted)
    #expect(attempt.started == started)
    #expect(attempt.signals == [SignalRecord(signal: 15, cause: .asked("cancel"), time: 1000)])
    #expect(attempt.exited == exited())
    #expect(records.attempts[second]?.accepted == accepted)
    #expect(records.spaces == [1: [TheLog.here]])
    #expect(records.damaged == 0)
  }

  @Test(
    "every ending is read as it was written",
    arguments: [
      ExitRecord.Ending.exited(0), .exited(255), .signalled(11, core: false),
      .notStarted(2, "nope: not found"),
      .stillRunning, .unobserved,
    ])
  func endings(ending: ExitRecord.Ending) throws {
    var exit = exited(0)
    exit.ending = ending
    exit.stopped = nil
    exit.stdout.place = .nowhere
    let slots = exit.slots(of: first, monotonic: 0)
    let read = try ExitRecord(try #require(slots.last), parts: slots.dropLast().map(\.payload))
    #expect(read == exit)
  }

  @Test("a log cut at any byte gives what was whole before the cut")
  func cut() throws {
    let bytes = try write()
    let slots = bytes.count / LogSlot.size
    for end in 0..<bytes.count {
      try replace(Array(bytes[..<end]))
      let records = try KeeperRecords(log: path)
      let whole = end / LogSlot.size
      #expect(records.damaged == 0)
      #expect((records.attempts[first]?.accepted != nil) == (whole >= 2))
      #expect((records.attempts[first]?.started != nil) == (whole >= 3))
      #expect((records.attempts[first]?.exited == exited()) == (whole >= slots - 1))
      #expect(records.attempts[second] == nil)
    }
  }

  @Test("a byte changed anywhere in a record loses that record and no other; the rest stays true")
  func flipped() throws {
    let bytes = try write()
    for place in stride(from: 0, to: bytes.count, by: 7) {
      var damaged = bytes
      damaged[place] ^= 0x41
      try replace(damaged)
      let records = try KeeperRecords(log: path)
      #expect(records.damaged == 1)
      let slot = place / LogSlot.size
      #expect((records.attempts[second]?.accepted == accepted) == (slot != bytes.count / LogSlot.size - 1))
      #expect((records.attempts[first]?.started == started) == (slot != 2))
      if slot > 3, slot < bytes.count / LogSlot.size - 2 {
        // A part: the ending is believed, the output is not.
        let exit = try #require(records.attempts[first]?.exited)
        #expect(exit.ending == .signalled(9, core: true))
        #expect(exit.stdout.missing == .recordDamaged)
        #expect(exit.stdout.place == .nowhere)
      }
    }
  }

  // MARK: What a damaged log proves

  /// As a keeper leaves it: what is allocated and not written follows.
  private func whole() throws -> (bytes: [UInt8], written: Int) {
    let bytes = try write()
    return (bytes + [UInt8](repeating: 0, count: 4 * LogSlot.size), bytes.count)
  }

  private let third = AttemptID(epoch: 1, sequence: 3)

  private func fates() throws -> [BelayKeeper.Fate] {
    let records = try KeeperRecords(log: path)
    return [first, second, third].map { records.fate(of: $0, here: TheLog.here) { _ in nil } }
  }

  private func isUnknown(_ fate: BelayKeeper.Fate) -> Bool { if case .unknown = fate { true } else { false } }

  @Test("a whole log proves what never started")
  func provesNotStarted() throws {
    try replace(try whole().bytes)
    let fates = try fates()
    #expect(fates[0] == .exited(exited()))
    #expect(isUnknown(fates[1]))
    #expect(fates[2] == .notStarted)
  }

  @Test(
    "a log cut at any byte never says of what started that it did not; nor after a keeper has gone on in it")
  func cutProvesNothing() throws {
    let (bytes, written) = try whole()
    for end in 0..<bytes.count {
      try replace(Array(bytes[..<end]))
      for goneOn in [false, true] where !goneOn || end % 32 <= 1 {
        if goneOn {
          let log = try LogWriter(path)
          #expect(log.reserve(1))
          log.append([slot(.ended, AttemptID(epoch: 0, sequence: 0), [])])
        }
        let fates = try fates()
        #expect(fates[0] != .notStarted, "cut at \(end), gone on \(goneOn)")
        #expect(fates[1] != .notStarted, "cut at \(end), gone on \(goneOn)")
        // With a whole slot behind the last record that was never written, nothing can be missing.
        #expect((fates[2] == .notStarted) == (end >= written + LogSlot.size), "cut at \(end)")
      }
    }
  }

  @Test(
    "with any byte changed a log never says of what started that it did not; a later epoch is another matter")
  func changedProvesNothing() throws {
    let later = AttemptID(epoch: 3, sequence: 1)
    let driven = (2...3).map { epoch in
      slot(
        .driven, AttemptID(epoch: epoch, sequence: 0), DrivenRecord(pid: 9, space: TheLog.here).payload)
    }
    let (bytes, written) = try whole()
    for place in 0..<bytes.count {
      var damaged = bytes
      damaged[place] ^= UInt8(1 + place % 255)
      try replace(damaged)
      for fate in try fates() { #expect(fate != .notStarted, "byte \(place)") }
      guard place % 64 <= 1 else { continue }
      let log = try LogWriter(path)
      #expect(log.reserve(2))
      log.append(driven)
      for fate in try fates() { #expect(fate != .notStarted, "byte \(place), gone on") }
      let records = try KeeperRecords(log: path)
      #expect(records.fate(of: later, here: TheLog.here) { _ in nil } == .notStarted)
    }
    #expect(written < bytes.count)
  }

  @Test("a slot that was emptied before one that was written is damage")
  func hole() throws {
    var (bytes, _) = try whole()
    bytes.replaceSubrange(256..<512, with: [UInt8](repeating: 0, count: 256))
    try replace(bytes)
    #expect(try KeeperRecords(log: path).damaged == 1)
    for fate in try fates() { #expect(fate != .notStarted) }
  }

  @Test("a writer goes on after what is there, damaged or not, and changes nothing")
  func goesOn() throws {
    let bytes = try write()
    var torn = bytes
    torn[torn.count - 20] ^= 1
    try replace(torn + [UInt8](repeating: 0, count: 3000))
    let log = try LogWriter(path)
    #expect(log.count == UInt32(bytes.count / LogSlot.size))
    #expect(log.reserve(1))
    log.append([slot(.accepted, AttemptID(epoch: 2, sequence: 1), accepted.payload)])
    let after = try SmallRead.bytes(of: path, limit: torn.count)
    #expect(after == torn)
    #expect(try KeeperRecords(log: path).attempts[AttemptID(epoch: 2, sequence: 1)]?.accepted == accepted)
  }

  @Test("a name is known to have been used, by any keeper before")
  func used() throws {
    _ = try write()
    let log = try LogWriter(path)
    #expect(log.hasAccepted(first))
    #expect(log.hasAccepted(second))
    #expect(!log.hasAccepted(AttemptID(epoch: 1, sequence: 3)))
    #expect(!log.hasAccepted(AttemptID(epoch: 2, sequence: 1)))
    log.append([slot(.accepted, AttemptID(epoch: 1, sequence: 5), accepted.payload)])
    #expect(!log.hasAccepted(AttemptID(epoch: 1, sequence: 4)))
    #expect(log.hasAccepted(AttemptID(epoch: 1, sequence: 5)))
  }

  @Test("space is allocated a MiB at a time")
  func allocated() throws {
    let log = try LogWriter(path)
    #expect(log.reserve(1))
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_size == 1 << 20)
    #expect(status.st_blocks * 512 >= 1 << 20)
    #expect(log.reserve(4095))
    #expect(stat(path, &status) == 0)
    #expect(status.st_size == 1 << 20)
    #expect(log.reserve(4096))
    #expect(stat(path, &status) == 0)
    #expect(status.st_size == 2 << 20)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test("a newer format is refused")
  func newer() throws {
    var bytes = driven.encoded(number: 0)
    bytes[1] = 2
    let checksum = CRC32C.checksum(bytes.prefix(252))
    withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(252..., with: $0) }
    try replace(bytes)
    #expect(throws: KeeperError.newerFormat(2)) { try KeeperRecords(log: path) }
    #expect(throws: KeeperError.newerFormat(2)) { try LogWriter(path) }
  }

  @Test("a slot of another place is damage, not a record")
  func misplaced() throws {
    try replace(driven.encoded(number: 1) + driven.encoded(number: 1))
    let records = try KeeperRecords(log: path)
    #expect(records.damaged == 1)
    #expect(records.spaces == [1: [TheLog.here]])
  }

  // MARK: Fates

  private func fate(
    _ attempt: KeeperRecords.Attempt?, lives: Bool = false, spaces: Set<ProcessSpace>? = [TheLog.here],
    here: ProcessSpace = TheLog.here, process: ProcessStatus? = nil
  ) -> BelayKeeper.Fate {
    var records = KeeperRecords()
    records.attempts[first] = attempt
    records.spaces[1] = spaces
    records.keeperBegunAt = lives ? 1 : nil
    return records.fate(of: first, here: here) { $0 == 4711 ? process : nil }
  }

  private func process(_ state: Character, ticks: UInt64) throws -> ProcessStatus {
    let zeros = Array(repeating: "0", count: 15).joined(separator: " ")
    let stat = "4711 (we) Z 1 (ird) \(state) 1 4711 \(zeros) 0 \(ticks) 0 0"
    return try #require(ProcessStatus(pid: 4711, stat: Array(stat.utf8)))
  }

  @Test("without a record: proven not started here, unknown elsewhere")
  func notStarted() {
    #expect(fate(nil) == .notStarted)
    #expect(fate(nil, lives: true) == .notStarted)
    for spaces in [nil, [TheLog.elsewhere], [TheLog.here, TheLog.elsewhere]] as [Set<ProcessSpace>?] {
      guard case .unknown = fate(nil, spaces: spaces) else {
        Issue.record("\(String(describing: spaces)) proved something")
        continue
      }
    }
    guard case .unknown = fate(nil, here: TheLog.elsewhere) else {
      Issue.record("another boot proved something")
      return
    }
  }

  @Test("accepted only: running with a keeper, unknown without")
  func acceptedOnly() {
    let attempt = KeeperRecords.Attempt(accepted: accepted, acceptedAt: 3)
    #expect(fate(attempt, lives: true) == .running(nil))
    guard case .unknown = fate(attempt) else {
      Issue.record("an attempt was taken for settled")
      return
    }
  }

  @Test("started: by the keeper, else by what /proc says of that very process")
  func startedOnly() throws {
    let attempt = KeeperRecords.Attempt(accepted: accepted, started: started, acceptedAt: 3)
    #expect(fate(attempt, lives: true) == .running(started))
    #expect(fate(attempt) == .endedUnobserved)
    #expect(fate(attempt, process: try process("S", ticks: 99)) == .runningUnobserved(started))
    #expect(fate(attempt, process: try process("T", ticks: 100)) == .runningUnobserved(started))
    #expect(fate(attempt, process: try process("Z", ticks: 99)) == .endedUnobserved)
    #expect(fate(attempt, process: try process("S", ticks: 101)) == .endedUnobserved)
    #expect(fate(attempt, process: try process("S", ticks: 98)) == .endedUnobserved)
    guard case .unknown = fate(attempt, here: TheLog.elsewhere, process: try process("S", ticks: 99)) else {
      Issue.record("a pid of another boot was believed")
      return
    }
  }

  @Test("an end is an end, wherever it is read")
  func ended() {
    let attempt = KeeperRecords.Attempt(accepted: accepted, started: started, exited: exited())
    #expect(fate(attempt, here: TheLog.elsewhere) == .exited(exited()))
    #expect(fate(attempt, lives: true) == .exited(exited()))
  }

  @Test("attempt names are read strictly")
  func names() {
    #expect(AttemptID("1.42") == AttemptID(epoch: 1, sequence: 42))
    #expect(AttemptID(epoch: 3, sequence: 4).description == "3.4")
    for text in ["", "1", "1.", ".1", "01.2", "+1.2", "1.2.3", "1. 2", "4294967296.1", "a.b"] {
      #expect(AttemptID(text) == nil)
    }
    #expect(AttemptID(epoch: 1, sequence: 9) < AttemptID(epoch: 2, sequence: 1))
  }
}
