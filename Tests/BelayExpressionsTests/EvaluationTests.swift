import BelayExpressions
import BelayModel
import Testing

private func parse(_ source: String) throws -> Program {
  try Program(parsing: Expression(source, at: SourceSpan(file: "f.yaml", line: 3, column: 10)))
}

private let variables = Bindings([
  "params": .map(["name": .string("ana"), "count": .int(3), "on": .bool(true)]),
  "steps": .map(["build": .map(["sha": .string("abc"), "list": .list([.int(1), .int(2), .int(3)])])]),
  "nan": .double(.nan), "n": .int(7),
])

private func value(_ source: String) throws -> Value { try parse(source).evaluate(variables) }

@Suite("Expressions have the values that CEL gives them") struct EvaluationTests {
  @Test(
    "conditions that hold",
    arguments: [
      "1 + 2 * 3 == 7", "(1 + 2) * 3 == 9", "-7 / 2 == -3", "-7 % 2 == -1", "7u / 2u == 3u",
      "1.5 + 1.5 == 3.0",
      "1 == 1.0 && 1u == 1 && !(1 == 2u)", "1 < 1.5 && 2u > 1.5", "'a' < 'b' && 'a' + 'b' == 'ab'",
      "[1, 2] + [3] == [1, 2, 3]", "{'a': 1}['a'] == 1 && {'a': 1}.a == 1", "{1: 'x'}[1u] == 'x'",
      "2 in [1, 2] && !('c' in {'a': 1})", "true ? true : 1 / 0 == 1", "true || 1 / 0 == 1",
      "1 / 0 == 1 || true",
      "!(false && 1 / 0 == 1)", "nan != nan", "!(nan < 1.0)", "null == null",
      "size('äö') == 2 && size([1]) == 1",
      "params.name == 'ana' && params['count'] == 3", "has(params.name) && !has(params.other)",
      "steps.build.list.all(x, x > 0) && steps.build.list.exists(x, x == 2)",
      "steps.build.list.exists_one(x, x == 2) && steps.build.list.filter(x, x > 1) == [2, 3]",
      "steps.build.list.map(x, x * 2) == [2, 4, 6] && steps.build.list.map(x, x > 1, x + 1) == [3, 4]",
      "{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", "[].all(x, false)", "int('42') == 42 && int(3.9) == 3",
      "uint(3) == 3u && double('1.5') == 1.5 && string(42) == '42' && bool('true')",
      "string(duration('90m')) == '5400s' && duration('1.5s') > duration('1s')",
      "timestamp('2026-01-04T02:00:00Z') + duration('1h') == timestamp('2026-01-04T03:00:00Z')",
      "timestamp('2026-01-04T02:00:00Z').getDayOfWeek() == 0 && timestamp('2026-01-04T02:00:00Z').getMonth() == 0",
      "timestamp('2026-01-04T23:30:00Z').getHours('+02:00') == 1 && duration('3661s').getMinutes() == 61",
      "type(1) == int && type('a') == string && type([]) == list && type(type(1)) == type",
      "'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')",
      "'hello'.matches('h.l+o$') && matches('x1', '^[a-z][0-9]$') && !'abc'.matches('^b')",
      "'a,b,c'.split(',') == ['a', 'b', 'c'] && ['a', 'b'].join('-') == 'a-b'",
      "' x '.trim() == 'x' && 'Abc'.lowerAscii() == 'abc' && 'abc'.upperAscii() == 'ABC'",
      "'abcabc'.indexOf('c') == 2 && 'abcabc'.lastIndexOf('c') == 5 && 'abc'.indexOf('x') == -1",
      "'hello'.substring(1, 3) == 'el' && 'hello'.charAt(1) == 'e' && 'aXbX'.replace('X', '-') == 'a-b-'",
      "params.?other.orValue('none') == 'none' && params.?name.orValue('x') == 'ana'",
      "params.?other.hasValue() == false && [1, 2][?5].orValue(9) == 9",
      "[[1], [2, [3]]].flatten() == [1, 2, [3]]",
      "r'\\d' == '\\\\d' && '\\u00e4' == 'ä' && b'ab' == bytes('ab')", "\"\"\"a\"b\"\"\" == 'a\"b'",
      "0x1F == 31 && 1e3 == 1000.0 && .5 == 0.5", "-9223372036854775808 < 0", "{'a': {'b': 1}}.a.b == 1",
      "[1, 2, 3][n - 5] == 3", "'\\u00e9' != 'e\\u0301'",
    ])
  func holds(_ source: String) throws { #expect(try value(source) == .bool(true)) }

  @Test(
    "what has no value is an error, never a guess",
    arguments: [
      ("params.other", "no such key 'other' in params"), ("[1][1]", "no element 1 in a list of 1"),
      ("1 / 0", "division by zero"), ("9223372036854775807 + 1", "integer overflow"),
      ("-(-9223372036854775808)", "integer overflow"), ("'a' + 1", "'+' has no meaning for string and int"),
      ("1 + 1.0", "'+' has no meaning for int and double"), ("unknown", "there is no 'unknown' here"),
      ("int('x')", "'x' is no int"), ("'a' < 1", "string and int have no order"), ("!1", "'!' needs a bool"),
      ("1 ? 2 : 3", "'?' needs a bool"), ("1 && true || 1 / 0 == 0", "'&&' needs bools"),
      ("{'a': 1, 'a': 2}", "the key 'a' stands twice"), ("params.name.first", "params.name is string"),
      ("duration('2d')", "'2d' is no duration"), ("'x'.matches('(')", "the pattern '('"),
      ("[1, 2].all(x, x + 'a' == 1)", "'+' has no meaning"), ("uint(-1)", "integer overflow"),
    ])
  func fails(_ source: String, _ message: String) throws {
    #expect {
      try value(source)
    } throws: { error in
      (error as? EvaluationError)?.message.contains(message) == true
    }
  }

  @Test(
    "mistakes are found at their place before anything runs",
    arguments: [
      ("a = 1", "'=' has no meaning here", 12), ("a and b", "'and' is not expected here", 12),
      ("siz(a)", "there is no function 'siz'", 10),
      ("a.startWith('x')", "there is no function 'startWith'", 12),
      ("(1", "')' expected", 12), ("has(a)", "has() takes one path", 10),
      ("'abc", "the string does not end", 10),
      ("1 +", "a value expected", 13), ("", "an expression expected", 10),
      ("size(1, 2)", "size() takes 1 argument", 10),
      ("'\\d'", "is no escape", 11), ("99999999999999999999", "is no number of 64 bits", 10),
    ])
  func syntax(_ source: String, _ message: String, _ column: Int) throws {
    #expect {
      try parse(source)
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.message.contains(message) && diagnostic.span.column == column
        && diagnostic.span.line == 3
    }
  }

  @Test("hostile sources are refused or bounded, and none overflows the stack")
  func bounds() throws {
    let deep = String(repeating: "(", count: 100_000)
    #expect(throws: Diagnostic.self) { try parse(deep) }
    #expect(throws: Diagnostic.self) { try parse(String(repeating: "!", count: 50_000) + "true") }
    #expect(throws: Diagnostic.self) { try parse(String(repeating: "1+", count: 20_000) + "1") }
    #expect(throws: Diagnostic.self) { try parse(String(repeating: "[", count: 200)) }
    #expect(try value(String(repeating: "true && ", count: 5_000) + "true") == .bool(true))
    let list = "[" + (0..<200).map(String.init).joined(separator: ",") + "]"
    #expect(throws: EvaluationError.self) {
      try value("\(list).all(a, \(list).all(b, \(list).all(c, a + b + c >= 0)))")
    }
    #expect(try value("'\(String(repeating: "a", count: 5_000))'.matches('(a*)*b')") == .bool(false))
  }

  @Test("references are listed with their guards; a macro's names are none")
  func references() throws {
    let program = try parse(
      "steps.merge.sha == x.y && has(steps.a.b) && steps.?c.d.orValue(1) == 1 && l.all(e, e > z)")
    #expect(
      program.references.map(\.path) == [
        ["steps", "merge", "sha"], ["x", "y"], ["steps", "a", "b"], ["steps", "c", "d"], ["l"], ["z"],
      ])
    #expect(program.references.map(\.guarded) == [false, false, true, true, false, false])
    #expect(program.vacuousAlls(sized: program.sizedTexts).count == 1)
    let asked = try parse("size(l) > 0 && l.all(e, e > 0)")
    #expect(asked.sizedTexts == ["l"] && asked.vacuousAlls(sized: asked.sizedTexts).isEmpty)
    #expect(try parse("!(a > 0.5)").negatedComparisons.count == 1)
  }

  @Test("a condition that came out false is explained with its values")
  func explanation() throws {
    #expect(
      try parse("params.on && params.name == 'ben'").failureExplanation(variables)
        == "params.name == 'ben': params.name is \"ana\"")
    #expect(
      try parse("params.missing == 1").failureExplanation(variables).contains(
        "missing (no such key 'missing'"))
  }
}
