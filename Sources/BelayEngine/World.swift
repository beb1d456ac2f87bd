public import BelayJournal
public import BelayModel

/// What happens to the engine. Time arrives with each one; the engine has no clock.
public enum Input: Hashable, Sendable {
  /// The driver has the run: go on from where the journal ends.
  case begin(Begin)
  /// Every event up to this number is durable.
  case committed(through: Int)
  case processStarted(AttemptName, ProcessIdentity)
  case effectEnded(AttemptName, EffectReport)
  /// The keeper is gone; its log says what it can of the attempts that it had. A new one is ready.
  case keeperLost([AttemptName: Fate])
  /// It has ended, with nobody to see how. `notStopped`: processes of it that should have ended and could not be
  /// signalled.
  case attemptLost(AttemptName, reason: String, notStopped: [String])
  case stop(StopRequest, by: Actor)
  /// Somebody answers a question of the run, by the kernel's word or a signature's; answered by `reply`.
  case decided(Proposal, by: Actor, ticket: Int)
  /// There is room for the record of what ends, and for nothing else. Comes before the commit that did not fit, so
  /// that nothing is started by it; with what was full, for people.
  case diskFull(String)
  /// After `diskFull`: the keeper has no room to record this attempt and has not started it.
  case notTaken(AttemptName)
  /// The answer to ``Command/claim(_:)``, before any other input: the claims are the run's, and their event is durable.
  case claimed
  /// The same: another run holds one of them, and none was taken.
  case claimRefused(ClaimRow)
  /// A deadline that the engine asked for has come, or nothing has.
  case timePassed
}

/// Why and as what the driver begins.
public struct Begin: Hashable, Sendable {
  public enum Purpose: Hashable, Sendable {
    case run
    /// With `retry`, what failed is done again.
    case resume(retry: Bool)
    case rollback(RollbackScope)
    case cancel
    case close(note: String)

    /// As journalled with the driver.
    public var word: String {
      switch self {
      case .run: "run"
      case .resume: "resume"
      case .rollback: "rollback"
      case .cancel: "cancel"
      case .close: "close"
      }
    }
  }

  public var purpose: Purpose
  public var driver: DriverStarted
  /// Of the attempts that the journal left open; of what did not outlive its engine, nobody knows.
  public var fates: [AttemptName: Fate]
  /// Nodes that a person skips.
  public var skips: [NodeID]
  public var skipNote: String?
  /// Gates that a person lets pass outside of their windows.
  public var overrides: [NodeID]
  public var overrideNote: String?
  /// Somebody at a terminal may answer: people are waited for. Else the run rests where only they are.
  public var isAttended: Bool

  public init(
    purpose: Purpose, driver: DriverStarted, fates: [AttemptName: Fate], skips: [NodeID] = [],
    skipNote: String? = nil, overrides: [NodeID] = [], overrideNote: String? = nil, isAttended: Bool = false
  ) {
    self.purpose = purpose
    self.driver = driver
    self.fates = fates
    self.skips = skips
    self.skipNote = skipNote
    self.overrides = overrides
    self.overrideNote = overrideNote
    self.isAttended = isAttended
  }
}

/// What became of an attempt whose engine is gone.
public enum Fate: Hashable, Sendable {
  /// Proven: it can be started under its intent.
  case notStarted
  /// A keeper has it; its end will be told.
  case running(ProcessIdentity?)
  case ended(EffectReport)
  /// Nobody saw how it ended.
  case unknown(String)
}

/// How an effect has ended, as who carried it tells.
public struct EffectReport: Hashable, Sendable {
  public var result: EffectResult
  /// Of a process.
  public var stdout = KeptStream()
  public var stderr = KeptStream()
  /// Of a request.
  public var answer = KeptStream()
  /// `4711 server`: what it left running.
  public var leftRunning: [String] = []
  /// What could not be signalled when it was stopped.
  public var notStopped: [String] = []

  public init(result: EffectResult, answer: KeptStream = KeptStream()) {
    self.result = result
    self.answer = answer
  }

  public init(
    result: ProcessResult, stdout: KeptStream, stderr: KeptStream, leftRunning: [String] = [],
    notStopped: [String] = []
  ) {
    self.result = .process(result)
    self.stdout = stdout
    self.stderr = stderr
    self.leftRunning = leftRunning
    self.notStopped = notStopped
  }
}

/// What the engine wants of the world, in this order.
public enum Command: Hashable, Sendable {
  /// `urgent`: commit now, something waits for it; else with the next urgent one, or soon. `row` is the run's
  /// derived row after these events.
  case append([RunEvent], at: Timestamp, row: RunRow, urgent: Bool)
  case start(EffectOrder)
  case stopAttempt(AttemptName, reason: String)
  /// Always the last command. What was appended before is made durable first and by itself; the answer is the next
  /// input, or `diskFull` is to come.
  case claim(ClaimOrder)
  /// What became of a proposal; accepted ones are durable by then.
  case reply(Int, Reply)
  /// The run has come to rest and that is durable: the loop ends.
  case leave(RunStatus)
}

/// Claims to be taken, all or none, by an event of their own.
public struct ClaimOrder: Hashable, Sendable {
  public var names: [String]
  /// Of the event.
  public var at: Timestamp
  /// The run's derived row after it.
  public var row: RunRow

  public init(names: [String], at: Timestamp, row: RunRow) {
    self.names = names
    self.at = at
    self.row = row
  }
}

/// An effect to be brought about, or a question to be asked, once.
public struct EffectOrder: Hashable, Sendable {
  public var attempt: AttemptName
  public var node: NodeID
  /// Of a deed; nil: a question.
  public var key: String?
  public var request: EffectRequest
  /// Of the whole attempt, monotonic. The world ends it then.
  public var timeout: TimeSpan
  /// Of each stream, or of an answer: in bytes.
  public var keeps: Int
  /// Output is neither kept nor shown.
  public var sensitive: Bool
  /// A question's answer is kept too, as a deed's always is.
  public var keepsAnswer: Bool
  /// The step, unique among all runs, that it does or proves: an earlier attempt of it may still be at work where its
  /// client's end is not seen, and has to end first.
  public var deed: String?

  public init(
    attempt: AttemptName, node: NodeID, key: String?, request: EffectRequest, timeout: TimeSpan,
    keeps: Int?, sensitive: Bool, keepsAnswer: Bool = false, deed: String? = nil
  ) {
    self.attempt = attempt
    self.node = node
    self.key = key
    self.request = request
    self.timeout = timeout
    self.keeps = keeps ?? Limits.output
    self.sensitive = sensitive
    self.keepsAnswer = keepsAnswer
    self.deed = deed
  }
}

/// The moment of an input by three clocks, read once for it.
public struct Clock: Hashable, Sendable {
  public var wall: Timestamp
  /// Since boot, sleep counted.
  public var boot: TimeSpan
  public var bootID: String

  public init(wall: Timestamp, boot: TimeSpan, bootID: String) {
    self.wall = wall
    self.boot = boot
    self.bootID = bootID
  }

  /// The moment after a span, by both clocks.
  public func after(_ span: TimeSpan) -> Moment {
    Moment(
      wall: wall + span ?? wall, boot: TimeSpan(nanoseconds: boot.nanoseconds + span.nanoseconds),
      bootID: bootID)
  }

  /// When a journalled moment comes, by the boot clock of now: after a reboot the wall clock tells.
  ///
  /// - Parameter span: how long it was to be from the start; a wall clock that was set back meanwhile adds nothing.
  public func boot(of moment: Moment, atMost span: TimeSpan) -> TimeSpan {
    if moment.bootID == bootID { return moment.boot }
    let rest = min(moment.wall.since(wall) ?? span, span)
    let (due, isNever) = boot.nanoseconds.addingReportingOverflow(max(0, rest.nanoseconds))
    return TimeSpan(nanoseconds: isNever ? .max : due)
  }
}

/// What the engine runs in: the real world, or a simulated one.
public protocol World {
  /// Blocks until something has happened or the deadline (boot clock) has come.
  ///
  /// - Returns: nil when the world ends without the engine having left: it is unusable.
  mutating func next(until deadline: TimeSpan?) -> (input: Input, clock: Clock)?
  /// Never blocks on what it starts; completions come back as inputs.
  mutating func perform(_ commands: [Command])
}

/// The whole of driving: one thread, one loop.
///
/// - Returns: the status at rest; nil when the world ended first.
public func drive(_ engine: inout Engine, in world: inout some World) -> RunStatus? {
  var commands: [Command] = []
  while let (input, clock) = world.next(until: engine.nextDeadline) {
    commands.removeAll(keepingCapacity: true)
    engine.apply(input, at: clock, into: &commands)
    world.perform(commands)
    if case .leave(let status)? = commands.last { return status }
  }
  return nil
}
