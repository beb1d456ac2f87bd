public import BelayModel

/// Everything that a run will do, as a value. Its digest is over its exact bytes (PlanFormat.md).
///
/// A run does nothing that its plan does not show, and is executed from these bytes alone.
public struct Plan: Hashable, Sendable {
  public static let format = 1

  public var run: String
  public var playbook: String
  /// Relative to the project.
  public var path: String
  public var title: String
  public var version: String
  public var createdAt: Timestamp
  /// The project's folder: commands run there unless `cwd` says otherwise.
  public var project: String
  public var environment: String?
  public var scopes: [PlanScope]
  public var secrets: [SecretReference]
  public var claims: [String]
  public var maxParallel: Int
  /// Written on the playbook, or `stop`.
  public var onFailure: FailureRule
  /// PATH of every command.
  public var searchPath: String
  /// Variables of the caller that commands get beside the standard ones.
  public var pass: [String]
  public var sources: [SourceFile]
  public var programs: [Program]
  public var warnings: [String]
  /// In the order of the file; a group stands before its children; rollbacks follow the main nodes.
  public var nodes: [PlanNode]

  /// A file that the plan was made from.
  public struct SourceFile: Hashable, Sendable {
    public var path: String
    /// SHA-256 of its bytes.
    public var digest: String

    public init(path: String, digest: String) {
      self.path = path
      self.digest = digest
    }
  }

  /// A program that an `exec` starts, as it was found; what it starts in turn is not bound.
  public struct Program: Hashable, Sendable {
    public var name: String
    /// Nil: not found when the plan was made.
    public var path: String?
    public var size: Int64
    /// Seconds since 1970.
    public var changedAt: Int64

    public init(name: String, path: String?, size: Int64, changedAt: Int64) {
      self.name = name
      self.path = path
      self.size = size
      self.changedAt = changedAt
    }
  }

  /// Where a secret comes from; never what it is.
  public struct SecretReference: Hashable, Sendable {
    public var name: String
    public var source: EnvironmentFile.Secret.Source
    public var allowShort: Bool

    public init(name: String, source: EnvironmentFile.Secret.Source, allowShort: Bool) {
      self.name = name
      self.source = source
      self.allowShort = allowShort
    }
  }
}

/// The values that the nodes of one playbook read; a playbook inside another has its own.
public struct PlanScope: Hashable, Sendable {
  public var playbook: String
  public var params: ValueMap
  public var vars: ValueMap
  public var environmentVars: ValueMap

  public init(playbook: String, params: ValueMap, vars: ValueMap, environmentVars: ValueMap) {
    self.playbook = playbook
    self.params = params
    self.vars = vars
    self.environmentVars = environmentVars
  }
}

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
    case wait(Template)
    case group(PlanGroup)
  }

  public var id: String
  public var role: Role
  /// Index of the group it stands in; nil at the top.
  public var parent: Int?
  /// Index in `Plan.scopes`.
  public var scope: Int
  /// Indexes of the nodes that it waits for.
  public var needs: [Int]
  public var when: Expression?
  public var failure: FailurePolicy
  public var sensitive: Bool
  public var title: String
  /// `playbooks/deploy.yaml:31`.
  public var place: String
  public var detail: Detail
  public var preview: Preview

  public init(
    id: String, role: Role, parent: Int?, scope: Int, needs: [Int], when: Expression?, failure: FailurePolicy,
    sensitive: Bool, title: String, place: String, detail: Detail, preview: Preview
  ) {
    self.id = id
    self.role = role
    self.parent = parent
    self.scope = scope
    self.needs = needs
    self.when = when
    self.failure = failure
    self.sensitive = sensitive
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
  /// Nil where an attempt has none: a person gives the answer.
  public var timeout: Template?
  public var env: [NamedTemplate]
  public var cwd: Template?
  public var outputs: [NamedExpression]
  public var unknownIf: [Expression]
  public var failIf: [Expression]
  public var expect: [Expression]
  public var within: Template?
  public var every: Template?
  public var staysFor: Template?

  public init(
    action: ActionSource?, timeout: Template?, env: [NamedTemplate], cwd: Template?,
    outputs: [NamedExpression],
    unknownIf: [Expression], failIf: [Expression], expect: [Expression], within: Template?, every: Template?,
    staysFor: Template?
  ) {
    self.action = action
    self.timeout = timeout
    self.env = env
    self.cwd = cwd
    self.outputs = outputs
    self.unknownIf = unknownIf
    self.failIf = failIf
    self.expect = expect
    self.within = within
    self.every = every
    self.staysFor = staysFor
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

    public init(why: Template, recover: Template, when: Expression?) {
      self.why = why
      self.recover = recover
      self.when = when
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

  public init(body: PlanBody, tolerate: Int, minSamples: Int?) {
    self.body = body
    self.tolerate = tolerate
    self.minSamples = minSamples
  }
}

public struct PlanGroup: Hashable, Sendable {
  public var mode: Group.Mode
  /// Of its own children and theirs.
  public var maxParallel: Int?

  public init(mode: Group.Mode, maxParallel: Int?) {
    self.mode = mode
    self.maxParallel = maxParallel
  }
}
