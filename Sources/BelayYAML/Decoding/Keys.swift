/// The keys of every map of the language.
enum Keys {
  static let playbook = [
    "belay", "title", "description", "owner", "labels", "params", "vars", "outputs", "locks", "on_failure",
    "max_parallel", "pass", "env", "cwd", "shell", "watch", "notify", "steps", "steady_state",
  ]

  static let kinds = ["step", "check", "gate", "group"]
  static let node = [
    "title", "description", "needs", "when", "each", "on_failure", "due", "escalate", "sensitive",
  ]

  /// Actions that are other files, and what they are given.
  static let calls = ["uses", "playbook"]
  static let setting = ["env", "cwd", "shell"]
  static let body =
    calls + ["with", "timeout", "outputs", "unknown_if", "fail_if", "expect", "max_output", "keep"] + setting
  static let polling = ["within", "every", "stays_for"]

  static let step = [
    "verify", "skip_if", "capture", "rollback", "temporary", "irreversible", "idempotent", "interrupt",
    "retry",
  ]
  static let check = ["tolerate", "min_samples", "recheck"]
  static let gate = gateKinds + ["message", "within"]
  static let gateKinds = ["approve", "window", "until", "wait"]
  static let group =
    ["steps", "mode", "max_parallel", "retry", "rollback", "capture", "locks", "watch"] + setting

  static let elsewhereOnCall: [String: String] = {
    let inside = "write it on the steps of the called playbook"
    let after = "write a check after it, which reads steps.<id>.<name>"
    return [
      "verify": "write a check after it", "skip_if": "'when' skips it; its own steps may have a 'skip_if'",
      "temporary": inside, "idempotent": inside, "interrupt": inside, "timeout": inside,
      "max_output": inside, "keep": inside, "expect": after, "fail_if": after, "unknown_if": after,
      "outputs": "the called playbook declares them; they are read as steps.<id>.<name>",
    ]
  }()
  static let elsewhereOnAction = Dictionary(
    uniqueKeysWithValues: (setting + step + polling + ["timeout", "max_output", "keep", "vars", "sensitive"])
      .map {
        ($0, "'\($0)' belongs to the node that uses this file")
      })
  static let elsewhereOnWatch = [
    "recheck": "a watch asks all the time", "tolerate": "'trips_after' says how long it may fail",
    "retry": "a watch asks again by itself: 'every' says how often",
    "when": "write it on the group around it",
    "needs": "a watch asks from the start of its scope to its end",
  ]
  /// Every action, where there is none.
  private static func noActions(_ help: String) -> [String: String] {
    let actions = ["run", "exec", "http", "sql", "redis", "manual"] + calls
    return Dictionary(uniqueKeysWithValues: actions.map { ($0, help) })
  }

  static let elsewhereOnNotice = noActions("'notify' uses an action file: uses: slack.post")

  static let rollbackBody = ["verify", "retry", "idempotent"]
  static let retry = ["attempts", "delay", "backoff", "max_delay", "when"]
  static let irreversible = ["why", "recover", "when", "by"]
  static let escalation = ["after", "to"]
  static let approval = ["by", "count", "exclude", "assurance"]
  static let window = ["days", "from", "to", "zone"]
  static let watch = ["check", "title", "trips_after", "on_failure", "on_unknown"]
  static let notice = ["events", "every", "to", "uses", "with"]
  static let parameter = [
    "type", "description", "default", "enum", "required", "example", "pattern", "min", "max", "min_length",
    "max_length", "of", "fields",
  ]
  static let action = [
    "belay", "description", "effect", "params", "expect", "fail_if", "unknown_if", "outputs",
  ]
  static let environment = [
    "belay", "protected", "pass", "vars", "secrets", "windows", "store", "shells",
  ]
  static let secret = ["env", "file", "exec", "receipts", "allow_short"]
  static let shell = ["command", "setup"]
  static let roster = ["belay", "people", "roles", "overrides", "escalation"]
  static let person = ["name", "accounts", "keys"]
  static let role = ["people", "rotation"]
  static let rotation = ["people", "every", "from", "zone", "offset"]
  static let override = ["role", "person", "from", "to"]

  /// Keys of one kind of node that people write on another, with what to write there.
  static let elsewhereOnStep = [
    "within": "a step ends by itself: 'timeout' limits one attempt, 'verify' may ask 'within'",
    "every": "'every' belongs to a check, or to 'verify'",
    "stays_for": "'stays_for' belongs to a check: add one after this step",
    "tolerate": "'tolerate' belongs to a check", "min_samples": "'min_samples' belongs to a check",
    "recheck": "'recheck' belongs to a check", "steps": "only a group has 'steps'",
    "mode": "only a group has a 'mode'", "locks": "'locks' belongs to a group or the playbook",
    "watch": "'watch' belongs to a group or the playbook",
    "max_parallel": "'max_parallel' belongs to a group or the playbook", "wait": "'wait' belongs to a gate",
    "approve": "'approve' belongs to a gate", "window": "'window' belongs to a gate",
    "until": "'until' belongs to a gate", "message": "'message' belongs to a gate",
  ]
  static let elsewhereOnCheck = [
    "retry": "a check asks again until it passes: write 'within' and 'every'",
    "verify": "a check is its own proof; 'verify' belongs to a step",
    "skip_if": "'skip_if' belongs to a step; 'when' skips a check",
    "capture": "'capture' belongs to a step; a check has 'outputs'",
    "rollback": "a check changes nothing, so there is nothing to undo; is it a step?",
    "temporary": "'temporary' belongs to a step", "irreversible": "'irreversible' belongs to a step",
    "idempotent": "a check can always be asked again", "interrupt": "'interrupt' belongs to a step",
    "steps": "only a group has 'steps'", "mode": "only a group has a 'mode'",
    "locks": "'locks' belongs to a group or the playbook",
    "watch": "'watch' belongs to a group or the playbook", "wait": "'wait' belongs to a gate",
    "approve": "'approve' belongs to a gate", "window": "'window' belongs to a gate",
    "until": "'until' belongs to a gate", "message": "'message' belongs to a gate",
  ]
  static let elsewhereOnGroup = [
    "timeout": "'timeout' is of one attempt: write it on the steps", "wait": "'wait' belongs to a gate",
    "expect": "a group has no answer of its own: add a check to its steps",
    "verify": "'verify' belongs to a step", "skip_if": "'skip_if' belongs to a step; 'when' skips a group",
    "temporary": "'temporary' belongs to a step", "irreversible": "'irreversible' belongs to a step",
    "within": "'within' belongs to a check or a gate", "approve": "'approve' belongs to a gate",
  ].merging(noActions("a group has no action: add a step to its steps")) { written, _ in written }
  static let elsewhereOnGate = [
    "timeout": "a gate waits at most 'within'", "expect": "'expect' belongs to a check",
    "rollback": "a gate changes nothing, so there is nothing to undo",
    "retry": "a gate is asked once: 'within' says how long it stays open",
    "count": "'count' belongs into 'approve'", "by": "'by' belongs into 'approve'",
  ].merging(noActions("a gate has no action: write a step or a check before it")) { written, _ in written }
}
