import BelayExpressions
import BelayModel
import Testing

private func failure(_ source: String) -> String {
  do {
    let program = try Program(parsing: Expression(source, at: .nowhere("f.yaml")))
    return "has the value \(try program.evaluate(Bindings([:])).typeName)"
  } catch let error as EvaluationError {
    return error.message
  } catch { return "\(error)" }
}

private func chain(_ start: String, _ link: String, _ count: Int, _ end: String = "") -> String {
  start + String(repeating: link, count: count) + end
}

@Suite("Work and memory of an expression are bounded") struct BoundsTests {
  private static let text = "'" + String(repeating: "a", count: 1000) + "'"

  @Test(
    "what grows without end is ended",
    arguments: [
      // A value that holds the same part 2¹⁰⁰ times: made at once, never looked at as a whole.
      chain("[[1]]", ".map(x, [x, x])", 100), chain("[[1]]", ".map(x, [x, x])", 100, " == [[2]]"),
      chain("[[1]]", ".map(x, [x, x])", 100, ".map(x, '%s'.format([x]))"),
      chain("[[1]]", ".map(x, [x, x])", 100, ".exists(x, x in [[3]])"),
      chain("[\(text)]", ".map(x, x + x)", 60),
      "[\(text)].map(x, x.replace('a', x)).map(x, x.replace('a', x))",
      "[\(text)].map(x, x.replace('a', x)).map(x, x.split('').join(x))",
      "[\(text)].map(x, x + x + x + x + x + x + x + x).map(x, x + x + x + x + x + x + x + x).map(x, x.matches('(a?){900}a{900}b'))",
      chain("[[1, 2, 3, 4, 5, 6, 7, 8]]", ".map(x, [x, x, x, x, x, x, x, x].flatten())", 12),
    ])
  func ends(_ source: String) {
    let message = failure(source)
    #expect(
      message.hasPrefix("more than 1000000 steps") || message.contains("would be longer than 4 MiB")
        || message.contains("would have more than"), "\(message)")
  }

  @Test("a value is nested no deeper than what reads it can go")
  func depth() {
    #expect(
      failure(chain("[1]", ".map(x, [[[[[[[[[[x]]]]]]]]]])", 60))
        == "the value is nested deeper than 200 levels")
  }

  @Test("a pattern that would take too much memory is refused, one that is only long is not")
  func patterns() {
    #expect(failure("'x'.matches('((a{100}){100}){100}')").contains("the pattern '"))
    #expect(failure("\(BoundsTests.text).matches('(a|aa|aaa)*b')") == "has the value bool")
  }

  @Test("the place of a search does not matter to its time: both texts are read once")
  func search() {
    let hay = "[\(BoundsTests.text)].map(x, x + x + x + x + x + x + x + x)"
    #expect(failure("\(hay).map(x, x.contains(x.substring(1) + 'b'))") == "has the value list")
  }
}
