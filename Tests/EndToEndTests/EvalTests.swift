import Testing

@Suite("An expression is tried") struct EvalTests {
  @Test("its value is printed; with its type as JSON")
  func values() throws {
    let sandbox = try Sandbox()
    for (source, text) in [
      ("'a' + \"b\"", "a b".filter { $0 != " " }), ("[1, 2.5, null]", "[1,2.5,null]"),
      ("duration('90m')", "1h30m"),
    ] {
      let end = try sandbox.belay("eval", source)
      #expect(end.status == 0 && end.output == text + "\n" && end.error.isEmpty, "\(source): \(end)")
    }
    let typed = try sandbox.belay("eval", "{'n': 1u}", "--format", "json")
    #expect(
      typed.output.filter { !$0.isWhitespace }
        == #"{"value":{"type":"map","value":[[{"type":"string","value":"n"},{"type":"uint","value":"1"}]]}}"#)
    let wrong = try sandbox.belay("eval", "1 +", "--format", "json")
    #expect(wrong.status == 2 && wrong.output.contains("\"column\": 4"), "\(wrong)")
  }

  @Test(
    "a mistake is shown at its place, exit 2",
    arguments: [
      (
        "1 + 'a'",
        "<expression>:1:1: error: '+' has no meaning for int and string\n    1 + 'a'\n    ^~~~~~~\n"
      ),
      (
        "true &&\n  siz(1)",
        "<expression>:2:3: error: there is no function 'siz'; did you mean 'size'?\n      siz(1)\n"
      ),
    ])
  func mistakes(_ source: String, _ text: String) throws {
    let end = try Sandbox().belay("eval", source)
    #expect(end.status == 2 && end.output.isEmpty && end.error.hasPrefix(text), "\(end)")
  }

  @Test("variables come of a JSON or YAML file")
  func variables() throws {
    let sandbox = try Sandbox()
    sandbox.write(#"{"load": [0.5, 2], "big": 9007199254740993}"#, to: "vars.json")
    sandbox.write("load: [0.5, 2]\nname: ${{ no binding }}\nbig: 9007199254740993\n", to: "vars.yaml")
    for file in ["vars.json", "vars.yaml"] {
      let end = try sandbox.belay("eval", "big - 1 == 9007199254740992 && load[1] == 2", "--vars", file)
      #expect(end.output == "true\n", "\(file): \(end)")
    }
    sandbox.write("- 1\n", to: "list.yaml")
    let list = try sandbox.belay("eval", "1", "--vars", "list.yaml")
    #expect(
      list.status == 2 && list.error.contains("list.yaml:1:1: error: a map of names and values"), "\(list)")
    let missing = try sandbox.belay("eval", "1", "--vars", "nowhere.json")
    #expect(missing.status == 2 && missing.error.contains("nowhere.json"), "\(missing)")
  }

  @Test("what a run has recorded is read")
  func recorded() throws {
    let sandbox = try Sandbox([
      "one": """
      belay: 1
      params: { name: { type: string, default: ana } }
      vars: { greeting: "hello ${{ params.name }}" }
      steps:
        - check: look
          run: echo 41
          outputs: { answer: "int(lines[0]) + 1" }
        - check: never
          when: params.name == "ben"
          run: echo 1
          outputs: { answer: "int(lines[0])" }
      """
    ])
    try sandbox.belay("run", "one")
    for (source, text) in [
      ("steps.look.answer", "42"), ("vars.greeting", "hello ana"),
      ("steps.never.?answer.orValue('none')", "none"),
      ("steps.look.state + ' ' + steps.never.state", "succeeded skipped"), ("now > run.started_at", "true"),
    ] {
      let end = try sandbox.belay("eval", source, "--run", "last")
      #expect(end.status == 0 && end.output == text + "\n", "\(source): \(end)")
    }
    let absent = try sandbox.belay("eval", "steps.never.answer", "--run", "one")
    #expect(absent.status == 2 && absent.error.contains("no such key 'answer' in steps.never"), "\(absent)")
    let none = try sandbox.belay("eval", "1", "--run", "other")
    #expect(none.status == 2 && none.error.contains("there is no run 'other'"), "\(none)")
  }

  @Test("each line gets its answer, in order, whatever the line is")
  func lines() throws {
    let sandbox = try Sandbox()
    sandbox.write(
      """
      {"expr": "x * 2", "vars": {"x": {"type": "int", "value": "21"}}}
      {"expr": "x"}
      no JSON

      {"vars": {}}
      {"expr": "x", "vars": {"x": {"type": "int", "value": 1}}}
      {"expr": "[b, d, t]", "vars": {"b": {"type": "bytes", "value": "AP8="}, "d": {"type": "duration", "value": "5ns"}, "t": {"type": "timestamp", "value": "2026-01-04T02:00:00Z"}}}
      {"expr": "f() || true"}
      """, to: "lines")
    let end = try sandbox.execute(["/bin/bash", "-c", "belay eval --jsonl < lines"]).wait()
    #expect(end.status == 0, "\(end)")
    #expect(
      end.output == #"""
        {"value":{"type":"int","value":"42"}}
        {"error":"there is no 'x' here","line":1,"column":1}
        {"error":"no JSON: no value at byte 0"}
        {"error":"no JSON: the text ends where a value should stand at byte 0"}
        {"error":"'expr', a text, is missing"}
        {"error":"the variable 'x' is no typed value"}
        {"value":{"type":"list","value":[{"type":"bytes","value":"AP8="},{"type":"duration","value":"5ns"},{"type":"timestamp","value":"2026-01-04T02:00:00Z"}]}}
        {"value":{"type":"bool","value":true}}

        """#, "\(end)")
  }

  @Test("without an expression, or with one and --jsonl: exit 2")
  func usage() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.belay("eval").status == 2)
    #expect(try sandbox.belay("eval", "1", "--jsonl").status == 2)
    let help = try sandbox.belay("eval", "--help")
    #expect(help.status == 0 && help.output.contains("Examples:"))
  }
}
