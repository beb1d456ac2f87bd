import BelayExpressions
import BelayModel
import Testing

private func evaluated(_ source: String) throws -> Value {
  try Program(parsing: Expression(source, at: .nowhere("f.yaml"))).evaluate(
    Bindings([
      "release": .map(["tag": .string("v2"), "content-type": .string("text"), "nothing": .null]),
      "empty": .list([]),
    ]))
}

@Suite("Every function, macro and operator") struct FunctionTests {
  @Test(
    "has the value of CEL's definition",
    arguments: [
      // Macros with two names.
      "['a', 'b'].all(i, x, i < 2 && x >= 'a') && !['a', 'b'].all(i, x, i == 0)",
      "{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2) && ![1].exists(i, x, i > 0)",
      "[5, 5, 6].existsOne(i, x, x == 6) && ![5, 5].exists_one(i, x, x == 5)",
      "[10, 20].transformList(i, x, x + i) == [10, 21]",
      "{'a': 1, 'b': 2}.transformList(k, v, v > 1, k) == ['b']",
      "{'a': 1, 'b': 2}.transformMap(k, v, v * 10) == {'a': 10, 'b': 20}",
      "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v) == {'b': 2} && [7].transformMap(i, x, x) == {0: 7}",
      "[[1, 2], [3]].map(l, l.map(x, x + size(l))) == [[3, 4], [4]]",
      "[1, 2].exists(x, 1 / (x - 1) == 1) && ![1, 0].all(x, 1 / x == 2)",
      // Optionals.
      "release.?tag.optMap(t, t + '.1').orValue('none') == 'v2.1'",
      "!release.?other.optMap(t, t + 1).hasValue()",
      "release.?tag.optFlatMap(t, t == 'v2' ? optional.of(2) : optional.none()).value() == 2",
      "!release.?other.optFlatMap(t, optional.of(t)).hasValue()",
      "optional.of(1) == optional.of(1) && optional.of(1) != optional.none()",
      "optional.none() == optional.none() && type(optional.of(1)) == optional_type",
      "optional.none().or(optional.of(3)).value() == 3 && optional.of(1).or(optional.of(3)).value() == 1",
      "!optional.ofNonZeroValue('').hasValue() && optional.ofNonZeroValue('x').value() == 'x'",
      "[1, ?release.?other, ?optional.of(2)] == [1, 2]",
      "{?'tag': release.?tag, ?'other': release.?other} == {'tag': 'v2'}",
      "release[?'tag'].hasValue() && !empty[?0].hasValue() && release.?tag[?5].orValue('') == ''",
      // Keys that are no names.
      "release.`content-type` == 'text' && release.?`content-type`.hasValue() && has(release.`content-type`)",
      // Strings.
      "'%s has %d of %d'.format(['disk', 3, 4u]) == 'disk has 3 of 4'",
      "'%.2f %f %e'.format([2.675, 1e22, 31.4]) == '2.67 10000000000000000000000.000000 3.140000e+01'",
      "'%.0f %.0f %.1f'.format([0.5, 1.5, 0.25]) == '0 2 0.2' && '%.3f'.format([9.9996]) == '10.000'",
      "'%.2e %e %.0e'.format([9.999, 0.0, 5]) == '1.00e+01 0.000000e+00 5e+00'",
      "'%.3f'.format([-0.0004]) == '-0.000' && '%f'.format([5e-324]) == '0.000000'",
      "'%b %o %x %X %x'.format([-5, 8, 255, 255u, 'az']) == '-101 10 ff FF 617a'",
      "'%b %% %s'.format([true, {'b': [1, 2.5], 'a': null}]) == '1 % {a: null, b: [1, 2.5]}'",
      "'%s %s %s'.format([duration('90s'), type(1), b'ok']) == '90s int ok'",
      "'%d %f'.format([double('NaN'), double('-inf')]) == 'NaN -Infinity'",
      "strings.quote('a\"b\\\\c\\n') == '\"a\\\\\"b\\\\\\\\c\\\\n\"' && strings.quote('ä') == '\"ä\"'",
      "'aaaa'.indexOf('aa', 1) == 1 && 'aaaa'.lastIndexOf('aa') == 2 && 'aaaa'.lastIndexOf('aa', 1) == 1",
      "'äbä'.indexOf('ä', 1) == 2 && ''.indexOf('') == 0 && 'abc'.lastIndexOf('') == 3",
      "'aaa'.replace('aa', 'b') == 'ba' && 'abc'.replace('', '-') == '-a-b-c-'",
      "'abab'.replace('ab', 'x', 1) == 'xab' && 'abc'.replace('b', '', 0) == 'abc'",
      "'a--b--c'.split('--', 2) == ['a', 'b--c'] && 'abc'.split('') == ['a', 'b', 'c']",
      "'ab'.split('x', 0) == [] && ''.split(',') == [''] && 'a,'.split(',') == ['a', '']",
      "'abc'.reverse() == 'cba' && [1, 2].reverse() == [2, 1] && ['a', 'b'].join() == 'ab'",
      "'abc'.charAt(3) == '' && 'abc'.substring(1) == 'bc' && '\\u00a0x '.trim() == 'x'",
      "[[1, [2]], [3]].flatten() == [1, [2], 3] && [[1, [2]]].flatten(2) == [1, 2] && [[1]].flatten(0) == [[1]]",
      // Patterns are RE2's.
      "'2026-01-04'.matches('^\\\\d{4}-\\\\d\\\\d-\\\\d\\\\d$') && 'Ärger'.matches('(?i)^ä\\\\pL+$')",
      "''.matches('') && 'a\\nb'.matches('(?m)^b$') && !'ab'.matches('^b|a$')",
      // Numbers of three types.
      "dyn(1) == 1u && 1.0 == dyn(1) && dyn(9007199254740993) != 9007199254740992.0",
      "3 in [1u, 2.0, 3.0] && {1: 'x'}[1.0] == 'x' && 2u in {2: true} && dyn(1) < 1.5",
      "7 % -3 == 1 && -7 / 2 == -3 && 2u * 3u == 6u && 1.0 / 0.0 == double('inf')",
      // Moments.
      "timestamp(0) + duration('1m') == timestamp('1970-01-01T00:01:00Z') && int(timestamp(5)) == 5",
      "timestamp('2026-03-01T23:59:59.5Z').getMilliseconds() == 500 && duration('-90s').getSeconds() == -90",
      "timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365 && timestamp(0).getDayOfMonth('-01:00') == 30",
    ])
  func holds(_ source: String) throws { #expect(try evaluated(source) == .bool(true)) }

  @Test(
    "fails with the reason",
    arguments: [
      ("[1].transformMap(i, x, y)", "there is no 'y' here"),
      ("3.exists(x, true)", "needs a list or a map, not int"),
      ("[1].filter(x, x)", "a condition must be a bool"),
      ("optional.of(1) == 1", "an optional is compared with a plain value"),
      ("optional.of({'a': 1}).a.b.hasValue()", "it has no 'b'"),
      ("optional.none().value()", "the optional is empty"),
      ("optional.none().or(1)", "or() needs an optional"), ("[?1]", "'?' needs an optional"),
      ("optional.of(1).optFlatMap(x, x)", "optFlatMap() needs an optional as its result"),
      ("[1].optMap(x, x)", "optMap() needs an optional"),
      ("'%d'.format(['a'])", "%d cannot show string"), ("'%d'.format([])", "there is no value for %d"),
      ("'%q'.format([1])", "%q is no clause"), ("'%'.format([1])", "ends within a clause"),
      ("'%.2d'.format([1])", "%d takes no precision"), ("'%.9999f'.format([1.0])", "a precision is a number"),
      ("'%s'.format(1)", "format() needs a list"), ("1.format([])", "format() needs a string"),
      ("strings.quote(1)", "needs a string, not int"), ("'abc'.charAt(4)", "no character 4 in 3"),
      ("'abc'.indexOf('a', 4)", "no position 4"), ("'abc'.substring(2, 1)", "no part 2 to 1"),
      ("'a'.split(1)", "split() needs a string"), ("['a', 1].join()", "join() needs a string"),
      ("[1].flatten(-1)", "a depth from 0"),
      ("'a'.matches('(?=a)')", "the pattern '(?=a)': invalid perl operator"),
      ("'a'.matches('[z-a]')", "invalid character class range"),
      ("1.matches('a')", "matches() needs a string"),
      ("release.nothing.x", "release.nothing is null_type"),
      ("release.nothing.?x.value()", "the optional is empty"),
      ("timestamp(0).getHours('Mars')", "'Mars' is no zone"), ("'a' < 1", "have no order"),
    ])
  func fails(_ source: String, _ message: String) throws {
    #expect { try evaluated(source) } throws: { error in
      (error as? EvaluationError)?.message.contains(message) ?? false
    }
  }

  @Test(
    "is refused before it is evaluated",
    arguments: [
      ("[1].all(x, x, true)", "the two names are the same"), ("[1].transformList(x, x)", "takes two names"),
      ("[1].optMap(1, 2)", "takes a name and a value"), ("a.`b", "a key in backquotes"),
      ("`a`", "a value expected, but '`a`' stands here"),
      ("strings.quota('x')", "there is no function 'quota'"), ("optional.of()", "takes 1 argument"),
    ])
  func refused(_ source: String, _ message: String) {
    #expect { try evaluated(source) } throws: { error in
      (error as? Diagnostic)?.message.contains(message) ?? false
    }
  }

  @Test("without the check a function that there is not fails only where it is needed")
  func unknownCalls() throws {
    let expression = Expression("siz([1]) == 1 || true", at: .nowhere("f.yaml"))
    #expect(
      try Program(parsing: expression, refusesUnknownCalls: false).evaluate(Bindings([:])) == .bool(true))
    let needed = Expression("siz([1])", at: .nowhere("f.yaml"))
    #expect {
      try Program(parsing: needed, refusesUnknownCalls: false).evaluate(Bindings([:]))
    } throws: { error in
      (error as? EvaluationError)?.message == "there is no function 'siz'; did you mean 'size'?"
    }
  }
}
