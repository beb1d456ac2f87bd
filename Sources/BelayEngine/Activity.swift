internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// What a node is doing at the moment. Lost with the engine, and rebuilt from the journal.
struct Activity: Hashable {
  enum Part: Hashable {
    /// A question of a check, or one of a step's before and after its action.
    case asking(Question)
    /// The step's own attempt, intended or running.
    case acting
    /// Between two attempts.
    case awaitingRetry
    /// A gate's clock.
    case awaitingTime
  }

  var part: Part
  /// With the world, or waiting for its intent to be durable.
  var attempt: AttemptName?
  /// What carries the attempt.
  var effect = EffectKind.process
  /// Takes one of the `max_parallel` places.
  var hasPlace: Bool
}

/// A question on its way to an answer: asked once, until it passes, or for as long as it must stay so.
struct Question: Hashable {
  enum Kind: Hashable {
    case check
    case skipIf
    case capture(Int)
    /// After an attempt that succeeded.
    case verifyEffect
    /// After an attempt of which nobody knows.
    case verifyDoubt
  }

  let kind: Kind
  let body: PlanBody
  let every: TimeSpan
  let staysFor: TimeSpan
  /// By the boot clock: asked again until then.
  let deadline: TimeSpan
  let tolerate: Int
  let minSamples: Int

  /// When the question on its way was asked.
  var askedAt: TimeSpan = .zero
  /// Set when it first passed, of a soak.
  var soak: Soak?
}

/// How long a passing check has stayed so, by what was really seen.
struct Soak: Hashable {
  enum Progress: Hashable {
    case goesOn
    case passed
    case missed
    case tooFewSamples
  }

  /// Sum of the intervals between samples that are close enough; a longer gap sets it to 0.
  private var coverage: TimeSpan = .zero
  private var lastSample: TimeSpan
  private var samples = 1
  private var missesInARow = 0
  private var recent: [Bool] = []
  private let began: TimeSpan

  init(began: TimeSpan) {
    self.began = began
    lastSample = began
  }

  /// Takes the next sample, asked at `moment`.
  mutating func take(_ verdict: Verdict, at moment: TimeSpan, of question: Question) -> Progress {
    let gap = moment.nanoseconds - lastSample.nanoseconds
    coverage =
      gap <= question.every.nanoseconds * 2
      ? TimeSpan(nanoseconds: coverage.nanoseconds + gap) : .zero
    lastSample = moment
    recent = Array((recent + [verdict == .pass]).suffix(10))
    samples += verdict == .unknown ? 0 : 1
    missesInARow = verdict == .pass ? 0 : missesInARow + 1
    if missesInARow > question.tolerate || recent.count(where: { !$0 }) > question.tolerate * 2 {
      return .missed
    }
    if coverage >= question.staysFor { return samples >= question.minSamples ? .passed : .tooFewSamples }
    // Samples too far apart never add up: say so instead of asking for ever.
    let elapsed = moment.nanoseconds - began.nanoseconds
    return elapsed > question.staysFor.nanoseconds * 3 ? .tooFewSamples : .goesOn
  }
}

/// Why nothing new starts, and what comes when nothing runs any more.
struct Stop: Hashable {
  enum Cause: Int, Hashable, Comparable {
    case failure, hold, request, pause, kill, cancel, noSpace

    static func < (left: Cause, right: Cause) -> Bool { left.rawValue < right.rawValue }
  }

  var cause: Cause
  var node: Int?
  var reason: String
  var consequence: Consequence
}

/// The temporaries of a list that has ended, on their way back.
struct Undo: Hashable {
  var list: [Int]
  var then: Consequence
}

/// What follows on a stop.
indirect enum Consequence: Hashable {
  case rest(RunStatus, cause: String, node: Int?)
  case rollBack(RollbackScope, cause: String, by: Actor?)
  case goForward
  /// As when a driver came to resume; with `retry`, what failed is done again.
  case resume(retry: Bool, by: Actor)
  /// A group's list has ended: the group itself can.
  case endGroup(Int)
  /// Something in the node has failed, which ends it and not the run.
  case endScope(Int, NodeEnd)
  /// All of the playbook's own nodes have ended.
  case endPlaybook
  case close(note: String, by: Actor)
}

extension Consequence {
  /// The run is given up for good.
  var isClosing: Bool { if case .close = self { true } else { false } }
}
