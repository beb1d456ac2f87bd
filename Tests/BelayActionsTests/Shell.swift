import BelayActions
import BelayModel
import Glibc

/// Runs what an action asks for, for real.
enum Shell {
  struct Output: Equatable {
    var status: Int32
    var stdout: [UInt8]
  }

  private static let folder: String = {
    var template = Array("/tmp/belay-actions-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }()

  static func run(_ request: ProcessRequest) -> Output? {
    var pipes: [Int32] = [0, 0]
    guard pipe(&pipes) == 0 else { return nil }
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_adddup2(&files, pipes[1], 1)
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addclose(&files, pipes[0])
    let variables =
      ["PATH=/usr/bin:/bin", "LC_ALL=C"]
      + request.environment.map { "\($0.name)=\($0.value.shown)" }
    var id = pid_t()
    // Some contexts redirect into files: not here.
    let started = withStrings(["env", "-C", folder] + request.arguments) { arguments in
      withStrings(variables) { posix_spawn(&id, "/usr/bin/env", &files, nil, arguments, $0) }
    }
    close(pipes[1])
    defer { close(pipes[0]) }
    guard started == 0 else { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(pipes[0], &buffer, buffer.count)
      if count <= 0 { break }
      output += buffer[..<count]
    }
    var status: Int32 = 0
    waitpid(id, &status, 0)
    return Output(status: status >> 8 & 0xFF, stdout: output)
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map(body) ?? body(UnsafePointer(bitPattern: 8).unsafelyUnwrapped)
    }
  }
}

/// Expressions are names of values here.
struct Values: ActionContext {
  var values: [String: Value]
  var workingDirectory = "/tmp"
  var projectFolder = "/tmp"
  var environment: [(name: String, value: BoundText)] = []
  var ownVariables: [ProcessRequest.Variable] = []
  var shell: FarShell?
  var idempotencyKey: String?
  /// Secrets of databases with receipts.
  var receipts: Set<String> = []

  func hasReceipts(_ secret: String) -> Bool { receipts.contains(secret) }

  func bind(_ template: Template) throws(StepFailure) -> BoundText {
    var parts: [BoundText.Part] = []
    for segment in template.segments {
      switch segment {
      case .text(let text): parts.append(.text(text))
      case .expression(let expression) where expression.source.hasPrefix("secrets."):
        parts.append(.secret(name: String(expression.source.dropFirst(8))))
      case .expression(let expression): parts.append(.text(try evaluate(expression).text))
      }
    }
    return BoundText(parts)
  }

  func evaluate(_ expression: Expression) throws(StepFailure) -> Value {
    guard let value = values[expression.source] else {
      throw StepFailure(kind: "expression", message: "no '\(expression.source)'")
    }
    return value
  }
}

enum Actions {
  static let place = SourceSpan(file: "test.yaml", line: 1, column: 1)

  static func run(_ script: String) -> (action: RunAction?, diagnostics: [Diagnostic]) {
    var diagnostics: [Diagnostic] = []
    guard let template = try? Template(parsing: script, at: place) else { return (nil, []) }
    let source = ActionSource(
      keyword: "run", keywordSpan: place, fields: TemplateTree(.text(template), at: place))
    return (RunAction(source, diagnostics: &diagnostics), diagnostics)
  }

  static func exec(_ arguments: [String]) -> (action: ExecAction?, diagnostics: [Diagnostic]) {
    var diagnostics: [Diagnostic] = []
    let items = arguments.compactMap { argument in
      (try? Template(parsing: argument, at: place)).map { TemplateTree(.text($0), at: place) }
    }
    let source = ActionSource(
      keyword: "exec", keywordSpan: place, fields: TemplateTree(.list(items), at: place))
    return (ExecAction(source, diagnostics: &diagnostics), diagnostics)
  }

  static func request(_ action: any Action, _ values: [String: Value]) throws(StepFailure) -> ProcessRequest {
    let asked = try action.request(Values(values: values))
    guard case .process(let request) = asked else {
      throw StepFailure(kind: "test", message: "it starts no process")
    }
    return request
  }
}
