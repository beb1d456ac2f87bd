import BelayActions
import BelayModel
import Testing

@Suite("The action redis") struct RedisTests {
  private static func made(_ commands: Fields) -> (action: RedisAction?, diagnostics: [Diagnostic]) {
    Actions.make(RedisAction.self, ["url": "redis://h", "commands": commands])
  }

  static let bound: [(command: Fields, value: Value, sent: String)] = [
    (["SET", "k", "${{ v }}"], "a b", "SET k \"a b\""),
    (["SET", "k", "${{ v }}"], "x\r\nDEL all", "SET k \"x\\r\\nDEL all\""),
    (["SET", "k", "${{ v }}"], "\" \\ \u{6}\u{0}", "SET k \"\\\" \\\\ \\x06\\x00\""),
    (["SET", "k:${{ v }}", 5], "", "SET k: 5"), (["SET", "k", "${{ v }}"], "", "SET k \"\""),
    (["DEL", "${{ v }}"], .list(["a", "b c"]), "DEL a \"b c\""),
    (["DEL", "k", "${{ v }}"], .list([]), "DEL k"),
    (["LPUSH", "l", "x${{ v }}"], .list(["a"]), "LPUSH l \"x[\\\"a\\\"]\""),
    (["LPUSH", "l", "${{ later }}"], 1, "LPUSH l (known after later)"), (["PING"], 1, "PING"),
  ].map { (command: $0.0, value: $0.1, sent: $0.2) }

  @Test("a value stays within its argument; a list becomes several", arguments: bound)
  func arguments(_ row: (command: Fields, value: Value, sent: String)) {
    let (action, diagnostics) = Self.made([row.command])
    #expect(diagnostics == [])
    #expect(Actions.preview(action, ["v": row.value]) == row.sent + "\nat redis://h")
  }

  static let wrong: [(fields: Fields, code: String)] = [
    ("PING", "wrong-type"), (["url": "redis://h"], "missing-key"), (["commands": [["PING"]]], "missing-key"),
    (["url": "http://h", "commands": [["PING"]]], "bad-url"),
    (["url": "h:6379", "commands": [["PING"]]], "bad-url"),
    (["url": "redis://h", "commands": []], "empty"), (["url": "redis://h", "commands": [[]]], "empty"),
    (["url": "redis://h", "commands": "PING"], "wrong-type"),
    (["url": "redis://h", "commands": ["PING"]], "wrong-type"),
    (["url": "redis://h", "commands": [["GET", ["a"]]]], "wrong-type"),
    (["url": "redis://h", "commands": [["GET", nil]]], "wrong-type"),
    (["url": "redis://h", "commands": [["GET a"]]], "bad-value"),
    (["url": "redis://h", "commands": [[""]]], "bad-value"),
    (["url": "redis://h", "commands": [["subscribe", "c"]]], "bad-value"),
    (["url": "redis://h", "commands": [["MONITOR"]]], "bad-value"),
    (["url": "redis://h", "commands": [["GET", "CHANGEME"]]], "placeholder"),
    (["url": "redis://h", "command": [["PING"]], "commands": [["PING"]]], "unknown-key"),
  ].map { (fields: $0.0, code: $0.1) }

  @Test("is refused", arguments: wrong)
  func mistakes(_ row: (fields: Fields, code: String)) {
    let (action, diagnostics) = Actions.make(RedisAction.self, row.fields)
    #expect(action == nil)
    #expect(diagnostics.map(\.code) == [row.code])
  }

  @Test("a password in the file is warned of")
  func password() {
    for (url, codes) in [
      ("redis://:pw@h", ["secret-in-file"]), ("rediss://u:${{ p }}@h", []), ("redis://u@h", []),
      ("redis://h/0?a=b:c@d", []),
    ] {
      let (action, diagnostics) = Actions.make(
        RedisAction.self, ["url": .text(url), "commands": [["PING"]]])
      #expect(action != nil && diagnostics.map(\.code) == codes, "\(url)")
    }
  }

  static let reads: [Fields] = [
    ["PING"], ["llen", "k"], ["INFO", "persistence"], ["CONFIG", "GET", "maxmemory"], ["config", "get", "a"],
    ["MEMORY", "USAGE", "k"], ["OBJECT", "HELP"], ["XINFO", "STREAM", "s"], ["COMMAND", "DOCS"],
    ["GET", "${{ k }}"],
    ["SORT_RO", "k"], ["CLIENT", "LIST"],
  ]
  static let writes: [Fields] = [
    ["SET", "k", "v"], ["DEL", "k"], ["SORT", "k"], ["EVAL", "return 1", "0"], ["CONFIG", "SET", "a", "b"],
    ["CONFIG", "${{ v }}", "a"], ["CONFIG"], ["${{ c }}", "k"], ["FLUSHALL"], ["PUBLISH", "c", "m"],
    ["SOMEMODULE.GET", "k"], ["XREADGROUP", "GROUP", "g"], ["ACL", "LOG", "RESET"], ["SHUTDOWN"],
    ["GEORADIUS", "k"],
    ["CLIENT", "KILL", "a"], ["SCRIPT", "FLUSH"], ["MULTI"], ["GETDEL", "k"], ["EXPIRE", "k", "1"],
    ["XGROUP", "CREATE"],
  ]

  @Test("a question", arguments: reads)
  func isRead(_ command: Fields) { #expect(Self.made([["PING"], command]).action?.effect == .read) }

  @Test("no question", arguments: writes)
  func isWrite(_ command: Fields) { #expect(Self.made([["PING"], command]).action?.effect.isWrite == true) }
}
