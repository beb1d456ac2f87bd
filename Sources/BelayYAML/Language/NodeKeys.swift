internal import BelayModel

// What the kinds of nodes have of their own.
extension KeyTables {
  static let calls: [Key] = [
    Key("uses", .text, "An action file: playbooks/actions/<name>.yaml."),
    Key(
      "playbook", .text, "Another playbook, whose nodes become part of this plan. Only its outputs are seen."),
  ]

  /// Of whatever asks or does one thing, beside its action.
  static let body: [Key] =
    calls + [
      with,
      Key("timeout", .duration(), "Of one attempt, never of anything else."),
      Key(
        "outputs", .named("expressions"),
        "Names for parts of the answer, in order; read as steps.<id>.<name>."),
      Key("unknown_if", .named("conditions"), "The answer proves nothing: neither pass nor fail."),
      Key(
        "fail_if", .named("conditions"),
        "Definitely failed: no more asking, no retry. Sees 'error' also without an answer."),
      Key(
        "expect", .named("conditions"), "All must be true to pass. If nothing is said: exit 0, 2xx, no error."
      ),
      Key(
        "max_output", .named("size"),
        "How much output is kept; more is cut in the middle. 1MiB if nothing is said."),
      Key(
        "keep", .either([.form(#"^[^./][^/]*$"#, example: "errors.jsonl"), .scalarWord]),
        "A file name: the whole output is attached to the report."),
    ] + setting

  static let polling: [Key] = [
    Key(
      "within", .duration(allowsZero: true),
      "Ask until it passes, at most this long; once if nothing is said."),
    Key("every", .duration(), "Between two questions; 10s if nothing is said."),
    Key("stays_for", .duration(allowsZero: true), "Having passed, it must stay so for this long."),
  ]

  static let step: [Key] = [
    Key("verify", .named("question"), "Proves the effect, after the step and when it is in doubt."),
    Key(
      "skip_if", .either([.words(["verified"]), .named("question")]),
      "Asked before: if it passes the step is already done, is skipped, and never undone. 'verified' asks 'verify'."
    ),
    Key("capture", .named("captures"), "Read and recorded once before the first attempt, for the rollback."),
    Key("rollback", .named("rollback"), "How to undo it: an action, a list of nodes, or 'nothing'."),
    Key("temporary", .bindable(.boolean), "Its rollback runs when its list ends, however that ends."),
    Key(
      "irreversible", .named("irreversible"),
      "It cannot be undone: why, and how to recover. Approved before it runs."),
    Key("idempotent", .bindable(.boolean), "May be repeated after an interruption."),
    Key("interrupt", .bindable(.boolean), "May be killed by a stop."),
    Key("retry", .named("retry"), "Further attempts after failures; after doubts, where it is idempotent."),
  ]

  static let check: [Key] = [
    Key("tolerate", .bindable(.integer(Limits.tolerate)), "Misses in a row that 'stays_for' allows."),
    Key("min_samples", .bindable(.integer(Limits.minSamples)), "Fewer answers in 'stays_for' are unknown."),
    Key(
      "recheck", .bindable(.boolean),
      "Asked again when a saved plan starts and before the steps that need it."),
  ]

  static let gateKinds: [Key] = [
    Key(
      "approve", .either([.named("approval"), .list(.named("approval"))]),
      "Who must say yes; of a list all, each a different person."),
    Key(
      "window", .either([.text, .named("window")]),
      "Waits for a window of the environment, or one written here."),
    Key("until", .expression, "Waits for a moment, in CEL: timestamp(\"2026-01-05T09:00:00Z\")."),
    Key("wait", .duration(), "Waits this long."),
  ]

  static let gate: [Key] =
    gateKinds + [
      Key("message", .text, "The question, as people see it; needed with 'approve'."),
      Key("within", .duration(), "Open this long, then rejected; an approval 24h if nothing is said."),
    ]

  static let group: [Key] =
    [
      Key("steps", .named("nodes"), isRequired: true, "Its nodes."),
      Key(
        "mode", .bindable(.choice(Group.Mode.self)),
        "sequence (default): as written. parallel: at once. choice: the first whose 'when' holds; the last has none."
      ),
      Key(
        "max_parallel", .bindable(.integer(Limits.maxParallel)),
        "Nodes of it that run at once; the playbook's if nothing is said."),
      Key("retry", .named("rounds"), "The whole group again, nothing undone between."),
      Key(
        "rollback", .named("rollback"), "Undoes the group as a whole, in place of its children's rollbacks."),
      Key("capture", .named("captures"), "Read once before the group starts, for its rollback."),
      Key("locks", .oneOrMany(.text), "Claims for the life of the group."),
      Key("watch", .list(.named("watch")), "What has to hold for the life of the group."),
    ] + setting

  static let rollbackBody: [Key] = [
    Key("verify", .named("question"), "Proves that it is undone."),
    Key("retry", .named("retry"), "Further attempts after failures; after doubts, where it is idempotent."),
    Key("idempotent", .bindable(.boolean), "May be repeated after an interruption."),
  ]

  static let captured = Key("value", .expression, isRequired: true, "What is kept of the answer.")

  static func retry(atMost most: Int) -> [Key] {
    [
      Key("attempts", .bindable(.integer(1...most)), isRequired: true, "All of them, the first included."),
      Key("delay", .duration(allowsZero: true), "Before the second attempt; 1s if nothing is said."),
      Key(
        "backoff", .bindable(.number(Limits.backoff)),
        "Each further delay is this much longer; 2 if nothing is said."),
      Key("max_delay", .duration(), "No delay is longer; 1m if nothing is said."),
      Key("when", .condition, "Only then; sees 'error'."),
    ]
  }

  static let irreversible: [Key] = [
    Key("why", .text, isRequired: true, "Why it cannot be undone."),
    Key("recover", .text, isRequired: true, "What to do instead."),
    Key("when", .condition, "Only then."),
    Key("by", .oneOrMany(.text, atLeast: 1), "Who may approve it; anyone in the roster if nothing is said."),
  ]

  static let escalation: [Key] = [
    Key("after", .duration(allowsZero: true), isRequired: true, "From when the node is ready."),
    Key("to", .oneOrMany(.text, atLeast: 1), isRequired: true, "Roles or people of the roster."),
  ]

  static let approval: [Key] = [
    Key("by", .oneOrMany(.text, atLeast: 1), isRequired: true, "Roles or people who may approve."),
    Key("count", .bindable(.integer(Limits.approvers)), "How many of them; 1 if nothing is said."),
    Key("exclude", .oneOrMany(.text), "Who may not: initiator, roles or people."),
    Key("assurance", .bindable(.choice(Approval.Assurance.self)), "How sure it must be who they are."),
  ]
}
