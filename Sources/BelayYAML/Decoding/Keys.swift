/// The keys of every map of the language, and those that a later version brings.
///
/// A key of `later` is refused by name: what is not done must not be silently ignored.
enum Keys {
  static let playbook = [
    "belay", "title", "description", "owner", "labels", "params", "vars", "outputs", "locks", "on_failure",
    "max_parallel", "pass", "env", "cwd", "steps", "steady_state",
  ]
  static let laterPlaybook = ["shell", "watch", "notify"]

  static let kinds = ["step", "check", "gate", "group"]
  static let node = ["title", "description", "needs", "when", "on_failure", "sensitive"]
  static let laterNode = ["each", "due", "escalate"]

  static let laterActions = ["http", "sql", "redis", "manual", "playbook", "uses"]
  static let body = ["timeout", "outputs", "unknown_if", "fail_if", "expect", "env", "cwd"]
  static let laterBody = laterActions + ["with", "shell", "max_output", "keep"]
  static let polling = ["within", "every", "stays_for"]

  static let step = [
    "verify", "skip_if", "capture", "rollback", "temporary", "irreversible", "idempotent", "interrupt",
    "retry",
  ]
  static let check = ["tolerate", "min_samples"]
  static let laterCheck = ["recheck"]
  static let gate = ["wait"]
  static let laterGate = ["approve", "window", "until", "message", "within"]
  static let group = ["steps", "mode", "max_parallel", "env", "cwd"]
  static let laterGroup = ["retry", "rollback", "capture", "locks", "watch", "shell"]

  static let rollbackBody = ["verify", "retry", "idempotent"]
  static let retry = ["attempts", "delay", "backoff", "max_delay", "when"]
  static let irreversible = ["why", "recover", "when"]
  static let parameter = [
    "type", "description", "default", "enum", "required", "example", "pattern", "min", "max", "min_length",
    "max_length", "of", "fields",
  ]
  static let environment = ["belay", "protected", "pass", "vars", "secrets"]
  static let laterEnvironment = ["windows", "store", "shells"]
  static let secret = ["env", "file", "allow_short"]
  static let laterSecret = ["exec", "receipts"]

  /// Keys of one kind of node that people write on another, with what to write there.
  static let elsewhereOnStep = [
    "within": "a step ends by itself: 'timeout' limits one attempt, 'verify' may ask 'within'",
    "every": "'every' belongs to a check, or to 'verify'",
    "stays_for": "'stays_for' belongs to a check: add one after this step",
    "tolerate": "'tolerate' belongs to a check", "min_samples": "'min_samples' belongs to a check",
    "steps": "only a group has 'steps'", "mode": "only a group has a 'mode'",
    "max_parallel": "'max_parallel' belongs to a group or the playbook", "wait": "'wait' belongs to a gate",
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
    "wait": "'wait' belongs to a gate",
  ]
  static let elsewhereOnGroup = [
    "timeout": "'timeout' is of one attempt: write it on the steps", "wait": "'wait' belongs to a gate",
    "expect": "a group has no answer of its own: add a check to its steps",
    "run": "a group has no action: add a step to its steps",
    "exec": "a group has no action: add a step to its steps",
  ]
  static let elsewhereOnGate = [
    "run": "a gate has no action: write a step or a check before it",
    "exec": "a gate has no action: write a step or a check before it",
    "timeout": "a gate waits for 'wait'", "expect": "'expect' belongs to a check",
  ]
}
