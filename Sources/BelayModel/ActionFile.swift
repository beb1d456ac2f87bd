/// `playbooks/actions/<name>.yaml`: one action of a vendor's or the project's own, with parameters.
public struct ActionFile: Hashable, Sendable {
  public enum Effect: String, Hashable, Sendable, CaseIterable {
    /// May stand in a check.
    case read
    case write
  }

  /// `slack.post`: the file's name without its ending.
  public var name: String
  public var path: String
  public var description: String?
  public var effect: Effect
  public var params: [Parameter] = []
  /// Its action and what its answer means; nothing else of a body may stand there.
  public var body: Body

  public init(name: String, path: String, effect: Effect, body: Body) {
    self.name = name
    self.path = path
    self.effect = effect
    self.body = body
  }
}
