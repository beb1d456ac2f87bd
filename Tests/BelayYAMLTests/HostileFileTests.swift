import BelayActions
import BelayModel
import BelayYAML
import TestFiles
import Testing

@Suite("Files that mean harm") struct HostileFileTests {
  private func codes(_ bytes: [UInt8]) -> [String] {
    PlaybookReader(actions: builtInActions).read(bytes: bytes, path: "a.yaml").diagnostics.map(\.code)
  }

  private func codes(_ text: String) -> [String] { codes(Array(text.utf8)) }

  private func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

  @Test("larger than 32 MiB") func tooLarge() {
    #expect(codes([UInt8](repeating: 0x20, count: 32 << 20 + 1)) == ["too-large"])
  }

  @Test("deeper than 64 levels, in every style") func tooDeep() {
    #expect(codes("a: " + times(100_000, "[")) == ["too-deep"])
    #expect(codes(times(100_000, "- ")) == ["too-deep"])
    #expect(codes(times(100_000, "{a: ")) == ["too-deep"])
    #expect(codes(times(100_000, "? ")) == ["too-deep"])
    #expect(codes((0..<1000).map { times($0, " ") + "a:\n" }.joined()) == ["too-deep"])
    let deep = times(40, "[") + "1" + times(40, "]")
    #expect(codes("a: &a \(deep)\nb: " + times(40, "[") + "*a" + times(40, "]")) == ["too-deep"])
  }

  @Test("as deep as allowed is read") func deepEnough() {
    #expect(codes("x-a: " + times(63, "[") + "1" + times(63, "]")).contains("too-deep") == false)
  }

  @Test("a laugh out of aliases") func aliases() {
    let names = Array("abcdefg")
    var text = "a: &a [" + times(10, "1,") + "]\n"
    for (before, name) in zip(names, names.dropFirst()) {
      text += "\(name): &\(name) [" + times(10, "*\(before),") + "]\n"
    }
    #expect(codes(text) == ["too-many-aliases"])
    let long = "x: &x \"" + times(1000, "${{ run.id }}") + "\"\n"
    #expect(codes(long + "y: [" + times(4000, "*x,") + "]\n") == ["too-many-aliases"])
    let map = "x: &x {" + (0..<400).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
    #expect(codes(map + "y:\n" + times(1000, "- { <<: *x }\n")) == ["too-many-aliases"])
  }

  @Test("directives without end") func directives() {
    #expect(codes(times(100_000, "%TAG !e! tag:x\n") + "---\na: 1\n") == ["too-many-directives"])
  }

  @Test("bytes that are no text") func bytes() {
    #expect(codes([0x61, 0x3A, 0x20, 0xFF, 0x0A]) == ["invalid-utf8"])
    #expect(codes([0x61, 0x3A, 0x20, 0xED, 0xA0, 0x80]) == ["invalid-utf8"])
    #expect(codes(Array("a: b\0c".utf8)) == ["nul"])
    #expect(codes([0xFF, 0xFE, 0x61, 0x00]) == ["invalid-utf8"])
    let place = PlaybookReader(actions: builtInActions).read(
      bytes: Array("a: é\nb: é".utf8) + [0xC3, 0x28], path: "a.yaml"
    ).diagnostics.first?.span
    #expect(place == SourceSpan(file: "a.yaml", line: 2, column: 5))
  }

  @Test("a byte order mark at the start is none of the text") func byteOrderMark() {
    #expect(codes([0xEF, 0xBB, 0xBF] + Array("belay: 1\nsteps: []\n".utf8)) == ["empty"])
  }

  @Test(
    "long and repetitive ones are read in time",
    arguments: [
      ("title: ", "a", ""), ("title: \"", "${{ run.id }} ", "\""), ("title: |\n", "  ${{ run.id }}\n", ""),
      ("title: \"", "\\u0041", "\""), ("x-a: [", "a, ", "]"), ("", "# x\n", ""), ("x-a: [", "a: b, ", "]"),
      ("title: \"", "x\n ", "\""), ("title: >\n", "  x\n\n", ""), ("", "\t", ""), ("a: b", "\n", " c"),
      ("x-a:\n", " - |\n", ""), ("a: \"", "x ", ""), ("", "a: ", ""), ("", "&a ", ""), ("", "!!str ", ""),
      ("title: ", "${{ ", ""), ("steps:\n", "- check: a\n  expect: \"a\" in b\n", ""), ("", "'", ""),
      ("", "\"", ""),
    ])
  func longOnes(_ head: String, _ part: String, _ tail: String) {
    let text = "belay: 1\n" + head + times(200_000 / part.utf8.count, part) + tail + "\n"
    #expect(!codes(text).isEmpty)
  }

  @Test("a thousand mistakes on one line are shown in time") func oneLine() {
    for name in ["k", "é"] {
      let text =
        "belay: 1\nsteps: [{step: a, run: x, " + (0..<3000).map { "\(name)\($0): 1" }.joined(separator: ", ")
        + "}]\n"
      let found = PlaybookReader(actions: builtInActions).read(bytes: Array(text.utf8), path: "a.yaml")
        .diagnostics
      #expect(found.count == 1001 && found.last?.code == "too-many-mistakes")
      let lines = SourceLines(text)
      #expect(found.allSatisfy { $0.text(source: lines).utf8.count < 1000 })
    }
  }

  @Test("no change of a file makes the reader fail", arguments: 0..<40)
  func mutations(_ seed: Int) {
    var generator = Seeded(state: UInt64(seed) &* 7_919 &+ 1)
    let names = GoldenTests.cases.filter { $0 != "twenty-five-mistakes" }
    guard let name = names.randomElement(using: &generator),
      let original = Files.bytes("\(GoldenTests.folder)/\(name).yaml"), !original.isEmpty
    else { return }
    let pieces = [
      "\"", "'", "[", "]", "{", "}", ": ", "- ", "#", "&a", "*a", "!", "|", ">", "\t", "\n", "${{", "}}",
      "\\",
    ]
    for _ in 0..<40 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.insert(contentsOf: Array((pieces.randomElement(using: &generator) ?? "x").utf8), at: at)
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...8, using: &generator)))
        default: bytes.removeSubrange(at...)
        }
        if bytes.isEmpty { bytes = [0x61] }
      }
      let found = PlaybookReader(actions: builtInActions).read(bytes: bytes, path: "a.yaml").diagnostics
      let lines = SourceLines(bytes)
      for diagnostic in found {
        #expect(diagnostic.span.line >= 1 && diagnostic.span.column >= 1 && diagnostic.span.length >= 1)
        #expect(!diagnostic.text(source: lines).isEmpty)
      }
      #expect(found == found.sorted { ($0.span.line, $0.span.column) < ($1.span.line, $1.span.column) })
    }
  }

  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}

@Suite("Files that are too much") struct OversizedFileTests {
  private func codes(_ text: String) -> [String] {
    PlaybookReader(actions: builtInActions).read(bytes: Array(text.utf8), path: "a.yaml").diagnostics
      .filter { $0.severity == .error }.map(\.code)
  }

  private func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

  private func steps(_ count: Int, _ text: (Int) -> String) -> String {
    "belay: 1\nsteps:\n" + (0..<count).map { "  - check: c\($0)\n" + text($0) }.joined()
  }

  @Test("lines, and a line") func lines() {
    #expect(codes(times(1_000_001, "\n")) == ["too-large"])
    #expect(codes("x-a: " + times(1 << 20, "a")) == ["too-large"])
  }

  @Test("a text of many lines") func text() {
    #expect(codes("x-a: |\n" + times(20_000, "  " + times(60, "a") + "\n")) == ["too-large"])
  }

  @Test("values, nodes, names") func values() {
    #expect(codes("x-a:\n" + times(400_000, "- a\n")) == ["too-many-values"])
    #expect(codes(steps(12_501) { _ in "    run: ls\n" }) == ["too-many-nodes"])
    #expect(codes(steps(12_500) { _ in "    run: ls\n" }) == [])
    let names = (0..<201).map { "o\($0): exit_code" }.joined(separator: ", ")
    #expect(codes(steps(1) { _ in "    run: ls\n    outputs: { \(names) }\n" }) == ["out-of-range"])
  }

  @Test("bindings, expressions and bound commands") func examined() {
    let bindings = times(100, "${{ run.id }}")
    #expect(codes(steps(801) { _ in "    run: ls\n    title: \"\(bindings)\"\n" }) == ["too-many-values"])
    #expect(codes(steps(700) { _ in "    run: ls\n    title: \"\(bindings)\"\n" }) == [])
    let condition = "exit_code == 0" + times(1000, " && true")
    #expect(codes(steps(200) { _ in "    run: ls\n    expect: \(condition)\n" }) == ["too-many-values"])
    let pattern = "    run: ls\n    expect: stdout.matches('[a-z]{900}')\n"
    #expect(codes(steps(501) { _ in pattern }) == ["too-many-values"])
    #expect(codes(steps(500) { _ in pattern }) == [])
    let script = "echo ${{ run.id }} " + times(10_000, "a")
    #expect(codes(steps(160) { _ in "    run: \(script)\n" }) == ["too-many-values"])
    #expect(
      codes(steps(1) { _ in "    run: ls\n    expect: \(condition + condition + condition)\n" }) == [
        "too-large"
      ])
  }

  @Test("mistakes and warnings") func mistakes() {
    let found = codes(steps(1100) { _ in "    rnu: ls\n    expect: exit_code == 0\n" })
    #expect(found.count == 1001 && found.last == "too-many-mistakes")
    let warned =
      "belay: 1\nvars:\n" + (0..<300).map { "  v\($0): yes\n" }.joined() + "steps: [{ check: a, run: ls }]\n"
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(warned.utf8), path: "a.yaml")
    #expect(playbook != nil && diagnostics.count == 201 && diagnostics.last?.code == "too-many-mistakes")
  }

  @Test("keys that are lists, alias bombs in them, numbers that are one key") func keys() {
    #expect(codes("a: &a [x, x]\n? *a\n: x\n? [*a, *a]\n: y\n").filter { $0 == "non-string-key" }.count == 2)
    #expect(codes("1: a\n01: b\n0x1: c\n").filter { $0 == "non-string-key" }.count == 3)
    #expect(Set(codes("x-a: &x [*x]\nx-b: *y\n")).isSuperset(of: ["recursive-alias", "unknown-alias"]))
  }

  @Test("tags that mean to run something, and those that do not fit") func tags() {
    for tag in ["!!python/object:x", "!vault", "!<tag:example.org,2026:x>", "!!binary", "!!set"] {
      #expect(codes("x-a: \(tag) y\n").contains("unknown-tag"), "\(tag)")
    }
    #expect(codes("x-a: !!int NO\n").contains("wrong-tag"))
  }

  @Test("a version of YAML that is not 1.1 or 1.2, line ends, nothing where a name must be") func others() {
    #expect(codes("%YAML 1.3\n---\nbelay: 1\n") == ["yaml-syntax"])
    #expect(codes("belay: 1\r\nsteps:\r\n  - check: a\r\n    run: ls\r\n") == [])
    #expect(codes("belay: 1\nowner: ~\nsteps: [{ check: ~, run: ls }]\n") == ["wrong-type", "bad-id"])
  }

  @Test("long ways through the graph: chains, diamonds, circles") func graphs() {
    #expect(codes(steps(5000) { "    needs: [\($0 == 0 ? "" : "c\($0 - 1)")]\n    run: ls\n" }) == [])
    let diamond = steps(2000) { number in
      let before = number - number % 2
      return "    needs: [\(before == 0 ? "" : "c\(before - 2), c\(before - 1)")]\n    run: ls\n"
    }
    #expect(codes(diamond) == [])
    #expect(codes(steps(5000) { "    needs: [c\(($0 + 1) % 5000)]\n    run: ls\n" }) == ["cycle"])
    let back = steps(3000) { "    needs: []\n    run: echo ${{ steps.c\(($0 * 7919) % 3000).state }}\n" }
    #expect(Set(codes(back)) == ["not-before", "too-many-mistakes"])
  }
}
