import Glibc
import TestFiles
import Testing

@Suite("People are told") struct NoticeTests {
  private func sandbox(_ notify: String, _ steps: String, tell: String, gates: [String] = []) throws
    -> Sandbox
  {
    let sandbox = try Sandbox(
      ["told": "belay: 1\ntitle: Deploy\nnotify:\n\(notify)\nsteps:\n\(steps)\n"], gates: gates)
    mkdir(sandbox.path("playbooks/actions"), 0o700)
    sandbox.write(
      "belay: 1\neffect: write\nparams: { text: { type: string } }\nrun: |\n  \(tell)\n",
      to: "playbooks/actions/tell.yaml")
    sandbox.write(
      "belay: 1\npeople:\n  ana: { name: Ana }\n  ben: { name: Ben }\n", to: "playbooks/roster.yaml")
    return sandbox
  }

  private static let with =
    "    uses: tell\n    with: { text: \"${{ event.kind }} ${{ event.title }}: ${{ event.text }}\" }"
  private static let keep = "echo \"${{ params.text }}\" >> told"
  private static let step = "  - step: a\n    run: echo a >> ran\n    rollback: nothing"

  @Test("of the beginning and the end, before the command ends")
  func ends() throws {
    let sandbox = try sandbox(
      "  - events: [started, succeeded]\n" + NoticeTests.with, NoticeTests.step, tell: NoticeTests.keep)
    #expect(try sandbox.belay("run", "told").status == 0)
    let told = sandbox.lines("told")
    #expect(told.count == 2 && told[0].hasPrefix("started Deploy: started by "), "\(told)")
    #expect(told.last == "succeeded Deploy: succeeded")
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("what cannot be sent is said, and the run ends as it would")
  func failing() throws {
    let sandbox = try sandbox(
      "  - events: [started, succeeded]\n" + NoticeTests.with, NoticeTests.step, tell: "exit 3")
    let end = try sandbox.belay("run", "told")
    #expect(end.status == 0, "\(end)")
    #expect(end.output.contains("a notice was not sent: exit status 3"))
  }

  @Test(
    "the engine is killed while it tells: the next one tells it again, and what was told before is not repeated"
  )
  func killed() throws {
    let sandbox = try sandbox(
      "  - events: [started, overdue]\n" + NoticeTests.with,
      "  - gate: settle\n    wait: 1h\n    due: 1ms",
      tell: "echo > telling; read -r < go; " + NoticeTests.keep,
      gates: ["telling", "go"])
    let engine = try sandbox.start("run", "told")
    try sandbox.heard("telling")
    try sandbox.open("go")
    try sandbox.heard("telling")
    try engine.killed()
    let again = try sandbox.start("resume", "last")
    try sandbox.heard("telling")
    try sandbox.open("go")
    try sandbox.repeated("the second notice") { sandbox.lines("told").count == 2 }
    again.signal(SIGINT)
    #expect(try again.wait().status == 130)
    let words = sandbox.lines("told").map { $0.prefix { $0 != " " } }
    #expect(Set(words) == ["started", "overdue"], "\(sandbox.lines("told"))")
  }

  @Test("who is next in a chain hears of a gate that waits, and that is in the output")
  func escalation() throws {
    let sandbox = try sandbox(
      "  - events: [escalated]\n    uses: tell\n    with: { text: \"${{ event.to[0].name }}\" }",
      "  - gate: settle\n    wait: 1h\n    escalate: [{ after: 1ms, to: ana }, { after: 2ms, to: ben }]",
      tell: NoticeTests.keep)
    let engine = try sandbox.start("run", "told")
    try sandbox.repeated("both") { sandbox.lines("told").count == 2 }
    #expect(sandbox.lines("told") == ["Ana", "Ben"])
    engine.signal(SIGINT)
    let end = try engine.wait()
    #expect(end.output.contains("settle: escalated to ana"))
  }

  private func asking(_ path: String, _ events: String) throws -> (OddServer, Sandbox) {
    let sandbox = try sandbox(
      "  - events: [\(events)]\n" + NoticeTests.with, NoticeTests.step, tell: "exit 0")
    let server = try OddServer(sandbox)
    sandbox.write(
      """
      belay: 1
      effect: write
      params: { text: { type: string } }
      http: { method: POST, url: "\(server.http)\(path)", json: { text: "${{ params.text }}" } }
      """, to: "playbooks/actions/tell.yaml")
    return (server, sandbox)
  }

  @Test("by a request to a server, once for each event")
  func byHTTP() throws {
    let (server, sandbox) = try asking("/echo", "started, succeeded")
    let end = try sandbox.belay("run", "told")
    #expect(end.status == 0, "\(end)")
    #expect(server.requests(of: "/echo").count == 2, "\(server.requests)")
    #expect(!end.output.contains("not sent"), "\(end.output)")
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test(
    "a server that says no, or ends the connection, fails nothing, and is asked once",
    arguments: [("/missing", "status 404"), ("/reset", ""), ("/gateway", "status 504")])
  func inVainByHTTP(path: String, why: String) throws {
    let (server, sandbox) = try asking(path, "started")
    let end = try sandbox.belay("run", "told")
    #expect(end.status == 0, "\(end)")
    #expect(server.requests(of: path).count == 1, "\(server.requests)")
    #expect(end.output.contains("a notice was not sent: \(why)"), "\(end.output)")
    #expect(sandbox.lines("ran") == ["a"])
  }

  @Test("a server that does not answer holds up no step")
  func heldByHTTP() throws {
    let (server, sandbox) = try asking("/held", "started")
    let engine = try sandbox.start("run", "told")
    try sandbox.repeated("the step") { sandbox.lines("ran") == ["a"] }
    try sandbox.repeated("the request") { server.requests(of: "/held").count == 1 }
    try sandbox.repeated("the record of the step") {
      try sandbox.belay("audit", "export").output.contains(#"\"type\":\"node_finished\""#)
    }
    #expect(try !sandbox.belay("audit", "export").output.contains(#"\"type\":\"notice_ended\""#))
    sandbox.write("", to: "answer")
    let end = try engine.wait()
    #expect(end.status == 0, "\(end)")
    #expect(try sandbox.belay("audit", "export").output.contains(#"\"type\":\"notice_ended\""#))
  }
}
