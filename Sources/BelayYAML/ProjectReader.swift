public import BelayModel

/// Reads files of a project and all that they refer to, each file once, and tells every mistake of all of them.
///
/// Files are found by the caller: nothing is read here. Names that are bound are known in the plan only; where there
/// are some, every file that they may lead to is read, and of those the ones with mistakes are left out.
public struct ProjectReader {
  /// What stands at a path of the project.
  public enum Found: Sendable {
    case bytes([UInt8])
    case missing
    /// With the reason, in the words of the one who reads it.
    case unreadable(String)
  }

  /// A file that was read, and what is wrong with it.
  public struct File: Sendable {
    /// As it stands in diagnostics.
    public var path: String
    public var bytes: [UInt8]
    /// In the order of their places.
    public var diagnostics: [Diagnostic]
    /// Nothing but a bound name leads to it: its mistakes are those of another playbook.
    public var isOptional: Bool

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  }

  /// Where a kind of file stands, and what an author calls it by.
  public enum Kind: String, Sendable, CaseIterable {
    case playbook, action, environment, roster, test

    /// - Parameter path: relative to the project, or absolute.
    public init(path: String) {
      let parts = path.split(separator: "/")
      let folder = parts.dropLast().last
      let isBelow = parts.dropLast(2).last == "playbooks"
      self =
        switch folder {
        case "environments" where isBelow: .environment
        case "actions" where isBelow: .action
        case "tests" where isBelow: .test
        case "playbooks" where parts.last == "roster.yaml": .roster
        default: .playbook
        }
    }
  }

  private enum Content {
    case playbook(Playbook)
    case action(ActionFile)
    case roster(Roster)
    case environment(EnvironmentFile)
    /// Nothing of it is used here.
    case test
    /// Why is among what reading it has found.
    case undecodable
  }

  private struct Entry {
    var bytes: [UInt8]
    var reading: [Diagnostic]
    var content: Content
    /// Its actions that could be read, by the places of their keywords.
    var made: [SourceSpan: any Action]
    var isOptional: Bool
  }

  private let actions: ActionTable
  private let environment: EnvironmentNames?
  private let knowsZone: (String) -> Bool
  private let find: (String) -> Found
  /// In the order in which they were read.
  private var paths: [String] = []
  private var entries: [String: Entry] = [:]
  private var library = Library()
  private var waiting: [(call: ActionSource, isOptional: Bool)] = []
  /// Of files that were found by their names in others.
  private var linkedBytes = 0
  private var wantsAll = (actions: false, playbooks: false)

  /// - Parameters:
  ///   - environment: where playbooks will run, so that its names can be checked.
  ///   - environments: of the project; where none is named, what no one of them has is a mistake.
  ///   - actionNames: of all action files of the project, without ending; read or not.
  ///   - playbookNames: of all playbooks of the project.
  ///   - knowsZone: whether the machine has a time zone of that name.
  ///   - find: the file at a path relative to the project, such as `playbooks/actions/slack.post.yaml`.
  public init(
    actions: ActionTable, environment: EnvironmentFile? = nil, environments: [EnvironmentFile] = [],
    actionNames: [String] = [], playbookNames: [String] = [],
    knowsZone: @escaping (String) -> Bool = { _ in true },
    find: @escaping (String) -> Found
  ) {
    self.actions = actions
    self.environment = EnvironmentNames(environment, among: environments)
    self.knowsZone = knowsZone
    self.find = find
    library.actionNames = actionNames.sorted()
    library.playbookNames = playbookNames.sorted()
  }

  /// Reads a file that was asked for; what it refers to is read by ``finish()``.
  public mutating func add(_ path: String, _ bytes: [UInt8]) { add(path, bytes, isOptional: false) }

  /// Reads a playbook that was asked for, wherever it lies, and gives it back where it could be decoded; whether it may
  /// be used is known after ``finish()``.
  public mutating func playbook(_ path: String, _ bytes: [UInt8]) -> Playbook? {
    add(path, bytes)
    if case .playbook(let playbook) = entries[path]?.content { return playbook }
    return nil
  }

  private mutating func add(_ path: String, _ bytes: [UInt8], isOptional: Bool) {
    guard entries[path] == nil else { return }
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: actions, knowsZone: knowsZone)
    let content = Document.root(of: source, reading).flatMap { decode($0, reading, path) } ?? .undecodable
    paths.append(path)
    entries[path] = Entry(
      bytes: bytes, reading: reading.diagnostics, content: content, made: reading.made,
      isOptional: isOptional)
    if case .playbook(let playbook) = content {
      waiting += playbook.calls.map { ($0, isOptional) }
    }
  }

  private func decode(_ root: YAMLNode, _ reading: Reading, _ path: String) -> Content? {
    let name = FileName.stem(of: path)
    switch Kind(path: path) {
    case .playbook: return reading.playbook(root, name: name).map(Content.playbook)
    case .action: return reading.actionFile(root, name: name).map(Content.action)
    case .environment: return reading.environment(root, name: name).map(Content.environment)
    case .roster: return reading.roster(root).map(Content.roster)
    case .test:
      ShapeCheck(reading).check(root, "the file", .table(KeyTable(KeyTables.test)))
      return .test
    }
  }
}

// What files refer to.
extension ProjectReader {
  /// Reads what is referred to, and looks at all of it together.
  public mutating func finish() -> (files: ProjectFiles, read: [File]) {
    readRoster()
    while !waiting.isEmpty {
      let next = waiting.removeFirst()
      follow(next.call, isOptional: next.isOptional)
      if waiting.isEmpty { readAllThatMayBeMeant() }
    }
    link()
    let read = paths.compactMap(checked)
    let usable = read.filter { !$0.hasErrors }.map(\.path)
    return (projectFiles(usable), read.filter { !($0.isOptional && $0.hasErrors) })
  }

  /// Only playbooks and actions name people.
  private mutating func readRoster() {
    guard paths.contains(where: { [.playbook, .action].contains(Kind(path: $0)) }),
      entries[FileReference.roster] == nil
    else { return }
    switch find(FileReference.roster) {
    case .bytes(let bytes): add(FileReference.roster, bytes)
    case .missing: break
    case .unreadable(let why): library.roster = .unusable(why: why)
    }
  }

  private mutating func follow(_ call: ActionSource, isOptional: Bool) {
    guard let name = call.calledName else {
      if call.keyword == "uses" { wantsAll.actions = true } else { wantsAll.playbooks = true }
      return
    }
    read(call.keyword, name, isOptional: isOptional)
  }

  private mutating func read(_ keyword: String, _ name: String, isOptional: Bool) {
    guard FileReference.isValid(name) else { return }
    let isAction = keyword == "uses"
    let path = isAction ? FileReference.path(ofAction: name) : FileReference.path(ofPlaybook: name)
    guard entries[path] == nil else { return }
    let isTooMuch = linkedBytes > Limits.linkedBytes
    switch isTooMuch ? .unreadable("the files that are used together are more than 4 MiB") : find(path) {
    case .bytes(let bytes):
      linkedBytes += bytes.count
      add(path, bytes, isOptional: isOptional)
    case .missing:
      if isAction { library.actions[name] = .missing } else { library.playbooks[name] = .missing }
    case .unreadable(let why):
      if isAction { library.actions[name] = .unusable(why: why) }
      if !isAction { library.playbooks[name] = .unusable(why: why) }
    }
  }

  /// A name that is known in the plan only may be any of them.
  private mutating func readAllThatMayBeMeant() {
    if wantsAll.actions { for name in library.actionNames { read("uses", name, isOptional: true) } }
    if wantsAll.playbooks {
      for name in library.playbookNames { read("playbook", name, isOptional: true) }
    }
    wantsAll = (false, false)
  }

  private mutating func link() {
    var playbooks: [String: Playbook] = [:]
    for path in paths {
      let name = FileName.stem(of: path)
      let isPlace = path == FileReference.path(ofPlaybook: name) || path == FileReference.path(ofAction: name)
      switch entries[path]?.content {
      case .playbook(let playbook) where isPlace:
        library.playbooks[name] = .file(playbook)
        playbooks[name] = playbook
      case .action(let action) where isPlace: library.actions[name] = .file(action)
      case .roster(let roster): library.roster = .file(roster)
      case .undecodable, nil: unusable(path, name)
      default: break
      }
    }
    let graph = CallGraph(playbooks)
    library.circles = graph.circles
    library.tooLarge = graph.tooLarge
    library.tooDeep = graph.tooDeep
  }

  /// Why is said in the file itself.
  private mutating func unusable(_ path: String, _ name: String) {
    switch Kind(path: path) {
    case .playbook: library.playbooks[name] = .unusable(why: nil)
    case .action: library.actions[name] = .unusable(why: nil)
    case .roster: library.roster = .unusable(why: nil)
    case .environment, .test: break
    }
  }

  private func checked(_ path: String) -> File? {
    guard let entry = entries[path] else { return nil }
    var diagnostics = entry.reading
    switch entry.content {
    case .playbook(let playbook):
      var checker = PlaybookChecker(
        playbook, actions: actions, made: entry.made, environment: environment, library: library)
      diagnostics += checker.check()
    case .action(let action):
      diagnostics += PlaybookChecker.check(
        action, actions: actions, made: entry.made, environment: environment, library: library)
    case .roster, .environment, .test, .undecodable: break
    }
    return File(
      path: path, bytes: entry.bytes, diagnostics: diagnostics.sortedByPlace, isOptional: entry.isOptional)
  }

  private func projectFiles(_ usable: [String]) -> ProjectFiles {
    var files = ProjectFiles()
    for path in usable {
      switch entries[path]?.content {
      case .playbook(let playbook): files.playbooks[playbook.name] = playbook
      case .action(let action): files.actions[action.name] = action
      case .roster(let roster): files.roster = roster
      default: break
      }
    }
    return files
  }
}
