import BelayJournal
import BelayModel

/// SplitMix64: the same seed gives the same events in every process.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

/// Makes events of every kind out of chance, with the texts that break formats.
struct EventGenerator {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(state: seed) }

  static let texts = [
    "", "a", "deploy", "two words", "\"quoted\\\"", "line\nline\r\n\ttab", "\u{0}\u{1}\u{1F}\u{7F}",
    "é e\u{301}",
    "日本語 🚀", "{", "{}", "[{", "$uint", "null", "\u{2028}\u{FEFF}", "a{", String(repeating: "x", count: 4096),
  ]

  mutating func text() -> String { EventGenerator.texts.randomElement(using: &random) ?? "" }
  mutating func flag() -> Bool { Bool.random(using: &random) }
  mutating func int() -> Int {
    [0, 1, -1, 7, 255, 1_000_000, Int.max, Int.min].randomElement(using: &random) ?? 0
  }
  mutating func int(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
  mutating func texts() -> [String] { (0..<Int.random(in: 0...3, using: &random)).map { _ in text() } }
  mutating func maybe<Value>(_ value: Value) -> Value? { flag() ? value : nil }
  mutating func one<Word: CaseIterable>(_: Word.Type = Word.self) -> Word {
    let all = Array(Word.allCases)
    return all[Int.random(in: 0..<all.count, using: &random)]
  }
  mutating func span() -> TimeSpan { TimeSpan(nanoseconds: Int64(int())) }
  mutating func time() -> Timestamp {
    Timestamp(
      seconds: Int64.random(in: -62_135_596_800...253_402_300_799, using: &random),
      nanoseconds: [0, 1, 120_000_000, 999_999_999].randomElement(using: &random) ?? 0)
  }

  mutating func value(depth: Int = 0) -> Value {
    switch Int.random(in: 0..<(depth < 3 ? 11 : 9), using: &random) {
    case 0: .null
    case 1: .bool(flag())
    case 2: .int(Int64(int()))
    case 3: .uint([0, UInt64.max].randomElement(using: &random) ?? 1)
    case 4: .double([0, -0.5, 1e300, 2, .infinity, 1.0 / 3].randomElement(using: &random) ?? 0)
    case 5: .string(text())
    case 6: .bytes((0..<Int.random(in: 0...5, using: &random)).map { UInt8($0 * 77 % 256) })
    case 7: .timestamp(time())
    case 8: .duration(span())
    case 9: .list((0..<2).map { _ in value(depth: depth + 1) })
    default: .map(map(depth: depth + 1))
    }
  }

  mutating func map(depth: Int = 0) -> ValueMap {
    var map = ValueMap()
    for _ in 0..<Int.random(in: 0...3, using: &random) { map[text()] = value(depth: depth + 1) }
    if Int.random(in: 0..<8, using: &random) == 0 { map[.int(Int64(int()))] = value(depth: depth + 1) }
    return map
  }

  mutating func actor() -> Actor {
    Actor(name: text(), assurance: one(), uid: maybe(int()), loginUid: maybe(int()))
  }
  mutating func moment() -> Moment { Moment(wall: time(), boot: span(), bootID: text()) }
  mutating func progress() -> SoakProgress {
    SoakProgress(
      coverage: span(), answers: int(), misses: int(), recent: (0..<3).map { _ in flag() }, began: moment(),
      asked: moment())
  }
  mutating func failure() -> Failure {
    Failure(kind: text(), message: text(), exitCode: maybe(int()), stderr: text())
  }
  mutating func stream() -> KeptStream {
    flag()
      ? KeptStream()
      : KeptStream(
        bytes: int(), digest: maybe(text()), text: maybe(text()), file: maybe(text()),
        fileDigest: maybe(text()),
        truncated: flag())
  }

  /// One of each case, in the order of the declaration.
  mutating func events() -> [RunEvent] {
    runEvents() + nodeEvents() + attemptEvents() + besideEvents() + peopleEvents()
  }

  private mutating func runEvents() -> [RunEvent] {
    [
      .runCreated(
        RunCreated(
          planDigest: text(), playbook: text(), title: text(), environment: maybe(text()), initiator: actor(),
          host: text(), version: text(), project: text(), commit: maybe(text()), dirty: flag(),
          claims: texts())),
      .driverStarted(
        DriverStarted(
          epoch: int(), pid: int(), host: text(), bootID: text(), purpose: text(), actor: actor())),
      .claimsTaken(texts()), .claimsReleased(texts()), .stopRequested(one(), by: actor()),
      .rollbackFinished,
      .rollbackStarted(.run, cause: text(), by: maybe(actor())),
      .rollbackStarted(.node(text()), cause: text(), by: maybe(actor())),
      .rollbackStarted(.after(text()), cause: text(), by: maybe(actor())),
      .rested(Rest(status: one(), cause: text(), node: maybe(text()), left: texts())),
      .closed(note: text(), by: actor(), left: texts()),
      .planAdopted(
        PlanAdopted(plan: text(), before: text(), file: text(), voided: texts(), by: actor())),
    ]
  }

  private mutating func nodeEvents() -> [RunEvent] {
    [
      .nodeStarted(text(), waitsUntil: maybe(moment())),
      .nodeSkipped(text(), reason: one(), note: maybe(text()), by: maybe(actor())),
      .captured(text(), name: text(), value: value()),
      .answered(text(), Answer(question: one(), verdict: one(), reason: text(), outputs: map())),
      .sampled(text(), progress()), .withdrawn(text()),
      .nodeFinished(
        text(),
        NodeEnd(
          status: one(), outputs: map(), failure: maybe(failure()), continued: flag(), kept: stream())),
      .retryScheduled(text(), failure: failure(), at: moment()), .nodeHeld(text(), reason: text()),
      .nodesReset(texts(), reason: text(), by: maybe(actor())), .nodesUndone(texts(), with: text()),
      .resolved(text(), as: one(), note: text(), values: map(), by: actor()),
    ]
  }

  private mutating func besideEvents() -> [RunEvent] {
    [
      .watchAnswered(
        text(),
        WatchAnswer(
          verdict: one(), reason: text(), outputs: map(), failingSince: maybe(moment()),
          silentSince: maybe(moment()))),
      .watchTripped(text(), WatchTrip(verdict: one(), reason: text(), rule: one(), waitsFor: texts())),
      .watchEnded(text(), WatchTally(passed: int(), failed: int(), unknown: int())),
      .overdue(text(), due: time()), .escalated(text(), level: int(), to: texts()),
      .noticeDue(
        NoticeDue(number: int(), notice: int(), kind: text(), node: maybe(text()), text: text(), to: texts())),
      .noticeEnded(int(), failure: maybe(text())),
    ]
  }

  private mutating func peopleEvents() -> [RunEvent] {
    let subjects: [Inquiry.Subject] = [.approval, .irreversible, .override, .deed, .look(text())]
    return subjects.map { subject in
      .asked(
        text(),
        Inquiry(
          subject: subject, message: text(),
          requirements: (0..<int(below: 3)).map { _ in
            Requirement(by: texts(), count: int(), exclude: texts(), assurance: one())
          }, expiresAt: maybe(time())))
    } + [
      .decided(
        text(),
        Decision(
          asked: int(), word: one(), note: maybe(text()), values: map(), by: actor(), person: maybe(text()),
          meets: (0..<int(below: 3)).map { _ in int() }, signature: maybe(text()))),
      .windowOverridden(text(), note: text(), by: actor()),
    ]
  }

  private mutating func attemptEvents() -> [RunEvent] {
    [
      .attemptIntended(
        text(),
        Intent(
          attempt: text(), number: int(), key: text(), actionDigest: text(), rollback: maybe(text()),
          timeout: span(), rerun: int())),
      .attemptStarted(text(), text(), process: ProcessIdentity(pid: int(), startTicks: int())),
      .attemptFinished(
        text(), text(),
        AttemptEnd(
          outcome: one(), exitCode: maybe(int()), signal: maybe(int()), duration: span(), stdout: stream(),
          stderr: stream(), outputs: map(), failure: maybe(failure()), recovered: flag(),
          changedNothing: flag())),
      .leftRunning(text(), text(), processes: texts()), .doubted(text(), text(), reason: text()),
      .doubtSettled(
        text(), text(),
        Settlement(verdict: one(), evidence: one(), reason: text(), notBefore: maybe(moment()))),
    ]
  }
}
