public import BelayEngine
public import BelayJournal
public import BelayModel

/// What a command does when it is started, or a server when it is asked.
public struct Act: Hashable, Sendable {
  public var exitCode: Int32 = 0
  public var stdout = ""
  public var stderr = ""
  public var takes: TimeSpan = .seconds(1)
  /// How far into its life its effect happens, in thousandths; nil: it has none.
  public var effectAt: Int?
  /// Goes on after SIGTERM, until the grace is over.
  public var ignoresTerm = false
  /// Of a request: the connection breaks instead.
  public var losesAnswer = false
  /// It cannot be started at all, or nobody listens: what the system says.
  public var refused: String?
  /// What it leaves behind.
  public var leavesRunning: [String] = []

  public init() {}
}

/// A command that was started, or a request that was sent, and what became of it.
public struct SimulatedProcess: Hashable, Sendable {
  public let attempt: AttemptName
  public let order: EffectOrder
  public let act: Act
  public let identity: ProcessIdentity
  public let startedAt: Int64
  public internal(set) var endsAt: Int64
  public internal(set) var stoppedBecause: String?
  public internal(set) var isAlive = true
  public internal(set) var hadEffect = false
  /// Grows when its end is brought forward.
  var version = 0
  /// The keeper that started it was killed since.
  var isOrphan = false
  /// A request whose receipt was there before: nothing is done.
  var isRepeated = false

  var report: EffectReport {
    let ending: ProcessResult.Ending =
      if let refused = act.refused { .notStarted(refused) } else if stoppedBecause != nil {
        .signalled(act.ignoresTerm ? 9 : 15)
      } else { .exited(code: act.exitCode) }
    return EffectReport(
      result: ProcessResult(
        ending: ending, stdout: ProcessResult.Stream(text: act.stdout, truncated: false),
        stderr: ProcessResult.Stream(text: act.stderr, truncated: false),
        duration: TimeSpan(nanoseconds: endsAt - startedAt), stoppedBecause: stoppedBecause),
      stdout: kept(act.stdout), stderr: kept(act.stderr), leftRunning: act.leavesRunning)
  }

  private func kept(_ text: String) -> KeptStream {
    order.sensitive ? KeptStream() : KeptStream(bytes: text.utf8.count, text: text)
  }
}

extension EffectOrder {
  /// The program and its arguments.
  public var arguments: [String] {
    if case .process(let process) = request { process.arguments } else { [] }
  }
}
