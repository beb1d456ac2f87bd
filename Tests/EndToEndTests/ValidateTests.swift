import Glibc
import Testing

@Suite("A project's files are checked together") struct ValidateTests {
  private static let main = """
    belay: 1
    steps:
      - check: look
        uses: look
        with: { at: 5 }
        expect: found
      - step: more
        playbook: other
        rollback: nothing
    """

  private func project() throws -> Sandbox {
    let sandbox = try Sandbox([
      "main": ValidateTests.main, "other": "belay: 1\nsteps: [{ check: a, run: \"true\" }]\n",
    ])
    mkdir(sandbox.path("playbooks/actions"), 0o700)
    mkdir(sandbox.path("playbooks/environments"), 0o700)
    sandbox.write(
      "belay: 1\neffect: read\nparams: { at: { type: integer } }\nrun: ls\noutputs: { found: exit_code == 0 }\n",
      to: "playbooks/actions/look.yaml")
    sandbox.write("belay: 1\nvars: { a: 1 }\n", to: "playbooks/environments/test.yaml")
    sandbox.write("belay: 1\npeople: { ana: { name: Ana } }\n", to: "playbooks/roster.yaml")
    return sandbox
  }

  @Test("each by its folder, all mistakes at once") func kinds() throws {
    let sandbox = try project()
    let good = try sandbox.belay("validate", "-e", "test")
    #expect(good.status == 0 && good.output == "5 files, 0 errors, 0 warnings\n", "\(good)")
    sandbox.write("belay: 1\neffect: reed\nrun: ls\n", to: "playbooks/actions/look.yaml")
    sandbox.write("belay: 1\nvasr: { a: 1 }\n", to: "playbooks/environments/test.yaml")
    sandbox.write("belay: 1\npeople: { ana: Ana }\n", to: "playbooks/roster.yaml")
    sandbox.write("belay: 1\nstesp: []\n", to: "playbooks/other.yaml")
    let bad = try sandbox.belay("validate")
    #expect(bad.status == 2, "\(bad)")
    for place in [
      "actions/look.yaml:2:9", "environments/test.yaml:2:1", "roster.yaml:2:16", "other.yaml:2:1",
    ] {
      #expect(bad.error.contains("playbooks/\(place): error: "), "\(place): \(bad)")
    }
    let one = try sandbox.belay("validate", "playbooks/environments/test.yaml", "--format", "json")
    #expect(
      one.status == 2 && one.output.contains("\"code\": \"unknown-key\"")
        && one.output.contains("\"files\": 1,"), "\(one)")
  }

  @Test("where no environment is named, only what none of them has is a mistake")
  func anyEnvironment() throws {
    let sandbox = try project()
    let main = """
      belay: 1
      steps:
        - { step: there, run: ls, shell: app, rollback: nothing }
        - { step: nowhere, run: ls, shell: ap, rollback: nothing }
        - { step: told, run: ls, env: { T: "${{ secrets.token }}", V: "${{ environment.vars.b }}" }, rollback: nothing }
        - { gate: quiet, window: night, message: Wait }
      """
    sandbox.write(main, to: "playbooks/main.yaml")
    let one = "belay: 1\nshells: { app: { command: [bash, -s] } }\n"
    sandbox.write(one, to: "playbooks/environments/one.yaml")
    let end = try sandbox.belay("validate")
    #expect(end.status == 2, "\(end)")
    for words in ["shell 'ap'", "secret 'token'", "variable 'b'", "window 'night'"] {
      #expect(end.error.contains("no environment has a \(words)"), "\(end)")
    }
    #expect(end.error.contains("did you mean 'app'?") && !end.error.contains("'app'\n"), "\(end)")
    #expect(end.output.hasSuffix("4 errors, 0 warnings\n"), "\(end)")
    let other = try sandbox.belay("validate", "playbooks/main.yaml", "-e", "test")
    #expect(other.error.contains("the environment 'test' has no shell 'app'"), "\(other)")
    // Of one that cannot be read nobody knows the names.
    sandbox.write("belay: [\n", to: "playbooks/environments/one.yaml")
    #expect(try !sandbox.belay("validate").error.contains("no environment has"))
  }

  @Test("mistakes of what a playbook uses stop its run") func run() throws {
    let sandbox = try project()
    sandbox.write("belay: 1\neffect: write\nrun: ls >\n", to: "playbooks/actions/look.yaml")
    let end = try sandbox.belay("run", "main")
    #expect(end.status == 2 && end.error.contains("playbooks/main.yaml:4:11: error: 'look' writes"), "\(end)")
    #expect(end.error.contains("'look' has no parameter 'at'"), "\(end)")
  }

  @Test("a link that leads out of the project is not followed") func links() throws {
    let sandbox = try project()
    unlink(sandbox.path("playbooks/actions/look.yaml"))
    symlink("/etc/hostname", sandbox.path("playbooks/actions/look.yaml"))
    unlink(sandbox.path("playbooks/other.yaml"))
    symlink(sandbox.folder + "/out/other.yaml", sandbox.path("playbooks/other.yaml"))
    sandbox.write("belay: 1\nsteps: []\n", to: sandbox.folder + "/out/other.yaml")
    let end = try sandbox.belay("validate", "main")
    let outside = "cannot be read: it leads out of the project, to "
    #expect(end.error.contains("playbooks/actions/look.yaml \(outside)/etc/hostname"), "\(end)")
    #expect(end.error.contains("playbooks/other.yaml \(outside)\(sandbox.folder)/out/other.yaml"), "\(end)")
    #expect(try sandbox.belay("run", "other").error.contains("it leads out of the project"))
    symlink("/etc/passwd", sandbox.path("playbooks/named.yaml"))
    for command in ["validate", "plan", "show"] {
      let named = try sandbox.belay(command, "playbooks/named.yaml")
      #expect(
        named.status == 2 && named.error.contains("leads out of the project, to /etc/passwd"), "\(named)")
      #expect(!named.error.contains("root:"), "\(named)")
    }
  }
}
