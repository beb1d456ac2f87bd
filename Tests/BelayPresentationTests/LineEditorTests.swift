import BelayPresentation
import Testing

@Suite("A line that is typed") struct LineEditorTests {
  @Test(
    "is what its keys make of it",
    arguments: [
      ("yes\r", ["yes"], ""), ("ye\u{7F}es\n", ["yes"], ""), ("\u{7F}\u{8}x", [], "x"),
      ("no\u{15}yes", [], "yes"), ("done a=1 b\u{17}c", [], "done a=1 c"),
      ("a\u{1B}[Db\u{1B}OCc\u{1B}[1;5D", [], "abc"), ("a\u{4}\u{1}b", [], "ab"),
      ("one\ntwo\nth", ["one", "two"], "th"),
      ("ä日\u{7F}", [], "ä"),
    ])
  func keys(typed: String, lines: [String], rest: String) {
    var line = LineEditor()
    #expect(line.take(typed.utf8) == lines)
    #expect(line.text == rest)
  }

  @Test("comes in any pieces")
  func pieces() {
    var whole = LineEditor()
    _ = whole.take("日本\u{1B}[A ü".utf8)
    var pieces = LineEditor()
    for byte in "日本\u{1B}[A ü".utf8 {
      _ = pieces.take([byte])
      #expect(!pieces.text.unicodeScalars.contains("\u{FFFD}"))
    }
    #expect(pieces.text == whole.text && whole.text == "日本 ü")
  }
}
