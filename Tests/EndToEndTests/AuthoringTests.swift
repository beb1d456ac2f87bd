import Glibc
import TestFiles
import Testing

@Suite("Writing playbooks") struct AuthoringTests {
  @Test("every shipped file is valid by its schema and for the reader, and changes of them are judged alike")
  func agree() throws {
    let sandbox = try Sandbox()
    let root = ExecutedDocuments.root
    let end = try sandbox.execute(
      ["/usr/bin/python3", root + "/Tests/BelayAuthoringTests/agree.py", Sandbox.belay, root, "300", "11"]
    ).wait()
    print(end.output)
    #expect(end.status == 0, "\(end)")
    #expect(end.output.contains("300 changes"))
  }

  @Test("what `new` writes is valid at once, can be planned, run and rolled back")
  func new() throws {
    let sandbox = try Sandbox()
    let made = try sandbox.belay("new", "rotate-keys")
    #expect(made.status == 0 && made.lines.first == "playbooks/rotate-keys.yaml", "\(made)")
    let text = sandbox.text("playbooks/rotate-keys.yaml")
    #expect(text.hasPrefix("# yaml-language-server: $schema=../schemas/playbook.schema.json\n"))
    #expect(text.contains("rotate-keys") && !text.contains("NAME"))
    #expect(sandbox.exists("schemas/playbook.schema.json") && sandbox.exists("schemas/test.schema.json"))
    let valid = try sandbox.belay("validate")
    #expect(valid.status == 0 && valid.output.contains("1 file, 0 errors, 0 warnings"), "\(valid)")
    #expect(try sandbox.belay("run", "rotate-keys", "-p", "release=2.1", "--dry-run").status == 0)
    #expect(!sandbox.exists("release.txt"))
    #expect(try sandbox.belay("run", "rotate-keys", "-p", "release=2.1").status == 0)
    #expect(sandbox.text("release.txt") == "2.1\n")
    #expect(try sandbox.belay("rollback", "last").status == 4)
    #expect(!sandbox.exists("release.txt"))
  }

  @Test("`new` writes over nothing, also not the schemas that are there")
  func newOverNothing() throws {
    let sandbox = try Sandbox(["mine": "belay: 1\n"])
    mkdir(sandbox.path("schemas"), 0o700)
    let end = try sandbox.belay("new", "mine")
    #expect(
      end.status == 2 && end.error.contains("playbooks/mine.yaml cannot be made: File exists"), "\(end)")
    #expect(sandbox.text("playbooks/mine.yaml") == "belay: 1\n")
    #expect(try sandbox.belay("new", "other").status == 0)
    #expect(Files.names(in: sandbox.path("schemas")).isEmpty)
  }

  @Test(
    "names that are no names, and templates that are none",
    arguments: ["../x", "a/b", "x.yaml", "-x", "roster", "a b", "", "x\u{1B}"])
  func names(_ name: String) throws {
    let sandbox = try Sandbox()
    let end = try sandbox.belay("new", "--", name)
    #expect(end.status == 2 && end.error.contains("is no name for a playbook"), "\(end)")
    #expect(Files.names(in: sandbox.path("playbooks")).isEmpty)
    let other = try sandbox.belay("new", "a", "--from", "nothing")
    #expect(other.status == 2 && other.error.contains("there are: change"), "\(other)")
  }

  @Test("where there is no project `new` begins one") func begins() throws {
    let sandbox = try Sandbox()
    let folder = sandbox.folder + "/empty"
    mkdir(folder, 0o700)
    #expect(try sandbox.belay("new", "first", in: folder).status == 0)
    let valid = try sandbox.belay("validate", "first", in: folder)
    #expect(valid.status == 0 && valid.output.contains("1 file, 0 errors, 0 warnings"), "\(valid)")
  }

  @Test("`schema` lists, prints and writes") func schema() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.belay("schema").output == "playbook\naction\nenvironment\nroster\ntest\n")
    let printed = try sandbox.belay("schema", "roster").output
    #expect(printed == Files.text(ExecutedDocuments.root + "/schemas/roster.schema.json"))
    sandbox.write("old", to: "roster.schema.json")
    #expect(try sandbox.belay("schema", "roster", "--output", ".").output == "./roster.schema.json\n")
    #expect(sandbox.text("roster.schema.json") == printed)
    #expect(try sandbox.belay("schema", "--output", "deep/er").status == 0)
    #expect(Files.names(in: sandbox.path("deep/er")).count == 5)
    let end = try sandbox.belay("schema", "plan")
    #expect(end.status == 2 && end.error.contains("there are: playbook, action"), "\(end)")
  }

  @Test("`validate` as JSON and as SARIF: the same mistakes, at their places") func formats() throws {
    let sandbox = try Sandbox(["bad": "belay: 1\nsteps:\n  - step: a\n    run: ls\n    retires: 3\n"])
    let json = try sandbox.belay("validate", "--format", "json")
    #expect(json.status == 2 && json.error.isEmpty)
    #expect(
      json.output.contains("\"file\": \"playbooks/bad.yaml\",\n      \"line\": 5,\n      \"column\": 5,"))
    let sarif = try sandbox.belay("validate", "--format", "sarif")
    #expect(sarif.status == 2 && sarif.error.isEmpty)
    #expect(sarif.output.contains("\"ruleId\": \"unknown-key\""))
    #expect(sarif.output.contains("\"startLine\": 5,\n                  \"startColumn\": 5,"), "\(sarif)")
    let none = try sandbox.belay("validate", "--format", "yaml")
    #expect(none.status == 2)
  }

  @Test("files of tests are checked for their form") func tests() throws {
    let sandbox = try Sandbox(["a": "belay: 1\nsteps: [{ check: b, run: ls }]\n"])
    mkdir(sandbox.path("playbooks/tests"), 0o700)
    sandbox.write(
      """
      belay: 1
      given: { steps: { b: [{ exit_code: 1 }, { exit_code: 0 }] }, takes: { b: 5m } }
      cases:
        - { name: it passes in the end, expect: { status: succeeded, order: [b] } }

      """, to: "playbooks/tests/a.yaml")
    #expect(try sandbox.belay("validate").output.contains("2 files, 0 errors, 0 warnings"))
    sandbox.write(
      """
      belay: 1
      given: { steps: { b: ls }, takes: { b: soon } }
      cases:
        - { name: it passes, expects: {}, expect: { status: succeded } }

      """, to: "playbooks/tests/a.yaml")
    let end = try sandbox.belay("validate", "playbooks/tests/a.yaml")
    #expect(end.status == 2 && end.output.contains("1 file, 4 errors, 0 warnings"), "\(end)")
    #expect(end.error.contains("did you mean 'succeeded'?") && end.error.contains("did you mean 'expect'?"))
  }
}
