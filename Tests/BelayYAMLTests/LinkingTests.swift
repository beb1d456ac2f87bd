import BelayActions
import BelayModel
import BelayYAML
import TestFiles
import Testing

@Suite("A project's files, read together") struct LinkingTests {
  /// A project in memory that counts how often each file is read.
  final class Folder {
    var files: [String: String]
    var unreadable: [String: String] = [:]
    private(set) var reads: [String: Int] = [:]

    init(_ files: [String: String]) { self.files = files }

    private func names(_ folder: String) -> [String] {
      files.keys.filter { $0.hasPrefix(folder) && !$0.dropFirst(folder.count).contains("/") }
        .map { String($0.dropFirst(folder.count).dropLast(5)) }.filter { $0 != "roster" }
    }

    func read(_ paths: String...) -> (files: ProjectFiles, read: [ProjectReader.File]) {
      var reader = ProjectReader(
        actions: builtInActions, actionNames: names("playbooks/actions/"), playbookNames: names("playbooks/")
      ) { path in
        self.reads[path, default: 0] += 1
        if let why = self.unreadable[path] { return .unreadable(why) }
        return self.files[path].map { .bytes(Array($0.utf8)) } ?? .missing
      }
      for path in paths { reader.add(path, Array((files[path] ?? "").utf8)) }
      return reader.finish()
    }
  }

  private func playbook(_ steps: String...) -> String {
    "belay: 1\nsteps:\n" + steps.map { "  - \($0)\n" }.joined()
  }

  private func call(_ id: String, _ name: String) -> String {
    "{ step: \(id), playbook: \(name), rollback: nothing }"
  }

  private func diagnostics(_ read: [ProjectReader.File]) -> [String] {
    read.flatMap { file in file.diagnostics.map { "\(file.path):\($0.span.line): \($0.message)" } }
  }

  @Test("what is referred to is read, however far, each file once") func transitive() {
    let folder = Folder([
      "playbooks/a.yaml": playbook(call("x", "b"), call("q", "b"), "{ check: z, uses: look }"),
      "playbooks/b.yaml": playbook(call("x", "c"), "{ check: q, uses: look }"),
      "playbooks/c.yaml": playbook("{ check: x, run: \"true\" }"),
      "playbooks/d.yaml": "not asked for",
      "playbooks/actions/look.yaml": "belay: 1\neffect: read\nrun: ls\n",
      "playbooks/roster.yaml": "belay: 1\n",
    ])
    let (files, read) = folder.read("playbooks/a.yaml")
    #expect(diagnostics(read) == [])
    #expect(files.playbooks.keys.sorted() == ["a", "b", "c"] && files.actions.keys.sorted() == ["look"])
    #expect(files.roster != nil)
    #expect(
      folder.reads == [
        "playbooks/b.yaml": 1, "playbooks/c.yaml": 1, "playbooks/actions/look.yaml": 1,
        "playbooks/roster.yaml": 1,
      ])
    #expect(read.map(\.path).first == "playbooks/a.yaml" && read.count == 5)
  }

  @Test("mistakes of all files are told, each in its file") func mistakes() {
    let folder = Folder([
      "playbooks/a.yaml": playbook(
        call("x", "b"), call("q", "gone"), "{ check: z, uses: look, expect: nil == 1 }"),
      "playbooks/b.yaml": playbook("{ check: x, run: \"echo ${{ params.q }}\" }"),
      "playbooks/actions/look.yaml": "belay: 1\neffect: reed\nrun: ls\n",
    ])
    let (files, read) = folder.read("playbooks/a.yaml")
    #expect(
      diagnostics(read) == [
        "playbooks/a.yaml:4: there is no playbook 'gone'",
        "playbooks/b.yaml:3: there is no parameter 'q'",
        "playbooks/actions/look.yaml:2: 'effect' takes read, write, not 'reed'",
      ])
    #expect(files.playbooks.isEmpty && files.actions.isEmpty)
  }

  @Test("playbooks that call each other are told by the way round") func circles() {
    let folder = Folder([
      "playbooks/a.yaml": playbook(call("x", "b")), "playbooks/b.yaml": playbook(call("x", "c")),
      "playbooks/c.yaml": playbook(
        "{ check: w, run: ls }", "{ step: x, run: ls, rollback: [\(call("q", "b"))] }"),
    ])
    let (_, read) = folder.read("playbooks/a.yaml")
    #expect(
      diagnostics(read) == [
        "playbooks/b.yaml:3: these playbooks call each other without end: b → c → b",
        "playbooks/c.yaml:4: these playbooks call each other without end: c → b → c",
      ])
  }

  @Test("a chain of a thousand calls is followed and refused where it is too long, a fan of them counted")
  func long() {
    var files: [String: String] = [:]
    for number in 0..<1000 { files["playbooks/p\(number).yaml"] = playbook(call("x", "p\(number + 1)")) }
    files["playbooks/p1000.yaml"] = playbook("{ check: x, run: ls }")
    #expect(diagnostics(Folder(files).read("playbooks/p985.yaml").read) == [])
    #expect(
      diagnostics(Folder(files).read("playbooks/p0.yaml").read) == [
        "playbooks/p984.yaml:3: more than 16 playbooks that call each other from here"
      ])
    for number in 0..<40 {
      files["playbooks/p\(number).yaml"] = playbook(
        call("x", "p\(number + 1)"), call("q", "p\(number + 1)"))
    }
    let codes = Folder(files).read("playbooks/p0.yaml").read.flatMap { $0.diagnostics.map(\.code) }
    #expect(codes.contains("too-many-nodes") && Set(codes) == ["too-deep", "too-many-nodes"])
  }

  @Test("files that are more than 4 MiB together are not all read") func large() {
    var files = [
      "playbooks/a.yaml": playbook((0..<60).map { call("x\($0)", "p\($0)") }.joined(separator: "\n  - "))
    ]
    let padding = String(repeating: "#" + String(repeating: "x", count: 99) + "\n", count: 1000)
    for number in 0..<60 { files["playbooks/p\(number).yaml"] = playbook("{ check: x, run: ls }") + padding }
    let folder = Folder(files)
    let found = diagnostics(folder.read("playbooks/a.yaml").read)
    #expect(found.count == 18 && folder.reads.count == 43)
    #expect(
      found.first?.hasSuffix("cannot be read: the files that are used together are more than 4 MiB") == true)
  }

  @Test("where a name is bound, all that it may be are read, and those with mistakes left out") func bound() {
    let folder = Folder([
      "playbooks/a.yaml": "belay: 1\nparams: { p: { type: string } }\nsteps:\n  - "
        + call("x", "\"${{ params.p }}\"") + "\n",
      "playbooks/good.yaml": playbook("{ check: x, uses: look }"),
      "playbooks/bad.yaml": playbook("{ check: x, rnu: ls }"),
      "playbooks/actions/look.yaml": "belay: 1\neffect: read\nrun: ls\n",
      "playbooks/actions/other.yaml": "belay: 1\neffect: read\nrun: ls\n",
    ])
    let (files, read) = folder.read("playbooks/a.yaml")
    #expect(diagnostics(read) == [])
    #expect(files.playbooks.keys.sorted() == ["a", "good"] && files.actions.keys.sorted() == ["look"])
    #expect(!read.map(\.path).contains("playbooks/bad.yaml"))
  }

  @Test("what cannot be read is told where it is referred to") func unreadable() {
    let folder = Folder([
      "playbooks/a.yaml": playbook(
        call("x", "b"), "{ check: q, uses: look }", "{ gate: z, approve: { by: [ana] }, message: Go? }")
    ])
    folder.unreadable = [
      "playbooks/b.yaml": "it leads out of the project",
      "playbooks/actions/look.yaml": "this is a FIFO, no file",
      "playbooks/roster.yaml": "Permission denied",
    ]
    #expect(
      diagnostics(folder.read("playbooks/a.yaml").read) == [
        "playbooks/a.yaml:3: playbooks/b.yaml cannot be read: it leads out of the project",
        "playbooks/a.yaml:4: playbooks/actions/look.yaml cannot be read: this is a FIFO, no file",
        "playbooks/a.yaml:5: playbooks/roster.yaml cannot be read: Permission denied",
      ])
  }

  @Test(
    "names that lead elsewhere are refused, and nothing is looked up",
    arguments: [
      "../secret", "/etc/shadow", "a/b", "..", ".hidden", "https://example.org/x", "a b", "x\\u0000",
    ])
  func names(_ name: String) {
    let folder = Folder([
      "playbooks/a.yaml": playbook("{ check: x, uses: \"\(name)\" }", call("q", "\"\(name)\""))
    ])
    let (_, read) = folder.read("playbooks/a.yaml")
    #expect(read.flatMap { $0.diagnostics.map(\.code) }.filter { $0 == "bad-name" }.count == 2)
    #expect(folder.reads.keys.sorted() == ["playbooks/roster.yaml"])
  }

  @Test("without a roster nobody can be named") func noRoster() {
    let folder = Folder([
      "playbooks/a.yaml": playbook(
        "{ gate: z, approve: { by: [ana] }, message: Go? }", "{ check: a, run: \"echo ${{ roles.ana }}\" }")
    ])
    #expect(
      diagnostics(folder.read("playbooks/a.yaml").read) == [
        "playbooks/a.yaml:3: 'ana' is nobody: the project has no roster",
        "playbooks/a.yaml:4: there is no role 'ana': the project has no roster",
      ])
  }

  @Test("a file's kind is told by its place") func kinds() {
    let kinds = [
      "playbooks/a.yaml", "playbooks/actions/a.yaml", "/srv/x/playbooks/environments/a.yaml",
      "playbooks/roster.yaml", "actions/a.yaml", "a.yaml", "playbooks/actions/deep/a.yaml",
    ].map(ProjectReader.Kind.init(path:))
    #expect(kinds == [.playbook, .action, .environment, .roster, .playbook, .playbook, .playbook])
  }

  @Test("the shop's own files have no mistakes") func shop() {
    var reader = FixtureProject.reader()
    let paths =
      FixtureProject.playbooks.map { "playbooks/\($0).yaml" }
      + FixtureProject.names("/actions").map { "playbooks/actions/\($0).yaml" }
    for path in paths { reader.add(path, Files.bytes("\(FixtureProject.folder)/\(path)") ?? []) }
    let (files, read) = reader.finish()
    let said = read.flatMap { file in file.diagnostics.map { $0.text(source: SourceLines(file.bytes)) } }
    #expect(said == [])
    #expect(files.playbooks.count + files.actions.count == paths.count && files.roster != nil)
  }
}
