import BelayActions
import BelayModel
import Testing

@Suite("What a process answered") struct AnswerTests {
  private func answer(
    _ ending: ProcessResult.Ending, stdout: String = "", truncated: Bool = false, stderr: String = "",
    stopped: String? = nil
  ) throws -> ActionAnswer {
    let action = try #require(Actions.run("true").action)
    return action.answer(
      .process(
        ProcessResult(
          ending: ending, stdout: .init(text: stdout, truncated: truncated),
          stderr: .init(text: stderr, truncated: false), duration: .seconds(2), stoppedBecause: stopped)),
      isRepeat: false)
  }

  @Test("a success has its fields")
  func success() throws {
    let answer = try answer(.exited(code: 0), stdout: "{\"a\": 1}\n")
    #expect(answer.answered && answer.definite && answer.failure == nil)
    #expect(answer.fields["exit_code"] == .int(0))
    #expect(answer.fields["lines"] == .list([.string("{\"a\": 1}")]))
    #expect(answer.fields["json"] == .map(["a": .int(1)] as ValueMap))
    #expect(answer.fields["json_lines"] == .list([.map(["a": .int(1)] as ValueMap)]))
    #expect(answer.fields["duration"] == .duration(.seconds(2)))
  }

  @Test("a failing command is answered, with its last words")
  func failing() throws {
    let words = (1...40).map { "line \($0)" }.joined(separator: "\n")
    let answer = try answer(.exited(code: 3), stdout: "a\r\nb", stderr: words)
    #expect(answer.answered && answer.definite)
    #expect(answer.failure?.kind == "exit" && answer.failure?.exitCode == 3)
    #expect(
      answer.failure?.stderr.hasSuffix("line 40") == true
        && answer.failure?.stderr.contains("line 9\n") == false)
    #expect(answer.fields["lines"] == .list([.string("a"), .string("b")]))
    #expect(answer.fields["json"] == nil && answer.fields["json_lines"] == nil)
  }

  @Test("nothing is read out of a truncated stream")
  func truncated() throws {
    let answer = try answer(.exited(code: 0), stdout: "[1]", truncated: true)
    #expect(answer.fields["stdout"] == .string("[1]"))
    #expect(
      answer.fields["lines"] == nil && answer.fields["json"] == nil && answer.fields["json_lines"] == nil)
  }

  @Test("no output is no line")
  func empty() throws {
    let answer = try answer(.exited(code: 0))
    #expect(answer.fields["lines"] == .list([]) && answer.fields["json_lines"] == .list([]))
    #expect(answer.fields["json"] == nil)
  }

  @Test("what we stopped proves nothing, whatever it said at its end")
  func stopped() throws {
    let timeout = try answer(.signalled(15), stopped: "timeout")
    #expect(
      !timeout.answered && !timeout.definite && timeout.failure?.kind == "timeout" && timeout.fields.isEmpty)
    let obeyed = try answer(.exited(code: 0), stopped: "cancel")
    #expect(!obeyed.answered && !obeyed.definite)
  }

  @Test("a signal from elsewhere is a failure of its own")
  func crashed() throws {
    let answer = try answer(.signalled(11))
    #expect(!answer.answered && answer.definite)
    #expect(answer.failure?.kind == "signal" && answer.failure?.message == "ended by signal 11 (SIGSEGV)")
  }

  @Test("what did not start failed for certain, and says what to look at")
  func notStarted() throws {
    let answer = try answer(.notStarted("nope: No such file or directory"))
    #expect(!answer.answered && answer.definite && answer.failure?.kind == "start")
    #expect(answer.failure?.message.contains("PATH") == true)
  }
}
