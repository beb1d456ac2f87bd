public import BelayModel

/// What waits for a person or the clock.
public struct PlanGate: Hashable, Sendable {
  public enum Wait: Hashable, Sendable {
    /// All of them, by different people.
    case approve([PlanApproval])
    case window(PlanWindow)
    /// A moment.
    case until(Expression)
    /// A duration as text.
    case wait(Template)
  }

  public var wait: Wait
  /// The question; there is one where people approve.
  public var message: Template?
  /// When it has passed the gate is rejected. Nil: never.
  public var within: Template?

  public init(wait: Wait, message: Template? = nil, within: Template? = nil) {
    self.wait = wait
    self.message = message
    self.within = within
  }
}

/// One requirement: so many people of these, and who may not be among them.
public struct PlanApproval: Hashable, Sendable {
  /// Names of roles or people, or texts that bind some later; empty: anyone in the roster.
  public var by: [Template]
  public var count: Int
  /// As `by`; `initiator` is who began the run.
  public var exclude: [Template]
  /// How sure it must be who approves, at the least. Nil: as the store can tell.
  public var assurance: Approval.Assurance?

  public init(
    by: [Template], count: Int = 1, exclude: [Template] = [], assurance: Approval.Assurance? = nil
  ) {
    self.by = by
    self.count = count
    self.exclude = exclude
    self.assurance = assurance
  }

  /// The word for who began the run.
  public static let initiator = "initiator"
}

/// Days and hours in which something may happen.
public struct PlanWindow: Hashable, Sendable {
  /// As the environment calls it; nil: written on the gate.
  public var name: String?
  public var window: Window

  public init(name: String?, window: Window) {
    self.name = name
    self.window = window
  }
}

/// Who is told when a node has waited so long.
public struct PlanEscalation: Hashable, Sendable {
  /// From the moment from which the node waits; a duration as text.
  public var after: Template
  /// Names of roles or people, or texts that bind some later.
  public var to: [Template]

  public init(after: Template, to: [Template]) {
    self.after = after
    self.to = to
  }
}

/// What has to hold while the run, or a group of it, is at work.
public struct PlanWatch: Hashable, Sendable {
  public var id: String
  /// Index of the group or called playbook that it belongs to; nil: the run.
  public var scope: Int?
  /// Index in `Plan.frames`.
  public var frame: Int
  public var title: String
  public var place: String
  /// With `every`, always.
  public var body: PlanBody
  /// Failing in every answer, or without any, for so long; a duration as text.
  public var tripsAfter: Template
  /// `continue` only tells.
  public var onFailure: FailureRule
  public var onUnknown: FailureRule
  /// The command as it will be started, as far as it is known.
  public var action: String?

  public init(
    id: String, scope: Int?, frame: Int, title: String, place: String, body: PlanBody, tripsAfter: Template,
    onFailure: FailureRule, onUnknown: FailureRule, action: String? = nil
  ) {
    self.id = id
    self.scope = scope
    self.frame = frame
    self.title = title
    self.place = place
    self.body = body
    self.tripsAfter = tripsAfter
    self.onFailure = onFailure
    self.onUnknown = onUnknown
    self.action = action
  }
}

/// Tells people of the run; never fails it.
public struct PlanNotice: Hashable, Sendable {
  public enum Trigger: Hashable, Sendable {
    case events([Notice.Event])
    /// A duration as text.
    case every(Template)
  }

  public var trigger: Trigger
  /// Names of roles or people, or texts that bind some later.
  public var to: [Template]
  public var place: String
  public var body: PlanBody
  /// The request as it will be sent, as far as it is known.
  public var action: String?

  public init(trigger: Trigger, to: [Template], place: String, body: PlanBody, action: String? = nil) {
    self.trigger = trigger
    self.to = to
    self.place = place
    self.body = body
    self.action = action
  }
}
