public import BelayModel

/// Bytes of a playbook file to the playbook and everything that is wrong with it, at once.
public struct PlaybookReader: Sendable {
  private let actions: ActionTable

  public init(actions: ActionTable) { self.actions = actions }

  /// - Parameters:
  ///   - path: as it shall stand in diagnostics; the playbook's name is its last part without the ending.
  ///   - environment: where it will run, so that names of its `vars` and `secrets` can be checked; nil leaves that out.
  /// - Returns: the playbook, nil when one of the diagnostics is an error; diagnostics in the order of their places.
  public func read(
    bytes: [UInt8], path: String, environment: EnvironmentFile? = nil
  ) -> (playbook: Playbook?, diagnostics: [Diagnostic]) {
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: actions)
    guard let root = Document.root(of: source, reading) else { return (nil, reading.sorted) }
    let playbook = reading.playbook(root, name: FileName.stem(of: path))
    if let playbook {
      var checker = PlaybookChecker(
        playbook, actions: actions, made: reading.made, environment: EnvironmentNames(environment, among: []))
      for diagnostic in checker.check() { reading.report(diagnostic) }
    }
    return (reading.hasErrors ? nil : playbook, reading.sorted)
  }
}

/// Bytes of an environment file to what it says and everything that is wrong with it, at once.
public struct EnvironmentReader: Sendable {
  private let knowsZone: @Sendable (String) -> Bool

  /// - Parameter knowsZone: whether the machine has a time zone of that name.
  public init(knowsZone: @escaping @Sendable (String) -> Bool = { _ in true }) { self.knowsZone = knowsZone }

  /// - Parameter path: as it shall stand in diagnostics; the environment's name is its last part without the ending.
  public func read(bytes: [UInt8], path: String) -> (environment: EnvironmentFile?, diagnostics: [Diagnostic])
  {
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: ActionTable([]), knowsZone: knowsZone)
    guard let root = Document.root(of: source, reading) else { return (nil, reading.sorted) }
    let environment = reading.environment(root, name: FileName.stem(of: path))
    return (reading.hasErrors ? nil : environment, reading.sorted)
  }
}

/// Bytes of an action file to what it says and everything that is wrong with it, at once.
public struct ActionFileReader: Sendable {
  private let actions: ActionTable

  public init(actions: ActionTable) { self.actions = actions }

  /// - Parameter path: as it shall stand in diagnostics; the action's name is its last part without the ending.
  public func read(bytes: [UInt8], path: String) -> (action: ActionFile?, diagnostics: [Diagnostic]) {
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: actions)
    guard let root = Document.root(of: source, reading) else { return (nil, reading.sorted) }
    let action = reading.actionFile(root, name: FileName.stem(of: path))
    if let action {
      let found = PlaybookChecker.check(
        action, actions: actions, made: reading.made, environment: nil, library: nil)
      for diagnostic in found { reading.report(diagnostic) }
    }
    return (reading.hasErrors ? nil : action, reading.sorted)
  }
}

/// Bytes of the roster to what it says and everything that is wrong with it, at once.
public struct RosterReader: Sendable {
  private let knowsZone: @Sendable (String) -> Bool

  /// - Parameter knowsZone: whether the machine has a time zone of that name.
  public init(knowsZone: @escaping @Sendable (String) -> Bool = { _ in true }) { self.knowsZone = knowsZone }

  /// - Parameter path: as it shall stand in diagnostics.
  public func read(bytes: [UInt8], path: String) -> (roster: Roster?, diagnostics: [Diagnostic]) {
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: ActionTable([]), knowsZone: knowsZone)
    guard let root = Document.root(of: source, reading) else { return (nil, reading.sorted) }
    let roster = reading.roster(root)
    return (reading.hasErrors ? nil : roster, reading.sorted)
  }
}

public enum FileName {
  /// Whether a playbook or action file may be called this, without its ending.
  public static func isValid(_ name: String) -> Bool { FileReference.isValid(name) }

  /// `playbooks/deploy.yaml` is `deploy`.
  static func stem(of path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    for ending in [".yaml", ".yml"] where last.hasSuffix(ending) && last != ending {
      return String(last.dropLast(ending.count))
    }
    return last
  }
}

extension Reading {
  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  var sorted: [Diagnostic] { diagnostics.sortedByPlace }
}
