/// A playbook as its file says it, every text read, every name a name, nothing resolved yet.
public struct Playbook: Hashable, Sendable {
  /// The file's name without its ending.
  public var name: String
  /// Relative to the project where the file lies in it.
  public var path: String
  public var title: Template?
  public var description: Template?
  public var owner: String?
  public var labels: [String] = []
  public var params: [Parameter] = []
  public var vars: [TemplateTree.Entry] = []
  public var outputs: [NamedExpression] = []
  public var locks: [Template] = []
  public var onFailure: FailureRule?
  public var maxParallel: Int = 8
  public var pass: [String] = []
  public var setting = Setting()
  public var steps: [Node] = []
  public var steadyState: [Node] = []

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// What happens next when a node has failed; the nearest one written holds.
public enum FailureRule: String, Hashable, Sendable, CaseIterable {
  case stop, rollback, `continue`
}

/// Where and with what a command runs; inherited inwards.
public struct Setting: Hashable, Sendable {
  public var env: [NamedTemplate] = []
  public var cwd: Template?
  /// The name of a shell of the environment.
  public var shell: Template?

  public init() {}
}

public struct NamedTemplate: Hashable, Sendable {
  public var name: String
  public var nameSpan: SourceSpan
  public var template: Template

  public init(name: String, nameSpan: SourceSpan, template: Template) {
    self.name = name
    self.nameSpan = nameSpan
    self.template = template
  }
}

public struct NamedExpression: Hashable, Sendable {
  public var name: String
  public var nameSpan: SourceSpan
  public var expression: Expression

  public init(name: String, nameSpan: SourceSpan, expression: Expression) {
    self.name = name
    self.nameSpan = nameSpan
    self.expression = expression
  }
}

/// What every node has.
public struct Node: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case step(Step)
    case check(Check)
    case gate(Gate)
    case group(Group)
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
  public var onFailure: FailureRule?
  public var sensitive = false

  public struct Need: Hashable, Sendable {
    public var id: String
    public var span: SourceSpan

    public init(id: String, span: SourceSpan) {
      self.id = id
      self.span = span
    }
  }

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

  public init(keyword: String, keywordSpan: SourceSpan, fields: TemplateTree) {
    self.keyword = keyword
    self.keywordSpan = keywordSpan
    self.fields = fields
  }
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
  public var attempts: Int = 1
  public var delay: Template?
  public var backoff: Double = 2
  public var maxDelay: Template?
  public var when: Expression?

  public init() {}
}

/// Changes something.
public struct Step: Hashable, Sendable {
  public enum Skip: Hashable, Sendable {
    case body(Body)
    /// `skip_if: verified`: the step's own `verify`, asked before.
    case verified
  }

  public struct Capture: Hashable, Sendable {
    public var name: String
    public var nameSpan: SourceSpan
    public var body: Body
    public var value: Expression

    public init(name: String, nameSpan: SourceSpan, body: Body, value: Expression) {
      self.name = name
      self.nameSpan = nameSpan
      self.body = body
      self.value = value
    }
  }

  public indirect enum Rollback: Hashable, Sendable {
    /// One action, with `verify retry idempotent` of its own.
    case body(Step)
    case nodes([Node])
    /// The word `nothing`: there is nothing to undo.
    case nothing
  }

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

  public var body: Body
  public var verify: Body?
  public var skipIf: Skip?
  public var captures: [Capture] = []
  public var rollback: Rollback?
  public var temporary = false
  public var irreversible: Irreversible?
  public var idempotent = false
  public var interrupt = false
  public var retry = Retry()

  public init(body: Body) { self.body = body }
}

/// Asks and asserts.
public struct Check: Hashable, Sendable {
  public var body: Body
  /// Misses in a row that `stays_for` tolerates.
  public var tolerate: Int = 0
  /// Nil: half of `stays_for / every`.
  public var minSamples: Int?

  public init(body: Body) { self.body = body }
}

/// Waits for a person or the clock.
public enum Gate: Hashable, Sendable {
  /// A duration as text.
  case wait(Template)
}

/// Orders others.
public struct Group: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case sequence, parallel
  }

  public var mode: Mode = .sequence
  public var steps: [Node]
  public var maxParallel: Int?
  public var setting = Setting()

  public init(steps: [Node]) { self.steps = steps }
}
