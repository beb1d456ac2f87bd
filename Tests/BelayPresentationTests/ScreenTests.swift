import BelayPresentation
import Testing

@Suite("Painting over what stands on a screen") struct ScreenTests {
  @Test("what has not changed is not written again")
  func differences() {
    var screen = Screen(inColour: false)
    _ = screen.paint([Line("one"), Line("two"), Line("three")], columns: 80)
    let text = screen.paint([Line("one"), Line("2"), Line("three")], columns: 80)
    #expect(!text.contains("one"))
    #expect(text.contains("2\u{1B}[K\r\nthree"))
    #expect(text.contains("\u{1B}[2A"))
    #expect(screen.paint([Line("one"), Line("2"), Line("three")], columns: 80) == "")
  }

  @Test("fewer lines leave nothing of the others behind")
  func fewer() {
    var screen = Screen(inColour: false)
    _ = screen.paint([Line("one"), Line("two")], columns: 80)
    #expect(screen.paint([Line("one")], columns: 80).contains("\u{1B}[J"))
    #expect(screen.clear(columns: 80) == "\u{1B}[1A\r\u{1B}[J")
  }

  @Test("where something is typed the cursor stays behind it, and does not after it")
  func open() {
    var screen = Screen(inColour: false)
    #expect(
      screen.paint([Line("ask"), Line("> y")], columns: 80, isOpen: true).contains("> y\u{1B}[K\u{1B}[?"))
    let more = screen.paint([Line("ask"), Line("> ye")], columns: 80, isOpen: true)
    #expect(!more.contains("ask") && !more.contains("A\r") && more.contains("\r> ye"))
    let over = screen.paint([Line("done")], columns: 80)
    #expect(over.contains("\u{1B}[1A\rdone\u{1B}[K\r\n\u{1B}[J"))
  }

  @Test("a terminal that was made narrower has broken the lines; all of them are painted over")
  func narrower() {
    var screen = Screen(inColour: false)
    _ = screen.paint([Line("0123456789"), Line("abc")], columns: 10)
    let text = screen.paint([Line("0123"), Line("abc")], columns: 4)
    #expect(text.contains("\u{1B}[4A\r0123\r\nabc\u{1B}[K\r\n\u{1B}[J"))
  }

  @Test(
    "nothing is erased behind the last column: a terminal that waits to break the line would erase that column"
  )
  func full() {
    var screen = Screen(inColour: false)
    #expect(screen.paint([Line("0123")], columns: 4).contains("0123\r\n"))
  }

  @Test("what a command has printed steers no terminal")
  func harmless() {
    let line = Line("a\u{1B}[2Jb\tc\nd", .bad)
    #expect(!line.rendered(inColour: false).contains("\u{1B}"))
    #expect(line.text.hasSuffix("b c d"))
  }

  @Test(
    "a line is cut by columns, of wide characters too",
    arguments: [
      ("abcdef", 4, "abc…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 3, "abc"), ("abc", 0, ""),
    ])
  func cut(text: String, columns: Int, expected: String) {
    let cut = Line(text).cut(to: columns)
    #expect(cut.text == expected)
    #expect(cut.width <= columns)
  }

  @Test(
    "a long line is parted at its blanks, and inside of a word that is longer than a line",
    arguments: [
      ("one two three", 8, 2, ["one two ", "  three"]), ("abcdefgh", 3, 0, ["abc", "def", "gh"]),
      ("日本語", 4, 0, ["日本", "語"]), ("short", 9, 2, ["short"]),
    ])
  func wrapped(text: String, columns: Int, indent: Int, expected: [String]) {
    #expect(Line(text).wrapped(to: columns, indent: indent).map(\.text) == expected)
  }

  @Test("of what is typed beyond the line the end is seen")
  func tail() { #expect(Line("0123456789").tail(4).text == "6789") }

  @Test("without colour there are no sequences at all")
  func plain() {
    #expect(Line("x", .good).rendered(inColour: false) == "x")
    #expect(Line("x", .good).rendered(inColour: true) == "\u{1B}[32mx\u{1B}[0m")
  }
}
