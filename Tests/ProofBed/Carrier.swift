import BelayModel

/// What carries the effect of a step or the question of a check.
enum Carrier: Hashable, Sendable {
  case process, http, sql
  /// With a receipt in the database.
  case receipt
  /// Outside of a transaction.
  case bare
  case redis

  static let requests: [Carrier] = [.http, .http, .sql, .receipt, .receipt, .bare, .redis]

  /// As a step of a playbook has it.
  func text(_ word: String) -> String {
    switch self {
    case .process: "exec: [\(word)]"
    case .http: "http: { method: POST, url: \"http://server/\(word)\" }"
    case .sql: sql("plain", "insert into \(word) values (1)")
    case .receipt: sql("kept", "insert into \(word) values (1)")
    case .bare: sql("plain", "vacuum \(word)", ", transaction: false")
    case .redis: "redis: { url: \"redis://server\", commands: [[INCR, \(word)]] }"
    }
  }

  /// As a check has it.
  var question: String {
    switch self {
    case .process: "exec: [ask]"
    case .http: "http: \"http://server/ask\""
    case .sql, .receipt, .bare: sql("plain", "select 1")
    case .redis: "redis: { url: \"redis://server\", commands: [[GET, ask]] }"
    }
  }

  private func sql(_ secret: String, _ query: String, _ more: String = "") -> String {
    "sql: { url: \"${{ secrets.\(secret) }}\", query: \(query)\(more) }"
  }

  /// Two databases, one of which keeps receipts.
  static func environment(isProtected: Bool) -> EnvironmentFile {
    var file = EnvironmentFile(name: "simulated", path: "playbooks/environments/simulated.yaml")
    file.protected = isProtected
    file.secrets = ["plain", "kept"].map { name in
      var secret = EnvironmentFile.Secret(name: name, span: .nowhere("simulated"), source: .env(name))
      secret.receipts = name == "kept"
      return secret
    }
    return file
  }
}
