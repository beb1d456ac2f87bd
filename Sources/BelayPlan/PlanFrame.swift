public import BelayModel

/// The values that the nodes of one playbook read; a playbook inside another has its own.
public struct PlanScope: Hashable, Sendable {
  public var playbook: String
  /// Index of the node that calls it; nil for the playbook that is run.
  public var caller: Int?
  /// Known when the plan is made.
  public var params: ValueMap
  /// Known when the caller starts; each read in the caller's frame.
  public var given: [Given]
  /// Known when the plan is made.
  public var vars: ValueMap
  /// Computed from `given` when they are needed, in the order of the file.
  public var laterVars: [TemplateTree.Entry]

  /// A parameter whose value is known at run time.
  public struct Given: Hashable, Sendable {
    public var parameter: Parameter
    public var value: TemplateTree

    public var name: String { parameter.name }

    public init(parameter: Parameter, value: TemplateTree) {
      self.parameter = parameter
      self.value = value
    }

    /// A value that an expression has given, as the parameter's type.
    ///
    /// - Throws: what is wrong with it, in words.
    public func accept(_ value: Value) throws(Diagnostic) -> Value {
      var reader = ParameterReader(environment: nil)
      if let accepted = reader.value(value, of: parameter) { return accepted }
      throw reader.diagnostics.first
        ?? Diagnostic(code: "parameter-type", "parameter '\(name)' has the wrong type", at: parameter.span)
    }
  }

  public init(
    playbook: String, caller: Int? = nil, params: ValueMap, given: [Given] = [], vars: ValueMap,
    laterVars: [TemplateTree.Entry] = []
  ) {
    self.playbook = playbook
    self.caller = caller
    self.params = params
    self.given = given
    self.vars = vars
    self.laterVars = laterVars
  }
}

extension PlanScope {
  /// Under which the caller keeps a parameter that it gives; no name of a capture can be the same.
  public static func captureName(of parameter: String) -> String { given + parameter }
  public static func isGiven(_ capture: String) -> Bool { capture.hasPrefix(given) }
  private static let given = "with."
}

/// The names of the rounds of a group that is tried again.
public enum RoundName {
  /// - Parameter number: from 1.
  public static func round(_ number: Int, of group: String) -> String { "\(group)#\(number)" }
}

/// Where names are looked up: a playbook, one round of an `each`, one attempt of a group.
public struct PlanFrame: Hashable, Sendable {
  /// What a name stands for, read from here.
  public indirect enum Target: Hashable, Sendable {
    case node(Int)
    /// One for each item of an `each`, by its key.
    case copies([Copy])
    /// One for each attempt of the group with this index: the last one that has begun counts.
    case rounds(of: Int, [Target])
  }

  public struct Copy: Hashable, Sendable {
    public var key: String
    public var target: Target

    public init(key: String, target: Target) {
      self.key = key
      self.target = target
    }
  }

  /// One item of an `each`.
  public struct Item: Hashable, Sendable {
    public var name: String
    public var key: String
    public var value: Value

    public init(name: String, key: String, value: Value) {
      self.name = name
      self.key = key
      self.value = value
    }
  }

  public struct Name: Hashable, Sendable {
    public var id: String
    public var target: Target

    public init(id: String, target: Target) {
      self.id = id
      self.target = target
    }
  }

  /// Index in `Plan.scopes`.
  public var scope: Int
  /// The frame around it, of the same playbook.
  public var parent: Int?
  public var item: Item?
  /// In the order in which the plan lays them out.
  public var names: [Name]

  public init(scope: Int, parent: Int?, item: Item? = nil, names: [Name] = []) {
    self.scope = scope
    self.parent = parent
    self.item = item
    self.names = names
  }
}
