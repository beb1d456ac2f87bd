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
  public var onFailure: Scalar<FailureRule>?
  /// Nil: 8.
  public var maxParallel: Scalar<Int>?
  public var pass: [String] = []
  public var setting = Setting()
  public var watches: [Watch] = []
  public var notices: [Notice] = []
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

/// A scalar that shapes the plan: written, or bound to what is known when the plan is made.
public enum Scalar<Value: Hashable & Sendable>: Hashable, Sendable {
  case value(Value)
  case bound(Template)

  /// Nil where it is bound.
  public var written: Value? { if case .value(let value) = self { value } else { nil } }
  /// Nil where it is written.
  public var template: Template? { if case .bound(let template) = self { template } else { nil } }
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
