public import BelayModel

/// The states of a node.
public enum NodeStatus: String, Hashable, Sendable, CaseIterable {
  case pending, ready, intended, running, waiting, held, succeeded, failed, unknown, skipped
  case inDoubt = "in_doubt"
  case compensating, compensated
  case compensationFailed = "compensation_failed"

  /// Has ended by itself; a rollback may still follow.
  public var hasEnded: Bool {
    switch self {
    case .succeeded, .failed, .unknown, .skipped, .compensated, .compensationFailed: true
    case .pending, .ready, .intended, .running, .waiting, .held, .inDoubt, .compensating: false
    }
  }
}

/// One question's answer: of a check, `recheck`, `skip_if`, `verify`.
public struct Answer: Hashable, Sendable {
  public enum Question: String, Hashable, Sendable, CaseIterable {
    case ask, recheck, verify
    case skipIf = "skip_if"
  }

  public var question: Question
  public var verdict: Verdict
  /// What it rests on: the violated condition with its values, the missing answer's reason.
  public var reason: String
  public var outputs: ValueMap

  public init(question: Question, verdict: Verdict, reason: String, outputs: ValueMap = ValueMap()) {
    self.question = question
    self.verdict = verdict
    self.reason = reason
    self.outputs = outputs
  }
}

/// The three answers that every question has.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
  case pass, fail, unknown
}

/// What went wrong, as journalled and shown; secrets are masked before they get here.
public struct Failure: Hashable, Sendable {
  public var kind: String
  public var message: String
  public var exitCode: Int?
  /// PostgreSQL's code of the error.
  public var sqlstate: String?
  public var stderr: String

  public init(
    kind: String, message: String, exitCode: Int? = nil, sqlstate: String? = nil, stderr: String = ""
  ) {
    self.kind = kind
    self.message = message
    self.exitCode = exitCode
    self.sqlstate = sqlstate
    self.stderr = stderr
  }
}

public struct NodeEnd: Hashable, Sendable {
  /// `succeeded`, `failed` or `unknown`.
  public var status: NodeStatus
  public var outputs: ValueMap
  public var failure: Failure?
  /// Of a check that has passed: the values that its conditions speak of.
  public var found: String?
  /// True when the run went on over the failure.
  public var continued: Bool
  /// Of a check with `keep`: its last answer. What a step has printed stands in its attempts.
  public var kept: KeptStream

  public init(
    status: NodeStatus, outputs: ValueMap = ValueMap(), failure: Failure? = nil, found: String? = nil,
    continued: Bool = false, kept: KeptStream = KeptStream()
  ) {
    self.status = status
    self.outputs = outputs
    self.failure = failure
    self.found = found
    self.continued = continued
    self.kept = kept
  }
}

/// Durable before anything of the attempt starts.
public struct Intent: Hashable, Sendable {
  public var attempt: AttemptName
  /// Grows only after a definite failure; part of the idempotency key.
  public var number: Int
  public var key: String
  /// SHA-256 of the action as bound, secrets as references.
  public var actionDigest: String
  /// Root of the rollback that is due for it; nil: none.
  public var rollback: NodeID?
  public var timeout: TimeSpan
  /// How often recovery has run it again.
  public var rerun: Int
  /// What carries it: only the keeper's processes outlive the engine.
  public var effect: EffectKind

  public init(
    attempt: AttemptName, number: Int, key: String, actionDigest: String, rollback: NodeID?,
    timeout: TimeSpan, rerun: Int, effect: EffectKind = .process
  ) {
    self.attempt = attempt
    self.number = number
    self.key = key
    self.actionDigest = actionDigest
    self.rollback = rollback
    self.timeout = timeout
    self.rerun = rerun
    self.effect = effect
  }
}

public struct ProcessIdentity: Hashable, Sendable {
  public var pid: Int
  /// Clock ticks since boot (proc(5), stat, field 22); 0 when it was not read.
  public var startTicks: Int

  public init(pid: Int, startTicks: Int) {
    self.pid = pid
    self.startTicks = startTicks
  }
}

/// The outcome of an attempt, with what its world said.
public struct AttemptEnd: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case succeeded
    /// Definite: it ended by itself, or is proven not to have started.
    case failed
    /// In doubt.
    case unknown
  }

  public var outcome: Outcome
  public var exitCode: Int?
  public var signal: Int?
  /// Of an HTTP response.
  public var status: Int?
  public var duration: TimeSpan
  public var stdout: KeptStream
  public var stderr: KeptStream
  /// Of a request: the body of a response, the results of statements and commands as JSON.
  public var answer: KeptStream
  public var outputs: ValueMap
  public var failure: Failure?
  /// The keeper's record was found by a later driver.
  public var recovered: Bool
  /// Of one that has failed: it is proven that nothing has come of it, so there is nothing to undo.
  public var changedNothing: Bool

  public init(
    outcome: Outcome, exitCode: Int? = nil, signal: Int? = nil, status: Int? = nil,
    duration: TimeSpan = .zero, stdout: KeptStream = KeptStream(), stderr: KeptStream = KeptStream(),
    answer: KeptStream = KeptStream(), outputs: ValueMap = ValueMap(), failure: Failure? = nil,
    recovered: Bool = false, changedNothing: Bool = false
  ) {
    self.outcome = outcome
    self.changedNothing = changedNothing
    self.exitCode = exitCode
    self.signal = signal
    self.status = status
    self.duration = duration
    self.stdout = stdout
    self.stderr = stderr
    self.answer = answer
    self.outputs = outputs
    self.failure = failure
    self.recovered = recovered
  }
}

/// What is kept of one output stream, masked.
public struct KeptStream: Hashable, Sendable {
  public var bytes: Int
  /// SHA-256 of the whole masked stream; nil when nothing came or nothing may be kept.
  public var digest: String?
  /// Up to 4 KiB stand in the event itself.
  public var text: String?
  /// Relative to the run's folder.
  public var file: String?
  /// SHA-256 of the file.
  public var fileDigest: String?
  public var truncated: Bool

  public init(
    bytes: Int = 0, digest: String? = nil, text: String? = nil, file: String? = nil,
    fileDigest: String? = nil,
    truncated: Bool = false
  ) {
    self.bytes = bytes
    self.digest = digest
    self.text = text
    self.file = file
    self.fileDigest = fileDigest
    self.truncated = truncated
  }
}

/// How a doubt ended.
public struct Settlement: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable, CaseIterable {
    case done
    case notDone = "not_done"
    case failed
    /// Run again under the same key.
    case again
  }

  public enum Evidence: String, Hashable, Sendable, CaseIterable {
    case notStarted = "not_started"
    case verify, idempotent, person
  }

  public var verdict: Verdict
  public var evidence: Evidence
  public var reason: String
  /// Of `again` and `not_done`: when it may run again; nil: at once.
  public var notBefore: Moment?

  public init(verdict: Verdict, evidence: Evidence, reason: String, notBefore: Moment? = nil) {
    self.verdict = verdict
    self.evidence = evidence
    self.reason = reason
    self.notBefore = notBefore
  }
}
