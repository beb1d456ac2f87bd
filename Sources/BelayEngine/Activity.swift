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
    case awaitingPeople(Awaited)
    /// Locks that another run may hold.
    case awaitingClaims
  }

  /// What people are asked for.
  enum Awaited: Hashable {
    case gate
    /// That a gate is passed outside of its window.
    case override
    /// Before a step that cannot be undone.
    case irreversible
    /// What they do is the step.
    case deed
    case look(Question)
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
    /// Once more, before a step that needs it: by its place among those that are asked.
    case recheck(Int)
    case skipIf
    case capture(Int)
    /// After an attempt that succeeded.
    case verifyEffect
    /// After an attempt of which nobody knows.
    case verifyDoubt
  }

  var isProof: Bool { kind == .verifyEffect || kind == .verifyDoubt }

  let kind: Kind
  /// The node whose question it is.
  let subject: Int
  let body: PlanBody
  let every: TimeSpan
  var staysFor: TimeSpan
  /// By the boot clock: asked again until then.
  var deadline: TimeSpan
  let tolerate: Int
  let minSamples: Int

  /// When the question on its way was asked.
  var askedAt: TimeSpan = .zero
  /// Set when it first passed, of a soak.
  var soak: SoakProgress?
  /// What came last, of a check with `keep`.
  var kept = KeptStream()

  var keeps: Bool { kind == .check && body.keep != nil }
}

/// Why nothing new starts, and what comes when nothing runs any more.
struct Stop: Hashable {
  enum Cause: Int, Hashable, Comparable {
    case failure, trip, hold, request, pause, kill, cancel, noSpace

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
