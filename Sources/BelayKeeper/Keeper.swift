internal import CSystem
internal import Glibc

/// Keeps the processes of one run: starts them, waits, masks and keeps their output, stops them. One thread in epoll.
///
/// It outlives the engine that started it. Its working directory is the run's folder.
final class Keeper {
  /// What a descriptor in epoll is for, by its tag.
  enum Source {
    case signals
    case listener
    case engine
    /// Connected, and has not said who it is.
    case newcomer
    case output(RunningAttempt, Int)
    /// A process that a keeper before this one has started.
    case adopted(AdoptedAttempt)
    /// Of an attempt whose end is told; read so that who holds it does not block or die, and thrown away.
    case drain(Descriptor)
  }

  static let lockName = "keeper.lock"
  static let logName = "keeper.log"
  static let socketName = "keeper.sock"
  /// After the end of the first process.
  static let keepAfterEnd: UInt64 = 200_000_000
  private static let newcomerPatience: UInt64 = 10_000_000_000
  /// So long may the engine not know that a process has started.
  private static let startTold: UInt64 = 5_000_000
  private static let bufferSize = 128 << 10
  /// Taken from one descriptor before the others have their turn.
  static let fairShare = 512 << 10
  /// Requests taken at a time: ends of other attempts are told in between.
  private static let requestShare = 4

  let run: String
  let version: String
  let space: ProcessSpace
  let log: LogWriter
  /// The slot of our `B`.
  private let begunAt: UInt32
  let folder = OutputFolder(runFolder: ".")
  /// `/dev/null`, what most processes read.
  let nothing: Descriptor
  let poll: Poll
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Keeper.bufferSize, alignment: 4096)
  var sources: [UInt64: Source] = [:]
  var running: [Int32: RunningAttempt] = [:]
  /// What keepers before this one have left at work.
  var adopted: [AttemptID: AdoptedAttempt] = [:]
  /// Children that are no attempt's first process: what attempts have left, which came to us as the reaper.
  var orphans: Set<Int32> = []
  var patterns = MaskPatterns([])
  private var secrets: [String] = []
  private var engine: (link: EngineLink, tag: UInt64)?
  private var newcomers: [UInt64: (link: EngineLink, until: UInt64)] = [:]
  private var nextTag: UInt64 = 1
  private var signals = sigset_t()
  private let signalFile: Descriptor
  private let listener: Descriptor
  private var childrenEnded = false
  private var engineSpoke = false
  /// When what is queued for the engine must be sent.
  private var tellBy: UInt64?
  /// Its socket is full: what is told to it waits.
  private var engineWaits = false
  /// Frames of the engine's may be left over from the last turn.
  private var engineHasMore = false

  /// Takes the run's lock, its log and its socket.
  ///
  /// - Parameter first: the connection of the engine that started this keeper.
  init(run: String, version: String, first: EngineLink) throws(KeeperError) {
    self.run = run
    self.version = version
    space = try ProcessSpace.current()
    log = try LogWriter(Keeper.logName)
    poll = try Poll()
    nothing = try Descriptor(opening: "/dev/null", O_RDONLY)
    sigemptyset(&signals)
    sigaddset(&signals, SIGCHLD)
    sigprocmask(SIG_BLOCK, &signals, nil)
    signalFile = Descriptor(owning: signalfd(-1, &signals, O_CLOEXEC | O_NONBLOCK))
    guard signalFile.number >= 0 else { throw .system(call: "signalfd", path: "", code: errno) }
    listener = try LocalSocket.listen(Keeper.socketName)
    let begun = BegunRecord(pid: getpid(), space: space, version: version, run: run)
    begunAt = log.count
    guard log.reserve(2), log.append([slot(.begun, AttemptID(epoch: 0, sequence: 0), begun.payload)]) else {
      throw .system(call: "write", path: Keeper.logName, code: ENOSPC)
    }
    watch(signalFile.number, .signals)
    watch(listener.number, .listener)
    // A new log has nothing to adopt, and takes a millisecond to be looked through.
    if begunAt > 0 {
      try adopt()
      LiveOutput.clear()
    }
    admit(first)
  }

  deinit { buffer.deallocate() }

  // MARK: The loop

  /// Until nothing is left to be done.
  func serve() {
    while !isIdle {
      let deadline = engineHasMore ? 0 : wakeAt()
      poll.wait(until: deadline) { hear($0) }
      if childrenEnded { reap() }
      for attempt in Array(running.values) { advance(attempt, now: now(CLOCK_MONOTONIC)) }
      for attempt in Array(adopted.values) { advance(attempt, now: now(CLOCK_MONOTONIC)) }
      hearEngine()
      if !newcomers.isEmpty { dismissNewcomers() }
    }
    log.append([slot(.ended, AttemptID(epoch: 0, sequence: 0), [])])
    unlink(Keeper.socketName)
  }

  /// No engine, nothing running, nobody holds an output pipe.
  private var isIdle: Bool {
    guard engine == nil, running.isEmpty, adopted.isEmpty else { return false }
    return !sources.values.contains { source in
      switch source {
      case .signals, .listener, .adopted: false
      case .engine, .newcomer, .output, .drain: true
      }
    }
  }

  private func wakeAt() -> UInt64? {
    var earliest: UInt64?
    for attempt in running.values {
      if let time = attempt.wakeAt { earliest = min(earliest ?? .max, time) }
    }
    for attempt in adopted.values {
      if let time = attempt.wakeAt { earliest = min(earliest ?? .max, time) }
    }
    if engine != nil, let tellBy, !engineWaits { earliest = min(earliest ?? .max, tellBy) }
    for newcomer in newcomers.values { earliest = min(earliest ?? .max, newcomer.until) }
    return earliest
  }

  private func hear(_ tag: UInt64) {
    switch sources[tag] {
    case nil: break
    case .signals: noteChildren()
    case .listener: welcomeConnections()
    case .engine: engineSpoke = true
    case .newcomer: hearNewcomer(tag)
    case .output(let attempt, let index): read(attempt, index)
    case .adopted(let attempt): watch(attempt)
    case .drain(let file): drain(file, tag)
    }
  }

  private func noteChildren() {
    // One signal may stand for many ends: all are waited for anyway.
    var record = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while Glibc.read(signalFile.number, &record, size) == size {}
    childrenEnded = true
  }

  private func reap() {
    childrenEnded = false
    var status: Int32 = 0
    var usage = rusage()
    while true {
      let pid = wait4(-1, &status, WNOHANG, &usage)
      if pid <= 0 { return }
      if let attempt = running[pid], attempt.end == nil {
        attempt.end = ProcessEnd(
          status: status, usage: ResourceUse(usage), at: now(CLOCK_MONOTONIC))
        attempt.stop?.lookSoon(now(CLOCK_MONOTONIC))
      } else {
        orphans.remove(pid)
      }
    }
  }

  /// Ends that have come and were not heard of yet must not be taken for processes that need a signal.
  func reapNow() { reap() }

  // MARK: Engines

  private func admit(_ link: EngineLink) {
    let tag = watch(link.file.number, .newcomer)
    newcomers[tag] = (link, now(CLOCK_MONOTONIC) + Keeper.newcomerPatience)
  }

  private func welcomeConnections() {
    while true {
      let file = Descriptor(owning: belay_accept(listener.number))
      guard file.number >= 0 else { return }
      if let link = EngineLink(file) { admit(link) }
    }
  }

  private func hearNewcomer(_ tag: UInt64) {
    guard let link = newcomers[tag]?.link else { return }
    link.fill()
    guard let (kind, body) = link.next() else { return }
    var reader = body
    guard kind == .hello, let hello = try? Hello(&reader) else { return link.end() }
    guard hello.protocolNumber == Frame.protocolNumber, hello.run == run else {
      var writer = ByteWriter()
      writer.append(text: "it keeps run \(run) and speaks protocol \(Frame.protocolNumber), \(version)")
      link.send(Frame.bytes(.denied, writer))
      link.flush()
      return link.end()
    }
    take(link, hello, tag)
  }

  /// The former engine goes first: what it had asked for and we have not read is never started.
  private func take(_ link: EngineLink, _ hello: Hello, _ tag: UInt64) {
    leaveEngine()
    let driven = DrivenRecord(pid: link.peer, space: space)
    let name = AttemptID(epoch: hello.epoch, sequence: 0)
    guard log.reserve(1), log.append([slot(.driven, name, driven.payload)]) else { return link.end() }
    newcomers[tag] = nil
    sources[tag] = .engine
    engine = (link, tag)
    engineWaits = false
    engineSpoke = true
    link.send(
      Welcome(
        version: version, pid: getpid(), begunAt: begunAt, slots: log.count, adopted: adopted.keys.sorted()
      ).frame)
    tellBy = 0
  }

  private func leaveEngine() {
    guard let (link, tag) = engine else { return }
    link.end()
    forget(tag, link.file.number)
    engine = nil
  }

  private func dismissNewcomers() {
    let time = now(CLOCK_MONOTONIC)
    for (tag, newcomer) in newcomers where newcomer.link.isOver || time >= newcomer.until {
      newcomers[tag] = nil
      forget(tag, newcomer.link.file.number)
    }
  }

  private func hearEngine() {
    guard let (link, tag) = engine else { return }
    if engineSpoke { link.fill() }
    engineSpoke = false
    engineHasMore = false
    var taken = 0
    while taken < Keeper.requestShare, engine?.link === link, let (kind, body) = link.next() {
      var reader = body
      guard let request = try? KeeperRequest(kind, &reader) else {
        link.end()
        break
      }
      perform(request)
      taken += 1
      engineHasMore = taken == Keeper.requestShare
    }
    if engineWaits || now(CLOCK_MONOTONIC) >= tellBy ?? .max {
      link.flush()
      tellBy = nil
    }
    if link.isOver { return leaveEngine() }
    let mustWait = tellBy == nil && link.hasUnsent
    if engine == nil || engineWaits == mustWait { return }
    engineWaits = mustWait
    poll.change(link.file.number, as: tag, writable: engineWaits)
  }

  private func perform(_ request: KeeperRequest) {
    switch request {
    case .secrets(let values): add(values)
    case .spawn(let spawn): start(spawn)
    case .stop(let id, let reason):
      let attempt = running.values.first { $0.id == id }
      if let attempt { stop(attempt, .asked(text(reason)), now: now(CLOCK_MONOTONIC)) }
      if let attempt = adopted[id] { stop(attempt, .asked(text(reason))) }
    case .leave: leaveEngine()
    }
  }

  private func add(_ values: [String]) {
    let known = Set(secrets)
    let new = values.filter { !known.contains($0) }
    if new.isEmpty { return }
    secrets += new
    patterns = MaskPatterns(secrets)
  }

  /// A start alone is not worth waking the engine for: its end often comes at once.
  func tell(_ event: KeeperEvent) {
    engine?.link.send(event.frame)
    if case .started = event {
      tellBy = tellBy ?? now(CLOCK_MONOTONIC) + Keeper.startTold
    } else {
      tellBy = 0
    }
  }

  // MARK: Small things

  @discardableResult func watch(_ file: Int32, _ source: Source) -> UInt64 {
    let tag = newTag()
    sources[tag] = source
    poll.watch(file, as: tag)
    return tag
  }

  func newTag() -> UInt64 {
    defer { nextTag += 1 }
    return nextTag
  }

  func forget(_ tag: UInt64, _ file: Int32) {
    poll.forget(file)
    sources[tag] = nil
  }

  /// - Parameter time: wall clock.
  func slot(
    _ kind: LogSlot.Kind, _ attempt: AttemptID, _ payload: [UInt8], time: UInt64 = now(CLOCK_REALTIME)
  ) -> LogSlot {
    LogSlot(kind: kind, attempt: attempt, time: time, monotonic: now(CLOCK_MONOTONIC), payload: payload)
  }

  /// What marks an attempt's processes in their environment.
  func mark(_ attempt: AttemptID) -> String { Program.mark(run: run, attempt: attempt) }
}

extension ResourceUse {
  init(_ usage: rusage) {
    self.init()
    user = UInt64(usage.ru_utime.tv_sec) * 1_000_000 + UInt64(usage.ru_utime.tv_usec)
    system = UInt64(usage.ru_stime.tv_sec) * 1_000_000 + UInt64(usage.ru_stime.tv_usec)
    peakMemory = UInt64(usage.ru_maxrss)
  }
}
