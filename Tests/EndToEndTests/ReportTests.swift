import Testing

@Suite("The report of a run") struct Reporting {
  private static let playbook = """
    belay: 1
    steps:
      - check: short
        run: echo 'one | two'
        keep: lines.txt
      - check: asked_again
        run: 'echo x >> tries; wc -l < tries; [ $(wc -l < tries) -ge 3 ]'
        within: 1m
        every: 1ms
        keep: lines.txt
      - step: long
        run: seq 20000; exit 3
        keep: numbers.txt
        rollback: nothing
    """

  @Test("names what was kept, with its digest, and writes it: the last answer, also of what failed")
  func kept() throws {
    let sandbox = try Sandbox(["one": Reporting.playbook])
    #expect(try sandbox.belay("run", "one").status == 1)
    let end = try sandbox.belay("report", "last", "--files", "evidence")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.text("evidence/short/lines.txt") == "one | two\n")
    #expect(sandbox.text("evidence/asked_again/lines.txt") == "3\n")
    let numbers = (1...20000).map { "\($0)\n" }.joined()
    #expect(sandbox.text("evidence/long/numbers.txt") == numbers)
    let sum = try sandbox.execute(["/usr/bin/sha256sum", "evidence/long/numbers.txt"]).wait()
    let digest = sum.output.prefix(64)
    #expect(end.output.contains("| long/numbers.txt | \(numbers.utf8.count) | \(digest) |"), "\(end)")
    #expect(end.output.contains("| asked\\_again/lines.txt | 2 | "), "\(end)")
  }

  @Test("logs print what a check has kept, and say so where nothing was")
  func logs() throws {
    let sandbox = try Sandbox([
      "one": Reporting.playbook, "none": "belay: 1\nsteps: [{ check: quiet, run: echo gone }]\n",
    ])
    #expect(try sandbox.belay("run", "one").status == 1)
    let short = try sandbox.belay("logs", "last", "short")
    #expect(short.output == "== short, last answer\none | two\n", "\(short)")
    let all = try sandbox.belay("logs", "last", "--format", "json")
    #expect(all.output.contains(#""answer": "3\n""#), "\(all)")
    #expect(try sandbox.belay("run", "none").status == 0)
    let nothing = try sandbox.belay("logs", "last", "quiet")
    #expect(nothing.output.isEmpty && nothing.error.contains("nothing was kept of quiet"), "\(nothing)")
  }

  @Test("is not told twice into the same folder, and says what cannot be read any more")
  func twice() throws {
    let sandbox = try Sandbox(["one": Reporting.playbook])
    try sandbox.belay("run", "one")
    try sandbox.belay("report", "last", "--files", "evidence")
    let again = try sandbox.belay("report", "last", "--files", "evidence")
    #expect(again.status == 2 && again.error.contains("evidence/short/lines.txt cannot be made"), "\(again)")
    let gone = try sandbox.execute(["/bin/bash", "-c", "rm -r \(sandbox.store)/runs/*/output"]).wait()
    #expect(gone.status == 0, "\(gone)")
    let end = try sandbox.belay("report", "last", "--files", "other")
    #expect(end.status == 9 && end.error.contains("No such file"), "\(end)")
  }
}
