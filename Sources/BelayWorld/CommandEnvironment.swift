internal import BelayModel

/// Variables that every command gets of the caller's.
public enum StandardVariables {
  public static let names = ["HOME", "USER", "LOGNAME", "SHELL", "TZ", "TMPDIR", "SSH_AUTH_SOCK"]
}

/// What of the caller's environment commands get: the standard ones, and what the plan passes on.
struct CommandEnvironment {
  /// Set for every command whatever the caller has: what commands print does not depend on who runs them.
  private static let locale = "C.UTF-8"

  private var base: [(name: String, value: String)] = []

  /// - Parameter store: what a command finds that asks belay of this run or another.
  init(caller: [String: String], searchPath: String, pass: [String], store: String? = nil) {
    base.append((name: "PATH", value: searchPath))
    if let store { base.append((name: "BELAY_STORE", value: store)) }
    base.append((name: "LANG", value: CommandEnvironment.locale))
    for name in StandardVariables.names + pass {
      if let value = caller[name] { base.append((name: name, value: value)) }
    }
  }

  /// `NAME=value` for execve(2); a later one of a name wins.
  func entries(adding more: [(name: String, value: String)]) -> [String] {
    var order: [String] = []
    var values: [String: String] = [:]
    for (name, value) in base + more where values.updateValue(value, forKey: name) == nil {
      order.append(name)
    }
    return order.map { "\($0)=\(values[$0] ?? "")" }
  }
}
