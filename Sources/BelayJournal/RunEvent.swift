public import BelayModel

/// Everything that can happen in a run, named in the past. A run is a list of these; its state is their fold.
public enum RunEvent: Hashable, Sendable {
  // The run
  case runCreated(RunCreated)
  case driverStarted(DriverStarted)
  case claimsTaken([String])
  case claimsReleased([String])
  case stopRequested(StopRequest, by: Actor)
  case rollbackStarted(RollbackScope, cause: String, by: Actor?)
  /// Everything of the scope is undone; the run goes on from there, or rests.
  case rollbackFinished
  case rested(Rest)
  /// With what stays undone.
  case closed(note: String, by: Actor, left: [String])
  case planAdopted(PlanAdopted)

  // A node
  case nodeStarted(NodeID, waitsUntil: Moment?)
  case nodeSkipped(NodeID, reason: SkipReason, note: String?, by: Actor?)
  case captured(NodeID, name: String, value: Value)
  case answered(NodeID, Answer)
  /// A check that has to stay so has been asked once more, and goes on.
  case sampled(NodeID, SoakProgress)
  /// A pause has taken a check's question back: it is asked again, by the same deadline and with the same coverage.
  case withdrawn(NodeID)
  case nodeFinished(NodeID, NodeEnd)
  case retryScheduled(NodeID, failure: Failure, at: Moment)
  case nodeHeld(NodeID, reason: String)
  case nodesReset([NodeID], reason: String, by: Actor?)
  /// The rollback of the group they stand in has undone them all.
  case nodesUndone([NodeID], with: NodeID)
  /// People are asked: the node waits for them.
  case asked(NodeID, Inquiry)
  /// A person has answered, and may.
  case decided(NodeID, Decision)
  /// A person lets a gate pass outside of its window.
  case windowOverridden(NodeID, note: String, by: Actor)

  // An attempt of a step
  case attemptIntended(NodeID, Intent)
  case attemptStarted(NodeID, AttemptName, process: ProcessIdentity)
  case attemptFinished(NodeID, AttemptName, AttemptEnd)
  case leftRunning(NodeID, AttemptName, processes: [String])
  case doubted(NodeID, AttemptName, reason: String)
  case doubtSettled(NodeID, AttemptName, Settlement)
  case resolved(NodeID, as: Resolution, note: String, values: ValueMap, by: Actor)

  // Beside the nodes
  case watchAnswered(WatchID, WatchAnswer)
  case watchTripped(WatchID, WatchTrip)
  /// It is not asked any more, as far as this driver goes.
  case watchEnded(WatchID, WatchTally)
  case overdue(NodeID, due: Timestamp)
  /// Who is next in the chain of those that are told.
  case escalated(NodeID, level: Int, to: [String])
  case noticeDue(NoticeDue)
  /// Sent; with a failure, not sent.
  case noticeEnded(Int, failure: String?)
}

/// A node's name in a plan: the id of the file; `<id>~rollback` for the root of its rollback, `~steady_state`.
public typealias NodeID = String

/// A watch's name in a plan; of the same names as nodes.
public typealias WatchID = String

/// `epoch.sequence`, unique in a run for ever.
public typealias AttemptName = String

/// Who did something, and how sure that is.
public struct Actor: Hashable, Sendable {
  /// `asserted`: said by the environment. `os`: the kernel's word, uid and login uid. `signature`: by a key of theirs.
  public typealias Assurance = Approval.Assurance

  public var name: String
  public var assurance: Assurance
  public var uid: Int?
  public var loginUid: Int?

  public init(name: String, assurance: Assurance, uid: Int? = nil, loginUid: Int? = nil) {
    self.name = name
    self.assurance = assurance
    self.uid = uid
    self.loginUid = loginUid
  }
}

/// A moment by the wall and by the boot clock, so that a step of the wall clock is seen and never waited for.
public struct Moment: Hashable, Sendable {
  public var wall: Timestamp
  /// Since boot, sleep counted (CLOCK_BOOTTIME).
  public var boot: TimeSpan
  public var bootID: String

  public init(wall: Timestamp, boot: TimeSpan, bootID: String) {
    self.wall = wall
    self.boot = boot
    self.bootID = bootID
  }
}

public struct RunCreated: Hashable, Sendable {
  /// Of the event lines; a reader refuses a newer one.
  public static let format = 1

  public var planDigest: String
  public var playbook: String
  public var title: String
  public var environment: String?
  public var initiator: Actor
  public var host: String
  public var version: String
  public var project: String
  public var commit: String?
  public var dirty: Bool
  /// Taken with this event.
  public var claims: [String]

  public init(
    planDigest: String, playbook: String, title: String, environment: String?, initiator: Actor, host: String,
    version: String, project: String, commit: String?, dirty: Bool, claims: [String]
  ) {
    self.planDigest = planDigest
    self.playbook = playbook
    self.title = title
    self.environment = environment
    self.initiator = initiator
    self.host = host
    self.version = version
    self.project = project
    self.commit = commit
    self.dirty = dirty
    self.claims = claims
  }
}

public struct DriverStarted: Hashable, Sendable {
  /// Grows by one with each driver of the run.
  public var epoch: Int
  public var pid: Int
  public var host: String
  public var bootID: String
  /// run, resume, rollback, cancel, close.
  public var purpose: String
  public var actor: Actor

  public init(epoch: Int, pid: Int, host: String, bootID: String, purpose: String, actor: Actor) {
    self.epoch = epoch
    self.pid = pid
    self.host = host
    self.bootID = bootID
    self.purpose = purpose
    self.actor = actor
  }
}

/// From the weakest to the strongest.
public enum StopRequest: String, Hashable, Sendable, CaseIterable {
  /// Nothing new starts; what runs ends by itself.
  case pause
  /// What runs is stopped too.
  case kill
  /// As `kill`; temporaries are undone and the run ends `failed`, cause cancelled.
  case cancel
}

/// What a rollback undoes.
public enum RollbackScope: Hashable, Sendable {
  case run
  case node(NodeID)
  /// Everything that came after the node.
  case after(NodeID)
}

public enum SkipReason: String, Hashable, Sendable, CaseIterable {
  /// `when` was false.
  case condition
  /// `skip_if` passed.
  case alreadyDone = "already_done"
  case person
}

/// What an in-doubt or failed node is declared to be by a person.
public enum Resolution: String, Hashable, Sendable, CaseIterable {
  case done
  case notDone = "not_done"
  case failed
}

/// How the run came to rest.
public struct Rest: Hashable, Sendable {
  public var status: RunStatus
  /// In words, for people: why.
  public var cause: String
  /// The node that caused it.
  public var node: NodeID?
  /// What is left to do by hand, or still in force.
  public var left: [String]

  public init(status: RunStatus, cause: String, node: NodeID? = nil, left: [String] = []) {
    self.status = status
    self.cause = cause
    self.node = node
    self.left = left
  }
}

public enum RunStatus: String, Hashable, Sendable, CaseIterable {
  case planned, running, waiting, held, paused, failed
  case rollingBack = "rolling_back"
  case rollbackIncomplete = "rollback_incomplete"
  case succeeded
  case rolledBack = "rolled_back"
  case closed

  /// Nothing can follow.
  public var isFinal: Bool { self == .closed || self == .rolledBack }
  /// Holds no claims any more.
  public var hasLetGo: Bool { isFinal || self == .succeeded }
}
