internal import BelayModel

// `playbooks/environments/<name>.yaml`
extension Reading {
  func environment(_ node: YAMLNode, name: String) -> EnvironmentFile? {
    guard var fields = Fields(node, of: "an environment", reading: self) else { return nil }
    var environment = EnvironmentFile(name: name, path: source.path)
    version(&fields)
    environment.protected = fields.take("protected").flatMap { bool($0) } ?? false
    environment.pass = fields.take("pass").map(variableNames) ?? []
    if let entry = fields.take("vars"), let vars = Fields(entry.value, of: "vars", reading: self) {
      for variable in vars.entries where identifier(variable.key, "a variable") != nil {
        environment.vars[variable.name] = value(variable.value)
      }
    }
    if let entry = fields.take("secrets"), let secrets = Fields(entry.value, of: "secrets", reading: self) {
      environment.secrets = secrets.entries.compactMap(secret)
    }
    environment.shells = fields.take("shells").map(shells) ?? []
    environment.windows = fields.take("windows").map(windows) ?? []
    environment.store = fields.take("store").flatMap { text($0) }
    fields.finish(known: Keys.environment)
    return environment
  }

  private func secret(_ entry: YAMLEntry) -> EnvironmentFile.Secret? {
    let name = identifier(entry.key, "a secret")
    let help = "{ env: VARIABLE } or { file: path }: the secret itself never stands in a file of the project"
    guard var fields = Fields(entry.value, of: entry.name, help: help, reading: self) else { return nil }
    let source = secretSource(&fields, entry)
    let allowShort = fields.take("allow_short").flatMap { bool($0) } ?? false
    let receipts = fields.take("receipts").flatMap { bool($0) } ?? false
    fields.finish(known: Keys.secret)
    guard let name, let source else { return nil }
    var secret = EnvironmentFile.Secret(name: name, span: entry.key.span, source: source)
    secret.allowShort = allowShort
    secret.receipts = receipts
    return secret
  }

  private func secretSource(_ fields: inout Fields, _ entry: YAMLEntry) -> EnvironmentFile.Secret.Source? {
    let given = ["env", "file", "exec"].compactMap { fields.take($0) }.sorted { $0.key.start < $1.key.start }
    guard let source = given.first else {
      error(
        "missing-key", "a secret needs 'env', 'file' or 'exec'", at: entry.key.span,
        help: "{ env: VARIABLE }, { file: path } or { exec: [command, argument] }")
      return nil
    }
    if given.count > 1 {
      error(
        "two-sources", "a secret comes from one place, and this is the second", at: given[1].key.span,
        notes: [Diagnostic.Note(message: "the first one", span: source.key.span)])
      return nil
    }
    switch source.name {
    case "env": return secretVariable(source).map { .env($0) }
    case "file": return filled(source, "the path").map { .file($0) }
    default: return command(source).map { .exec($0) }
    }
  }

  private func secretVariable(_ entry: YAMLEntry) -> String? {
    guard let name = text(entry) else { return nil }
    guard Identifier.isVariable(name) else {
      error("bad-variable", "'\(name)' is no name of a variable", at: entry.value.span)
      return nil
    }
    return name
  }

  private func filled(_ entry: YAMLEntry, _ what: String) -> String? {
    guard let text = text(entry) else { return nil }
    guard !text.isEmpty else {
      error("empty", "\(what) is empty", at: entry.value.span)
      return nil
    }
    return text
  }

  /// A program and its arguments, as they are: nothing is bound in an environment.
  private func command(_ entry: YAMLEntry) -> [String]? {
    guard entry.value.items != nil else {
      wrongType(entry.value, entry.name, takes: "a list", help: "[program, argument]")
      return nil
    }
    let words = texts(entry).map { value($0).text }
    guard let program = words.first, !program.isEmpty else {
      error("empty", "'\(entry.name)' names no program", at: entry.value.span)
      return nil
    }
    return words
  }

  private func shells(_ entry: YAMLEntry) -> [EnvironmentFile.Shell] {
    guard let shells = Fields(entry.value, of: "shells", reading: self) else { return [] }
    return shells.entries.compactMap { shell in
      let name = identifier(shell.key, "a shell")
      guard
        var fields = Fields(
          shell.value, of: shell.name, help: "{ command: [ssh, host, bash, -s] }", reading: self)
      else { return nil }
      let command = fields.required("command", in: "a shell").flatMap(command)
      let setup = fields.take("setup").flatMap { text($0) } ?? ""
      fields.finish(known: Keys.shell)
      guard let name, let command else { return nil }
      return EnvironmentFile.Shell(name: name, span: shell.key.span, command: command, setup: setup)
    }
  }

  private func windows(_ entry: YAMLEntry) -> [EnvironmentFile.NamedWindow] {
    guard let windows = Fields(entry.value, of: "windows", reading: self) else { return [] }
    return windows.entries.compactMap { named in
      guard let name = identifier(named.key, "a window"), let window = window(named) else { return nil }
      return EnvironmentFile.NamedWindow(name: name, span: named.key.span, window: window)
    }
  }
}
