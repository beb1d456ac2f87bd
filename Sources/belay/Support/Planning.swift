import ArgumentParser
import BelayActions
import BelayModel
import BelayPlan
import BelayWorld
import BelayYAML
import Glibc

/// What `run` and `plan` share: a playbook, where, with what.
struct PlanningOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A playbook's name in the project, or a file.", valueName: "playbook"))
  var playbook: String

  @Option(name: [.short, .customLong("env")], help: "The environment, a file in playbooks/environments.")
  var environment: String?

  @Option(name: [.customShort("p"), .customLong("param")], help: "A parameter, name=value; may be repeated.")
  var params: [String] = []

  @Option(name: .customLong("params"), help: "A JSON file with parameters.")
  var paramsFile: String?

  /// Reads, checks, plans; prints every mistake. Makes nothing and starts nothing.
  ///
  /// - Parameters:
  ///   - history: of the store in which it would run.
  ///   - willRun: what this version cannot run is refused.
  func plan(history: History, willRun: Bool = false) throws -> (plan: Plan, bytes: [UInt8]) {
    let project = try Project.find(for: playbook)
    let sources = try project.read(playbook, environment: environment)
    let given = try givenParams(of: sources.playbook.params)
    let zones = SystemZones.rules(of: sources.files.roster)
    let createdAt = SystemClock.wall()
    let roles = sources.files.roster?.roles(at: createdAt, in: zones) ?? ValueMap()
    var reader = ParameterReader(environment: sources.environment, roles: roles) { name in
      let isOfFile = given.contains { $0.name == name } && !params.contains { $0.hasPrefix(name + "=") }
      return isOfFile ? "\(paramsFile ?? ""): \(name)" : "-p \(name)"
    }
    let values = reader.values(sources.playbook.params, given: given)
    try Diagnostics.report(reader.diagnostics, bytes: [])
    let searchPath = variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    var request = PlanRequest(
      playbook: sources.playbook, environment: sources.environment, files: sources.files, params: values,
      run: RunName.make(),
      version: Version.text, createdAt: createdAt, project: project.folder,
      searchPath: searchPath, sources: sources.digests, willRun: willRun,
      zones: zones,
      findProgram: { ProgramSearch(path: searchPath, folder: project.folder).find($0) })
    request.history = history.past(of: sources.playbook.name, in: sources.environment?.name)
    let (plan, diagnostics) = PlanBuilder.plan(request, actions: builtInActions)
    try Diagnostics.report(diagnostics, bytes: sources.bytes)
    guard let plan else { throw Failure(.usage, "no plan can be made") }
    return (plan, plan.encoded())
  }

  private func givenParams(of declared: [Parameter]) throws -> [(name: String, text: String)] {
    var given: [(name: String, text: String)] = []
    if let paramsFile { given += try paramsOfFile(paramsFile) }
    for param in params {
      guard let equals = param.firstIndex(of: "="), equals > param.startIndex else {
        throw PlanningOptions.misread(param, declared)
      }
      let name = String(param[..<equals])
      given.removeAll { $0.name == name && paramsFile != nil }
      given.append((name: name, text: String(param[param.index(after: equals)...])))
    }
    return given
  }

  private static func misread(_ param: String, _ declared: [Parameter]) -> Failure {
    let mistake = "'-p \(param)' \(param.hasPrefix("=") ? "names no parameter" : "has no '='")"
    if let meant = declared.first(where: { $0.name == param }) {
      let value = meant.example ?? (meant.kind == .boolean ? "true" : "…")
      return Failure(.usage, mistake, hints: ["did you mean: -p \(param)=\(value)"])
    }
    let names = declared.map(\.name).joined(separator: ", ")
    let what = declared.isEmpty ? "takes none" : "has: \(names)"
    return Failure(.usage, mistake, hints: ["a parameter is given as -p name=value; the playbook \(what)"])
  }

  private func paramsOfFile(_ path: String) throws -> [(name: String, text: String)] {
    do {
      let json = try JSON(parsing: try SmallFile.bytes(path, mayWait: true))
      guard let members = json.members else { throw Failure(.usage, "\(path) holds no JSON object") }
      return members.map { (name: $0.key, text: Value(plain: $0.value).text) }
    } catch let error as JSONError {
      throw Failure(.usage, "\(path): \(error.message) at byte \(error.offset)")
    } catch let error as SystemError {
      throw Failure(.usage, error.message)
    }
  }
}

/// Names of runs: the day and time they were planned, and four letters by chance.
enum RunName {
  static func make() -> String {
    let now = SystemClock.wall().civil
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    // Without those that are taken for one another when read aloud or copied by hand.
    let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
    let tail = String((0..<4).map { _ in letters[Int.random(in: 0..<letters.count)] })
    return
      "\(now.year)\(two(now.month))\(two(now.day))-\(two(now.hour))\(two(now.minute))\(two(now.second))-\(tail)"
  }
}

/// Finds programs as the keeper will, without starting them.
struct ProgramSearch {
  let path: String
  let folder: String

  func find(_ name: String) -> Plan.Program {
    let places =
      name.contains("/")
      ? [Project.absolute(name, in: folder)] : path.split(separator: ":").map { "\($0)/\(name)" }
    for place in places {
      var facts = stat()
      guard access(place, X_OK) == 0, stat(place, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      return Plan.Program(
        name: name, path: place, size: Int64(facts.st_size), changedAt: Int64(facts.st_mtim.tv_sec))
    }
    return Plan.Program(name: name, path: nil, size: 0, changedAt: 0)
  }
}
