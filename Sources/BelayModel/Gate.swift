/// Waits for a person or the clock.
public struct Gate: Hashable, Sendable {
  public enum Wait: Hashable, Sendable {
    /// All of them, by different people.
    case approve([Approval])
    case window(WindowSource)
    /// A moment.
    case until(Expression)
    /// A duration as text.
    case wait(Template)
  }

  public var wait: Wait
  /// The question; required where people approve.
  public var message: Template?
  /// When it expires it is rejected. Nil: 24h for `approve`, never for the others.
  public var within: Template?

  public init(wait: Wait) { self.wait = wait }
}

/// One requirement of a gate.
public struct Approval: Hashable, Sendable {
  /// How an approver has to prove who they are, from the weakest to the strongest.
  public enum Assurance: String, Hashable, Comparable, Sendable, CaseIterable {
    case asserted, os, database, token, signature

    /// A database's role and a token prove the same: that whoever has it is there.
    private var rank: Int {
      switch self {
      case .asserted: 0
      case .os: 1
      case .database, .token: 2
      case .signature: 3
      }
    }

    public static func < (left: Assurance, right: Assurance) -> Bool { left.rank < right.rank }
  }

  /// Roles or people.
  public var by: [Template]
  /// So many different people.
  public var count: Scalar<Int>?
  /// Nil: the initiator in a protected environment, nobody in others.
  public var exclude: [Template]?
  /// Nil: what the store gives.
  public var assurance: Scalar<Assurance>?
  public var span: SourceSpan

  public init(by: [Template], span: SourceSpan) {
    self.by = by
    self.span = span
  }
}

/// A window by its name in the environment, or as written.
public enum WindowSource: Hashable, Sendable {
  case named(Template)
  case written(Window)
}

/// Days and hours of a time zone in which something may happen.
public struct Window: Hashable, Sendable {
  public enum Day: String, Hashable, Sendable, CaseIterable {
    case mon, tue, wed, thu, fri, sat, sun
  }

  /// The days on which it opens.
  public var days: [Day]
  /// Minutes after midnight.
  public var from: Int
  /// Minutes after midnight, not counted in; at or before `from`: of the day after.
  public var to: Int
  /// IANA's name.
  public var zone: String

  public init(days: [Day], from: Int, to: Int, zone: String) {
    self.days = days
    self.from = from
    self.to = to
    self.zone = zone
  }
}

/// What has to hold while a playbook or group is at work.
public struct Watch: Hashable, Sendable {
  public var id: String
  public var span: SourceSpan
  public var title: Template?
  public var body: Body
  /// Failing in every answer for so long; a duration as text. Nil: 0.
  public var tripsAfter: Template?
  /// `continue` only tells. Nil: stop.
  public var onFailure: Scalar<FailureRule>?
  /// No answer for `tripsAfter`. Nil: stop.
  public var onUnknown: Scalar<FailureRule>?

  public init(id: String, span: SourceSpan, body: Body) {
    self.id = id
    self.span = span
    self.body = body
  }
}

/// Tells people of a run; never fails it.
public struct Notice: Hashable, Sendable {
  public enum Event: String, Hashable, Sendable, CaseIterable {
    case started, waiting, held, overdue, escalated, tripped, failed
    case rolledBack = "rolled_back"
    case rollbackIncomplete = "rollback_incomplete"
    case succeeded, closed
  }

  public enum Trigger: Hashable, Sendable {
    case events([Event])
    /// A duration as text.
    case every(Template)
  }

  public var trigger: Trigger
  /// Roles or people.
  public var to: [Template]
  public var action: ActionSource
  public var span: SourceSpan

  public init(trigger: Trigger, to: [Template], action: ActionSource, span: SourceSpan) {
    self.trigger = trigger
    self.to = to
    self.action = action
    self.span = span
  }
}
