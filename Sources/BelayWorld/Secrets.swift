internal import BelayModel
public import BelayPlan

/// The values of a run's secrets: no description, no encoding, resolved last.
public struct Secrets {
  private let values: [String: String]

  /// Values shorter than this are refused: masking them would mask half of every output.
  public static let shortest = 8

  /// Reads each secret of a plan where that says it is; a command that prints one is run now.
  ///
  /// - Throws: `SecretError`, which names the secret and its place, never its value.
  public init(_ plan: Plan, caller: [String: String], home: String) throws(SecretError) {
    var values: [String: String] = [:]
    for reference in plan.secrets {
      let value = try Secrets.value(of: reference, in: plan, caller: caller, home: home)
      guard reference.allowShort || value.unicodeScalars.count >= Secrets.shortest else {
        throw SecretError(
          name: reference.name,
          message: "is shorter than \(Secrets.shortest) characters; 'allow_short: true' permits it")
      }
      if let obstacle = Secrets.obstacle(to: value) {
        throw SecretError(name: reference.name, message: obstacle)
      }
      values[reference.name] = value
    }
    self.values = values
  }

  /// Why no command can be given it: it travels in a variable.
  ///
  /// - Source: execve(2), MAX_ARG_STRLEN: 32 pages, with the end of the string.
  private static func obstacle(to value: String) -> String? {
    if value.utf8.contains(0) { return "holds a NUL character, which no command can be given" }
    let limit = 131_071
    guard value.utf8.count > limit else { return nil }
    return "has \(value.utf8.count) bytes; one variable can carry \(limit): pass the name of its file"
  }

  /// For the keeper's masks only, longest first.
  var all: [String] { values.values.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) } }

  func reveal(_ text: BoundText) -> String {
    text.parts.map { part in
      switch part {
      case .text(let text): text
      case .secret(let name): values[name] ?? ""
      case .quotedSecret(let name): Secrets.word(values[name] ?? "")
      case .jsonSecret(let name): String(JSON.string(values[name] ?? "").text.dropFirst().dropLast())
      case .percentSecret(let name): PercentEncoding.text(values[name] ?? "")
      }
    }.joined()
  }

  /// Single-quoted, as one word of a shell.
  private static func word(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  private static func value(
    of reference: Plan.SecretReference, in plan: Plan, caller: [String: String], home: String
  ) throws(SecretError) -> String {
    switch reference.source {
    case .env(let variable):
      guard let value = caller[variable], !value.isEmpty else {
        throw SecretError(name: reference.name, message: "the environment variable \(variable) is not set")
      }
      return value
    case .exec(let command): return try printed(by: command, in: plan, caller: caller, reference.name)
    case .file(let path):
      let place = path.hasPrefix("~/") ? home + path.dropFirst() : path
      let bytes: [UInt8]
      do { bytes = try SmallFile.bytes(place) } catch {
        throw SecretError(name: reference.name, message: "the file cannot be read: \(error.message)")
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SecretError(name: reference.name, message: "is not UTF-8: \(place)")
      }
      return trimmed(text)
    }
  }

  // MARK: Commands

  /// Milliseconds: it may have to ask a server, and a person to touch a key.
  private static let patience: Int32 = 60_000

  /// What a command prints, without the ends of its last lines. It gets what a step's command gets, and no input.
  private static func printed(
    by command: [String], in plan: Plan, caller: [String: String], _ name: String
  ) throws(SecretError) -> String {
    let program = command[0]
    guard let path = plan.programs.first(where: { $0.name == program })?.path else {
      throw SecretError(name: name, message: "\(program) is in no folder of PATH")
    }
    let surroundings = CommandEnvironment(caller: caller, searchPath: plan.searchPath, pass: plan.pass)
    let found: BriefCommand.Result
    do throws(SystemError) {
      found = try BriefCommand(
        path: path, arguments: command, environment: surroundings.entries(adding: []), folder: plan.project,
        patience: patience
      ).run()
    } catch { throw SecretError(name: name, message: error.message) }
    switch found.end {
    case .status(0): break
    case .status:
      throw SecretError(name: name, message: "\(program) fails: \(found.lastWords ?? "it says nothing")")
    case .late:
      throw SecretError(name: name, message: "\(program) has not ended within \(patience / 1000) s")
    case .tooMuch: throw SecretError(name: name, message: "\(program) prints more than a secret")
    }
    guard let text = String(validating: found.output, as: UTF8.self) else {
      throw SecretError(name: name, message: "what \(program) prints is not UTF-8")
    }
    return trimmed(text)
  }
}

public struct SecretError: Error, Hashable {
  public var name: String
  public var message: String
}

extension Secrets: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String { "\(values.count) secrets" }
  public var debugDescription: String { description }
}
