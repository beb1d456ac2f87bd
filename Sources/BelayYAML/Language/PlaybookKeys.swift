internal import BelayModel

/// The keys of every map of the language: what each takes, and what is said of it.
enum KeyTables {
  static let version = Key("belay", .named("version"), isRequired: true, "Version of the language: 1.")

  static let playbook: [Key] =
    [
      version,
      Key("title", .text, "One line that says what this playbook is for."),
      Key("description", .text, "For people: when to run it, what it does, what it does not."),
      Key("owner", .text, "Who looks after this playbook."),
      Key("labels", .oneOrMany(.text), "Words to find it by."),
      Key("params", .named("parameters"), "What a run is given, by name, with type and limits."),
      Key(
        "vars", .map(names: .identifiers, .any),
        "Values computed once, when the plan is made. Read as vars.<name>; they know neither 'now' nor 'steps'."
      ),
      Key(
        "outputs", .named("expressions"), "What a playbook that calls this one sees, by name; nothing else."),
      Key(
        "locks", .oneOrMany(.text),
        "Claims that no two runs have at once; kept while the run waits, is held, paused or failed."),
      Key(
        "on_failure", .bindable(.choice(FailureRule.self, without: ["continue"])),
        "stop (default): failed and resumable. rollback: undo what was done. Inherited inwards; the nearest wins."
      ),
      Key(
        "max_parallel", .bindable(.integer(Limits.maxParallel)),
        "Nodes that run at once; 8 if nothing is said."),
      Key(
        "pass", .oneOrMany(.named("variable")),
        "Variables of the caller that commands get, beside the standard ones."),
    ] + setting + [
      Key("watch", .list(.named("watch")), "What has to hold from the first write to the end."),
      Key("notify", .list(.named("notice")), "Who is told of what. Never fails a run."),
      Key("steps", .named("nodes"), isRequired: true, "What is done, in the order written."),
      Key(
        "steady_state", .list(.named("steady_check")),
        "Checks that must hold after success, and after a rollback before it is called one."),
    ]

  static let setting: [Key] = [
    Key("env", .map(names: .variables, .text), "Variables for commands, by name. Secrets are bound here."),
    Key("cwd", .text, "The folder in which commands run; the project's if nothing is said."),
    Key(
      "shell", .text,
      "A shell of the environment file: commands run there, in a container or on another host."),
  ]

  static let node: [Key] = [
    Key("title", .text, "Shown to the operator in place of the name."),
    Key("description", .text, "For the operator: what this does, and what to look at."),
    Key(
      "needs", .oneOrMany(.named("id")),
      "The nodes this one waits for. If nothing is said: the node before it; in 'mode: parallel' none."),
    Key("when", .condition, "False: the node is skipped. Failing to evaluate is a failure."),
    Key(
      "each", .map(names: .identifiers, .named("items"), exactlyOne: true),
      "One copy for each item of a list or map, made with the plan: each: { host: [a, b] }, read as each.host."
    ),
    Key(
      "on_failure", .bindable(.choice(FailureRule.self)),
      "What a failure of this node leads to: stop, rollback or continue; inherited from outside."),
    Key(
      "due", .named("due"),
      "When it should have ended: a duration from the run's start, or a moment. Late is an event, no failure."
    ),
    Key("escalate", .list(.named("escalation")), "Who is told when this node takes long."),
    Key("sensitive", .bindable(.boolean), "Output is neither shown nor kept."),
  ]

  static let watch: [Key] = [
    Key("check", .named("id"), isRequired: true, "The name of this watch, unique in the playbook."),
    Key("title", .text, "Shown to the operator in place of the name."),
    Key(
      "trips_after", .duration(allowsZero: true),
      "How long every answer must be a failure, or missing; 0 if nothing is said."),
    Key(
      "on_failure", .bindable(.choice(FailureRule.self)), "stop (default), rollback, or continue: only tell."),
    Key(
      "on_unknown", .bindable(.choice(FailureRule.self)),
      "When no answer comes for 'trips_after'; stop if nothing is said."),
  ]

  static let notice: [Key] = [
    Key("events", .oneOrMany(.choice(Notice.Event.self), atLeast: 1), "What is told."),
    Key("every", .duration(), "Told again and again, this often, while the run lasts."),
    Key("to", .oneOrMany(.text), "Roles or people of the roster."),
    Key(
      "uses", .text, isRequired: true, "The action file that tells: slack.post. It reads the root 'event'."),
    with,
  ]

  static let with = Key(
    "with", .map(names: .identifiers, .any), "What the action file or playbook is given, by parameter.")

  static let parameter: [Key] = [
    Key(
      "type", .words(simpleTypes + ["list", "map"]), isRequired: true,
      "What it is; a list says 'of', a map 'fields'."),
    Key("description", .text, "Shown where it is asked for."),
    Key("default", .any, "Taken when nothing is given; may bind 'environment' and 'roles'."),
    Key("enum", .list(.any), "The values that are allowed."),
    Key("required", .boolean, "True where there is no default."),
    Key("example", .text, "Shown where it is asked for."),
    Key("pattern", .text, "What a string must match as a whole, as RE2 has it."),
    Key("min", .any, "The least number, duration or timestamp."),
    Key("max", .any, "The largest number, duration or timestamp."),
    Key("min_length", .integer(0...1_000_000_000), "Of a string in characters, of a list or map in items."),
    Key("max_length", .integer(0...1_000_000_000), "Of a string in characters, of a list or map in items."),
    Key("of", .named("item_type"), "The type of a list's items."),
    Key("fields", .named("parameters"), "The fields of a map, each as a parameter."),
  ]

  /// The types that are said by one word, sorted.
  static let simpleTypes = ["boolean", "duration", "integer", "number", "string", "timestamp"]
}
