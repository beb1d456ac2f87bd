import Testing

@Suite("Scripts that travel through a shell of the environment") struct ShellTests {
  private static let environment = """
    belay: 1
    secrets: { token: { env: TOKEN } }
    shells:
      far: { command: [bash, -s], setup: mkdir -p far && cd far }
      plain: { command: [sh, -s], setup: cd far }
      # Takes the script, does it, and is gone before it can say so.
      lost: { command: [bash, -c, "bash -s >/dev/null 2>&1; exit 255"] }
      # Goes away while the script still arrives.
      cut: { command: [bash, -c, "head -c -12 | bash -s"] }
      none: { command: [no-such-transport, -s] }
    """

  private func sandbox(_ playbook: String) throws -> Sandbox {
    let sandbox = try Sandbox(["p": playbook])
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/environments"]).wait()
    sandbox.write(ShellTests.environment, to: "playbooks/environments/e.yaml")
    return sandbox
  }

  @Test(
    "values arrive unchanged in scripts, here-documents and arguments, and execute nothing",
    arguments: [
      "$(touch x); 'a\" b", "`touch x`", "'; touch x; '", "''\\'''", "\\", "a\nEND\n}\ntouch x\n b", "é ☃ 𝄞",
      "-n", "%s%d",
    ], ["far", "plain"])
  func unchanged(value: String, shell: String) throws {
    let sandbox = try sandbox(
      #"""
      belay: 1
      params: { value: { type: string } }
      shell: far
      steps:
        - { step: place, run: pwd, rollback: nothing }
        - group: there
          shell: SHELL
          steps:
            - step: script
              run: printf '%s\n' ${{ params.value }} "${{ params.value }}" > script
              rollback: nothing
            - step: document
              env: { OWN: "${{ params.value }}" }
              run: |
                cat > document <<END
                ${{ params.value }}
                $OWN
                END
              rollback: nothing
            - step: exec
              exec: [python3, -c, "import sys; open('exec', 'w').write(sys.argv[1] + chr(10))", "${{ params.value }}"]
              rollback: nothing
      """#.replacing("SHELL", with: shell))
    let end = try sandbox.belay("run", "p", "-e", "e", "-p", "value=\(value)")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.text("far/script") == "\(value)\n\(value)\n")
    #expect(sandbox.text("far/document") == "\(value)\n\(value)\n")
    #expect(sandbox.text("far/exec") == "\(value)\n")
    #expect(!sandbox.exists("x") && !sandbox.exists("far/x"))
  }

  @Test("the far side's exit status and output count, and it reads nothing of the script")
  func status() throws {
    let sandbox = try sandbox(
      """
      belay: 1
      steps:
        - step: a
          shell: far
          run: |
            cat
            echo '{"n": 7}'
            printf unended >&2
          outputs: { n: json.n }
          rollback: nothing
        - check: b
          shell: far
          run: test ${{ steps.a.n }} = 7 || exit 9; exit 3
          expect: exit_code == 3 && stderr == ""
        - step: c
          shell: far
          run: echo why >&2; exit 4
          rollback: nothing
      """)
    let end = try sandbox.belay("run", "p", "-e", "e")
    #expect(end.status == 1 && end.output.contains("c failed: exit status 4"), "\(end)")
  }

  @Test("a secret is in the script's environment and in no argument, whatever it holds; it is masked")
  func secret() throws {
    let sandbox = try sandbox(
      """
      belay: 1
      steps:
        - step: a
          shell: far
          env: { TOKEN: "${{ secrets.token }}" }
          run: |
            printf %s "$TOKEN" > token
            echo "it is $TOKEN"
            tr '\\0' '\\n' < /proc/$$/cmdline > arguments
          rollback: nothing
      """)
    let secret = "it's a `secret` $(x)"
    let end = try sandbox.start(["run", "p", "-e", "e"], variables: ["TOKEN": secret], in: nil).wait()
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.text("far/token") == secret)
    #expect(!sandbox.text("far/arguments").contains("secret`"))
    let log = try sandbox.belay("logs", "last", "a")
    #expect(log.output.contains("it is •••") && !log.output.contains("`secret`"), "\(log)")
  }

  @Test("a connection that breaks is no failure: nobody knows, and the run is held")
  func lost() throws {
    let sandbox = try sandbox(
      """
      belay: 1
      steps:
        - step: a
          shell: lost
          run: echo done >> done
          retry: { attempts: 3, delay: 1ms }
          rollback: nothing
      """)
    let end = try sandbox.belay("run", "p", "-e", "e")
    #expect(end.status == 3, "\(end)")
    #expect(end.output.contains("'lost' has not told how it ended; bash: exit status 255"), "\(end)")
    #expect(sandbox.lines("done") == ["done"])
  }

  @Test("a script that has not arrived as a whole does nothing at all")
  func cut() throws {
    let sandbox = try sandbox(
      """
      belay: 1
      steps:
        - step: a
          shell: cut
          run: |
            echo first >> done
            echo second >> done
          rollback: nothing
      """)
    let end = try sandbox.belay("run", "p", "-e", "e")
    #expect(end.status == 3, "\(end)")
    #expect(!sandbox.exists("done"))
  }

  @Test("a transport that is not there has failed, and nothing was started")
  func missing() throws {
    let sandbox = try sandbox(
      "belay: 1\nsteps:\n  - step: a\n    shell: none\n    run: echo\n    rollback: nothing\n")
    let end = try sandbox.belay("run", "p", "-e", "e")
    #expect(end.status == 1 && end.output.contains("not started"), "\(end)")
  }

  @Test("a shell that the environment lacks is told at its place, and so is a run without an environment")
  func unknown() throws {
    let sandbox = try sandbox(
      "belay: 1\nsteps:\n  - step: a\n    shell: farr\n    run: echo\n    rollback: nothing\n")
    for arguments in [["run", "p", "-e", "e"], ["run", "p"]] {
      let end = try sandbox.start(arguments, variables: [:], in: nil).wait()
      #expect(end.status == 2 && end.error.contains("playbooks/p.yaml:4:12: error:"), "\(end)")
    }
  }
}
