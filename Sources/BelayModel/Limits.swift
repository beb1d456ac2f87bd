/// What numbers of the language may be; bound ones are held to the same when the plan is made.
public enum Limits {
  /// In one playbook, and in a plan with all that is called, copied, done again and undone.
  public static let nodes = 12_500
  /// Playbooks that are called inside each other, the outermost counted.
  public static let calls = 16
  /// What evaluating may take in one plan: steps, and what the values would take if each were written out, in bytes.
  public static let planSteps = 4_000_000
  public static let planValues = 1 << 24
  /// Bytes of all files that one playbook may lead to.
  public static let linkedBytes = 4 << 20
  /// `${{ … }}` in one file.
  public static let bindings = 80_000
  /// `matches(…)` in one file: a pattern of a few characters may cost a millisecond.
  public static let patterns = 500
  /// Bytes of expressions, and of commands, statements and addresses with values bound in them, in one file: how each
  /// of them is read by those who run it is found out here.
  public static let examined = 3 << 19
  /// In bytes.
  public static let expression = 16 << 10
  /// Of one body: names of outputs, and of captures.
  public static let names = 200
  public static let attempts = 1000
  /// Of a group: each round is laid out in the plan.
  public static let rounds = 20
  public static let backoff = 1.0...100.0
  public static let maxParallel = 1...1000
  public static let tolerate = 0...1000
  public static let minSamples = 1...1_000_000
  public static let approvers = 1...20
  /// What is kept of an output or an answer, in bytes: at most, and where nothing is said.
  public static let maxOutput = 64 << 20
  public static let output = 1 << 20
}
