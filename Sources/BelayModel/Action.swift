/// What an action is to reader, plan and engine. One type, one file, one row in `builtInActions`.
///
/// Showing (``preview(_:)``) and doing (``request(_:)``) are different functions.
public protocol Action: Sendable {
  /// The key under which it stands in a node: `run`, `exec`.
  static var keyword: String { get }
  /// What an author reads of it in an editor: one line.
  static var summary: String { get }
  /// What it takes, as far as a schema can say.
  static var shape: Shape { get }
  /// False where this version reads, checks and plans it, and cannot run it.
  static var isRunnable: Bool { get }
  /// A person gives the answer, once: there is no `timeout`, no `every`, and `within` says how long is waited.
  static var asksPerson: Bool { get }
  /// For one attempt when the node says no `timeout`; nil where an attempt has none.
  static func defaultTimeout(inCheck: Bool) -> TimeSpan?
  /// The names that `outputs` and conditions of the node may read, and of which type: `exit_code`, `stdout`, …
  static var results: [ResultField] { get }
  /// Fields that declare values as `params` do, and are checked like those.
  static var declarations: [String] { get }
  /// What a text of its fields may bind.
  ///
  /// - Parameter path: the keys that lead to it; none where the fields are one text. Items of lists have none.
  static func bindable(at path: [String]) -> Bindable
  /// Which of its fields take a secret, for who has bound one elsewhere; nil: none does, `env` may.
  static var secretHelp: String? { get }
  /// Reads the fields; each mistake is appended, and nil is returned when there is one.
  init?(_ source: ActionSource, diagnostics: inout [Diagnostic])
  /// The texts it will bind, in order, for the checks of references and secrets.
  var templates: [Template] { get }
  /// What of it would take for code the values that these variables of its environment hold.
  func hazards(of variables: [NamedTemplate]) -> [Diagnostic]
  /// The program that it starts; nil when it starts none.
  var program: Template? { get }
  /// Whether it may stand where is only asked.
  var effect: ActionEffect { get }
  /// What this one offers beside `results`.
  var ownResults: [ResultField] { get }
  /// What doing it twice does, if its node does not say.
  var repetition: Repetition { get }
  /// What the plan shows, nothing evaluated that is not known yet.
  func preview(_ look: (Expression) -> ShownValue) -> String
  /// What the world is asked to do.
  func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest
  /// What conditions and outputs see of the world's answer.
  ///
  /// - Parameter isRepeat: an earlier attempt under the same key may have got through.
  func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer
}

extension Action {
  public static var isRunnable: Bool { true }
  public static var asksPerson: Bool { false }
  public static var declarations: [String] { [] }
  public static func bindable(at path: [String]) -> Bindable { .values }
  public static var secretHelp: String? { nil }
  public func hazards(of variables: [NamedTemplate]) -> [Diagnostic] { [] }
  public var program: Template? { nil }
  public var ownResults: [ResultField] { [] }
  public var repetition: Repetition { .unknown }
}

/// What doing an action twice does.
public enum Repetition: Hashable, Sendable {
  case unknown
  /// Nothing that once does not.
  case harmless
  /// Once is all that happens, where receipts are kept in the database of this secret.
  case once(secret: String)
}

/// What a text may bind, beside values.
public enum Bindable: Hashable, Sendable {
  case values
  /// Also secrets, alone or as a part.
  case secrets
  /// Also a secret, if it is the whole text.
  case wholeSecret
  /// Also `identifier(…)`.
  case identifiers
}

/// What an action does to the world.
public enum ActionEffect: Hashable, Sendable {
  case read
  /// It changes something, or nobody can tell that it does not.
  case write(Write)
  /// A question if its author says so; a plan names it as that.
  case authorsWord

  public struct Write: Hashable, Sendable {
    /// Within a sentence: `a DELETE writes`.
    public var why: String
    public var span: SourceSpan
    public var help: String
    /// It may be a question all the same, where the author of an action file says so: a search by POST.
    public var mayAsk: Bool

    public init(_ why: String, at span: SourceSpan, help: String, mayAsk: Bool = false) {
      self.why = why
      self.span = span
      self.help = help
      self.mayAsk = mayAsk
    }
  }
}

/// What a plan can say of a value.
public enum ShownValue: Hashable, Sendable {
  case known(Value)
  /// In its place: `(known after merge)`, a secret's name.
  case words(String)

  public var text: String {
    switch self {
    case .known(let value): value.text
    case .words(let words): words
    }
  }
}

/// A name that an action's answer offers to conditions and outputs.
public struct ResultField: Hashable, Sendable {
  public var name: String
  /// CEL's name of its type, also `list(string)`; `dyn` where it depends on the answer.
  public var type: String

  public init(_ name: String, _ type: String) {
    self.name = name
    self.type = type
  }
}

/// What an action may ask while it binds its fields.
public protocol ActionContext {
  /// The value of an expression; a failing evaluation is a failure before the start.
  func evaluate(_ expression: Expression) throws(StepFailure) -> Value
  /// A text with its values; secrets stay references.
  func bind(_ template: Template) throws(StepFailure) -> BoundText
  /// The folder in which commands run.
  var workingDirectory: String { get }
  /// The folder of the project.
  var projectFolder: String { get }
  /// The variables that commands get beside the standard ones; a later one of a name wins.
  var environment: [(name: String, value: BoundText)] { get }
  /// Of these the engine's own, `BELAY_…`.
  var ownVariables: [ProcessRequest.Variable] { get }
  /// Names the deed to who may get it twice; nil: this is a question.
  var idempotencyKey: String? { get }
  /// Whether receipts are kept in the database whose URL is this secret.
  func hasReceipts(_ secret: String) -> Bool
  /// The way to the machine on which a command runs; nil: this one.
  var shell: FarShell? { get }
}

/// A text with its values bound; secrets are references until the world needs them.
public struct BoundText: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case text(String)
    case secret(name: String)
    /// As one word of a shell.
    case quotedSecret(name: String)
    /// As it stands between the quotes of a JSON string.
    case jsonSecret(name: String)
    /// Percent-encoded, all but the unreserved characters.
    case percentSecret(name: String)
  }

  public var parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }
  public init(_ text: String) { parts = [.text(text)] }

  public var holdsSecret: Bool {
    parts.contains { if case .text = $0 { false } else { true } }
  }

  /// With the names of secrets in place of their values.
  public var shown: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .secret(let name), .quotedSecret(let name), .jsonSecret(let name), .percentSecret(let name):
        "${secrets.\(name)}"
      }
    }.joined()
  }
}

/// What conditions and outputs see of an attempt.
public struct ActionAnswer: Hashable, Sendable {
  /// The fields of `results` that there are.
  public var fields: ValueMap
  /// Fields of `results` that there are not, each with its reason: `stdout is empty`.
  public var absent: [String: String] = [:]
  /// Nil when there was an answer and nothing in it is an error by itself.
  public var failure: StepFailure?
  /// What is told of it where a condition does not hold and nothing in it is an error by itself.
  public var evidence: StepFailure?
  /// Without an answer `outputs` and `expect` have nothing to read.
  public var answered: Bool
  /// False after a timeout, a kill, a broken connection: the effect may or may not have happened.
  public var definite: Bool
  /// It is proven that nothing has come of it: it never began, or what had begun was taken back.
  public var changedNothing = false
  /// An answer that proves nothing, unless the conditions speak of it.
  public var inconclusive = Inconclusive.never
  /// The field in which an answer says that it has failed; `expect` may judge it otherwise.
  public var verdictField: String?

  public enum Inconclusive: Hashable, Sendable {
    case never, inQuestions, always
  }

  public init(fields: ValueMap, failure: StepFailure?, answered: Bool, definite: Bool) {
    self.fields = fields
    self.failure = failure
    self.answered = answered
    self.definite = definite
  }
}

/// The world's mistake, shown with its evidence and journalled.
public struct StepFailure: Error, Hashable, Sendable {
  /// The kind of a failure that proves that nothing has started.
  public static let notStarted = "start"

  /// As `error.kind`: connect dns tls timeout exit signal sql parse limit start expression.
  public var kind: String
  public var message: String
  public var exitCode: Int32?
  /// PostgreSQL's code of the error.
  public var sqlstate: String?
  /// The last lines of what the command said on stderr.
  public var stderr: String
  /// How long the other side asks to be left alone.
  public var retryAfter: TimeSpan?

  public init(
    kind: String, message: String, exitCode: Int32? = nil, sqlstate: String? = nil, stderr: String = "",
    retryAfter: TimeSpan? = nil
  ) {
    self.kind = kind
    self.message = message
    self.exitCode = exitCode
    self.sqlstate = sqlstate
    self.stderr = stderr
    self.retryAfter = retryAfter
  }
}
