import BelayActions
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld
import Glibc

/// Drives a recorded run until it rests: the one way in which anything is ever started.
struct Driving {
  let store: SQLiteStore
  let row: RunRow
  let progress: any ProgressListener

  /// What a driver has before its first event.
  struct Ready {
    let lock: DriverLock
    let keeper: String
  }

  /// Until nothing that somebody says at this terminal lets it go on.
  ///
  /// - Parameter ready: where the caller had to have it earlier.
  /// - Returns: the exit status that tells how it rests.
  func drive(
    _ purpose: Begin.Purpose, skips: [NodeID] = [], note: String? = nil, overrides: [NodeID] = [],
    ready: Ready? = nil
  ) throws -> ExitStatus {
    var (status, state) = try driveOnce(
      purpose, skips: skips, note: note, overrides: overrides, ready: ready)
    guard purpose.goesOn, !(progress is SilentProgress) else { return status }
    while status == .unfinished, let prompt = DoubtPrompt(state.row ?? row, state, in: store),
      try prompt.settles()
    {
      (status, state) = try driveOnce(.resume(retry: false))
    }
    return status
  }

  private func driveOnce(
    _ purpose: Begin.Purpose, skips: [NodeID] = [], note: String? = nil, overrides: [NodeID] = [],
    ready: Ready? = nil
  ) throws -> (ExitStatus, RunState) {
    let folder = store.runFolder(row.run)
    let lock = try ready?.lock ?? Driving.takeDriver(of: row.run, in: store)
    defer { lock.release() }
    // Read under the lock: nobody else appends from here on.
    let recorded = try RecordedRun(try store.run(row.run) ?? row, in: store)
    if recorded.state.status.isFinal {
      throw Failure(
        .usage, "run \(row.run) is \(recorded.state.status.words): nothing more can be done with it")
    }
    if purpose.goesOn { try recorded.requireSignatures() }
    let keeper = try ready?.keeper ?? Driving.prepare(store)
    let clock = SystemClock()
    let (caller, secrets) = try Driving.surroundings(of: recorded.plan)
    progress.begins(recorded, folder: folder)
    let terminal = TerminalPrompt(
      plan: recorded.plan, digest: recorded.row.planDigest, standing: recorded.state.standing, on: progress,
      recorded: asked)
    if let terminal { progress.asks(terminal) }
    defer { terminal?.leave() }
    var world: RealWorld
    do {
      world = try RealWorld(
        DrivingRun(
          plan: recorded.plan, state: recorded.state, folder: folder, keeperExecutable: keeper,
          version: Version.text, caller: caller, secrets: secrets,
          stopsStrays: purpose.stopsWhatRuns,
          listener: { event, time, number in
            progress.heard(event, at: time, number: number)
            terminal?.heard(event, number: number)
          }, waiting: tellOfWaiting, ticks: progress.interval.map { ($0, progress.tick) }, terminal: terminal),
        store: store, clock: clock)
    } catch { throw Failure(error, run: row.run) }
    var engine = Engine(
      plan: recorded.plan, digest: recorded.row.planDigest, actions: builtInActions, run: recorded.state,
      accounts: Accounts(of: recorded.plan.roster), zones: SystemZones.rules(of: recorded.plan))
    let driver = DriverStarted(
      epoch: recorded.state.epoch + 1, pid: Int(getpid()), host: hostName(), bootID: clock.bootID,
      purpose: purpose.word, actor: Caller.actor())
    world.begin(
      Begin(
        purpose: purpose, driver: driver, fates: world.fates(), skips: skips, skipNote: note,
        overrides: overrides, overrideNote: note, isAttended: terminal != nil))
    let status = BelayEngine.drive(&engine, in: &world)
    return (try end(status, engine, world), engine.run)
  }

  /// What a standing question asks to record, by the journal as it is now.
  private func asked(of node: NodeID) -> [Parameter] {
    guard let row = try? store.run(row.run), let recorded = try? RecordedRun(row, in: store) else {
      return []
    }
    return Engine(
      plan: recorded.plan, digest: row.planDigest, actions: builtInActions, run: recorded.state,
      accounts: Accounts(of: recorded.plan.roster)
    ).asked(of: node)
  }

  private func tellOfWaiting(for attempts: [LivingAttempt], toBeEnded: Bool) {
    for attempt in attempts {
      progress.say("\(toBeEnded ? "ending" : "waiting"): \(printable(attempt.text))")
    }
  }

  private func end(_ status: RunStatus?, _ engine: Engine, _ world: RealWorld) throws -> ExitStatus {
    if let failure = world.failure { throw Failure(failure, run: row.run) }
    progress.rested(engine.run)
    try? store.checkpointIfIdle()
    guard let status else { return .unusable }
    if status == .held, let holder = engine.refusedClaim { throw Failure(StoreError.claimed(holder)) }
    if status == .paused, let signal = world.signalled.last {
      return signal == SIGTERM ? .terminated : signal == SIGHUP ? .hangup : .interrupted
    }
    return ExitStatus(status)
  }

  /// What everything that is driven needs, looked at before anything is recorded.
  ///
  /// - Returns: the keeper's executable.
  /// - Throws: exit 9: no keeper, or no room for what has to be recorded even when the disk is full.
  static func prepare(_ store: SQLiteStore) throws -> String {
    let keeper = try keeper()
    do {
      try store.requireRoom()
    } catch .full(let text) {
      throw Failure(.unusable, "nothing was started: \(text)")
    } catch { throw Failure(error) }
    return keeper
  }

  static func takeDriver(of run: String, in store: SQLiteStore) throws -> DriverLock {
    do {
      return try DriverLock.take(try store.makeRunFolder(run))
    } catch let error as StoreError {
      throw Failure(error)
    } catch let error as DriverError {
      throw Failure(
        error, run: run,
        hints: [
          "follow it:  \(typed("status \(run)"))", "stop it:    \(typed("pause \(run)"))",
          "end it:     \(typed("cancel \(run)"))",
        ])
    }
  }

  /// The caller's variables and the secrets.
  ///
  /// - Throws: exit 2, naming the variable or the secret that cannot be read.
  static func surroundings(of plan: Plan) throws -> ([String: String], Secrets) {
    let caller = try CallerEnvironment.of(plan).values
    do {
      return (caller, try Secrets(plan, caller: caller, home: homeFolder()))
    } catch {
      throw Failure(.usage, "secret '\(error.name)': \(error.message)")
    }
  }

  /// Beside this program, also when that was started by way of a link.
  private static func keeper() throws -> String {
    let own = Project.absolute("/proc/self/exe", in: "/")
    let path = Project.parent(of: own) + "/belay-keeper"
    guard access(path, X_OK) == 0 else {
      throw Failure(.unusable, "\(path) is missing: belay and belay-keeper are installed side by side")
    }
    return path
  }
}

extension Failure {
  init(_ error: WorldError, run: String) {
    switch error {
    case .stillRunning(let attempts): self.init(stillRunning: attempts, of: run)
    case .store(let error): self.init(error)
    case .system(let error): self.init(.unusable, error.message)
    case .keeper(let text): self.init(.unusable, "the keeper: \(text)")
    }
  }

  /// Something runs beside which nothing may be started.
  init(stillRunning attempts: [LivingAttempt], of run: String) {
    let pids = attempts.flatMap(\.processes).compactMap { $0.split(separator: " ").first }
    let way =
      attempts.contains(where: \.isGivenUp)
      ? "end it:      sudo kill \(pids.joined(separator: " "))" : "end it:      \(typed("cancel \(run)"))"
    self.init(
      .unfinished, "run \(run): " + attempts.map(\.text).joined(separator: "; "),
      hints: [way, "or wait until it has ended, then look what it has done"])
  }
}

extension Failure {
  init(_ error: DriverError, run: String, hints: [String] = []) {
    switch error {
    case .driven: self.init(.lockHeld, "run \(run) is \(error.message)", hints: hints)
    case .unusable(let text): self.init(.unusable, "run \(run) cannot be driven: \(text)")
    }
  }
}

extension Begin.Purpose {
  /// Whatever runs is stopped first.
  fileprivate var stopsWhatRuns: Bool {
    switch self {
    case .cancel, .close: true
    case .run, .resume, .rollback: false
    }
  }
}

func hostName() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension Begin.Purpose {
  /// Something of the playbook may begin, by what was approved.
  fileprivate var goesOn: Bool {
    switch self {
    case .run, .resume, .rollback: true
    case .cancel, .close: false
    }
  }
}
