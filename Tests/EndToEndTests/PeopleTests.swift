import Glibc
import TestFiles
import Testing

/// Two users of one store that is shared with a group: 61001 begins the runs, 61002 is another person.
private struct SharedStore {
  static let group = 61000
  let sandbox: Sandbox

  init(_ playbooks: [String: String], gates: [String] = []) throws {
    sandbox = try Sandbox(playbooks, gates: gates)
    sandbox.write(
      """
      belay: 1
      people:
        ana: { name: Ana, accounts: { os: "61001" } }
        ben: { name: Ben, accounts: { os: "61002" } }
        cleo: { name: Cleo, accounts: { os: "61003" } }
      roles:
        release: { people: [ana, ben] }
        database: { people: [ben, cleo] }
      """, to: "playbooks/roster.yaml")
    for folder in [sandbox.folder, sandbox.home, sandbox.project, sandbox.project + "/playbooks"] {
      chmod(folder, 0o777)
    }
    for name in gates { chmod(sandbox.project + "/" + name, 0o666) }
    mkdir(store, 0o770)
    chown(store, 61001, gid_t(SharedStore.group))
    chmod(store, 0o2770)
  }

  var store: String { sandbox.folder + "/shared" }

  func start(as uid: Int, _ words: String...) throws -> Child { try start(as: uid, words) }

  func start(as uid: Int, _ words: [String]) throws -> Child {
    try sandbox.execute(
      [
        "/usr/bin/setpriv", "--reuid", "\(uid)", "--regid", "\(SharedStore.group)", "--clear-groups", "--",
        Sandbox.belay,
      ] + words + ["--store", store])
  }

  @discardableResult
  func belay(as uid: Int, _ words: String...) throws -> End { try start(as: uid, words).wait() }
}

@Suite(
  "People on a shared store", .enabled(if: SecondUser.isThere, SecondUser.why),
  .enabled(if: SecondUser.reachesBinaries, SecondUser.whyNotReached))
struct SharedStoreTests {
  private static let gated = """
    belay: 1
    steps:
      - gate: go
        approve: { by: [release] }
        message: Deploy?
      - step: deploy
        run: echo deployed >> world
        rollback: nothing
    """

  @Test("with the engine stopped: waiting is exit status 3, another user approves, resume goes on")
  func stopped() throws {
    let shared = try SharedStore(["deploy": SharedStoreTests.gated])
    let run = try shared.belay(as: 61001, "run", "deploy")
    #expect(run.status == 3, "\(run.output)\(run.error)")
    #expect(run.output.contains("go waits for release since"))
    #expect(!shared.sandbox.exists("world"))
    let status = try shared.belay(as: 61002, "status", "last")
    #expect(status.output.contains("waits for release since"))
    let yes = try shared.belay(as: 61002, "approve", "last", "--note", "fine")
    #expect(yes.status == 0, "\(yes.error)")
    #expect(yes.output.contains("nobody drives the run; go on with: belay resume"))
    #expect(try shared.belay(as: 61001, "resume", "last").status == 0)
    #expect(shared.sandbox.lines("world") == ["deployed"])
    #expect(try shared.belay(as: 61001, "audit", "verify").status == 0)
    let again = try shared.belay(as: 61002, "approve", "last", "go")
    #expect(again.status == 2)
    #expect(again.error.contains("go is answered already: approved by ben"))
  }

  @Test("while the engine runs, its branch goes on at once, with another one at work")
  func running() throws {
    let playbook = """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - gate: go
              approve: { by: [ben] }
              message: Deploy?
            - step: long
              run: echo > begun; read -r line < end
              rollback: nothing
            - step: deploy
              needs: [go]
              run: echo > deployed
              rollback: nothing
      """
    let shared = try SharedStore(["deploy": playbook], gates: ["begun", "end", "deployed"])
    let run = try shared.start(as: 61001, "run", "deploy")
    try shared.sandbox.heard("begun")
    let own = try shared.belay(as: 61001, "approve", "last", "go")
    #expect(own.status == 2)
    #expect(own.error.contains("ana may not answer go: it asks ben"))
    let yes = try shared.belay(as: 61002, "approve", "last", "go")
    #expect(yes.status == 0, "\(yes.error)")
    try shared.sandbox.heard("deployed")
    try shared.sandbox.open("end")
    #expect(try run.wait().status == 0)
  }

  @Test("two requirements need two people, and nobody else")
  func two() throws {
    let playbook = SharedStoreTests.gated.replacing(
      "{ by: [release] }", with: "[{ by: [release], assurance: os }, { by: [database], assurance: os }]")
    let shared = try SharedStore(["deploy": playbook])
    #expect(try shared.belay(as: 61001, "run", "deploy").status == 3)
    #expect(try shared.belay(as: 61002, "approve", "last").output.contains("still waits for"))
    #expect(try shared.belay(as: 61002, "approve", "last").error.contains("has said so already"))
    #expect(try shared.belay(as: 61001, "resume", "last").status == 3)
    let stranger = try shared.belay(as: 61009, "approve", "last")
    #expect(stranger.error.contains("whom the roster does not know"), "\(stranger.error)")
    #expect(try shared.belay(as: 61003, "approve", "last").status == 0)
    #expect(try shared.belay(as: 61001, "resume", "last").status == 0)
  }

  @Test("a store that is shared with another group is none of this user's")
  func otherGroup() throws {
    let shared = try SharedStore(["deploy": SharedStoreTests.gated])
    chown(shared.store, 61001, 61555)
    chmod(shared.store, 0o2770)
    let end = try shared.belay(as: 61002, "run", "deploy")
    #expect(end.status == 9)
    #expect(end.error.contains("shared with the group 61555, in which uid 61002 is not"))
  }
}

@Suite("People and one user") struct PeopleTests {
  private static let roster = """
    belay: 1
    people:
      ana: { name: Ana, accounts: { os: "\(getuid())" } }
      ben: { name: Ben, accounts: { os: "61002" } }
    roles:
      release: { people: [ana, ben] }
    """

  @Test("a step of the run approves nothing, and --yes neither")
  func noPerson() throws {
    let sandbox = try Sandbox([
      "deploy": """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - gate: go
              approve: { by: [release] }
              message: Deploy?
            - step: sneak
              run: belay approve last go
              rollback: nothing
      """
    ])
    sandbox.write(PeopleTests.roster, to: "playbooks/roster.yaml")
    let run = try sandbox.belay("run", "deploy", "--yes")
    #expect(run.status == 1)
    #expect(run.output.contains("only a person approves or answers"))
  }

  @Test("what a person does and sees is recorded with its type, and rejected is failed")
  func manual() throws {
    let sandbox = try Sandbox([
      "look": """
      belay: 1
      steps:
        - check: calm
          manual: { text: How many errors?, record: { errors: { type: integer, min: 0 } } }
          outputs: { errors: errors }
          expect: errors < 3
      """
    ])
    #expect(try sandbox.belay("run", "look").status == 3)
    #expect(try sandbox.belay("answer", "last", "calm").error.contains("'errors' is missing"))
    let wrong = try sandbox.belay("answer", "last", "calm", "errors=many")
    #expect(wrong.status == 2)
    #expect(wrong.error.contains("'errors': 'many' is not an integer such as 42"))
    #expect(try sandbox.belay("approve", "last", "calm").error.contains("answered, not approved"))
    #expect(try sandbox.belay("answer", "last", "calm", "errors=1").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
  }

  @Test("outside of a window only with a note, which is on the record")
  func window() throws {
    let sandbox = try Sandbox([
      "night": """
      belay: 1
      steps:
        - gate: night
          window: { days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "00:00", zone: America/New_York }
        - step: work
          run: echo worked >> world
          timeout: 9d
          rollback: nothing
      """
    ])
    let refused = try sandbox.belay("run", "night")
    #expect(refused.status == 1)
    #expect(refused.output.contains("what follows may take 9d"))
    #expect(try sandbox.belay("run", "night", "--outside-window", "night").status == 2)
    #expect(try sandbox.belay("run", "night", "--outside-window", "work", "--note", "x").status == 2)
    let passed = try sandbox.belay("run", "night", "--outside-window", "night", "--note", "ticket 1")
    #expect(passed.status == 0, "\(passed.output)")
    #expect(try sandbox.belay("audit", "export").output.contains(#"\"type\":\"window_overridden\""#))
  }
}
