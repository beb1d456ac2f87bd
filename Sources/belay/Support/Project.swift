import BelayActions
import BelayDigest
import BelayModel
import BelayPlan
import BelayWorld
import BelayYAML
import Glibc

/// The nearest folder upward with a `playbooks` folder, and what is in it.
struct Project {
  let folder: String
  /// Where the command was given.
  let here: String

  private static let playbooks = "playbooks"
  /// The one file among the playbooks that is none.
  private static let roster = "roster"

  /// For a file given by its path, the project it lies in; else the one around the current folder.
  ///
  /// - Throws: exit 2 when there is none.
  static func find(for playbook: String? = nil) throws -> Project {
    let here = currentFolder()
    if let playbook, isPath(playbook) {
      let file = place(of: playbook, in: here)
      return Project(folder: upward(from: parent(of: file)) ?? parent(of: file), here: here)
    }
    guard let folder = upward(from: here) else {
      throw Failure(
        .usage, "there is no project here: no folder upward has a 'playbooks' folder in it",
        hints: ["make one with: mkdir playbooks", "or name a file: belay run path/to/playbook.yaml"])
    }
    return Project(folder: folder, here: here)
  }

  // MARK: Playbooks

  /// The file of a name or a path.
  func file(of playbook: String) throws -> String {
    if Project.isPath(playbook) {
      let file = Project.place(of: playbook, in: here)
      if playbook.contains("/") || exists(file) { return file }
      return try self.file(of: String(playbook.dropLast(5)))
    }
    let file = file(named: playbook)
    guard playbook != Project.roster, exists(file) else {
      let names = try self.names()
      let nearest = Suggestion.nearest(to: playbook, in: names).map { ["did you mean '\($0)'?"] } ?? []
      throw Failure(
        .usage, "there is no playbook '\(playbook)' in \(folder)/\(Project.playbooks)",
        hints: nearest + [Project.choice(of: names, else: relative(file))])
    }
    return file
  }

  func file(named playbook: String) -> String { "\(folder)/\(Project.playbooks)/\(playbook).yaml" }

  /// Names of the playbooks, sorted.
  func names() throws -> [String] {
    try yamlNames(in: "\(folder)/\(Project.playbooks)").filter { $0 != Project.roster }
  }

  /// Names of the environments, sorted.
  func environmentNames() throws -> [String] {
    try yamlNames(in: "\(folder)/\(Project.playbooks)/environments")
  }

  private func yamlNames(in folder: String) throws -> [String] {
    do {
      return try entries(of: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    } catch  where error.code == ENOENT {
      return []
    } catch { throw Failure(.usage, error.message) }
  }

  private static func choice(of names: [String], else file: String) -> String {
    names.isEmpty ? "\(file) would be its file" : "there are: \(names.joined(separator: ", "))"
  }

  /// Names of the action files, sorted.
  func actionNames() throws -> [String] { try yamlNames(in: "\(folder)/\(Project.playbooks)/actions") }

  /// Names of the playbooks that have tests, sorted.
  func testNames() throws -> [String] { try yamlNames(in: "\(folder)/\(Project.playbooks)/tests") }

  /// Reads a playbook with its environment and all files that it refers to, and prints every diagnostic of them.
  ///
  /// - Throws: exit 2 when one is an error.
  func read(_ playbook: String, environment name: String?) throws -> Sources {
    let environment = try name.map(readEnvironment)
    let file = try file(of: playbook)
    let path = relative(file)
    var reader = try reader(environment: environment?.file)
    let result = reader.playbook(path, try load(file))
    let (files, read) = reader.finish()
    try Diagnostics.report(read)
    guard let result, let first = read.first else { throw Failure(.usage, "\(path) is no playbook") }
    return Sources(
      playbook: result, bytes: first.bytes, path: path, environment: environment?.file,
      environmentBytes: environment?.bytes, files: files, others: Array(read.dropFirst()))
  }

  /// Finds what files of this project refer to.
  ///
  /// - Parameter environments: what playbooks may name, where no environment is given.
  func reader(
    environment: EnvironmentFile?, among environments: [EnvironmentFile] = []
  ) throws -> ProjectReader {
    ProjectReader(
      actions: builtInActions, environment: environment, environments: environments,
      actionNames: try actionNames(),
      playbookNames: try names(), knowsZone: SystemZones.knows, find: find)
  }

  private func find(_ path: String) -> ProjectReader.Found {
    do throws(SystemError) {
      return .bytes(try bytes("\(folder)/\(path)"))
    } catch {
      return error.code == ENOENT ? .missing : .unreadable(error.why)
    }
  }

  /// Of a file; one that lies in the project must not lead out of it by a symbolic link.
  func bytes(_ file: String) throws(SystemError) -> [UInt8] {
    guard let real = realpath(file, nil) else {
      let code = errno
      // What cannot be followed is opened for a better reason alone.
      _ = try SmallFile.bytes(file)
      throw SystemError("realpath", file, code)
    }
    defer { free(real) }
    let target = String(cString: real)
    guard !lies(file) || lies(target) else {
      throw SystemError("open", file, EXDEV, reason: "it leads out of the project, to \(target)")
    }
    return try SmallFile.bytes(target)
  }

  private func lies(_ file: String) -> Bool { folder == "/" || file.hasPrefix(folder + "/") }

  /// A playbook as its files say it, with the bytes that it was read from.
  struct Sources {
    var playbook: Playbook
    var bytes: [UInt8]
    var path: String
    var environment: EnvironmentFile?
    var environmentBytes: [UInt8]?
    /// What it refers to.
    var files: ProjectFiles
    var others: [ProjectReader.File]

    /// Of every file, as a plan lists them.
    var digests: [Plan.SourceFile] {
      var files = [(path, bytes)]
      if let environment, let environmentBytes { files.append((environment.path, environmentBytes)) }
      files += others.map { ($0.path, $0.bytes) }
      return files.map { Plan.SourceFile(path: $0.0, digest: SHA256.digest($0.1).description) }
    }
  }

  func environmentFile(_ name: String) -> String {
    "\(folder)/\(Project.playbooks)/environments/\(name).yaml"
  }

  /// As far as it could be decoded, for the names in it; its mistakes are told elsewhere.
  func decodedEnvironment(_ name: String) throws -> EnvironmentFile? {
    let file = try existingEnvironment(name)
    return EnvironmentReader(knowsZone: SystemZones.knows).read(bytes: try load(file), path: relative(file))
      .environment
  }

  private func readEnvironment(_ name: String) throws -> (file: EnvironmentFile, bytes: [UInt8]) {
    let file = try existingEnvironment(name)
    let bytes = try load(file)
    let (environment, diagnostics) = EnvironmentReader(knowsZone: SystemZones.knows).read(
      bytes: bytes, path: relative(file))
    try Diagnostics.report(diagnostics, bytes: bytes)
    guard let environment else { throw Failure(.usage, "\(relative(file)) cannot be read") }
    return (environment, bytes)
  }

  private func existingEnvironment(_ name: String) throws -> String {
    let file = environmentFile(name)
    guard exists(file) else {
      throw Failure(
        .usage, "there is no environment '\(name)'",
        hints: [Project.choice(of: try environmentNames(), else: relative(file))])
    }
    return file
  }

  private func load(_ file: String) throws -> [UInt8] {
    do {
      return try bytes(file)
    } catch { throw Failure(.usage, error.message) }
  }

  /// Relative to the project where the file lies in it.
  func relative(_ file: String) -> String {
    file.hasPrefix(folder + "/") ? String(file.dropFirst(folder.count + 1)) : file
  }
}

// MARK: Files

extension Project {
  static func isPath(_ text: String) -> Bool { text.contains("/") || text.hasSuffix(".yaml") }

  static func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  /// Without `.` and `..`; links are followed where the path exists.
  static func absolute(_ path: String, in folder: String) -> String {
    let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
    guard let real = realpath(full, nil) else { return full }
    defer { free(real) }
    return String(cString: real)
  }

  /// Where the file itself lies: only links to its folder are followed. Where a link to a file leads is looked at when
  /// it is read.
  private static func place(of path: String, in folder: String) -> String {
    let parts = path.split(separator: "/")
    guard let last = parts.last, last != ".", last != "..", !path.hasSuffix("/") else {
      return absolute(path, in: folder)
    }
    let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
    let parent = absolute(parent(of: full), in: "/")
    return (parent == "/" ? "" : parent) + "/\(last)"
  }

  static func parent(of path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/")
  }

  private static func upward(from start: String) -> String? {
    var folder = start
    while true {
      if isFolder((folder == "/" ? "" : folder) + "/\(playbooks)") { return folder }
      if folder == "/" { return nil }
      folder = parent(of: folder)
    }
  }
}

/// Also of a link that leads nowhere: who reads it is told that.
func exists(_ path: String) -> Bool {
  var facts = stat()
  return lstat(path, &facts) == 0
}

func isFolder(_ path: String) -> Bool {
  var facts = stat()
  return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
}

/// Names in a folder.
func entries(of folder: String) throws(SystemError) -> [String] {
  guard let stream = opendir(folder) else { throw SystemError("opendir", folder) }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}
