import BelayPresentation
import Testing

@Suite("Painting over what stands on a screen") struct ScreenTests {
  @Test("what has not changed is not written again")
  func differences() {
    var screen = Screen(inColour: false)
    _ = screen.paint([Line("one"), Line("two"), Line("three")])
    let text = screen.paint([Line("one"), Line("2"), Line("three")])
    #expect(!text.contains("one"))
    #expect(text.contains("2\u{1B}[K\r\nthree"))
    #expect(text.contains("\u{1B}[2A"))
    #expect(screen.paint([Line("one"), Line("2"), Line("three")]) == "")
  }

  @Test("fewer lines leave nothing of the others behind")
  func fewer() {
    var screen = Screen(inColour: false)
    _ = screen.paint([Line("one"), Line("two")])
    #expect(screen.paint([Line("one")]).contains("\u{1B}[J"))
    #expect(screen.clear() == "\u{1B}[1A\r\u{1B}[J")
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

  @Test("without colour there are no sequences at all")
  func plain() {
    #expect(Line("x", .good).rendered(inColour: false) == "x")
    #expect(Line("x", .good).rendered(inColour: true) == "\u{1B}[32mx\u{1B}[0m")
  }
}
