internal import BelayModel

/// What `run` and `exec` share: the fields of their answer, the time they get, the texts of their values.
enum ProcessAnswer {
  static let fields = [
    ResultField("exit_code", "int"), ResultField("stdout", "string"), ResultField("stderr", "string"),
    ResultField("lines", "list(string)"), ResultField("json", "dyn"), ResultField("json_lines", "list"),
    ResultField("duration", "google.protobuf.Duration"),
  ]

  static func defaultTimeout(inCheck: Bool) -> TimeSpan { .seconds(inCheck ? 60 : 15 * 60) }

  static func answer(_ result: EffectResult) -> ActionAnswer {
    guard case .process(let process) = result else {
      let failure = StepFailure(
        kind: "parse", message: "the world answered with something else than a process")
      return ActionAnswer(fields: ValueMap(), failure: failure, answered: false, definite: false)
    }
    if let reason = process.stoppedBecause {
      let message = reason == "timeout" ? "stopped when its timeout had passed" : "stopped: \(reason)"
      return unanswered(process, kind: reason == "timeout" ? "timeout" : "signal", message, definite: false)
    }
    switch process.ending {
    case .notStarted(let why):
      let kind = StepFailure.notStarted
      var answer = unanswered(process, kind: kind, "not started: \(why)\(hint(why))", definite: true)
      answer.changedNothing = true
      return answer
    case .signalled(let number):
      return unanswered(process, kind: "signal", "ended by signal \(number)\(name(number))", definite: true)
    case .unreported(let why): return unanswered(process, kind: "connect", why, definite: false)
    case .exited(let code): return exited(process, code)
    }
  }

  private static func exited(_ process: ProcessResult, _ code: Int32) -> ActionAnswer {
    var fields: ValueMap = [
      "exit_code": .int(Int64(code)), "stdout": .string(process.stdout.text),
      "stderr": .string(process.stderr.text),
    ]
    fields["duration"] = .duration(process.duration)
    var answer = ActionAnswer(fields: fields, failure: nil, answered: true, definite: true)
    answer.verdictField = "exit_code"
    if process.stdout.truncated {
      for name in ["lines", "json", "json_lines"] { answer.absent[name] = "stdout was not kept as a whole" }
    } else {
      addParsed(process.stdout.text, to: &answer)
    }
    let stderr = tail(process.stderr.text)
    answer.evidence = StepFailure(kind: "expect", message: "", exitCode: code, stderr: stderr)
    guard code != 0 else { return answer }
    answer.failure = StepFailure(
      kind: "exit", message: "exit status \(code)\(meaning(code))", exitCode: code, stderr: stderr)
    return answer
  }

  private static func addParsed(_ stdout: String, to answer: inout ActionAnswer) {
    let lines = lines(stdout)
    answer.fields["lines"] = .list(lines.map { .string($0) })
    addJSON(stdout, of: "stdout", to: &answer)
    var values: [Value] = []
    for (number, line) in lines.enumerated() where !isBlank(line) {
      do {
        values.append(Value(plain: try JSON(parsing: line.utf8)))
      } catch {
        answer.absent["json_lines"] =
          "line \(number + 1) of stdout is no JSON: \(mistake(error, in: line))"
        return
      }
    }
    answer.fields["json_lines"] = .list(values)
  }

  /// The text as `json`, or why there is none.
  static func addJSON(_ text: String, of name: String, to answer: inout ActionAnswer) {
    do {
      answer.fields["json"] = Value(plain: try JSON(parsing: text.utf8))
    } catch {
      answer.absent["json"] =
        isBlank(text) ? "\(name) is empty" : "\(name) is no JSON: \(mistake(error, in: text))"
    }
  }

  private static func isBlank(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  private static func mistake(_ error: JSONError, in text: String) -> String {
    let text = text.unicodeScalars
    let end = text.lastIndex { $0 != "\n" && $0 != "\r" }.map(text.index(after:)) ?? text.startIndex
    let start = text[..<end].prefix(40)
    let more = start.endIndex < end ? "…" : ""
    return "\(error.message) at byte \(error.offset); it begins with '\(String(start))\(more)'"
  }

  /// At `\n` or `\r\n`; a line end at the end starts no further line.
  static func lines(_ text: String) -> [String] {
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { String(Substring($0.last == 0x0D ? $0.dropLast() : $0)) }
  }

  /// At most the last twenty lines, 4 KiB.
  static func tail(_ text: String) -> String {
    let last = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).suffix(21)
    let bytes = Array(last.joined(separator: [0x0A]).suffix(4096))
    let start = bytes.firstIndex { $0 & 0xC0 != 0x80 } ?? 0
    return String(decoding: bytes[start...], as: UTF8.self)
  }

  private static func unanswered(
    _ process: ProcessResult, kind: String, _ message: String, definite: Bool
  ) -> ActionAnswer {
    let failure = StepFailure(kind: kind, message: message, stderr: tail(process.stderr.text))
    return ActionAnswer(fields: ValueMap(), failure: failure, answered: false, definite: definite)
  }

  private static func hint(_ why: String) -> String {
    let words = why.lowercased()
    guard words.contains("no such file") || words.contains("not found") else { return "" }
    return "; is it installed here, and on the PATH the step gets? 'pass' hands on variables of the caller"
  }

  /// - Source: bash(1), "EXIT STATUS".
  private static func meaning(_ code: Int32) -> String {
    switch code {
    case 126: " (found, but not executable)"
    case 127: " (command not found; is it on the PATH the step gets?)"
    default: ""
    }
  }

  /// - Source: signal(7), the numbers of x86 and ARM.
  private static func name(_ number: Int32) -> String {
    let names: [Int32: String] = [
      1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 11: "SEGV",
      13: "PIPE",
      14: "ALRM", 15: "TERM", 24: "XCPU", 25: "XFSZ", 31: "SYS",
    ]
    return names[number].map { " (SIG\($0))" } ?? ""
  }
}

extension ActionContext {
  var variables: [ProcessRequest.Variable] {
    environment.map { ProcessRequest.Variable(name: $0.name, value: $0.value) }
  }

  /// The value of an expression as the text a command gets.
  ///
  /// - Throws: when there is no value, or one that no command can be given.
  func text(of expression: Expression) throws(StepFailure) -> String {
    try ProcessAnswer.text(try evaluate(expression), of: expression)
  }
}

extension ProcessAnswer {
  static func text(_ value: Value, of expression: Expression) throws(StepFailure) -> String {
    if case .null = value {
      throw StepFailure(kind: "expression", message: "'\(expression.source)' has no value")
    }
    let text = value.text
    guard !text.utf8.contains(0) else {
      throw StepFailure(
        kind: "expression",
        message: "the value of '\(expression.source)' holds a NUL character, which no command can be given")
    }
    return text
  }

  /// - Throws: when Linux would refuse the argument or variable, whose bytes are counted with its name and NUL.
  static func checkLength(_ bytes: Int, _ what: @autoclosure () -> String) throws(StepFailure) {
    guard bytes > BoundScript.argumentLimit else { return }
    throw StepFailure(
      kind: "limit",
      message:
        "\(what()) has \(bytes - 1) bytes; one argument or variable can carry 131071: pass it in a file")
  }

  /// Of all arguments and variables together, a pointer of each counted: a quarter of a stack of 8 MiB, less what the
  /// variables need that every command gets.
  ///
  /// - Source: execve(2), "Limits on size of arguments and environment".
  private static let spaceLimit = 2_097_152 - 131_072

  /// The request, when Linux can carry it.
  ///
  /// - Throws: for a NUL character, and for a variable or a whole that is too long; a secret's length is not known yet.
  static func checked(_ request: ProcessRequest) throws(StepFailure) -> ProcessRequest {
    var space = 0
    for argument in request.arguments { space += argument.utf8.count + 9 }
    for variable in request.environment {
      space += try checkedLength(of: variable) + 8
    }
    guard space > spaceLimit else { return request }
    throw StepFailure(
      kind: "limit",
      message:
        "all arguments and variables have \(space) bytes; \(spaceLimit) can be carried: pass them in a file")
  }

  /// In bytes, with its name, `=` and NUL; a secret's length is not known yet.
  ///
  /// - Throws: for a NUL character, and for what is too long.
  static func checkedLength(of variable: ProcessRequest.Variable) throws(StepFailure) -> Int {
    var length = variable.name.utf8.count + 2
    for case .text(let text) in variable.value.parts {
      length += text.utf8.count
      guard !text.utf8.contains(0) else {
        throw StepFailure(
          kind: "expression",
          message: "the variable '\(variable.name)' holds a NUL character, which no command can be given")
      }
    }
    try checkLength(length, "the variable '\(variable.name)'")
    return length
  }
}
