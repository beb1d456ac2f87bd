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
    fields.finish(known: Keys.environment, later: Keys.laterEnvironment)
    return environment
  }

  private func secret(_ entry: YAMLEntry) -> EnvironmentFile.Secret? {
    let name = identifier(entry.key, "a secret")
    let help = "{ env: VARIABLE } or { file: path }: the secret itself never stands in a file of the project"
    guard var fields = Fields(entry.value, of: entry.name, help: help, reading: self) else { return nil }
    let source = secretSource(&fields, entry)
    let allowShort = fields.take("allow_short").flatMap { bool($0) } ?? false
    fields.finish(known: Keys.secret, later: Keys.laterSecret)
    guard let name, let source else { return nil }
    var secret = EnvironmentFile.Secret(name: name, span: entry.key.span, source: source)
    secret.allowShort = allowShort
    return secret
  }

  private func secretSource(_ fields: inout Fields, _ entry: YAMLEntry) -> EnvironmentFile.Secret.Source? {
    let env = fields.take("env")
    let file = fields.take("file")
    if let env, let file {
      error(
        "two-sources", "a secret comes from one place, and this is the second", at: max(env, file).key.span,
        notes: [Diagnostic.Note(message: "the first one", span: min(env, file).key.span)])
      return nil
    }
    if let env {
      guard let name = text(env) else { return nil }
      guard Identifier.isVariable(name) else {
        error("bad-variable", "'\(name)' is no name of a variable", at: env.value.span)
        return nil
      }
      return .env(name)
    }
    if let file {
      guard let path = text(file) else { return nil }
      guard !path.isEmpty else {
        error("empty", "the path is empty", at: file.value.span)
        return nil
      }
      return .file(path)
    }
    if !fields.has("exec") {
      error(
        "missing-key", "a secret needs 'env' or 'file'", at: entry.key.span,
        help: "{ env: VARIABLE } or { file: path }")
    }
    return nil
  }

  private func max(_ left: YAMLEntry, _ right: YAMLEntry) -> YAMLEntry {
    left.key.start < right.key.start ? right : left
  }

  private func min(_ left: YAMLEntry, _ right: YAMLEntry) -> YAMLEntry {
    left.key.start < right.key.start ? left : right
  }
}
