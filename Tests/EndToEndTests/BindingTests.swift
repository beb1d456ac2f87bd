import Testing

@Suite("Values that look like code") struct Binding {
  private static let playbook = #"""
    belay: 1
    params: { value: { type: string } }
    steps:
      - step: plain
        run: printf '%s\n' ${{ params.value }} > plain
        rollback: nothing
      - step: double
        run: printf '%s\n' "${{ params.value }}" > double
        rollback: nothing
      - step: single
        run: printf '%s\n' '${{ params.value }}' > single
        rollback: nothing
      - step: document
        run: |
          cat > document <<END
          ${{ params.value }}
          END
        rollback: nothing
      - step: exec
        exec: [python3, -c, "import sys; open('exec', 'w').write(sys.argv[1] + chr(10))", "${{ params.value }}"]
        rollback: nothing
    """#

  @Test(
    "arrive unchanged, in and out of quotes, and execute nothing",
    arguments: [
      "$(touch x); 'a\" b", "`touch x`", "'; touch x; '", "\"; touch x; \"", "${HOME} $HOME \\$HOME",
      "a  b\t*",
      "\\", "\\n%s%d", "END", "-n", "--", "!!", "é ☃ 𝄞", "a\nEND\ntouch x\n b", "~", "&& touch x",
      "<(touch x)",
    ])
  func unchanged(value: String) throws {
    let sandbox = try Sandbox(["bind": Binding.playbook])
    let end = try sandbox.belay("run", "bind", "-p", "value=\(value)")
    #expect(end.status == 0, "\(end)")
    for place in ["plain", "double", "single", "document", "exec"] {
      #expect(sandbox.text(place) == value + "\n", "\(place)")
    }
    #expect(!sandbox.exists("x"))
  }
}
