public import BelayModel

/// What a plan is made from. Everything that is read of the machine comes in from outside.
public struct PlanRequest: Sendable {
  public var playbook: Playbook
  public var environment: EnvironmentFile?
  /// What the playbook refers to.
  public var files: ProjectFiles
  public var params: ValueMap
  public var run: String
  public var version: String
  public var createdAt: Timestamp
  public var project: String
  public var searchPath: String
  public var sources: [Plan.SourceFile]
  /// Whether what this version cannot run is refused; without a run it is shown all the same.
  public var willRun: Bool
  /// What the last runs took.
  public var history = PlanHistory.none
  /// Of the roster's rotations, by name.
  public var zones: [String: ZoneRules]
  /// Looks a program up in `searchPath`; looking is all that it does.
  public var findProgram: @Sendable (String) -> Plan.Program

  public init(
    playbook: Playbook, environment: EnvironmentFile?, files: ProjectFiles = ProjectFiles(), params: ValueMap,
    run: String, version: String,
    createdAt: Timestamp, project: String, searchPath: String, sources: [Plan.SourceFile],
    willRun: Bool = false, zones: [String: ZoneRules] = [:],
    findProgram: @escaping @Sendable (String) -> Plan.Program = {
      Plan.Program(name: $0, path: nil, size: 0, changedAt: 0)
    }
  ) {
    self.playbook = playbook
    self.environment = environment
    self.files = files
    self.params = params
    self.run = run
    self.version = version
    self.createdAt = createdAt
    self.project = project
    self.searchPath = searchPath
    self.sources = sources
    self.willRun = willRun
    self.zones = zones
    self.findProgram = findProgram
  }
}
