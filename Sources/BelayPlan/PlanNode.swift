public import BelayModel

/// One node of the graph, complete: inherited settings joined in, defaults filled in.
public struct PlanNode: Hashable, Sendable {
  public enum Role: Hashable, Sendable {
    case main
    /// Of the rollback of the node at this index; dormant until it is wanted.
    case rollback(of: Int)
    case steadyState
  }

  public enum Detail: Hashable, Sendable {
    case step(PlanStep)
    case check(PlanCheck)
    case gate(PlanGate)
    case group(PlanGroup)
  }

  public var id: String
  public var role: Role
  /// Index of the group it stands in; nil at the top.
  public var parent: Int?
  /// Index in `Plan.frames`.
  public var frame: Int
  /// Indexes of the nodes that it waits for.
  public var needs: [Int]
  public var when: Expression?
  public var failure: FailurePolicy
  public var sensitive: Bool
  /// A duration from the run's start, or a moment: past it the node is overdue.
  public var due: Template?
  /// From ready until ended, where it waits for a person or the world.
  public var escalation: [PlanEscalation]
  public var title: String
  /// `playbooks/deploy.yaml:31`.
  public var place: String
  public var detail: Detail
  public var preview: Preview

  public init(
    id: String, role: Role, parent: Int?, frame: Int, needs: [Int], when: Expression?, failure: FailurePolicy,
    sensitive: Bool, due: Template? = nil, escalation: [PlanEscalation] = [], title: String, place: String,
    detail: Detail, preview: Preview
  ) {
    self.id = id
    self.role = role
    self.parent = parent
    self.frame = frame
    self.needs = needs
    self.when = when
    self.failure = failure
    self.sensitive = sensitive
    self.due = due
    self.escalation = escalation
    self.title = title
    self.place = place
    self.detail = detail
    self.preview = preview
  }
}

/// The rule that holds for a node's failure, and the scope it was written on.
public struct FailurePolicy: Hashable, Sendable {
  public var rule: FailureRule
  /// Index of the node on which it is written; nil: on the playbook, or nowhere.
  public var scope: Int?

  public init(rule: FailureRule, scope: Int?) {
    self.rule = rule
    self.scope = scope
  }
}

/// What a static plan says of a node.
public struct Preview: Hashable, Sendable {
  public enum Word: String, Hashable, Sendable, CaseIterable {
    case wouldRun = "would run"
    case wouldAsk = "would ask"
    case wouldWait = "would wait"
    case wouldSkip = "would skip"
    case undetermined
  }

  public var word: Word
  /// Of `would skip` and `undetermined`.
  public var reason: String?
  /// The command as it will be started, as far as it is known.
  public var action: String?
  /// A question that is known to change nothing; without it, its author says so.
  public var isRead: Bool
  /// What it asks beside, each in a line: what it reads first, how it is proven.
  public var also: [String] = []
  /// What a failure here leads to.
  public var ifItFails = ""
  /// The median of what it took in the last runs. Nil: none has come through it.
  public var expected: TimeSpan?

  /// The word with its reason.
  public var sentence: String {
    guard let reason else { return word.rawValue }
    if word != .undetermined { return "\(word.rawValue), because \(reason)" }
    return reason.hasPrefix("until ") ? "\(word.rawValue) \(reason)" : "\(word.rawValue): \(reason)"
  }

  public init(word: Word, reason: String? = nil, action: String? = nil, isRead: Bool = false) {
    self.word = word
    self.reason = reason
    self.action = action
    self.isRead = isRead
  }
}

/// A deed or a question with everything that it needs.
public struct PlanBody: Hashable, Sendable {
  public var action: ActionSource?
  /// The action file that `action` comes from.
  public var use: PlanUse?
  /// Nil where an attempt has none: a person gives the answer.
  public var timeout: Template?
  public var env: [NamedTemplate]
  public var cwd: Template?
  /// Takes `run` and `exec` to another host or container.
  public var shell: PlanShell?
  public var outputs: [NamedExpression]
  public var unknownIf: [Expression]
  public var failIf: [Expression]
  public var expect: [Expression]
  public var within: Template?
  public var every: Template?
  public var staysFor: Template?
  /// Bytes kept of each stream. Nil: as much as is kept of any.
  public var maxOutput: Int?
  /// The file's name under which the full output is attached to the report.
  public var keep: Template?

  public init(
    action: ActionSource?, use: PlanUse? = nil, timeout: Template?, env: [NamedTemplate], cwd: Template?,
    shell: PlanShell? = nil, outputs: [NamedExpression],
    unknownIf: [Expression], failIf: [Expression], expect: [Expression], within: Template?, every: Template?,
    staysFor: Template?, maxOutput: Int? = nil, keep: Template? = nil
  ) {
    self.action = action
    self.use = use
    self.timeout = timeout
    self.env = env
    self.cwd = cwd
    self.shell = shell
    self.outputs = outputs
    self.unknownIf = unknownIf
    self.failIf = failIf
    self.expect = expect
    self.within = within
    self.every = every
    self.staysFor = staysFor
    self.maxOutput = maxOutput
    self.keep = keep
  }
}

public struct PlanStep: Hashable, Sendable {
  public enum Skip: Hashable, Sendable {
    case body(PlanBody)
    case verified
  }

  public enum Rollback: Hashable, Sendable {
    /// Neither a rollback nor the word that there is none.
    case absent
    case nothing
    /// Index of its root.
    case root(Int)
  }

  public struct Capture: Hashable, Sendable {
    public var name: String
    public var body: PlanBody
    public var value: Expression

    public init(name: String, body: PlanBody, value: Expression) {
      self.name = name
      self.body = body
      self.value = value
    }
  }

  public var body: PlanBody
  public var verify: PlanBody?
  public var skip: Skip?
  public var captures: [Capture]
  public var rollback: Rollback
  public var temporary: Bool
  public var irreversible: Irreversible?
  public var idempotent: Bool
  public var interrupt: Bool
  public var retry: PlanRetry

  public struct Irreversible: Hashable, Sendable {
    public var why: Template
    public var recover: Template
    public var when: Expression?
    /// Asked for before it.
    public var approval: PlanApproval

    public init(why: Template, recover: Template, when: Expression?, approval: PlanApproval) {
      self.why = why
      self.recover = recover
      self.when = when
      self.approval = approval
    }
  }

  public init(
    body: PlanBody, verify: PlanBody?, skip: Skip?, captures: [Capture], rollback: Rollback, temporary: Bool,
    irreversible: Irreversible?, idempotent: Bool, interrupt: Bool, retry: PlanRetry
  ) {
    self.body = body
    self.verify = verify
    self.skip = skip
    self.captures = captures
    self.rollback = rollback
    self.temporary = temporary
    self.irreversible = irreversible
    self.idempotent = idempotent
    self.interrupt = interrupt
    self.retry = retry
  }
}

public struct PlanRetry: Hashable, Sendable {
  /// In all, the first one counted.
  public var attempts: Int
  public var delay: Template
  public var backoff: Double
  public var maxDelay: Template
  public var when: Expression?

  public init(attempts: Int, delay: Template, backoff: Double, maxDelay: Template, when: Expression?) {
    self.attempts = attempts
    self.delay = delay
    self.backoff = backoff
    self.maxDelay = maxDelay
    self.when = when
  }
}

public struct PlanCheck: Hashable, Sendable {
  public var body: PlanBody
  /// Misses in a row that `stays_for` tolerates.
  public var tolerate: Int
  public var minSamples: Int?
  /// Asked again at the start of a saved plan and before the steps that need it.
  public var recheck: Bool

  public init(body: PlanBody, tolerate: Int, minSamples: Int?, recheck: Bool = false) {
    self.body = body
    self.tolerate = tolerate
    self.minSamples = minSamples
    self.recheck = recheck
  }
}

public struct PlanGroup: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case sequence, parallel
    /// The first child whose `when` holds; the others are skipped.
    case choice
    /// Each child is one attempt at the same; the next one starts when the last one has failed.
    case rounds
  }

  public var mode: Mode
  /// Of its own children and theirs.
  public var maxParallel: Int?
  /// In place of its children's.
  public var rollback: PlanStep.Rollback
  /// Read before the first child starts.
  public var captures: [PlanStep.Capture]
  /// Names that the run takes when the group starts and gives back when it ends.
  public var claims: [String]
  /// Of `rounds`.
  public var retry: PlanRetry?
  /// Of a node that calls a playbook.
  public var call: PlanCall?

  public init(
    mode: Mode, maxParallel: Int? = nil, rollback: PlanStep.Rollback = .absent,
    captures: [PlanStep.Capture] = [], claims: [String] = [], retry: PlanRetry? = nil, call: PlanCall? = nil
  ) {
    self.mode = mode
    self.maxParallel = maxParallel
    self.rollback = rollback
    self.captures = captures
    self.claims = claims
    self.retry = retry
    self.call = call
  }
}

/// A playbook inside another one.
public struct PlanCall: Hashable, Sendable {
  /// Index in `Plan.scopes`.
  public var scope: Int
  /// Index in `Plan.frames`: where its outputs are read.
  public var frame: Int
  /// What the caller sees of it.
  public var outputs: [NamedExpression]
  /// Called by a check: everything in it only asks.
  public var isCheck: Bool
  /// The called playbook's own rule.
  public var onFailure: FailureRule
  /// Of a check: the whole playbook is asked again.
  public var polling: PlanPolling?

  public init(
    scope: Int, frame: Int, outputs: [NamedExpression], isCheck: Bool, onFailure: FailureRule
  ) {
    self.scope = scope
    self.frame = frame
    self.outputs = outputs
    self.isCheck = isCheck
    self.onFailure = onFailure
  }
}

/// How often and how long a called playbook is asked; durations as texts.
public struct PlanPolling: Hashable, Sendable {
  public var within: Template
  public var every: Template?

  public init(within: Template, every: Template?) {
    self.within = within
    self.every = every
  }
}

/// An action file's own part of a body: its answer is judged by its conditions first.
public struct PlanUse: Hashable, Sendable {
  public var name: String
  public var params: [Given]
  public var outputs: [NamedExpression]
  public var unknownIf: [Expression]
  public var failIf: [Expression]
  public var expect: [Expression]

  /// A parameter's value, read where the body stands.
  public typealias Given = PlanScope.Given

  public init(
    name: String, params: [Given], outputs: [NamedExpression], unknownIf: [Expression],
    failIf: [Expression], expect: [Expression]
  ) {
    self.name = name
    self.params = params
    self.outputs = outputs
    self.unknownIf = unknownIf
    self.failIf = failIf
    self.expect = expect
  }
}

/// A command that takes a script from its standard input, as the environment says.
public struct PlanShell: Hashable, Sendable {
  public var name: String
  public var command: [String]
  public var setup: String

  public init(name: String, command: [String], setup: String) {
    self.name = name
    self.command = command
    self.setup = setup
  }
}
