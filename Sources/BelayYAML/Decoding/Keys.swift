internal import BelayModel

/// The keys of every map of the language, and what to say of one that stands where it does not belong.
enum Keys {
  static let playbook = KeyTables.playbook.names

  static let kinds = ["step", "check", "gate", "group"]
  static let node = KeyTables.node.names

  /// Actions that are other files, and what they are given.
  static let calls = KeyTables.calls.names
  static let setting = KeyTables.setting.names
  static let body = KeyTables.body.names
  static let polling = KeyTables.polling.names

  static let step = KeyTables.step.names
  static let check = KeyTables.check.names
  static let gate = KeyTables.gate.names
  static let gateKinds = KeyTables.gateKinds.names
  static let group = KeyTables.group.names

  static let elsewhereOnCall: [String: String] = {
    let inside = "write it on the steps of the called playbook"
    let inCheck = "write it on the checks of the called playbook; 'within' asks all of it again"
    let after = "write a check after it, which reads steps.<id>.<name>"
    return [
      "verify": "write a check after it", "skip_if": "'when' skips it; its own steps may have a 'skip_if'",
      "temporary": inside, "idempotent": inside, "interrupt": inside, "timeout": inside,
      "max_output": inside, "keep": inside, "expect": after, "fail_if": after, "unknown_if": after,
      "outputs": "the called playbook declares them; they are read as steps.<id>.<name>",
      "irreversible": "write it on the step of the called playbook that cannot be undone",
      "stays_for": inCheck, "tolerate": inCheck, "min_samples": inCheck,
      "recheck": "write it on the checks of the called playbook",
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

  static let rollbackBody = KeyTables.rollbackBody.names
  static let retry = KeyTables.retry(atMost: Limits.attempts).names
  static let irreversible = KeyTables.irreversible.names
  static let escalation = KeyTables.escalation.names
  static let approval = KeyTables.approval.names
  static let window = KeyTables.window.names
  static let watch = KeyTables.watch.names
  static let notice = KeyTables.notice.names
  static let parameter = KeyTables.parameter.names
  static let action = KeyTables.action.names
  static let environment = KeyTables.environment.names
  static let secret = KeyTables.secret.names
  static let shell = KeyTables.shell.names
  static let roster = KeyTables.roster.names
  static let person = KeyTables.person.names
  static let role = KeyTables.role.names
  static let rotation = KeyTables.rotation.names
  static let override = KeyTables.override.names

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
