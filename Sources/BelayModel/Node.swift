/// What every node has.
public struct Node: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case step(Step)
    case check(Check)
    case gate(Gate)
    case group(Group)
  }

  /// A name that stands in the file, and where.
  public struct Need: Hashable, Sendable {
    public var id: String
    public var span: SourceSpan

    public init(id: String, span: SourceSpan) {
      self.id = id
      self.span = span
    }
  }

  /// One copy per item of a list or map.
  public struct Each: Hashable, Sendable {
    /// Read as `each.<name>`.
    public var name: String
    public var nameSpan: SourceSpan
    /// Known when the plan is made.
    public var items: TemplateTree

    public init(name: String, nameSpan: SourceSpan, items: TemplateTree) {
      self.name = name
      self.nameSpan = nameSpan
      self.items = items
    }
  }

  /// Who is told when a node has waited so long.
  public struct Escalation: Hashable, Sendable {
    /// A duration as text, from the moment from which the node waits.
    public var after: Template
    /// Roles or people.
    public var to: [Template]

    public init(after: Template, to: [Template]) {
      self.after = after
      self.to = to
    }
  }

  public var id: String
  /// Of the id in its file.
  public var span: SourceSpan
  public var kind: Kind
  public var title: Template?
  public var description: Template?
  /// Nil: the node before it in a sequence, none in a parallel list.
  public var needs: [Need]?
  public var when: Expression?
  public var each: Each?
  public var onFailure: Scalar<FailureRule>?
  /// A duration from the run's start, or a moment; past it the node is overdue.
  public var due: Template?
  /// Nil: the roster's.
  public var escalation: [Escalation]?
  public var sensitive: Scalar<Bool>?

  public init(id: String, span: SourceSpan, kind: Kind) {
    self.id = id
    self.span = span
    self.kind = kind
  }
}

/// The fields of one action as written, under its keyword.
public struct ActionSource: Hashable, Sendable {
  public var keyword: String
  public var keywordSpan: SourceSpan
  public var fields: TemplateTree
  /// Of `uses` and `playbook`: the parameters it is given.
  public var with: [TemplateTree.Entry] = []

  public init(
    keyword: String, keywordSpan: SourceSpan, fields: TemplateTree, with: [TemplateTree.Entry] = []
  ) {
    self.keyword = keyword
    self.keywordSpan = keywordSpan
    self.fields = fields
    self.with = with
  }

  /// Every template inside, in the order written.
  public var templates: [Template] { fields.templates + with.flatMap(\.value.templates) }
  /// `uses` and `playbook`: what it does stands in another file.
  public var isCall: Bool { keyword == "uses" || keyword == "playbook" }
}

/// One question or deed: an action, where it happens, what its answer means.
public struct Body: Hashable, Sendable {
  public var action: ActionSource?
  /// Of one attempt; a duration as text. Nil: the action's default.
  public var timeout: Template?
  public var setting = Setting()
  public var outputs: [NamedExpression] = []
  public var unknownIf: [Expression] = []
  public var failIf: [Expression] = []
  public var expect: [Expression] = []
  public var polling = Polling()
  /// Bytes kept of each stream. Nil: 1 MiB.
  public var maxOutput: Scalar<Int>?
  /// A file's name under which the full output is attached to the report.
  public var keep: Template?

  public init() {}
}

/// How often and how long a question is asked; durations as texts, nil where the default holds.
public struct Polling: Hashable, Sendable {
  /// Default 0: ask once.
  public var within: Template?
  /// Default 10s.
  public var every: Template?
  /// Default 0: once passed is passed.
  public var staysFor: Template?

  public init() {}
}

public struct Retry: Hashable, Sendable {
  /// In all, the first one counted.
  public var attempts: Scalar<Int> = .value(1)
  public var delay: Template?
  /// Nil: 2.
  public var backoff: Scalar<Double>?
  public var maxDelay: Template?
  public var when: Expression?

  public init() {}
}

/// Asks and asserts.
public struct Check: Hashable, Sendable {
  public var body: Body
  /// Misses in a row that `stays_for` tolerates. Nil: none.
  public var tolerate: Scalar<Int>?
  /// Nil: half of `stays_for / every`.
  public var minSamples: Scalar<Int>?
  /// Asked again at the start of a saved plan and before the steps that need it.
  public var recheck: Scalar<Bool>?

  public init(body: Body) { self.body = body }
}

/// Orders others.
public struct Group: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case sequence, parallel
    /// The first child whose `when` holds; the last one has none.
    case choice
  }

  /// Nil: a sequence.
  public var mode: Scalar<Mode>?
  public var steps: [Node]
  public var maxParallel: Scalar<Int>?
  public var setting = Setting()
  /// The whole group again, nothing undone in between.
  public var retry: Retry?
  /// In place of its children's.
  public var rollback: Step.Rollback?
  public var captures: [Step.Capture] = []
  public var locks: [Template] = []
  public var watches: [Watch] = []

  public init(steps: [Node]) { self.steps = steps }
}
