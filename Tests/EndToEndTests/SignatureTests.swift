import Glibc
import Testing

@Suite("What people sign") struct SignatureTests {
  /// Pairs of keys, as files of those names.
  private func makeKeys(_ names: [String], in sandbox: Sandbox) throws {
    for name in names {
      let made = try sandbox.execute([
        "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", sandbox.path(name),
      ])
      #expect(try made.wait().status == 0)
    }
  }

  private func roster(keys: String) -> String {
    """
    belay: 1
    people:
      ana: { name: Ana, accounts: { os: "\(getuid())" }\(keys) }
      ben: { name: Ben, accounts: { os: "61002" } }
    roles:
      release: { people: [ana, ben] }
    """
  }

  @Test(
    "a signature counts for its run, gate, plan and decision, by a key of the roster, and verifies without belay"
  )
  func signature() throws {
    let playbook = """
      belay: 1
      steps:
        - gate: go
          approve: { by: [release], assurance: signature }
          message: Deploy?
      """
    let sandbox = try Sandbox(["deploy": playbook])
    try makeKeys(["ana", "mallory"], in: sandbox)
    let key = sandbox.text("ana.pub").split(separator: "\n").joined()
    sandbox.write(roster(keys: ", keys: [\"\(key)\"]"), to: "playbooks/roster.yaml")
    #expect(try sandbox.belay("run", "deploy").status == 3)
    let unsigned = try sandbox.belay("approve", "last")
    #expect(unsigned.status == 2)
    #expect(unsigned.error.contains("go asks for a signature, and none can be made"))
    let forged = try sandbox.belay("approve", "last", "--key", "mallory")
    #expect(forged.status == 2)
    #expect(forged.error.contains("does not have this key"))
    let signed = try sandbox.belay("approve", "last", "--key", "ana")
    #expect(signed.status == 0, "\(signed.error)")
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(try sandbox.belay("audit", "verify").status == 0)
    let edit =
      "import sqlite3; d = sqlite3.connect('\(sandbox.store)/store.db'); d.execute('UPDATE plan SET bytes = zeroblob(1)'); d.commit()"
    #expect(try sandbox.execute(["/usr/bin/python3", "-c", edit]).wait().status == 0)
    let altered = try sandbox.belay("audit", "verify")
    #expect(altered.status == 8 && altered.output.contains("its plan was altered"), "\(altered)")
  }

  @Test(
    "a signature that nobody has made lets nothing go on, however well it is written into the store",
    arguments: [
      ("of another run", "pass"), ("none", "del d['signature']"),
      ("edited", "d['signature'] = d['signature'].replace('A', 'B')"),
      ("of another person", "d['person'] = 'ben'"),
    ])
  func forged(what: String, edit: String) throws {
    let sandbox = try Sandbox([
      "deploy": """
      belay: 1
      steps:
        - gate: go
          approve: { by: [release], assurance: signature }
          message: Deploy?
        - { step: deployed, run: touch deployed, rollback: nothing }
      """
    ])
    try makeKeys(["ana", "ben"], in: sandbox)
    let keys = ["ana", "ben"].map { sandbox.text($0 + ".pub").split(separator: "\n").joined() }
    sandbox.write(
      """
      belay: 1
      people:
        ana: { name: Ana, accounts: { os: nobody-here }, keys: ["\(keys[0])"] }
        ben: { name: Ben, accounts: { os: nobody-there }, keys: ["\(keys[1])"] }
      roles: { release: { people: [ana, ben] } }
      """, to: "playbooks/roster.yaml")
    var runs: [String] = []
    for _ in 0..<2 {
      #expect(try sandbox.belay("run", "deploy").status == 3)
      let status = try sandbox.belay("status", "last", "--format", "json").output
      runs.append(try #require(status.firstMatch(of: /"run": *"([^"]+)"/)).1.description)
    }
    #expect(try sandbox.belay("approve", runs[0], "--key", "ana").status == 0)
    let forge = try sandbox.execute(
      [
        "/usr/bin/python3", OddServer.folder + "/forge.py", sandbox.store + "/store.db", runs[0], runs[1],
        edit,
      ]
    ).wait()
    #expect(forge.status == 0, "\(forge)")
    let resumed = try sandbox.belay("resume", runs[1])
    #expect(resumed.status == 8 && resumed.error.contains("has signed for go, and"), "\(what): \(resumed)")
    #expect(!sandbox.exists("deployed"))
    #expect(try sandbox.belay("approve", runs[1], "go", "--key", "ana").status == 8)
    let audit = try sandbox.belay("audit", "verify")
    #expect(audit.status == 8 && audit.output.contains("has not signed it"), "\(audit)")
    #expect(try sandbox.belay("close", runs[1], "--note", "forged").status == 0)
    #expect(try sandbox.belay("resume", runs[0]).status == 0)
  }

  @Test("an answer is signed with its values, by who has no account here; by another's key it does not count")
  func signedAnswer() throws {
    let sandbox = try Sandbox([
      "look": """
      belay: 1
      steps:
        - check: calm
          manual: { text: What is it?, by: [zoe], record: { finding: { type: string } } }
      """
    ])
    try makeKeys(["zoe", "mallory"], in: sandbox)
    let key = sandbox.text("zoe.pub").split(separator: "\n").joined()
    sandbox.write(
      """
      belay: 1
      people:
        zoe: { name: Zoe, accounts: { os: nobody-here }, keys: ["\(key)"] }
      """, to: "playbooks/roster.yaml")
    #expect(try sandbox.belay("run", "look").status == 3)
    let finding = "finding=two\nlines, \\ and all"
    #expect(try sandbox.belay("answer", "last", "calm", finding).status == 2)
    #expect(try sandbox.belay("answer", "last", "calm", finding, "--key", "mallory").status == 2)
    let signed = try sandbox.belay("answer", "last", "calm", finding, "--key", "zoe")
    #expect(signed.status == 0, "\(signed)")
    let copy = ["/bin/cp", "-a", sandbox.store, sandbox.path("altered")]
    #expect(try sandbox.execute(copy).wait().status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(try sandbox.belay("audit", "verify").status == 0)
    let run = try #require(signed.output.firstMatch(of: /[0-9]{8}-[0-9]{6}-[a-z0-9]+/)).0.description
    let forge = try sandbox.execute(
      [
        "/usr/bin/python3", OddServer.folder + "/forge.py", sandbox.path("altered/store.db"), run, run,
        "d['values'] = {'finding': 'another'}",
      ]
    ).wait()
    #expect(forge.status == 0, "\(forge)")
    let resumed = try sandbox.belay("resume", run, "--store", sandbox.path("altered"))
    #expect(resumed.status == 8 && resumed.error.contains("other values than"), "\(resumed)")
  }

  @Test("an agent signs with the key of the roster that it has")
  func agent() throws {
    let sandbox = try Sandbox([
      "deploy": """
      belay: 1
      steps:
        - gate: go
          approve: { by: [release], assurance: signature }
          message: Deploy?
      """
    ])
    try makeKeys(["ana", "other"], in: sandbox)
    let agent = try sandbox.execute(["/usr/bin/ssh-agent", "-D", "-a", sandbox.path("agent")])
    defer { kill(agent.pid, SIGTERM) }
    let socket = ["SSH_AUTH_SOCK": sandbox.path("agent")]
    try sandbox.repeated("the agent") { sandbox.exists("agent") }
    func add(_ key: String) throws -> End {
      try sandbox.execute(["/usr/bin/ssh-add", "-q", sandbox.path(key)], variables: socket).wait()
    }
    let key = sandbox.text("ana.pub").split(separator: "\n").joined()
    sandbox.write(roster(keys: ", keys: [\"\(key)\"]"), to: "playbooks/roster.yaml")
    #expect(try sandbox.belay("run", "deploy").status == 3)
    #expect(try add("other").status == 0)
    let other = try sandbox.belay("approve", "last", variables: socket)
    #expect(other.status == 2, "\(other)")
    #expect(try add("ana").status == 0)
    // The private key itself is not needed any more.
    unlink(sandbox.path("ana"))
    let signed = try sandbox.belay("approve", "last", variables: socket)
    #expect(signed.status == 0, "\(signed.error)")
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }
}
