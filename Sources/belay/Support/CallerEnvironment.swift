import BelayModel
import BelayPlan
import BelayWorld
import Glibc

/// Every variable of the caller. Their values are bytes: what is no UTF-8 would be replaced unseen, so it is left out.
struct CallerEnvironment {
  /// By name.
  private(set) var values: [String: String] = [:]
  private var unreadable: Set<String> = []

  init() {
    guard let block = try? SmallFile.bytes("/proc/self/environ") else { return }
    for entry in block.split(separator: 0) {
      guard let equals = entry.firstIndex(of: 0x3D) else { continue }
      let name = String(decoding: entry[..<equals], as: UTF8.self)
      if let value = String(validating: entry[(equals + 1)...], as: UTF8.self) {
        values[name] = value
      } else {
        unreadable.insert(name)
      }
    }
  }

  /// What belay itself goes by.
  static let own = ["HOME", "PATH", "BELAY_STORE", "XDG_STATE_HOME"]

  /// - Throws: exit 2, naming the first of these that is no text; its value could be a secret.
  func require(_ names: [String]) throws {
    guard let name = names.first(where: unreadable.contains) else { return }
    throw Failure(.usage, "the environment variable \(name) is not UTF-8")
  }

  /// Those that commands and secrets of a plan are made of.
  ///
  /// - Throws: exit 2 when one of them is no text.
  static func of(_ plan: Plan) throws -> CallerEnvironment {
    let caller = CallerEnvironment()
    let secrets = plan.secrets.compactMap { (secret) -> String? in
      guard case .env(let name) = secret.source else { return nil }
      return name
    }
    try caller.require(StandardVariables.names + plan.pass + secrets)
    return caller
  }
}

/// Nil where it is not set, or empty.
func variable(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}

func homeFolder() -> String {
  if let home = variable("HOME") { return home }
  guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return "/" }
  return String(cString: home)
}
