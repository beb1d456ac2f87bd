import BelayExpressions
import BelayModel
import Testing

private let types: [String: StaticType] = [
  "exit_code": .int, "stdout": .string, "lines": .list(.string), "json": .dyn, "took": .duration,
  "at": .timestamp,
  "ok": .bool, "ratio": .double, "big": .uint, "data": .bytes,
  "params": .record(["n": .int, "soak": .duration, "names": .list(.string), "db": .record(["host": .string])]
  ),
  "counts": .map(.int),
]

private func check(_ source: String) throws -> (result: StaticType, errors: [Diagnostic]) {
  try Program(parsing: Expression(source, at: SourceSpan(file: "f.yaml", line: 1, column: 1))).checkTypes(
    types)
}

@Suite("Types are checked before anything is evaluated") struct TypeCheckTests {
  @Test(
    "what cannot be is found at its place",
    arguments: [
      ("exit_code == \"0\"", "an int is compared with a string: that is never true", 1),
      ("stdout != 1", "that is always true", 1), ("ok == \"true\"", "a bool is compared with a string", 1),
      ("params.soak + 1", "'+' has no meaning for a duration and an int", 1),
      ("json.a > 0 && ratio + 1 > 0.0", "'+' has no meaning for a double and an int", 15),
      ("size(params.n) > 0", "size() takes string, bytes, list or map here, this is an int", 6),
      ("stdout.n == 1", "this is a string: it has no 'n'", 1),
      ("params.n.x", "this is an int: it has no 'x'", 1),
      ("lines[\"a\"]", "a list is read by a number, this is a string", 7),
      ("exit_code[0]", "it has no elements", 1),
      ("!exit_code", "'!' needs a bool, this is an int", 2),
      ("-stdout", "'-' has no meaning for a string", 1),
      ("ok && stdout", "'&&' needs a bool, this is a string", 7), ("lines || ok", "'||' needs a bool", 1),
      ("stdout ? 1 : 2", "'?' needs a bool, this is a string", 1), ("stdout < 1", "'<' has no meaning", 1),
      ("1 in lines", "an int is never in a list of string", 1),
      ("\"a\" in stdout", "'in' needs a list or a map", 8),
      ("stdout.startsWith(1)", "startsWith() takes string here, this is an int", 19),
      ("lines.trim()", "trim() takes string here, this is a list", 1),
      ("[1].join()", "join() takes list here", 1),
      ("took.getFullYear()", "getFullYear() takes timestamp here, this is a duration", 1),
      ("lines.all(l, l > 0)", "'>' has no meaning for a string and an int", 14),
      ("lines.filter(l, l)", "filter() needs a bool, this is a string", 17),
      ("exit_code.all(x, true)", "needs a list", 1),
      ("lines.map(l, size(l)).exists(n, n == \"1\")", "an int is compared with a string", 33),
      ("{\"a\": 1}.a == \"x\"", "an int is compared with a string", 1),
      ("{1.5: 1}", "a key cannot be a double", 2),
      ("json.?a == 1", "an optional is compared with an int", 1), ("json.?a > 1", "not yet a value", 1),
      ("stdout.orValue(1)", "orValue() needs an optional, this is a string", 1),
      ("has(stdout.x)", "has() needs a map, this is a string", 5), ("[?1]", "'?' needs an optional", 3),
      ("optional.of(1).or(2)", "or() needs an optional", 19),
      ("at + at", "'+' has no meaning for a timestamp", 1),
      ("params.?n.optMap(n, n.trim()).hasValue()", "trim() takes string here, this is an int", 21),
      ("counts.x == \"1\"", "an int is compared with a string", 1), ("int(took)", "int() takes", 5),
    ])
  func found(_ source: String, _ message: String, _ column: Int) throws {
    let errors = try check(source).errors
    #expect(errors.count == 1)
    #expect(errors.first?.message.contains(message) == true, "\(errors.first?.message ?? "")")
    #expect(errors.first?.span.column == column)
  }

  @Test(
    "the mend is told",
    arguments: [
      ("exit_code == \"0\"", "write 0 without quotes"), ("took > 60", "write duration(\"60s\")"),
      ("at > \"2026-01-04T00:00:00Z\"", "write timestamp(\"2026-01-04T00:00:00Z\")"),
      ("ok == \"true\"", "write true without quotes"),
      ("stdout + exit_code", "write string(…) around the other"),
      ("json.?a == 1", "add .orValue(…) to the optional"), ("\"a\" in stdout", "write text.contains(part)"),
    ])
  func mended(_ source: String, _ help: String) throws {
    #expect(try check(source).errors.first?.help == help)
  }

  @Test(
    "what may be is left alone, and its type is known",
    arguments: [
      ("json.a.b[0] == 1 && json == \"x\" && json.x + 1 > 2.5", StaticType.bool), ("exit_code == 1.0", .bool),
      ("dyn(exit_code) == \"0\"", .bool), ("json.x == null && exit_code != null", .bool),
      ("at - at", .duration),
      ("at + took", .timestamp), ("big < 1 && ratio > 1", .bool), ("lines.map(l, int(l))", .list(.int)),
      ("params.db.?host.orValue(\"x\")", .string), ("params.db.port", .dyn), ("ok ? 1 : \"a\"", .dyn),
      ("lines.filter(l, l != \"\")[0].split(\",\")", .list(.string)),
      ("counts.map(k, counts[k])", .list(.int)),
      ("counts.all(k, v, v > 0) && lines.exists(i, l, i > 0 && l != \"\")", .bool), ("type(1) == int", .bool),
      ("optional.none()", .optional(.dyn)), ("json.?a.optFlatMap(a, a.?b)", .optional(.dyn)),
      ("lines.transformMap(i, l, size(l))", .map(.int)), ("{\"a\": 1, \"b\": \"x\"}.b", .string),
      ("[] == lines", .bool),
      ("[1, 2.0][0]", .dyn), ("\"%d\".format([1])", .string), ("data + b\"x\" == data", .bool), ("now", .dyn),
    ])
  func left(_ source: String, _ type: StaticType) throws {
    let checked = try check(source)
    #expect(checked.errors.isEmpty)
    #expect(checked.result == type)
  }
}
