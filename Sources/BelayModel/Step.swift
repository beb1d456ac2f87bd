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
    /// Who approves; empty: anyone in the roster.
    public var by: [Template]

    public init(why: Template, recover: Template, when: Expression?, by: [Template] = []) {
      self.why = why
      self.recover = recover
      self.when = when
      self.by = by
    }
  }

  public var body: Body
  public var verify: Body?
  public var skipIf: Skip?
  public var captures: [Capture] = []
  public var rollback: Rollback?
  public var temporary: Scalar<Bool>?
  public var irreversible: Irreversible?
  public var idempotent: Scalar<Bool>?
  public var interrupt: Scalar<Bool>?
  public var retry = Retry()

  public init(body: Body) { self.body = body }
}
